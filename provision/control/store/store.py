"""The control store: SQLite in the data folder, or PostgreSQL by URL; the way in for all of it.

Opening brings the tables up to date under a lock, so that many processes may start at once. There
is one writer at a time on both backends: what is read inside `writing()` still holds when it is
written back. Open it after forking, never before.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from provision.control.store.engine import (
    BUSY_S,
    is_sqlite,
    make_engine,
    make_file,
    parse,
    path_of,
    place_of,
    refusal,
)
from provision.control.store.lookup import Lookup
from provision.control.store.trouble import FileMovedError, Trouble, is_nearly_full, name_of
from provision.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import URL, Connection, Engine, Select

# The newest revision in `migrations_control`, repeated so that a start with an up-to-date store
# need not import Alembic (0.15 s). A test holds the two equal.
HEAD: Final = "0008"

# One key for migrating and for writing: no process writes while another migrates.
_WRITER_LOCK: Final = 0x70_72_6F_76_69_73_6E  # "provisn"


# Changes nothing, and is written all the same.
_SAME_AGAIN: Final = text("UPDATE installation SET value = value")
_SERVER_TIME: Final = text("SELECT extract(epoch FROM clock_timestamp())")


_TRACES: Final = "leave no trace"
_LOG_BUSY_MS: Final = 200


def leave_no_trace(connection: Connection) -> None:
    """Have what this transaction overwrites or deletes taken out of SQLite's log as well.

    For secrets, sealed or hashed; PostgreSQL's own log is its operator's.
    """
    connection.info[_TRACES] = True


class ControlStore:
    """Lends connections for reading and for writing; made by `open`."""

    def __init__(self, engine: Engine, clock: Callable[[], float] | None) -> None:
        self._clock = clock or time.time
        self._has_own_clock = clock is None and not is_sqlite(engine.url)
        self._reader = engine
        self._is_sqlite = is_sqlite(engine.url)
        self._lookups: dict[Select[Any], Lookup] = {}
        self._traces = 0
        """How many transactions left something in the log that has to go."""
        self._cleared = 0
        """Up to which of them it is known to be gone."""
        self._trouble = Trouble()
        self._file: Path | None = None
        if self._is_sqlite:
            self._file = path_of(engine.url)
            self._opened = self._file.stat()
            event.listen(engine, "connect", self._refuse_another_file)
            self._writer = engine.execution_options()
            event.listen(self._writer, "begin", _take_sqlite)
        else:
            self._writer = engine.execution_options(isolation_level="READ COMMITTED")
            event.listen(self._writer, "begin", _take)

    @classmethod
    def open(cls, url: str, *, clock: Callable[[], float] | None = None) -> ControlStore:
        """Make the store if it is missing and migrate it. Raises SettingsError when it cannot."""
        parsed = parse(url)
        engine = make_engine(parsed)
        try:
            with _one_opener(parsed):
                if _revision(engine) != HEAD:
                    _migrate(parsed)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, clock)

    @classmethod
    def look(cls, url: str, *, clock: Callable[[], float] | None = None) -> ControlStore:
        """Open a store that is there, and make or migrate none.

        Raises SettingsError where there is none, or one of another revision.
        """
        parsed = parse(url)
        engine = make_engine(parsed)
        try:
            revision = _revision_of(engine)
            if revision is None:
                raise SettingsError(f"There is no control store at {place_of(parsed)}")
            if revision != HEAD:
                raise SettingsError(
                    f"PROVISION_CONTROL_URL: the control store {place_of(parsed)} is at revision "
                    f"{revision!r}, this Provision works with {HEAD!r}; starting the server "
                    "brings an older one up to date, a newer one needs a newer Provision"
                )
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, clock)

    @staticmethod
    def is_there(url: str) -> bool:
        """Tell whether there is a store, of any revision, without making one.

        Raises SettingsError if that cannot be found out.
        """
        engine = make_engine(parse(url))
        try:
            return _revision_of(engine) is not None
        finally:
            engine.dispose()

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a connection that commits each statement at once and sees all that is committed."""
        return self._watched(self._reader.connect, "reading")

    def writing(self) -> AbstractContextManager[Connection]:
        """Begin a transaction, committed unless the block raises; wait for the writer before it."""
        return self._watched(self._begin, "writing", "reading")

    @contextlib.contextmanager
    def _begin(self) -> Iterator[Connection]:
        self._demand_its_file()
        with self._writer.begin() as connection:
            connection.info.pop(_TRACES, None)  # of a transaction that came to nothing
            yield connection
            has_traces = connection.info.pop(_TRACES, False)
        if has_traces:
            # After COMMIT: a log emptied by another thread before that is not empty of this.
            self._traces += 1
        if self._traces > self._cleared:
            self._empty_log()

    def _empty_log(self) -> None:
        """Have SQLite write its log into the file and cut it off; the next write tries again.

        What is overwritten or deleted in the file still stands in the log until then.
        """
        seen = self._traces
        if not self._is_sqlite:
            self._cleared = seen
            return
        with contextlib.suppress(SQLAlchemyError), self._reader.connect() as connection:
            # Somebody who reads for long, such as a backup, must not hold up what was asked for.
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_LOG_BUSY_MS}")
            try:
                is_busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_S * 1000}")
            if not is_busy:
                self._cleared = max(self._cleared, seen)

    @contextlib.contextmanager
    def _watched(
        self, lend: Callable[[], AbstractContextManager[Connection]], *what: str
    ) -> Iterator[Connection]:
        """Open a connection, and note under the first of `what` whether the work succeeded."""
        try:
            with lend() as connection:
                yield connection
        except SQLAlchemyError as error:
            self._trouble.failed(what[0], error)
            raise
        self._trouble.succeeded(*what)

    def look_up(self, select: Select[Any], **parameters: Any) -> Sequence[Any] | None:
        """Return the first row of a select that every request makes; keep it as it is compiled."""
        if not self._is_sqlite:
            with self.reading() as conn:
                return conn.execute(select, parameters).first()
        if (lookup := self._lookups.get(select)) is None:
            lookup = self._lookups[select] = Lookup(self._reader, select)
        try:
            return lookup.first(parameters)
        except SQLAlchemyError as error:
            self._trouble.failed("reading", error)
            raise

    def why_not_ready(self) -> str | None:
        """Return what keeps the store from being read and written, None where nothing does.

        It is written only where that failed before, to see whether that is over.
        """
        if self._file is not None and is_nearly_full(self._file.parent):
            return "its disk is full"
        try:
            self._demand_its_file()
            with self.reading() as conn:
                conn.execute(text("SELECT 1"))
            if self._trouble.now is not None:
                with self.writing() as conn:
                    conn.execute(_SAME_AGAIN)
        except SQLAlchemyError as error:
            return name_of(error) or type(error).__name__
        return None

    def _demand_its_file(self) -> None:
        """Raise OperationalError where changes would go into a file that nobody finds again."""
        if self._file is None:
            return
        try:
            is_same = os.path.samestat(self._file.stat(), self._opened)
        except OSError:
            is_same = False
        if not is_same:
            raise OperationalError("BEGIN", None, FileMovedError(), hide_parameters=True)

    def _refuse_another_file(self, _connection: Any, _record: Any) -> None:
        """Hold new connections to the file that the others have open."""
        if self._file is not None and not os.path.samestat(self._file.stat(), self._opened):
            raise FileMovedError

    def now(self) -> int:
        """Return the Unix time in whole seconds."""
        return int(self._clock())

    def shared_now(self, conn: Connection) -> int:
        """Return the Unix time in whole seconds, the same for all machines that share this store.

        PostgreSQL's own clock where the store is one: of use where many machines count together.
        """
        if self._has_own_clock:
            return int(conn.execute(_SERVER_TIME).scalar_one())
        return self.now()

    def ahead_s(self) -> float:
        """Return the seconds that our clock is ahead of the store's; 0.0 for a file."""
        if self._is_sqlite:
            return 0.0
        with self.reading() as conn:
            conn.execute(_SERVER_TIME)  # connecting takes time that would count
            before = self._clock()
            there = float(conn.execute(_SERVER_TIME).scalar_one())
            return (before + self._clock()) / 2 - there

    def dispose(self) -> None:
        """Close every idle connection."""
        self._reader.dispose()


