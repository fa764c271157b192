"""Reads libpq's strings of keywords, `host=… user=…`, and lines of a `.pgpass` file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provision.tenant.dsn.parameters import is_known
from provision.tenant.failures.translate import refusal

if TYPE_CHECKING:
    from provision.tenant.dsn.parts import Parts

_PARTS: Final = {
    "host": "host", "port": "port", "user": "user", "username": "user", "password": "password",
    "dbname": "database", "database": "database",
}  # fmt: skip
_KEY: Final = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*")
_BEGINS: Final = re.compile(
    r"\s*(?:host|hostaddr|port|user|username|password|dbname|database|service|sslmode)\s*=",
    re.IGNORECASE,
)
_SAYS_WHERE: Final = re.compile(
    r"\b(?:host|hostaddr|port|user|username|password|dbname|database|service)\s*=", re.IGNORECASE
)
_PGPASS: Final = re.compile(
    r"(?P<host>(?:\\.|[^:\\\s])+):(?P<port>[0-9]{1,5}|\*):(?P<database>(?:\\.|[^:\\])+)"
    r":(?P<user>(?:\\.|[^:\\])+):(?P<password>.+)\Z"
)


def begins_keywords(body: str) -> bool:
    """Tell whether the text begins with a keyword and an equals sign, and says where to connect."""
    if _BEGINS.match(body) is not None:
        return True
    key = _KEY.match(body)
    known = key is not None and is_known(key[1].lower())
    return known and _SAYS_WHERE.search(body) is not None


def is_first_keyword(body: str) -> bool:
    """Tell whether the text begins with one of the keywords that say where to connect."""
    return _BEGINS.match(body) is not None


def read_keywords(body: str, parts: Parts) -> None:
    """Fill `parts` from keywords and values between blanks or line breaks."""
    for key, value in _pairs(body):
        name = key.lower()
        if name in _PARTS:
            parts.give(_PARTS[name], value)
        else:
            parts.parameters.append((name, value))


def is_pgpass(body: str) -> bool:
    """Tell whether the text is a line of a `.pgpass` file: five fields with colons between."""
    return (
        "://" not in body and "@" not in body.partition(":")[0] and _PGPASS.match(body) is not None
    )


def read_pgpass(body: str, parts: Parts) -> None:
    """Fill `parts` from a line of a `.pgpass` file; a `*` in it says nothing."""
    found = _PGPASS.match(body)
    if found is None:
        raise refusal("format")
    parts.note("A line of a .pgpass file was read")
    for name in ("host", "port", "database", "user", "password"):
        if found[name] != "*":
            parts.give(name, re.sub(r"\\(.)", r"\1", found[name]))


def _pairs(body: str) -> list[tuple[str, str]]:
    """Split as libpq does: values end at white space, quotes and backslashes protect."""
    found: list[tuple[str, str]] = []
    at = 0
    end = len(body.rstrip())
    while at < end:
        key = _KEY.match(body, at)
        if key is None:
            raise refusal(
                "format",
                f"After value {len(found)} there is something without an = sign."
                if found
                else "This string of keywords and values does not begin with a keyword.",
                "Put a value that has spaces in it between single quotes: password='…'.",
            )
        value, at = _value(body, key.end())
        found.append((key[1], value))
    return found


def _value(body: str, at: int) -> tuple[str, int]:
    quoted = body[at : at + 1] == "'"
    at += quoted
    characters: list[str] = []
    while at < len(body):
        each = body[at]
        if each == "\\":
            at += 1
            characters.append(body[at : at + 1])
        elif quoted and each == "'":
            return "".join(characters), at + 1
        elif not quoted and each.isspace():
            break
        else:
            characters.append(each)
        at += 1
    if quoted:
        raise refusal(
            "format",
            "A value begins with a quote that is never closed.",
            "Write a quote inside a quoted value as \\'.",
        )
    return "".join(characters), at
