"""Tells a placeholder that was to be filled in from a real value, in any part of a string."""

from __future__ import annotations

import re
from typing import Final

from provision.tenant.failures.translate import refusal

# Names of variables are written in capitals or in braces; `$ecret` is somebody's password.
_PASSWORD: Final = re.compile(
    r"\[[^\]]*\]|<[^>]*>|\{+[^{}]*\}+|\$\{+[^{}]*\}+|\$\([^()]*\)|<%.*%>"
    r"|\$[A-Z_][A-Z0-9_]{2,}|\$(?i:db_?)?(?:pass|passwd|password|pwd)"
    r"|%[A-Za-z_]+%|(?i:env|getenv)\(.*\)"
    r"|(?i:my|your|the)?[-_ ]?(?i:db|database|postgres)?[-_ ]?PASSWORD(?:[-_ ]HERE)?"
    r"|(?i:your)[-_ ]?(?i:db|database|postgres|secret|actual|real|master)?[-_ ]?"
    r"(?i:password|passwd|pass|pwd|secret)(?:[-_ ](?i:here))?"
    r"|\*{3}|\*{5,}|[•●·∙]{3,}|\.{3,}|…+|[xX]{5,}"
)
_PLACE: Final = re.compile(
    r"\[[^\[\]:]*\]|<[^<>]*>|\{[^{}]*\}|\$\(|\$\{?[A-Z_]{2,}\}?\Z"
    r"|\A(?i:your[-_].*|\$(?:db_?)?(?:host|port|user|name|database))\Z"
    r"|\A(?:(?:DB|DATABASE|PG)?_?(?:HOST(?:NAME)?|USER(?:NAME)?|PORT|DBNAME|DATABASE))\Z"
    r"|…|\A\.{3}\Z"
)


def refuse_password(password: str | None) -> None:
    """Raise `format` if the password stands for one that was to be filled in."""
    if password is not None and _PASSWORD.fullmatch(password):
        raise refusal(
            "format",
            "There is a placeholder where the password should be.",
            "Replace it by the real password of the database user. Your provider's console shows "
            "it, or lets you reset it.",
        )


def refuse(value: str | None, what: str) -> None:
    """Raise `format` if `value`, the part called `what`, was to be filled in."""
    if value is not None and _PLACE.search(value):
        raise refusal(
            "format",
            f"There is a placeholder where the {what} should be.",
            "Copy the string from the page of your own project, where it is filled in, or put the "
            "real value there.",
        )