def migrations_folder() -> Path:
    """Return the folder of the migrations: from the checkout, else from the package.

    The checkout comes first because an editable install has a stale copy in the package.
    """
    package = Path(__file__).resolve().parents[2]
    checkout = package.parent / "migrations_control"
    if (package.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return package / "migrations_control"


def _take_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _take(connection: Connection) -> None:
    connection.exec_driver_sql(
        f"SELECT set_config('lock_timeout', '{BUSY_S}s', true),"
        f" pg_advisory_xact_lock({_WRITER_LOCK})"
    )


@contextlib.contextmanager
def _one_opener(url: URL) -> Iterator[None]:
    """Let one process at a time open a SQLite store; PostgreSQL locks by itself when migrating."""
    if not is_sqlite(url):
        yield
        return
    path = path_of(url)
    try:
        make_file(path)
        # The lock file stays: to remove it would hand the lock to two.
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise refusal(url, "cannot be opened", error) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _revision(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            if not connection.dialect.has_table(connection, "alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError as error:
        raise refusal(engine.url, "cannot be opened", error) from None


def _revision_of(engine: Engine) -> str | None:
    """Return the revision of a store, None if there is none: SQLite makes a file by opening it."""
    if is_sqlite(engine.url):
        path = path_of(engine.url)
        try:
            if path.stat().st_size == 0:
                return None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise refusal(engine.url, "cannot be opened", error) from None
    return _revision(engine)


def _migrate(url: URL) -> None:
    # Only here, for the sake of the usual start, which has nothing to migrate.
    from provision.control.store.migrating import upgrade  # noqa: PLC0415

    engine = make_engine(url, migrating=True)
    event.listen(engine, "begin", _take_sqlite if is_sqlite(url) else _wait_for_writers)
    try:
        with engine.begin() as connection:
            upgrade(connection, migrations_folder())
    except DBAPIError as error:
        raise refusal(url, "cannot be brought up to date", error) from None


def _wait_for_writers(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
