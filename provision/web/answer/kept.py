"""Keep what was drawn, within a bound of bytes, in two generations."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

T = TypeVar("T")

_MOST_OF_ONE: Final = 64 * 1024
# Tuples of the key, the object, places in two dicts.
_ENTRY_BYTES: Final = 400
# What was not shown for one to two times as long is dropped at the next page.
_UNUSED_S: Final = 600.0


class Kept(Generic[T]):
    """Values by keys that say all about them, so that none is ever out of date.

    What is used again moves to the younger generation. Each may take half of `most_bytes`. When the
    younger one is full, or `_UNUSED_S` old, the older one is dropped. Threads may share it.
    """

    def __init__(self, most_bytes: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_bytes = most_bytes // 2
        self._clock = clock
        self._lock = threading.Lock()
        self._young: dict[Hashable, tuple[T, int]] = {}
        self._old: dict[Hashable, tuple[T, int]] = {}
        self._young_bytes = self._old_bytes = 0
        self._turned_at = clock()

    def look(self, keys: Iterable[Hashable]) -> list[T | None]:
        """Return the value of each key, None for what is not kept."""
        with self._lock:
            if self._clock() - self._turned_at > _UNUSED_S:
                self._turn()
            return [self._find(key) for key in keys]

    def keep(self, found: Iterable[tuple[Hashable, T, int]]) -> None:
        """Keep values; the numbers say how many bytes each and its key take."""
        with self._lock:
            for key, value, size in found:
                self._add(key, (value, size + _ENTRY_BYTES))

    def size_bytes(self) -> int:
        """Return about how much memory all take."""
        with self._lock:
            return self._young_bytes + self._old_bytes

    def _find(self, key: Hashable) -> T | None:
        found = self._young.get(key)
        if found is None:
            found = self._old.pop(key, None)
            if found is None:
                return None
            self._old_bytes -= found[1]
            self._add(key, found)
        return found[0]

    def _add(self, key: Hashable, entry: tuple[T, int]) -> None:
        size = entry[1]
        if size > _MOST_OF_ONE or key in self._young:
            return
        if self._young_bytes + size > self._most_bytes:
            self._turn()
        self._young[key] = entry
        self._young_bytes += size

    def _turn(self) -> None:
        self._old, self._young = self._young, {}
        self._old_bytes, self._young_bytes = self._young_bytes, 0
        self._turned_at = self._clock()
