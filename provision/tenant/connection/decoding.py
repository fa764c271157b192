"""Read the JSON text that PostgreSQL wrote; anything else is the database's fault."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Generic, TypeVar, overload

import msgspec

from provision.errors import UnreachableError

T = TypeVar("T")


class Texts(Sequence[T], Generic[T]):
    """Rows as the JSON text that PostgreSQL wrote; each is decoded when it is looked at.

    Looking raises UnreachableError as `decode` does.
    """

    __slots__ = ("_decoder", "texts")

    def __init__(self, texts: Sequence[bytes], kind: type[T]) -> None:
        key: Any = kind
        self._decoder = _decoder(key)
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Texts) and self.texts == other.texts

    def __repr__(self) -> str:
        return repr(tuple(self))

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...
    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        if isinstance(place, slice):
            return tuple(map(self.read, self.texts[place]))
        return self.read(self.texts[place])

    def read(self, text: bytes) -> T:
        """Decode one of the texts."""
        try:
            row: T = self._decoder.decode(text)
        except msgspec.MsgspecError:
            raise strange_answer() from None
        return row


def apart(text: object, kind: type[T]) -> Texts[T]:
    """Part a JSON array into the texts of its items. Raises UnreachableError as `decode` does."""
    return Texts([bytes(each) for each in decode(text, list[msgspec.Raw])], kind)


def decode(text: object, kind: type[T]) -> T:
    """Read JSON that PostgreSQL wrote. Raises UnreachableError as `as_text` does."""
    key: Any = kind
    try:
        decoded: T = _decoder(key).decode(as_text(text))
    except msgspec.MsgspecError:
        raise strange_answer() from None
    return decoded


def decode_rows(text: object, columns: frozenset[str]) -> list[dict[str, Any]]:
    """Read rows by their columns, which are these, from JSON that PostgreSQL wrote.

    `id` is text, what else there is a text, a number, a truth value or None. Raises
    UnreachableError as `as_text` does.
    """
    rows = decode(text, list[dict[str, str | int | float | bool | None]])
    if any(row.keys() != columns or not isinstance(row["id"], str) for row in rows):
        raise strange_answer()
    return rows


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
