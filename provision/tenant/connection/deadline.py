"""Limit how long a call to a tenant's database takes, on our own clock.

No timeout of the driver or of the server is relied on: a server may say nothing, or never stop
talking. Whoever waits in a tenant's call asks `remaining` again after each waking, and leaves at 0.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Deadline:
    """One call's time limit; used by one thread at a time.

    `may_stay` is asked once, `patience_s` seconds into the call: if it answers False the time is
    over at once. So a call can be held to a shorter limit only where too many are slow.
    """

    __slots__ = ("_ask_at", "_clock", "_end", "_may_stay", "limit_s")

    def __init__(
        self,
        limit_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        patience_s: float | None = None,
        may_stay: Callable[[], bool] | None = None,
    ) -> None:
        now = clock()
        self.limit_s = limit_s
        self._clock = clock
        self._end = now + limit_s
        self._may_stay = may_stay
        self._ask_at = now + patience_s if patience_s is not None and may_stay else None

    def remaining(self) -> float:
        """Return the seconds until this must be asked again; 0.0 means the time is over."""
        now = self._clock()
        if self._ask_at is None:
            return max(0.0, self._end - now)
        if now < self._ask_at:
            return max(0.0, min(self._end, self._ask_at) - now)
        self._ask_at = None
        if self._may_stay is not None and not self._may_stay():
            self._end = now
        return max(0.0, self._end - now)

    @contextmanager
    def on_our_account(self) -> Iterator[None]:
        """Take the time of the block for our own slowness: patience waits, the limit does not."""
        ask_at, self._ask_at = self._ask_at, None
        begun = self._clock()
        try:
            yield
        finally:
            if ask_at is not None:
                self._ask_at = ask_at + self._clock() - begun

    def extend(self, limit_s: float) -> None:
        """Give the next phase of the same call its own limit, from now on."""
        self.limit_s = limit_s
        self._end = self._clock() + limit_s
