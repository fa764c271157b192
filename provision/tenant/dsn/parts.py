"""The parts a connection string is taken apart into, before they are judged, and their decoding.

Every way of writing one (`url`, `keywords`, `command_line`) fills the same `Parts`;
`reading` judges them. No error raised here quotes what was pasted.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from provision.tenant.failures.translate import refusal

MAX_CHARACTERS: Final = 2_048

_BAD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_GOOD_PERCENT: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PLACEHOLDER: Final = re.compile(
    r"\[[^\]]*\]|<[^>]*>|\{[^}]*\}|\$\{?[A-Za-z_][A-Za-z0-9_]*\}?|%[A-Za-z_]+%"
    r"|(?i:my|your|the)?[-_ ]?(?i:db|database|postgres)?[-_ ]?PASSWORD(?:[-_ ]HERE)?"
    r"|(?i:your)[-_ ]?(?i:db|database|postgres|secret|actual|real)?[-_ ]?"
    r"(?i:password|passwd|pass|pwd|secret)(?:[-_ ](?i:here))?"
    r"|\*{3}|\*{5,}|[•●·∙]{3,}|\.{3,}|…+|[xX]{5,}"
)


@dataclass(slots=True)
class Parts:
    """What was found, as text; None where nothing was given."""

    host: str | None = field(default=None, repr=False)
    port: str | None = field(default=None, repr=False)
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    database: str | None = field(default=None, repr=False)
    parameters: list[tuple[str, str]] = field(default_factory=list, repr=False)
    """Names in lower case, with their values, in order."""
    nameable: bool = True
    """Whether the names of parameters can hold nothing of a password that was split wrongly."""
    changes: list[str] = field(default_factory=list)

    def give(self, name: str, value: str) -> None:
        """Set one part; the same part given twice must agree."""
        if getattr(self, name) not in (None, value):
            raise refusal(
                "format",
                f"The connection string gives the {name} twice, and differently.",
                f"Leave one {name} in it.",
            )
        setattr(self, name, value)

    def note(self, change: str) -> None:
        """Remember what was changed on the way in; shown to the person."""
        if change not in self.changes:
            self.changes.append(change)


def refuse_invisible(text: str) -> None:
    """Raise if there is a control, format or line-break character in the text."""
    if text.isascii() and text.isprintable():
        return
    if any(unicodedata.category(each) in _INVISIBLE for each in text):
        raise refusal("control_chars")


def decoded(text: str, what: str) -> str:
    """Undo percent-encoding, strictly: every % begins two hex digits, the bytes are UTF-8."""
    if "%" not in text:
        return text
    if _BAD_PERCENT.search(text):
        raise refusal(
            "format",
            f"There is a % in the {what} that is not followed by two hexadecimal digits.",
            "Write a % that is part of a name or password as %25.",
        )
    plain = _unescaped(text, what)
    refuse_invisible(plain)
    return plain


def decoded_password(text: str) -> tuple[str, bool]:
    """Undo percent-encoding in a password; tell whether it held characters that had to be escaped.

    A password whose every % stands alone was never escaped, and is taken as it is.
    """
    raw = any(each in "@/#?:[] " for each in text)
    if _BAD_PERCENT.search(text):
        if _GOOD_PERCENT.search(text):
            raise refusal(
                "format",
                "Some % signs in the password are escapes and some are not, so that it can be "
                "read in two ways.",
                "Write each % of the password itself as %25.",
            )
        return text, True
    return decoded(text, "password"), raw


def is_placeholder(password: str) -> bool:
    """Whether it stands for a password that was to be filled in."""
    return _PLACEHOLDER.fullmatch(password) is not None


def _unescaped(text: str, what: str) -> str:
    first, *rest = text.split("%")
    raw = bytearray(first, "utf-8", "surrogatepass")
    for piece in rest:
        raw.append(int(piece[:2], 16))
        raw += piece[2:].encode("utf-8", "surrogatepass")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise refusal(
            "format",
            f"The escapes in the {what} do not make up text (UTF-8).",
            "Write a % that is part of a name or password as %25.",
        ) from None
