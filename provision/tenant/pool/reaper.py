"""The one background thread of the registry: it closes what nobody used for a while.

It talks to no database. It sleeps until the next connection is due, or until `expect` is called.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class Reaper:
    """Call `reap` when something is due; `reap` returns the time of the next, or None.

    The thread starts at the first `expect`, so that a process may still fork before.
    """

    def __init__(self, reap: Callable[[], float | None], *, clock: Callable[[], float]) -> None:
        self._reap: Final = reap
        self._clock: Final = clock
        self._changed: Final = threading.Condition()
        self._thread: threading.Thread | None = None
        self._due_at: float | None = None
        self._stopped = False

    def expect(self, in_s: float) -> None:
        """Wake up in `in_s` seconds at the latest: nothing is due before."""
        if self._due_at is not None:
            return  # what is due later is found when the earlier is
        with self._changed:
            if self._stopped or self._due_at is not None:
                return
            self._due_at = self._clock() + in_s
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="provision-reaper", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def stop(self) -> None:
        """End the thread; may be called again."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout=5.0)

    def _run(self) -> None:
        while self._sleep_until_due():
            try:
                next_at = self._reap()
            except Exception:  # noqa: BLE001 -- whatever it was, what is idle later must be closed
                _log.exception("idle connections could not be closed")
                next_at = self._clock() + 1.0
            with self._changed:
                if next_at is not None:
                    self._due_at = min(next_at, self._due_at or next_at)

    def _sleep_until_due(self) -> bool:
        """Sleep; return False once stopped."""
        with self._changed:
            while not self._stopped:
                left = None if self._due_at is None else self._due_at - self._clock()
                if left is not None and left <= 0.0:
                    # Cleared before reaping: what becomes idle meanwhile is expected anew.
                    self._due_at = None
                    return True
                self._changed.wait(left)
            return False
