"""The engines of all tenants: bounded, lent one connection at a time, taken back whatever happens.

`access` asks for a connection to a tenant by its connection id. What is decided about engines and
connections is in `ledger`, who is left alone for a while in `breaker`; here they are opened, lent,
checked and closed, always outside the locks. No call outlives its deadline, no driver's exception
gets out, and nothing is sent to a server that no call asked for.

Make it after a fork, one per process: sockets must not be shared. Its one thread, which closes what
is idle, starts with the first connection.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from provision.errors import (
    AddressRefusedError,
    DatabaseBusyError,
    DatabaseTimeoutError,
    ProvisionError,
    TenantError,
    UnreachableError,
)
from provision.memory import give_back
from provision.tenant.connection.connect import NotBegunError, connect_by
from provision.tenant.connection.deadline import Deadline
from provision.tenant.connection.driver import TenantConnection, await_hang_ups
from provision.tenant.connection.result_room import Room
from provision.tenant.failures.translate import failure, not_let_in, translate
from provision.tenant.pool.breaker import Breakers, Visit
from provision.tenant.pool.dialect import EngineMaker
from provision.tenant.pool.ledger import Doomed, Grant, Ledger, Tenant
from provision.tenant.pool.lent import Loan
from provision.tenant.pool.reaper import Reaper
from provision.tenant.pool.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from provision.tenant.host.target import Target
    from provision.tenant.network.policy import NetworkPolicy

# A call longer than this counts as waiting for a tenant in trouble (CONTRACT section 2).
_PATIENCE_S: Final = 1.0
# How long a server may take to hear that a statement left at the deadline is of no use any more.
_CANCEL_S: Final = 1.0
# How long a connection may stay open after another process forgot its string.
_ASK_FORGOTTEN_S: Final = 2.0
# How long a closed connection may take to disappear from the server before we go on without.
_FAREWELL_S: Final = 0.3


class ConnectionLostError(UnreachableError):
    """The connection broke during a call; `may_have_run`: the server may have acted on it."""

    def __init__(self, lost: TenantError, *, may_have_run: bool) -> None:
        super().__init__(
            lost.code,
            lost.detail,
            lost.remedy,
            retry_after_s=lost.retry_after_s,
            sqlstate=lost.sqlstate,
        )
        self.may_have_run = may_have_run


class EngineRegistry:
    """Lends connections to tenants' databases, never more than agreed.

    `max_engines` tenants are kept, `max_connections` are open in all and `tenant_connections` to
    one tenant. Getting a connection takes at most `connect_timeout_s`, waiting included, and the
    statements of one call together at most `query_timeout_s`. An engine not used for `idle_s` is
    closed. At most `trouble_slots` calls wait for tenants in trouble. `keep_target` is given what a
    new first contact (see `first_contact`) found out, to be loaded the next time. `forgotten`
    says which of some connection ids are none any more: where others can replace a connection
    string without calling `evict` here, the registry asks every few seconds while it keeps
    engines.
    """

    def __init__(
        self,
        load_target: Callable[[str], Target],
        *,
        policy: NetworkPolicy,
        keep_target: Callable[[str, Target], None] | None = None,
        forgotten: Callable[[list[str]], set[str]] | None = None,
        max_engines: int = 256,
        max_connections: int = 400,
        tenant_connections: int = 4,
        idle_s: float = 60.0,
        connect_timeout_s: float = 5.0,
        query_timeout_s: float = 10.0,
        max_result_bytes: int = 64 * 1024 * 1024,
        trouble_slots: int = 8,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        _require(max_engines >= 1, "At least one engine must be kept.")
        _require(max_connections >= 1, "At least one connection must be allowed.")
        _require(tenant_connections >= 1, "A tenant needs at least one connection.")
        _require(
            tenant_connections <= max_connections,
            "One tenant cannot have more connections than all together.",
        )
        _require(idle_s > 0.0, "An engine must be kept for more than no time.")
        _require(connect_timeout_s > 0.0, "Connecting must be given some time.")
        _require(query_timeout_s > 0.0, "A call must be given some time.")
        _require(max_result_bytes >= 65536, "A result must be allowed at least 64 KiB.")
        _require(trouble_slots >= 1, "At least one call must be able to find out about trouble.")
        self._load_target: Final = load_target
        self._keep_target: Final = keep_target
        self._forgotten: Final = forgotten
        self._policy: Final = policy
        self._idle_s: Final = idle_s
        self._reap_in_s: Final = idle_s if forgotten is None else min(idle_s, _ASK_FORGOTTEN_S)
        self._tenant_connections: Final = tenant_connections
        self._connect_timeout_s: Final = connect_timeout_s
        self._query_timeout_s: Final = query_timeout_s
        self._max_result_bytes: Final = max_result_bytes
        self._room: Final = Room(max_result_bytes)
        self._clock: Final = clock
        self._engines: Final = EngineMaker()
        self._ledger: Final = Ledger(
            max_engines=max_engines,
            max_connections=max_connections,
            tenant_connections=tenant_connections,
            clock=clock,
        )
        # Six of eight, as many as a browser asks for at once while a database wakes up.
        tenant_slots = max(1, trouble_slots * 3 // 4)
        self._breakers: Final = Breakers(
            trouble_slots=trouble_slots, tenant_slots=tenant_slots, clock=clock
        )
        self._reaper: Final = Reaper(self.close_idle, clock=clock)
        self._totals_lock: Final = threading.Lock()
        self._opened = 0
        self._replaced = 0

    @contextmanager
    def connection(self, connection_id: str) -> Iterator[Connection]:
        """Lend a connection, in autocommit, for the length of one call.

        Raises TenantError, SchemaNotReadyError, or what loading the target raises. A call that ends
        in a transaction loses its connection, and so the transaction.
        """
        visit = self._breakers.admit(connection_id)
        try:
            deadline = Deadline(
                self._connect_timeout_s,
                clock=self._clock,
                patience_s=_PATIENCE_S,
                may_stay=visit.may_stay,
            )
            tenant, engine, connection = self._check_out(visit, deadline)
            deadline.extend(self._query_timeout_s)
            connection.begin_call(deadline)
            lent = Connection(engine, Loan(connection))
            try:
                yield lent
            except (SQLAlchemyError, psycopg.Error, TenantError, UnicodeDecodeError) as error:
                raise self._explain(visit, tenant, connection, error) from None
            except ProvisionError:  # what a query makes of the rows it found
                visit.succeeded()
                raise
            else:
                visit.succeeded()
            finally:
                lent.close()
                self._check_in(tenant, connection)
        finally:
            visit.end()

    def evict(self, connection_id: str) -> None:
        """Forget a tenant whose connection string changed or is gone, its failures included."""
        self._dispose(self._ledger.retire(connection_id))
        self._breakers.forget(connection_id)

    def close_idle(self) -> float | None:
        """Close what is idle for too long; return when to come again, None for not until used."""
        if self._forgotten is not None:
            for connection_id in self._forgotten(self._ledger.kept()):
                self.evict(connection_id)
        doomed, next_at = self._ledger.expire(self._idle_s)
        self._dispose(doomed)
        if next_at is None or self._forgotten is None:
            return next_at
        return min(next_at, self._clock() + self._reap_in_s)

    def stats(self) -> dict[str, int | dict[str, int]]:
        """Numbers for operators; nothing in them names a tenant."""
        with self._totals_lock:
            opened, replaced = self._opened, self._replaced
        return {
            **self._ledger.stats(),
            **self._breakers.stats(),
            "answer_bytes_held": self._room.held,
            "connections_opened_total": opened,
            "connections_found_dead_total": replaced,
        }

    def tenant_stats(self, connection_id: str) -> Traffic:
        """Numbers about one tenant, for its own page."""
        open_for_s, failure_ = self._breakers.state(connection_id)
        return Traffic(
            **self._ledger.tenant_stats(connection_id),
            connections_max=self._tenant_connections,
            left_alone_s=open_for_s,
            last_failure=failure_,
        )

    def close(self) -> None:
        """Close everything; what is lent is closed when it comes back. May be called again."""
        self._reaper.stop()
        self._dispose(self._ledger.close())

    def _check_out(
        self, visit: Visit, deadline: Deadline
    ) -> tuple[Tenant, Engine, TenantConnection]:
        grant = self._ledger.take(visit.connection_id, deadline)
        if grant is None:
            raise self._no_room()
        try:
            engine, target = self._engine_of(grant.tenant, deadline)
            connection = self._usable(grant) or self._open(visit, grant, target, deadline)
        except BaseException:
            self._dispose(grant.doomed)
            if grant.connection is not None:
                grant.connection.close()
            self._ledger.end_without(grant.tenant)
            raise
        return grant.tenant, engine, connection

    def _engine_of(self, tenant: Tenant, deadline: Deadline) -> tuple[Engine, Target]:
        """The tenant's engine; the first of several calls at once makes it, the others wait."""
        if tenant.engine is None or tenant.target is None:
            while not tenant.loading.acquire(timeout=deadline.remaining()):
                if deadline.remaining() <= 0.0:
                    raise self._no_room()
            try:
                if tenant.engine is None or tenant.target is None:
                    tenant.target = self._load_target(tenant.connection_id)
                    tenant.engine = self._engines.engine_for(tenant.target)
            finally:
                tenant.loading.release()
        return tenant.engine, tenant.target

    def _usable(self, grant: Grant) -> TenantConnection | None:
        """The pooled connection granted, unless there is none or its server hung up meanwhile."""
        connection = grant.connection
        if connection is None or connection.is_silent:
            return connection
        connection.close()
        with self._totals_lock:
            self._replaced += 1
        return None

    def _open(
        self, visit: Visit, grant: Grant, target: Target, deadline: Deadline
    ) -> TenantConnection:
        _make_room(grant.doomed)
        try:
            connection = connect_by(
                deadline,
                target,
                policy=self._policy,
                query_timeout_s=self._query_timeout_s,
                max_result_bytes=self._max_result_bytes,
                room=self._room,
            )
        except NotBegunError:
            raise
        except AddressRefusedError as error:
            refused = not_let_in(error)
            visit.failed(refused)
            raise refused from None
        except TenantError as error:
            visit.failed(error)
            if error.code == "auth_failed":
                # The keys were tried too: from now on a try is one refused log-in, not two.
                grant.tenant.target = target.unmet()
            raise
        self._learn(grant.tenant, target, connection)
        self._dispose(grant.doomed)
        with self._totals_lock:
            self._opened += 1
        return connection

    def _learn(self, tenant: Tenant, before: Target, connection: TenantConnection) -> None:
        """Keep what a first contact found out, for this tenant's next connections and starts."""
        target = connection.target
        if target is None or target == before:
            return
        tenant.target = target
        if self._keep_target is not None:
            try:
                self._keep_target(tenant.connection_id, target)
            except BaseException:
                connection.close()
                raise

    def _check_in(self, tenant: Tenant, connection: TenantConnection) -> None:
        if connection.is_worn:
            give_back()
        connection.end_call()
        is_good = connection.is_idle and not connection.is_worn
        if is_good and self._ledger.put_back(tenant, connection):
            self._reaper.expect(self._reap_in_s)
            return
        if connection.has_unfinished:
            # Its place stays taken until then: the server still has the connection.
            threading.Thread(target=self._stop, args=(tenant, connection), daemon=True).start()
            return
        await_hang_ups([connection.hang_up()], _FAREWELL_S)
        self._ledger.end_without(tenant)

    def _stop(self, tenant: Tenant, connection: TenantConnection) -> None:
        """End a call whose caller left at the deadline, and what it set the server to do."""
        try:
            connection.cancel_unfinished(_CANCEL_S)
        finally:
            self._ledger.end_without(tenant)

    def _explain(
        self, visit: Visit, tenant: Tenant, connection: TenantConnection, error: BaseException
    ) -> ProvisionError:
        """Turn a failed call's exception into ours, and tell the breaker about the tenant."""
        found = translate(error, target=tenant.target, connecting=False)
        if not isinstance(found, TenantError):
            visit.succeeded()
            return found
        if isinstance(found, DatabaseTimeoutError):
            visit.failed(found)
        elif connection.broken:
            visit.failed(found)
            found = ConnectionLostError(found, may_have_run=_may_have_run(connection, error))
        else:
            visit.succeeded()
            return found
        # The others came the same way and are likely gone too, perhaps without a word.
        self._dispose(self._ledger.drop_idle(tenant))
        return found

    def _no_room(self) -> TenantError:
        if self._ledger.closed:
            return DatabaseBusyError(
                "too_many_connections",
                "This server is about to stop and opens no connections any more.",
                "Try again in a moment.",
                retry_after_s=5,
            )
        return failure("too_many_connections", why="here")

    def _dispose(self, doomed: list[Doomed]) -> None:
        await_hang_ups([each.connection.hang_up() for each in doomed], _FAREWELL_S)
        while doomed:
            self._ledger.closed_doomed(doomed.pop())


def _make_room(doomed: list[Doomed]) -> None:
    """Hang up, and wait for the server where a place is needed that it still counts.

    The others have the time of the next handshake to disappear, so that nobody waits for them.
    """
    for each in doomed:
        line = each.connection.hang_up()
        if each.slot_passed_on:
            await_hang_ups([line], _FAREWELL_S)
        elif line is not None:
            line.close()


def _may_have_run(connection: TenantConnection, error: BaseException) -> bool:
    """Whether the server may have carried out what the call sent before the connection broke.

    Surely not if it never answered and took its leave as one that was shut down or idle too long:
    it says so only between statements, or in place of a statement's answer, which it then undoes.
    """
    original = getattr(error, "orig", None) or error
    sqlstate = getattr(original, "sqlstate", None)
    return connection.answered or sqlstate not in ("57P01", "57P05")


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)
