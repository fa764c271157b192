"""The engines of all tenants: bounded, checked out one connection at a time, and always checked in.

`access` asks for a connection to a tenant by its connection id. `ledger` decides about engines and
connections, `breaker` about tenants that fail; here connections are opened, checked out, checked in
and closed, always outside the locks. No call outlives its deadline, no driver's exception gets out,
and nothing is sent to a server that no call asked for.

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
from provision.tenant.connection.connect import NotBegunError, connect
from provision.tenant.connection.deadline import Deadline
from provision.tenant.connection.driver import TenantConnection, await_hang_ups
from provision.tenant.connection.result_room import ResultRoom
from provision.tenant.failures.translate import failure, not_let_in, translate
from provision.tenant.pool.alchemy import CheckedOut, EngineMaker
from provision.tenant.pool.bounds import Bounds
from provision.tenant.pool.breaker import Breakers, TenantCall
from provision.tenant.pool.ledger import Checkout, Evicted, Ledger, Tenant
from provision.tenant.pool.reaper import Reaper
from provision.tenant.pool.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from provision.tenant.host.target import Target
    from provision.tenant.network.policy import NetworkPolicy

_USUAL_BOUNDS: Final = Bounds()
# A call longer than this counts as waiting for a slow tenant.
_PATIENCE_S: Final = 1.0
# How long the cancellation of a statement may take, after its deadline.
_CANCEL_S: Final = 1.0
# How long a connection may stay open after another process forgot its string.
_ASK_FORGOTTEN_S: Final = 2.0
# How long a closed connection may take to disappear from the server before we go on without.
_FAREWELL_S: Final = 0.3


class ConnectionLostError(UnreachableError):
    """The connection broke during a call; with `may_have_run` the server may have acted on it."""

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
    """Check connections to tenants' databases out and in, within `bounds`.

    `keep_target` is given what a new first contact (see `first_contact`) found out, to be loaded
    the next time. `forgotten` says which of some connection ids are none any more: where another
    process can replace a connection string without calling `evict` here, the registry asks every
    few seconds while it keeps engines.
    """

    def __init__(
        self,
        load_target: Callable[[str], Target],
        *,
        policy: NetworkPolicy,
        bounds: Bounds = _USUAL_BOUNDS,
        keep_target: Callable[[str, Target], None] | None = None,
        forgotten: Callable[[list[str]], set[str]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load_target: Final = load_target
        self._keep_target: Final = keep_target
        self._forgotten: Final = forgotten
        self._policy: Final = policy
        self._bounds: Final = bounds
        self._reap_in_s: Final = (
            bounds.idle_s if forgotten is None else min(bounds.idle_s, _ASK_FORGOTTEN_S)
        )
        self._room: Final = ResultRoom(bounds.max_result_bytes)
        self._clock: Final = clock
        self._engines: Final = EngineMaker()
        self._ledger: Final = Ledger(bounds, clock=clock)
        self._breakers: Final = Breakers(
            trouble_slots=bounds.trouble_slots, tenant_slots=bounds.tenant_slots, clock=clock
        )
        self._reaper: Final = Reaper(self.close_idle, clock=clock)
        self._totals_lock: Final = threading.Lock()
        self._opened = 0
        self._replaced = 0

    @contextmanager
    def connection(self, connection_id: str) -> Iterator[Connection]:
        """Check out a connection, in autocommit, for the length of one call.

        Raises TenantError, SchemaNotReadyError, or what loading the target raises. A call that ends
        in a transaction loses its connection, and so the transaction.
        """
        call = self._breakers.admit(connection_id)
        try:
            deadline = Deadline(
                self._bounds.connect_timeout_s,
                clock=self._clock,
                patience_s=_PATIENCE_S,
                may_stay=call.may_stay,
            )
            tenant, engine, connection = self._check_out(call, deadline)
            deadline.extend(self._bounds.query_timeout_s)
            connection.begin_call(deadline)
            shown = Connection(engine, CheckedOut(connection))
            try:
                yield shown
            except (SQLAlchemyError, psycopg.Error, TenantError, UnicodeDecodeError) as error:
                raise self._explain(call, tenant, connection, error) from None
            except ProvisionError:  # what a query makes of the rows it found
                call.succeeded()
                raise
            else:
                call.succeeded()
            finally:
                shown.close()
                self._check_in(tenant, connection)
        finally:
            call.end()

    def evict(self, connection_id: str) -> None:
        """Forget a tenant whose connection string changed or is gone, its failures included."""
        self._dispose(self._ledger.retire(connection_id))
        self._breakers.forget(connection_id)

    def close_idle(self) -> float | None:
        """Close what is idle for too long; return when to look again, None if not before use."""
        if self._forgotten is not None:
            for connection_id in self._forgotten(self._ledger.kept()):
                self.evict(connection_id)
        evicted, next_at = self._ledger.expire(self._bounds.idle_s)
        self._dispose(evicted)
        if next_at is None or self._forgotten is None:
            return next_at
        return min(next_at, self._clock() + self._reap_in_s)

    def stats(self) -> dict[str, int | dict[str, int]]:
        """Return numbers for operators; nothing in them names a tenant."""
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
        """Return numbers about one tenant, for its own page."""
        open_for_s, failure_ = self._breakers.state(connection_id)
        return Traffic(
            **self._ledger.tenant_stats(connection_id),
            connections_max=self._bounds.tenant_connections,
            retry_in_s=open_for_s,
            last_failure=failure_,
        )

    def close(self) -> None:
        """Close everything; what is checked out is closed at its check-in. May be called again."""
        self._reaper.stop()
        self._dispose(self._ledger.close())

    def _check_out(
        self, call: TenantCall, deadline: Deadline
    ) -> tuple[Tenant, Engine, TenantConnection]:
        checkout = self._ledger.check_out(call.connection_id, deadline)
        if checkout is None:
            raise self._no_room()
        try:
            engine, target = self._engine_of(checkout.tenant, deadline)
            connection = self._usable(checkout) or self._open(call, checkout, target, deadline)
        except BaseException:
            self._dispose(checkout.evicted)
            if checkout.connection is not None:
                checkout.connection.close()
            self._ledger.end_without(checkout.tenant)
            raise
        return checkout.tenant, engine, connection

    def _engine_of(self, tenant: Tenant, deadline: Deadline) -> tuple[Engine, Target]:
        """Return the tenant's engine; the first of several calls makes it, the others wait."""
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

    def _usable(self, checkout: Checkout) -> TenantConnection | None:
        """Return the pooled connection, or None where its server hung up meanwhile."""
        connection = checkout.connection
        if connection is None or connection.is_silent:
            return connection
        connection.close()
        with self._totals_lock:
            self._replaced += 1
        return None

    def _open(
        self, call: TenantCall, checkout: Checkout, target: Target, deadline: Deadline
    ) -> TenantConnection:
        _make_room(checkout.evicted)
        try:
            connection = connect(
                deadline,
                target,
                policy=self._policy,
                query_timeout_s=self._bounds.query_timeout_s,
                max_result_bytes=self._bounds.max_result_bytes,
                room=self._room,
            )
        except NotBegunError:
            raise
        except AddressRefusedError as error:
            refused = not_let_in(error)
            call.failed(refused)
            raise refused from None
        except TenantError as error:
            call.failed(error)
            if error.code == "auth_failed":
                # The keys were tried too: from now on a try is one refused log-in, not two.
                checkout.tenant.target = target.before_contact()
            raise
        self._learn(checkout.tenant, target, connection)
        self._dispose(checkout.evicted)
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
        if is_good and self._ledger.check_in(tenant, connection):
            self._reaper.expect(self._reap_in_s)
            return
        if connection.has_unfinished:
            # Its place stays taken until then: the server still has the connection.
            threading.Thread(target=self._stop, args=(tenant, connection), daemon=True).start()
            return
        await_hang_ups([connection.hang_up()], _FAREWELL_S)
        self._ledger.end_without(tenant)

    def _stop(self, tenant: Tenant, connection: TenantConnection) -> None:
        """End a call whose caller left at the deadline, and cancel what the server still does."""
        try:
            connection.cancel_unfinished(_CANCEL_S)
        finally:
            self._ledger.end_without(tenant)

    def _explain(
        self, call: TenantCall, tenant: Tenant, connection: TenantConnection, error: BaseException
    ) -> ProvisionError:
        """Turn a failed call's exception into ours, and tell the breaker about the tenant."""
        found = translate(error, target=tenant.target, connecting=False)
        if not isinstance(found, TenantError):
            call.succeeded()
            return found
        if isinstance(found, DatabaseTimeoutError):
            call.failed(found)
        elif connection.broken:
            call.failed(found)
            found = ConnectionLostError(found, may_have_run=_may_have_run(connection, error))
        else:
            call.succeeded()
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

    def _dispose(self, evicted: list[Evicted]) -> None:
        await_hang_ups([each.connection.hang_up() for each in evicted], _FAREWELL_S)
        while evicted:
            self._ledger.evicted_is_closed(evicted.pop())


def _make_room(evicted: list[Evicted]) -> None:
    """Hang up, and wait for the server where a place is needed that it still counts.

    The others have the time of the next handshake to disappear, so that nobody waits for them.
    """
    for each in evicted:
        line = each.connection.hang_up()
        if each.slot_passed_on:
            await_hang_ups([line], _FAREWELL_S)
        elif line is not None:
            line.close()


def _may_have_run(connection: TenantConnection, error: BaseException) -> bool:
    """Tell whether the server may have carried out what the call sent before it broke.

    Surely not if it never answered and said that it shuts down or was idle too long: it says so
    only between statements, or in place of a statement's answer, which it then undoes.
    """
    original = getattr(error, "orig", None) or error
    sqlstate = getattr(original, "sqlstate", None)
    return connection.answered or sqlstate not in ("57P01", "57P05")
