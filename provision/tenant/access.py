"""From a workspace to its rows: the one door through which queries reach a tenant's database.

A query is a function of `tenant.queries`, whose first arguments are a connection and `owner_id`.
Here it gets both, and a second try where that cannot do harm. The caller gives the other arguments.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from provision.errors import DatabaseTimeoutError, TenantError
from provision.tenant.failures.wording import MAY_BE_DONE
from provision.tenant.pool.registry import ConnectionLostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from provision.tenant.pool.registry import EngineRegistry
    from provision.tenant.pool.traffic import Traffic

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A database connection, and the `profiles` row in it that owns the rows."""

    connection_id: str
    owner_id: str


class TenantAccess:
    """Run queries for a workspace. Every failure is one of `errors`."""

    def __init__(self, registry: EngineRegistry) -> None:
        self._registry: Final = registry

    def read(
        self,
        workspace: Workspace,
        query: Callable[Concatenate[Connection, str, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a query that changes nothing; retry once if the connection broke."""
        with suppress(ConnectionLostError):
            return self._run(workspace, query, *args, **kwargs)
        return self._run(workspace, query, *args, **kwargs)

    def write(
        self,
        workspace: Workspace,
        query: Callable[Concatenate[Connection, str, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a query whose statements commit one by one; retry only if surely none was done.

        An error after which it may have been done says so, and names no time to try again.
        """
        try:
            try:
                return self._run(workspace, query, *args, **kwargs)
            except ConnectionLostError as lost:
                if lost.may_have_run:
                    raise
            return self._run(workspace, query, *args, **kwargs)
        except TenantError as error:
            _say_if_it_may_be_done(error)
            raise

    @contextmanager
    def transaction(self, workspace: Workspace) -> Iterator[Connection]:
        """Check out a connection inside BEGIN … COMMIT; roll back if the block raises."""
        is_committing = False
        try:
            with ExitStack() as stack:
                connection = self._begin(stack, workspace)
                try:
                    yield connection
                except BaseException:
                    _roll_back(connection)
                    raise
                is_committing = True
                _commit(connection)
        except TenantError as error:
            if is_committing:
                _say_if_it_may_be_done(error)
            raise

    def forget(self, workspace: Workspace) -> None:
        """Close its connections: its connection string changed, or is gone."""
        self._registry.evict(workspace.connection_id)

    def stats(self) -> dict[str, int | dict[str, int]]:
        """Return numbers for operators; nothing in them names a tenant."""
        return self._registry.stats()

    def traffic_of(self, workspace: Workspace) -> Traffic:
        """Return numbers about one workspace, for its own page."""
        return self._registry.tenant_stats(workspace.connection_id)

    def close(self) -> None:
        """Close every connection to every tenant; none can be had after this."""
        self._registry.close()

    def _run(
        self,
        workspace: Workspace,
        query: Callable[Concatenate[Connection, str, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        with self._registry.connection(workspace.connection_id) as connection:
            return query(connection, workspace.owner_id, *args, **kwargs)

    def _begin(self, stack: ExitStack, workspace: Workspace) -> Connection:
        """Begin a transaction; if the connection breaks at BEGIN, try once more on another."""
        with suppress(ConnectionLostError):
            return self._begin_once(stack, workspace)
        return self._begin_once(stack, workspace)

    def _begin_once(self, stack: ExitStack, workspace: Workspace) -> Connection:
        with ExitStack() as attempt:
            connection = attempt.enter_context(self._registry.connection(workspace.connection_id))
            connection.exec_driver_sql("BEGIN")
            stack.push(attempt.pop_all())
            return connection


def _say_if_it_may_be_done(error: TenantError) -> None:
    is_lost = isinstance(error, ConnectionLostError) and error.may_have_run
    is_late = isinstance(error, DatabaseTimeoutError) and error.code == "query_timeout"
    if is_lost or (is_late and not error.at_once):
        error.remedy = f"{MAY_BE_DONE} {error.remedy}"
        error.retry_after_s = None


def _commit(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    if driver is not None and driver.has_failed:
        # COMMIT would answer as if all were well, and keep nothing.
        _roll_back(connection)
        raise RuntimeError("a statement failed inside the transaction and the block went on")
    connection.exec_driver_sql("COMMIT")


def _roll_back(connection: Connection) -> None:
    """Undo; where that fails the connection is closed, and the server undoes it by itself."""
    if not connection.invalidated:
        with suppress(SQLAlchemyError, TenantError):
            connection.exec_driver_sql("ROLLBACK")
