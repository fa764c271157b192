"""Takes strings of keywords and values apart: libpq's `host=… user=…`, .NET's `Host=…;User=…`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provision.tenant.failures.translate import refusal

if TYPE_CHECKING:
    from provision.tenant.dsn.parts import Parts

_PART_OF: Final = {
    "host": "host", "server": "host", "data source": "host",
    "port": "port",
    "user": "user", "username": "user", "user id": "user", "userid": "user", "uid": "user",
    "user name": "user",
    "password": "password", "pwd": "password",
    "dbname": "database", "database": "database", "db": "database", "initial catalog": "database",
}  # fmt: skip
_LIBPQ_PARTS: Final = frozenset(
    {"host", "port", "user", "username", "password", "dbname", "database"}
)
_DOTNET_PARAMETERS: Final = {
    "ssl mode": "sslmode", "sslmode": "sslmode", "channel binding": "channel_binding",
    "application name": "application_name", "timeout": "connect_timeout",
    "connection timeout": "connect_timeout",
}  # fmt: skip
_DOTNET_DROPPED: Final = frozenset(
    {
        "pooling", "minimum pool size", "maximum pool size", "command timeout",
        "trust server certificate", "include error detail", "keepalive", "no reset on close",
        "max auto prepare", "search path", "connection idle lifetime", "multiplexing",
    }
)  # fmt: skip
_DOTNET_SSLMODES: Final = {"verifyca": "verify-ca", "verifyfull": "verify-full"}
_KEY: Final = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*")

_SAYS_WHERE: Final = re.compile(
    r"\b(?:host|hostaddr|port|user|username|password|dbname|database|service)\s*=", re.IGNORECASE
)


def begins_keywords(body: str) -> bool:
    """Whether the text begins with a keyword and an equals sign, and says where to connect."""
    if _dotnet(body) is not None:
        return True
    return _KEY.match(body) is not None and _SAYS_WHERE.search(body) is not None


def read_keywords(body: str, parts: Parts) -> None:
    """Fill `parts` from either kind."""
    pairs = _dotnet(body)
    if pairs is not None:
        _read_dotnet(pairs, parts)
        return
    for key, value, quoted in _libpq(body):
        name = key.lower()
        if name in _LIBPQ_PARTS:
            parts.give(_PART_OF[name], value)
            # What follows an unquoted password with a space in it may be the rest of it.
            parts.nameable &= name != "password" or quoted
        else:
            parts.parameters.append((name, value))


def _libpq(body: str) -> list[tuple[str, str, bool]]:
    """Split as libpq does: values end at white space, quotes and backslashes protect."""
    found = []
    at = 0
    while at < len(body.rstrip()):
        key = _KEY.match(body, at)
        if key is None:
            raise refusal(
                "format",
                "After one of the values there is something without an = sign.",
                "Put a value that has spaces in it between single quotes: password='…'.",
            )
        value, at, quoted = _libpq_value(body, key.end())
        found.append((key[1], value, quoted))
    return found


def _libpq_value(body: str, at: int) -> tuple[str, int, bool]:
    quoted = body[at : at + 1] == "'"
    at += quoted
    characters: list[str] = []
    while at < len(body):
        each = body[at]
        if each == "\\":
            at += 1
            characters.append(body[at : at + 1])
        elif quoted and each == "'":
            return "".join(characters), at + 1, True
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
    return "".join(characters), at, False


def _dotnet(body: str) -> list[tuple[str, str]] | None:
    """Split at semicolons, if every piece is then one of .NET's keywords; None otherwise."""
    if ";" not in body or "://" in body.partition("=")[0]:
        return None
    known = {*_PART_OF, *_DOTNET_PARAMETERS, *_DOTNET_DROPPED}
    pairs = []
    for piece in body.split(";"):
        if piece.strip():
            key, equals, value = piece.partition("=")
            name = " ".join(key.lower().split())
            if not equals or name not in known:
                return None
            pairs.append((name, value.strip()))
    return pairs or None


def _read_dotnet(pairs: list[tuple[str, str]], parts: Parts) -> None:
    parts.note("A .NET string was read")
    for name, value in pairs:
        bare = value
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            bare = value[1:-1].replace(value[0] * 2, value[0])
        if name in _PART_OF:
            parts.give(_PART_OF[name], bare)
        elif name in _DOTNET_PARAMETERS:
            mode = bare.lower().replace("-", "")
            if _DOTNET_PARAMETERS[name] == "sslmode":
                bare = _DOTNET_SSLMODES.get(mode, bare.lower())
            parts.parameters.append((_DOTNET_PARAMETERS[name], bare))
        else:
            parts.note(f"{name} was left out: it is for another program")
