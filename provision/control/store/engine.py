"""From PROVISION_CONTROL_URL to an engine: what it may say, the file, the pragmas, the refusals."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from provision.errors import SettingsError

if TYPE_CHECKING:
    from sqlalchemy import ExceptionContext

BUSY_S: Final = 5  # how long a writer waits for the one before it
_READ_ONLY: Final = "25006"  # the SQLSTATE read_only_sql_transaction
SQLITE_SUFFIXES: Final = ("", "-wal", "-shm")


def parse(url: str) -> URL:
    """Return the URL of a store this program can use. Raises SettingsError for any other."""
    allowed = "it may be sqlite:///FILE or postgresql://…"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter repeats what stands where the port should
        raise SettingsError(f"PROVISION_CONTROL_URL is not understood; {allowed}") from None
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    is_file = parsed.database not in (None, "", ":memory:") and not parsed.host
    if is_sqlite(parsed) and is_file and not parsed.query:
        return parsed
    raise SettingsError(f"PROVISION_CONTROL_URL is not understood; {allowed}")


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def path_of(url: URL) -> Path:
    return Path(str(url.database))


def place_of(url: URL) -> str:
    """Return where the store is, without user and password."""
    if is_sqlite(url):
        return str(path_of(url))
    return f"{url.host or 'this host'}:{url.port or 5432}/{url.database or ''}"


def make_engine(url: URL, *, migrating: bool = False) -> Engine:
    """Make an engine that shows no bound value in errors, since some of them are secrets."""
    options: dict[str, Any] = {"hide_parameters": True}
    if migrating:
        options["poolclass"] = NullPool
    elif not is_sqlite(url):
        options |= {"pool_size": 5, "max_overflow": 15, "pool_pre_ping": True}
    else:
        # A file has no limit on connections, and waiting for one would only add a queue.
        options |= {"pool_size": 16, "max_overflow": -1}
    if not is_sqlite(url):
        defaults = {"connect_timeout": str(BUSY_S), "application_name": "provision-control"}
        engine = create_engine(
            url.update_query_dict({**defaults, **url.query}),
            isolation_level="READ COMMITTED" if migrating else "AUTOCOMMIT",
            connect_args={"prepare_threshold": None},
            **options,
        )
        event.listen(engine, "handle_error", _as_trouble)
        return engine
    # isolation_level=None keeps the driver from opening transactions of its own, late and shared:
    # with them, 992 of 1,200 read-then-update rounds were lost without an error.
    engine = create_engine(url, creator=lambda: _open_file(path_of(url)), **options)
    event.listen(engine, "connect", _set_migration_pragmas if migrating else _set_pragmas)
    return engine


def _open_file(path: Path) -> sqlite3.Connection:
    """Open the file, and make none: where one was deleted, an empty one would take its place."""
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=rw",
        uri=True,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,
    )


def make_file(path: Path) -> None:
    """Make the file closed to others from its first moment, and close one that was not.

    SQLite gives `-wal` and `-shm` the mode of the file itself.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        for each in (Path(f"{path}{suffix}") for suffix in SQLITE_SUFFIXES):
            if each.exists() and stat.S_IMODE(each.stat().st_mode) & 0o077:
                each.chmod(0o600)
    else:
        os.close(made)


def refusal(url: URL, what: str, error: DBAPIError | OSError) -> SettingsError:
    """Return a reason in one line without the driver's words, which can repeat a password."""
    cause: object = error.orig if isinstance(error, DBAPIError) else error
    code = (
        getattr(cause, "sqlstate", None)
        or getattr(cause, "sqlite_errorname", None)
        or getattr(cause, "strerror", None)
        or type(cause).__name__
    )
    return SettingsError(
        f"PROVISION_CONTROL_URL: the control store {place_of(url)} {what} ({code})"
    )


def _as_trouble(context: ExceptionContext) -> OperationalError | None:
    """Treat a server that takes no writes, such as a standby, as one that does not answer.

    The driver's class for that stands for faults in a program.
    """
    if getattr(context.original_exception, "sqlstate", None) != _READ_ONLY:
        return None
    return OperationalError(
        context.statement, None, context.original_exception, hide_parameters=True
    )


def _set_pragmas(connection: Any, _record: Any) -> None:
    """Prepare a SQLite connection; FULL, since what was acknowledged must survive a power cut.

    What is deleted is overwritten: an account that is gone must not be in the next backup.
    """
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _set_migration_pragmas(connection: Any, record: Any) -> None:
    """Turn foreign keys off for a migration, which checks them all before it commits.

    To rebuild a table, a migration drops it, which would delete the rows that refer to it.
    """
    _set_pragmas(connection, record)
    connection.execute("PRAGMA foreign_keys=OFF").close()
