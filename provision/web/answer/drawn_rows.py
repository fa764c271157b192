"""Keep the HTML of rows by the JSON text that PostgreSQL sent: what did not change is not drawn.

The key is that text and a manner, which names all else that the drawing depends on. So an entry
never goes stale: a changed row, another day and another person's formats are other keys.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from markupsafe import Markup

MOST_BYTES: Final = 16 * 1024 * 1024
"""What the rows of one process take together, at most."""
_MOST_OF_ONE: Final = 64 * 1024
# Tuple, key, places in two dicts.
_ENTRY_BYTES: Final = 400
# What was not shown for one to two times as long is dropped at the next page.
_UNUSED_S: Final = 600.0

Manner: TypeAlias = "tuple[Hashable, ...]"
"""Whose rows are drawn, as what, for which day, and in which formats."""


class DrawnRow(NamedTuple):
    """The HTML of one row, and which column or group of the page it belongs to."""

    place: str | None
    html: Markup


class DrawnRows:
    """The rows drawn last, in two generations: what is used again moves to the younger one.

    Each may take half of `most_bytes`. When the younger one is full, or `_UNUSED_S` old, the older
    one is dropped. Threads may share it; rows are drawn outside the lock.
    """

    def __init__(
        self, most_bytes: int = MOST_BYTES, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most_bytes = most_bytes // 2
        self._clock = clock
        self._lock = threading.Lock()
        self._young: dict[tuple[Manner, bytes], DrawnRow] = {}
        self._old: dict[tuple[Manner, bytes], DrawnRow] = {}
        self._young_bytes = self._old_bytes = 0
        self._turned_at = clock()

    def take(
        self, manner: Manner, texts: Sequence[bytes], draw: Callable[[bytes], DrawnRow]
    ) -> list[DrawnRow]:
        """Return a row for each text, drawn by `draw` where it is not kept.

        `draw` may use nothing but the text and what `manner` says.
        """
        keys = [(manner, text) for text in texts]
        with self._lock:
            if self._clock() - self._turned_at > _UNUSED_S:
                self._turn()
            found = [self._young.get(key) or self._find_old(key) for key in keys]
        missed = [(key, draw(key[1])) for key, row in zip(keys, found, strict=True) if not row]
        if not missed:
            return [row for row in found if row]
        with self._lock:
            for key, row in missed:
                self._keep(key, row)
        drawn = iter(missed)
        return [row or next(drawn)[1] for row in found]

    def size_bytes(self) -> int:
        """Return about how much memory the rows take."""
        with self._lock:
            return self._young_bytes + self._old_bytes

    def _find_old(self, key: tuple[Manner, bytes]) -> DrawnRow | None:
        row = self._old.pop(key, None)
        if row is not None:
            self._old_bytes -= _size(key, row)
            self._keep(key, row)
        return row

    def _keep(self, key: tuple[Manner, bytes], row: DrawnRow) -> None:
        size = _size(key, row)
        if size > _MOST_OF_ONE or key in self._young:
            return
        if self._young_bytes + size > self._most_bytes:
            self._turn()
        self._young[key] = row
        self._young_bytes += size

    def _turn(self) -> None:
        self._old, self._young = self._young, {}
        self._old_bytes, self._young_bytes = self._young_bytes, 0
        self._turned_at = self._clock()


def _size(key: tuple[Manner, bytes], row: DrawnRow) -> int:
    return sys.getsizeof(key[1]) + sys.getsizeof(row.html) + _ENTRY_BYTES
