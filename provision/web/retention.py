"""Lets go of audit events that are older than PROVISION_AUDIT_DAYS: at the start, then once a day.

A request does it in passing, a lot at a time, so that there is no thread for it, and nothing to do
while nobody asks for anything.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import OperationalError

from provision.control import audit

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from provision.control.store import ControlStore

_DAY_S: Final = 86_400
# While there is more to drop than one lot, the next one waits so long.
_NEXT_LOT_S: Final = 10


class Retention:
    """Drops what is due, at most one lot a call; others go on while one call does."""

    def __init__(
        self, store: ControlStore, *, days: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._days = days
        self._clock = clock
        self._next = clock()
        self._turn = threading.Lock()

    def look(self) -> None:
        """Drop a lot if it is time to."""
        if self._clock() < self._next or not self._turn.acquire(blocking=False):
            return
        try:
            self._next = self._clock() + _NEXT_LOT_S
            # A store that is busy is no reason to refuse a page.
            with suppress(OperationalError):
                if not audit.purge(self._store, days=self._days):
                    self._next = self._clock() + _DAY_S
        finally:
            self._turn.release()


def install(app: Flask, store: ControlStore, *, days: int) -> None:
    """Look now, and whenever `app` is asked for something."""
    retention = Retention(store, days=days)
    retention.look()
    app.before_request(retention.look)
