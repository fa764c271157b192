"""What is wrong with the control store at the moment: logged once, and shown at `/readyz`.

Every request that meets a full disk or a lost file fails, and a line for each would fill a log that
may lie on the same disk.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)

# Below it not even the next page of the journal may fit.
_LEAST_FREE_BYTES: Final = 1024 * 1024
# Trouble that comes and goes within this time is one trouble.
_SAID_AGAIN_S: Final = 600.0
_KINDS: Final = (OperationalError, InternalError, InterfaceError, PoolTimeoutError)


class FileMovedError(sqlite3.OperationalError):
    """The store's file was moved, replaced or deleted since it was opened."""


def name_of(error: SQLAlchemyError) -> str | None:
    """Name what is wrong as the store's server does; None for what is no trouble of the store.

    Never the driver's own words, which can repeat a value.
    """
    # A damaged file of SQLite raises their common base class itself.
    if not isinstance(error, _KINDS) and type(error) is not DatabaseError:
        return None
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, FileMovedError):
        return "its file was moved, replaced or deleted: restart the server"
    return (
        getattr(cause, "sqlite_errorname", None)
        or getattr(cause, "sqlstate", None)
        or type(cause).__name__
    )


def is_nearly_full(folder: Path) -> bool:
    """Return whether the disk of this folder has no room for the next change."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_blocks > 0 and disk.f_bavail * disk.f_frsize < _LEAST_FREE_BYTES


class Trouble:
    """Remembers the last failure until what failed works again; logs each change."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock: Final = clock
        self._lock: Final = threading.Lock()
        self._failed: dict[str, str] = {}
        self._said: dict[str, float] = {}
        self._is_told = False

    @property
    def now(self) -> str | None:
        """Return what is wrong, None where nothing is known to be."""
        return next(iter(self._failed.values()), None)

    def failed(self, what: str, error: SQLAlchemyError) -> None:
        """Note that `what` (`reading`, `writing`) failed, unless the store is not to blame."""
        name = name_of(error)
        if name is None:
            return
        with self._lock:
            self._failed[what] = name
            now = self._clock()
            is_new = now - self._said.get(name, -_SAID_AGAIN_S) >= _SAID_AGAIN_S
            if is_new:
                self._said = {name: now}
                self._is_told = True
        if is_new:
            log.error("the control store failed: %s", name)

    def succeeded(self, *what: str) -> None:
        """Note that `what` worked; writing reads too."""
        if not self._failed:
            return
        with self._lock:
            for each in what:
                self._failed.pop(each, None)
            is_over = not self._failed and self._is_told
            self._is_told = self._is_told and not is_over
        if is_over:
            log.warning("the control store works again")
