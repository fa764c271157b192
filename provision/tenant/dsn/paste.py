"""Peels off what surrounds a connection string where it was copied from.

Quotes, angle brackets, back-ticks, the name in an `.env`, YAML, JSON or shell line, a prompt, a
trailing semicolon or comment, or the other lines of a block. What is left is one string in one of
the forms that `dsn` knows.
"""

from __future__ import annotations

import re
from typing import Final

from provision.tenant.dsn.parts import MAX_CHARACTERS, refuse_invisible
from provision.tenant.failures.translate import refusal

_EDGES: Final = " \t\r\n\f\v\u00a0\u200b\u2060\ufeff"
_PAIRS: Final = {
    '"': '"',
    "'": "'",
    "`": "`",
    "<": ">",
    "\u201c": "\u201d",
    "\u2018": "\u2019",
    "\u00ab": "\u00bb",
    "\u201e": "\u201c",
}
_LAYERS: Final = 8

_ASSIGNMENT: Final = re.compile(
    r"(?:(?:export|setx?|let|const|var|ENV|-)\s+|\$env:|--)?"
    r"(?P<quote>[\"']?)(?P<name>[A-Za-z_][A-Za-z0-9_.-]{0,80})(?P=quote)"
    r"\s*(?P<sign>:=|=>|=|:(?=[\s\"']))\s*(?P<value>.+)\Z"
)
_AFTER_QUOTE: Final = re.compile(r"\s*(?:[;,]\s*)?(?:(?:#|//|--).*)?\Z")
_COMMENT: Final = re.compile(r"\s(?:#|//|--\s)")
_VALUE_BEGINS: Final = re.compile(
    r"[\"'`<\u201c\u2018]*\s*"
    r"(?:[A-Za-z][A-Za-z0-9+._-]*://|jdbc:|psql\s|(?i:host|server|user id)\s*=)"
)
_URL_NAMES: Final = ("DATABASE_URL", "POSTGRES_URL", "DATABASE_PUBLIC_URL", "POSTGRESQL_URL")
_BLOCK_NAME: Final = re.compile(
    r"(?:PG|DB_|DATABASE_|POSTGRES_|POSTGRESQL_|SUPABASE_DB_)?"
    r"(HOST|PORT|USER|USERNAME|PASSWORD|PASS|DATABASE|DBNAME|NAME|DB|SSLMODE|CHANNELBINDING)\Z",
    re.IGNORECASE,
)
_BLOCK_KEYS: Final = {
    "username": "user",
    "pass": "password",
    "database": "dbname",
    "name": "dbname",
    "db": "dbname",
    "channelbinding": "channel_binding",
}


def peel(text: str) -> tuple[str, list[str]]:
    """Return the connection string inside a paste, and what was taken off, in words.

    Raises ConnectionStringError `too_long`, `control_chars`, or `format` when nothing is left.
    """
    changes: list[str] = []
    body = text.strip(_EDGES)
    if len(body) > MAX_CHARACTERS:
        raise refusal("too_long")
    if "\n" in body or "\r" in body:
        body = _one_line(body, changes)
    refuse_invisible(body)
    for _ in range(_LAYERS):
        before = body
        body = _peel_layer(body.strip(_EDGES), changes)
        if body == before:
            break
    if not body:
        raise refusal("format", "There is no connection string here.")
    return body, changes


def _peel_layer(body: str, changes: list[str]) -> str:
    if body.startswith("$ "):
        _note(changes, "The shell prompt in front was taken off")
        return body[2:]
    named = _ASSIGNMENT.match(body)
    if named and _VALUE_BEGINS.match(named["value"]) and not _is_keyword(named["name"], body):
        _note(changes, f"{named['name']}{named['sign']} in front was taken off")
        return named["value"]
    closing = _PAIRS.get(body[:1])
    if closing:
        return _unquoted(body, closing, changes)
    if "://" in body or body.lower().startswith("jdbc:"):
        comment = _COMMENT.search(body)
        if comment and "@" not in body[comment.start() :]:
            _note(changes, "The comment at the end was taken off")
            return body[: comment.start()]
        if body[-1:] in (";", ",", "\\"):
            _note(changes, "The punctuation at the end was taken off")
            return body[:-1]
    return body


def _unquoted(body: str, closing: str, changes: list[str]) -> str:
    """Take off the pair around the body; only a comment or punctuation may follow it."""
    end = body.find(closing, 1)
    while end != -1:
        if _AFTER_QUOTE.match(body, end + 1):
            _note(changes, "The quotes around it were taken off")
            return body[1:end]
        end = body.find(closing, end + 1)
    return body


def _is_keyword(name: str, body: str) -> bool:
    # `host=… user=…` is a string of its own, not a variable called host.
    return name.lower() in ("host", "server", "user", "password", "dbname") and "://" not in body


def _one_line(text: str, changes: list[str]) -> str:
    """Choose or put together one string from several lines, or refuse them."""
    lines = [line.strip(_EDGES) for line in re.split(r"[\r\n]+", text)]
    lines = [line for line in lines if line and not line.startswith(("#", "//"))]
    if len(lines) == 1:
        _note(changes, "Comment lines were left out")
        return lines[0]
    if all(line.endswith("\\") for line in lines[:-1]):
        _note(changes, "Its lines were joined")
        return " ".join(line.removesuffix("\\").strip() for line in lines)
    fence = lines[0].startswith("```") and lines[-1] == "```"
    if fence and len(lines) == 3:
        _note(changes, "The quotes around it were taken off")
        return lines[1]
    named = [_ASSIGNMENT.match(line) for line in lines]
    pairs = [(each["name"], each["value"]) for each in named if each]
    if len(pairs) != len(lines):
        raise refusal("control_chars")
    urls = {name: line for (name, value), line in zip(pairs, lines, strict=True) if "://" in value}
    if urls:
        chosen = next((name for name in _URL_NAMES if name in urls), next(iter(urls)))
        _note(changes, f"Of several lines, {chosen} was taken")
        return urls[chosen]
    return _joined_block(pairs, changes)


def _joined_block(pairs: list[tuple[str, str]], changes: list[str]) -> str:
    keywords = []
    for name, value in pairs:
        known = _BLOCK_NAME.match(name)
        bare = value
        if value[:1] in ("'", '"') and len(value) > 1 and value[-1] == value[0]:
            bare = value[1:-1]
        elif any(each.isspace() for each in value):
            raise refusal("control_chars")
        if known is None:
            raise refusal("control_chars")
        key = known[1].lower()
        escaped = bare.replace("\\", "\\\\").replace("'", "\\'")
        keywords.append(f"{_BLOCK_KEYS.get(key, key)}='{escaped}'")
    _note(changes, "Its lines were put together")
    return " ".join(keywords)


def _note(changes: list[str], change: str) -> None:
    if change not in changes:
        changes.append(change)
