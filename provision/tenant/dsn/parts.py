"""Holds the parts that a connection string is taken apart into, and undoes their escapes.

Every reader of a form fills the same `Parts`; `reading` judges them. No error raised here repeats
text that was pasted.
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
_LINE_BREAKS: Final = "\r\n\v\f\x85\u2028\u2029"


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
    changes: list[str] = field(default_factory=list)
    where: str = "The connection string"
    """What the text is, as the first words of a sentence about it."""

    def give(self, name: str, value: str) -> None:
        """Set one part. Raises `format` if it was given before with another value."""
        if getattr(self, name) not in (None, value):
            raise refusal(
                "format",
                f"{self.where} gives the {name} twice, and differently.",
                f"Leave one {name} in it.",
            )
        setattr(self, name, value)

    def note(self, change: str) -> None:
        """Remember what was changed on the way in; the person is shown it."""
        if change not in self.changes:
            self.changes.append(change)


def refuse_invisible(text: str) -> None:
    """Raise `control_chars` for a control, format or line-break character, and say which kind."""
    if text.isascii() and text.isprintable():
        return
    found = next((each for each in text if unicodedata.category(each) in _INVISIBLE), None)
    if found is None:
        return
    if found in _LINE_BREAKS:
        raise refusal(
            "control_chars",
            "There is a line break inside the connection string.",
            "Copy it again as one line. If a window or an e-mail wrapped it, join the lines.",
        )
    if found == "\t":
        raise refusal(
            "control_chars",
            "There is a tab inside the connection string.",
            "Remove it, or copy the string again.",
        )
    at = text.index(found) + 1
    raise refusal(
        "control_chars",
        f"There is an invisible character inside the connection string (U+{ord(found):04X}, "
        f"character {at}).",
    )


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
