"""A consistent copy of the control store while others read and write it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, cast

from provision.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from provision.control.store.store import ControlStore


def write_backup(store: ControlStore, path: Path) -> None:
    """Copy a SQLite store to `path`, which must be free; only we may read it.

    Raises SettingsError when it cannot be written, and for a store on PostgreSQL.
    """
    part = path.with_name(f"{path.name}.part")
    with store.reading() as connection:
        if connection.dialect.name != "sqlite":
            raise SettingsError(
                "PROVISION_CONTROL_URL is a PostgreSQL database; back it up with pg_dump"
            )
        source = cast("sqlite3.Connection", connection.connection.driver_connection)
        try:
            part.unlink(missing_ok=True)
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            with closing(sqlite3.connect(part)) as copy:
                source.backup(copy)
                # One file that stands for itself, not one that wants a log beside it.
                copy.execute("PRAGMA journal_mode=DELETE").close()
            # Unlike a rename, a link never takes the place of a file that is there.
            os.link(part, path)
        except (OSError, sqlite3.Error) as error:
            raise SettingsError(f"{path} cannot be written: {_reason(error)}") from None
        finally:
            part.unlink(missing_ok=True)


def _reason(error: OSError | sqlite3.Error) -> str:
    if isinstance(error, FileExistsError):
        return "it is there already"
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
