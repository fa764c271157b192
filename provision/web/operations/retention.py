"""Deletes what is kept for a while only, at the start and then now and then.

Audit events older than PROVISION_AUDIT_DAYS go once a day, kept answers of calls (control/
idempotency) once an hour.

A request does it in passing, a lot at a time, so that there is no thread for it, and nothing to do
while nobody asks for anything.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from provision.control import audit, idempotency

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from provision.control.store.store import ControlStore

_DAY_S: Final = 86_400
_HOUR_S: Final = 3_600
# While there is more to drop than one lot, the next one waits so long.
_NEXT_LOT_S: Final = 10


class Sweep:
    """Drops what is due, at most one lot a call; others go on while one call does.

    `purge` drops a lot and returns how many that were.
    """

    def __init__(
        self,
        purge: Callable[[], int],
        *,
        every_s: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._purge = purge
        self._every_s = every_s
        self._clock = clock
        self._next = clock()
        self._turn = threading.Lock()

    def look(self) -> None:
        """Drop a lot if it is time to."""
        if self._clock() < self._next or not self._turn.acquire(blocking=False):
            return
        try:
            self._next = self._clock() + _NEXT_LOT_S
            # A page that can do without the store is not refused because the store fails.
            with suppress(SQLAlchemyError):
                if not self._purge():
                    self._next = self._clock() + self._every_s
        finally:
            self._turn.release()


class Retention(Sweep):
    """The sweep of the audit trail, once a day."""

    def __init__(
        self, store: ControlStore, *, days: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(lambda: audit.purge(store, days=days), every_s=_DAY_S, clock=clock)


def install(app: Flask, store: ControlStore, *, days: int) -> None:
    """Look now, and whenever `app` is asked for something."""
    answers = Sweep(lambda: idempotency.purge(store), every_s=_HOUR_S)
    for sweep in (Retention(store, days=days), answers):
        sweep.look()
        app.before_request(sweep.look)
