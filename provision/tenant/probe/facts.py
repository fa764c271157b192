"""Ask a server, once logged in, for version, rights, tables and workspaces."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from provision.errors import SchemaNotReadyError, TenantError
from provision.tenant.failures.translate import failure, translate
from provision.tenant.pool.alchemy import CheckedOut, EngineMaker
from provision.tenant.queries import workspaces
from provision.tenant.schema import state as schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.tenant.connection.driver import TenantConnection
    from provision.tenant.host.target import Target
    from provision.tenant.queries.rows import FoundWorkspace
    from provision.tenant.schema.state import SchemaReport

LOWEST_VERSION: Final = 130_000

_NUMBER: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,2}[a-z0-9]{0,8}")
_FACTS: Final = """
SELECT current_setting('server_version_num')::int,
       current_setting('server_version'),
       pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on',
       current_schema(),
       coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
       pg_backend_pid(),
       current_setting('server_encoding'),
       (SELECT nspname FROM pg_namespace
         WHERE has_schema_privilege(oid, 'CREATE') AND nspname !~ '^pg_'
           AND nspname NOT IN ('information_schema', coalesce(current_schema(), ''))
         ORDER BY nspname <> current_user, nspname LIMIT 1)
"""
_ENCODING: Final = re.compile(r"[A-Z0-9_]{2,20}")
_TEMPORARY: Final = "pg_temp"
# How many more connections this user may open: by the server's limit, the database's and its own.
_ROOM: Final = """
SELECT least(
         current_setting('max_connections')::int
           - current_setting('superuser_reserved_connections')::int
           - (SELECT sum(numbackends) FROM pg_stat_database),
         (SELECT nullif(datconnlimit, -1) - numbackends FROM pg_database d
            JOIN pg_stat_database s ON s.datid = d.oid WHERE d.datname = current_database()),
         (SELECT nullif(rolconnlimit, -1)
                 - (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user)
            FROM pg_roles WHERE rolname = current_user)
       )::int
