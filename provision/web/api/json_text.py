"""The text of a JSON body as an object, strictly: what could be read in two ways is refused.

What is said of a body that cannot be read names a place and never repeats a value of it, which may
be a password or a connection string.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, Never

if TYPE_CHECKING:
    from collections.abc import Iterator

# As many digits as fit into 64 bits; longer numbers are kept exactly, too, and cost less so.
_MOST_DIGITS: Final = 18
# The decoder gives up far above this, which is far above what any call needs.
_MOST_LEVELS: Final = 100
_LONGEST_NAME: Final = 100
_MARKS: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_ESCAPED_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_BOM: Final = b"\xef\xbb\xbf"
# By how the decoder's own words begin; some of those repeat a piece of the text.
_REASONS: Final = {
    "Expecting property name": "a name in double quotes is expected",
    "Expecting ':'": "a colon is expected",
    "Expecting ','": "a comma or the end is expected",
    "Expecting value": "a value is expected",
    "Illegal trailing comma": "a comma stands before the end",
    "Unterminated string": "a string begins that does not end",
    "Invalid control character": "a control character has to be written as an escape",
    "Invalid \\": "an escape that JSON does not have",
    "Extra data": "something follows the object",
}


class MalformedJsonError(Exception):
    """What is wrong with the text and where, in a sentence for whoever sent it."""


class _RepeatedNameError(Exception):
    pass


class _NotANumberError(Exception):
    pass


def read_json_object(raw: bytes) -> dict[str, Any]:
    """Read the object in `raw`; numbers with a point or of many digits become Decimal.

    Raises MalformedJsonError.
    """
    text = _decoded(raw)
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise MalformedJsonError(
            f"The body is nested more than {_MOST_LEVELS} levels deep at {_deep_place(text)}."
        ) from None
    except json.JSONDecodeError as error:
        raise MalformedJsonError(
            f"The body is not JSON: {_reason(error.msg)} at {_place(text, error.pos)}."
        ) from None
    except _RepeatedNameError as error:
        name = error.args[0][:_LONGEST_NAME].encode(errors="replace").decode()
        raise MalformedJsonError(
            f"The name {name} stands twice in one object: which of them is meant?"
        ) from None
    except _NotANumberError as error:
        raise MalformedJsonError(
            f"{error.args[0]} is not a number of JSON; leave the member out, or send null."
        ) from None
    if not isinstance(value, dict):
        raise MalformedJsonError("The body is JSON, but not an object: it has to begin with {.")
    found = _ESCAPED_SURROGATE.search(text)
    if found and any(_is_broken(each) for each in _texts(value)):
        raise MalformedJsonError(
            f"A text at or after {_place(text, found.start())} holds half of a character "
            "(a surrogate without its pair)."
        )
    return value


def _decoded(raw: bytes) -> str:
    if raw.startswith(_BOM):
        raise MalformedJsonError(
            "The body begins with a byte-order mark; send it in UTF-8 without one."
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        place = _place(raw[: error.start].decode(), error.start)
        raise MalformedJsonError(
            f"The body is not UTF-8: see byte {error.start + 1:,}, {place}."
        ) from None


def _deep_place(text: str) -> str:
    """Return where brackets are nested deeper than any call needs."""
    depth = 0
    for mark in _MARKS.finditer(text):
        depth += 1 if mark[0] in "[{" else -1 if mark[0] in "]}" else 0
        if depth > _MOST_LEVELS:
            return _place(text, mark.start())
    return _place(text, len(text))


def _reason(message: str) -> str:
    for beginning, reason in _REASONS.items():
        if message.startswith(beginning):
            return reason
    return "something else is expected"


def _place(text: str, at: int) -> str:
    before = text[:at]
    line_start = before.rfind("\n") + 1
    return f"line {before.count(chr(10)) + 1:,}, column {len(before) - line_start + 1:,}"


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _RepeatedNameError(name)
            seen.add(name)
    return found


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of 19 digits or more; JSON has no limit
        return Decimal("Infinity")


def _whole_number(text: str) -> int | Decimal:
    return int(text) if len(text) <= _MOST_DIGITS else Decimal(text)


def _refuse(name: str) -> Never:
    raise _NotANumberError(name)


def _texts(value: object) -> Iterator[str]:
    """Yield every text in `value`, also the names of members."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            left += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            left += each


def _is_broken(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs,
    parse_float=_number,
    parse_int=_whole_number,
    parse_constant=_refuse,
)
