"""Read the JSON text that PostgreSQL wrote; anything else is the database's fault."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import msgspec

from provision.errors import UnreachableError

T = TypeVar("T")


def decode(text: object, kind: type[T]) -> T:
    """Read JSON that PostgreSQL wrote. Raises UnreachableError as `as_text` does."""
    key: Any = kind
    try:
        decoded: T = _decoder(key).decode(as_text(text))
    except msgspec.MsgspecError:
        raise strange_answer() from None
    return decoded


def as_text(answer: object) -> str:
    """Return the text that a column was asked for.

    Raises UnreachableError when it is something else: then whatever sits at the other end of the
    connection does not behave like PostgreSQL.
    """
    if not isinstance(answer, str):
        raise strange_answer()
    return answer


def strange_answer() -> UnreachableError:
    """Return the error for an answer that PostgreSQL would not give."""
    return UnreachableError(
        "connection_failed",
        "The database answered with something else than was asked for.",
        "Check that the connection string leads to a PostgreSQL database.",
    )


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