"""
_FAILS_FOR_ALL_ROWS: Final = ("policy",)
# What psycopg and SQLAlchemy may raise, whatever a server answers.
_DRIVER_ERRORS: Final = (psycopg.Error, SQLAlchemyError, ValueError, TypeError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class Facts:
    """What one round trip tells about a server and the rights of its user."""

    version_number: int
    version: str
    is_read_only: bool
    schema: str | None
    """Where tables would be made; None when the search path leads nowhere."""
    can_create: bool
    is_pooled: bool
    """Whether something between passes our statements on to a session of its own."""
    latency_ms: int
    """How long that round trip took."""
    encoding: str
    """In which the database keeps text."""
    another_schema: str | None
    """A schema beside that one in which this user may create tables."""

    @property
    def is_temporary(self) -> bool:
        """Tell whether tables made here would be gone when the connection closes."""
        return (self.schema or "").startswith(_TEMPORARY)


@dataclass(frozen=True, slots=True)
class Tables:
    """Which of our tables are there, and the workspaces in them."""

    schema: SchemaReport
    workspaces: tuple[FoundWorkspace, ...] = ()


def ask(connection: TenantConnection, target: Target) -> Facts:
    """Ask in one round trip. Raises TenantError, `not_postgres` for an answer of another kind."""
    begun = time.monotonic()
    try:
        row = connection.execute(_FACTS).fetchone()
    except _DRIVER_ERRORS as error:
        found = translate(error, target=target, connecting=False)
    else:
        latency_ms = round((time.monotonic() - begun) * 1000)
        facts = None if row is None else _facts(row, connection.pgconn.backend_pid, latency_ms)
        if facts is not None:
            return facts
        found = failure("not_postgres", target=target)
    # Raised outside the `except`, it carries no trace of the original.
    raise found if isinstance(found, TenantError) else failure("not_postgres", target=target)


@contextmanager
def with_own_search_path(
    connection: TenantConnection, target: Target, server: Facts
) -> Iterator[Facts]:
    """Ask again inside a transaction where a pooler may hand us a session that others have set.

    Yields what holds for this user's own search path. Raises TenantError, for a pooler that allows
    no transactions as well.
    """
    if not server.is_pooled:
        yield server
        return
    try:
        connection.execute("BEGIN")
        connection.execute("SET LOCAL search_path TO DEFAULT")
    except _DRIVER_ERRORS as error:
        found = translate(error, target=target, connecting=False)
    else:
        yield replace(ask(connection, target), is_pooled=True)
        with suppress(*_DRIVER_ERRORS):
            connection.execute("ROLLBACK")
        return
    raise found if isinstance(found, TenantError) else failure("not_postgres", target=target)


def lacks_xmin(connection: TenantConnection) -> bool:
    """Tell whether the server numbers no transactions in its rows, as some relatives of PostgreSQL.

    PostgreSQL has the column in every table. Asked by a statement of its own: where it is missing,
    the whole statement fails.
    """
    try:
        connection.execute("SELECT xmin FROM pg_class LIMIT 0")
    except (psycopg.errors.UndefinedColumn, psycopg.NotSupportedError):
        return True
    except _DRIVER_ERRORS:
        # A broken line shows at the next statement.
        return False
    return False


def room(connection: TenantConnection) -> str | None:
    """Say how many more connections the server has to spare; None where it does not tell."""
    try:
        row = connection.execute(_ROOM).fetchone()
    except _DRIVER_ERRORS:
        # A relative of PostgreSQL without these views; a broken line shows at the next statement.
        return None
    free = row[0] if row else None
    if not isinstance(free, int):
        return None
    if free <= 0:
        return "no other connection is free"
    return "1 more connection is free" if free == 1 else f"{free} more connections are free"


def inspect(connection: TenantConnection, target: Target) -> Tables:
    """Compare the tables with what they should be, and list the workspaces in them."""
    with Connection(EngineMaker().engine_for(target), CheckedOut(connection)) as tenant:
        try:
            report = schema.inspect(tenant)
            if report.version is None or report.state == "conflict":
                return Tables(report)
            return Tables(report, _workspaces(tenant, report.version))
        except _DRIVER_ERRORS as error:
            found = translate(error, target=target, connecting=False)
    # A look at the catalogue cannot miss our tables: only what is no catalogue of PostgreSQL does.
    raise found if isinstance(found, TenantError) else failure("not_postgres", target=target)


def _workspaces(tenant: Connection, version: int) -> tuple[FoundWorkspace, ...]:
    """Return the workspaces in these tables; none where this user may not read them."""
    try:
        return tuple(workspaces.found(tenant, version))
    except SQLAlchemyError as error:
        found = translate(error, connecting=False)
        # Tables of another owner that this user may not read hold nothing it could continue.
        hidden = (
            isinstance(found, TenantError)
            and found.code == "permission_denied"
            and found.why not in _FAILS_FOR_ALL_ROWS
        )
        if hidden or isinstance(found, SchemaNotReadyError):
            return ()
        raise


def _facts(row: tuple[object, ...], promised_pid: int, latency_ms: int) -> Facts | None:
    """Make facts of the row; None where it holds other things than were asked for."""
    number, version, is_read_only, schema_name, can_create, pid, encoding, another = row
    if not isinstance(number, int) or not isinstance(version, str):
        return None
    # The number in front is all that is believed of what a server calls itself.
    believed = _NUMBER.match(version)
    return Facts(
        version_number=number,
        version=believed[0] if believed else str(number),
        is_read_only=is_read_only is True,
        schema=schema_name if isinstance(schema_name, str) else None,
        can_create=can_create is True,
        # A pooler hands out process numbers of its own, for what is to be cancelled.
        is_pooled=pid != promised_pid,
        latency_ms=latency_ms,
        encoding=encoding if isinstance(encoding, str) and _ENCODING.fullmatch(encoding) else "",
        another_schema=another if isinstance(another, str) else None,
    )
