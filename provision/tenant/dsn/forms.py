"""Decides which form a paste has, and lets the reader of that form alone answer.

A reader that fails never hands the text to the next one: its error is about its own form, and what
it did not understand may be a password.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final

from provision.tenant.dsn.block import holds_connection, read_block
from provision.tenant.dsn.command_line import begins_command, read_command
from provision.tenant.dsn.keywords import (
    begins_keywords,
    is_pgpass,
    read_keywords,
    read_pgpass,
)
from provision.tenant.dsn.parts import refuse_invisible
from provision.tenant.dsn.paste import clean, is_base64, note, peel
from provision.tenant.dsn.semicolons import begins_semicolons, read_semicolons
from provision.tenant.dsn.url import begins_url, read_url
from provision.tenant.failures.translate import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.tenant.dsn.parts import Parts

    Reader = Callable[[str, Parts], None]

_NO_SCHEME: Final = re.compile(r"[^\s:/@]+:[^\s@]*@[^\s/]+(?:/\S*)?\Z")
_HOST_ALONE: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::[0-9]{1,5})?(?:/[\w-]*)?\Z")


def read(text: str, parts: Parts) -> None:
    """Fill `parts` from a paste of any form. Raises ConnectionStringError."""
    body = clean(text, parts.changes)
    if "\n" not in body:
        body = peel(body, parts.changes)
    _reader(body)(body, parts)


def _reader(body: str) -> Reader:
    several = "\n" in body
    if several and all(begins_url(line.strip()) for line in body.split("\n")):
        return _read_one_of_lines
    for is_of, reader, may_be_several in _FORMS:
        if (may_be_several or not several) and is_of(body):
            return reader
    return _refuse


def _is_keywords(body: str) -> bool:
    """Tell whether the text is libpq's form; a line with one pair each is a block."""
    lines = body.split("\n")
    if len(lines) > 1 and not any(len(re.findall(r"\w\s*=", line)) > 1 for line in lines):
        return False
    if re.search(r"[,|]\s*\w+\s*=", body) or re.match(r"\s*\w+\s*=\s*\"", body):
        return False
    return all(begins_keywords(line) for line in lines)


def _read_block(body: str, parts: Parts) -> None:
    read_block(body, parts, _read_single)


def _read_single(text: str, parts: Parts) -> None:
    """Read one connection string that stood in a block; it is no block itself."""
    body = peel(text, parts.changes)
    reader = _reader(body)
    if reader is _read_block:
        raise refusal("format")
    reader(body, parts)


def _read_one_of_lines(body: str, parts: Parts) -> None:
    lines = {line.strip() for line in body.split("\n")}
    if len(lines) > 1:
        raise refusal(
            "format",
            "There are several connection strings here, one a line.",
            "Paste the one that is meant, alone.",
        )
    parts.note("The same string was there more than once")
    read_url(lines.pop(), parts)


def _read_base64(body: str, parts: Parts) -> None:
    standard = body.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        text = base64.b64decode(standard + "=" * (-len(standard) % 4)).decode()
    except ValueError:
        raise refusal(
            "format",
            "This is base64, and does not decode to a connection string.",
            "Decode it first, with base64 --decode, and paste the result.",
        ) from None
    note(parts.changes, "It was decoded from base64")
    read_url(text.strip(), parts)


def _refuse(body: str, parts: Parts) -> None:
    """Say what the text lacks, without repeating any of it."""
    refuse_invisible(body.replace("\n", " "))
    if re.match(r"(?i)postgres(?:ql)?[^a-z0-9_-]", body):
        raise refusal(
            "format",
            "It begins with postgresql, but not with postgresql:// and then the user.",
        )
    if _NO_SCHEME.match(body):
        raise refusal(
            "format",
            "The connection string lacks its beginning.",
            "Put postgresql:// in front of it.",
        )
    if _HOST_ALONE.match(body):
        raise refusal(
            "format",
            "This is a host alone, without user, password and database.",
        )
    raise refusal("format")


# In this order: a form before it is none of those that begin in the same way.
_FORMS: Final[tuple[tuple[Callable[[str], bool], Reader, bool], ...]] = (
    (begins_url, read_url, True),
    (begins_command, read_command, True),
    (begins_semicolons, read_semicolons, False),
    (_is_keywords, read_keywords, True),
    (is_pgpass, read_pgpass, False),
    (is_base64, _read_base64, False),
    (holds_connection, _read_block, True),
)
