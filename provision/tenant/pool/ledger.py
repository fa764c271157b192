"""Who has which connection: the registry's bookkeeping, all of it under one lock.

Nothing here connects, closes or waits on a network. A connection counts until it is closed for
good, so that the bounds hold on the servers and not only in our books. Whoever has to wait is
served in order, by whoever makes room: after a change no waiter is left that could be served.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from provision.tenant.connection.deadline import Deadline
    from provision.tenant.connection.driver import TenantConnection
    from provision.tenant.host.target import Target


@dataclass(slots=True, eq=False)
class Tenant:
    """One engine kept: its target, its idle connections, and how many it has in all."""

    connection_id: str
    last_used: float
    target: Target | None = None
    engine: Engine | None = None
    loading: threading.Lock = field(default_factory=threading.Lock)
    idle: list[tuple[float, TenantConnection]] = field(default_factory=list)
    """Newest last, each with the time it came back."""
    connections: int = 0
    calls: int = 0
    waits: int = 0
    retired: bool = False


@dataclass(slots=True)
class Doomed:
    """An idle connection taken out of use: close it, then say so with `Ledger.closed`."""

    tenant: Tenant
    connection: TenantConnection
    slot_passed_on: bool = False
    """Whether its place among all connections already belongs to the one made in its stead."""


@dataclass(slots=True)
class Grant:
    """Leave to use `connection`, or to open one where it is None once `doomed` are closed."""

    tenant: Tenant
    connection: TenantConnection | None
    doomed: list[Doomed] = field(default_factory=list)


class _Waiter:
    __slots__ = ("connection_id", "grant", "served")

    def __init__(self, connection_id: str) -> None:
        self.connection_id = connection_id
        self.grant: Grant | None = None
        self.served = threading.Event()


class Ledger:
    """Counts, lends and takes back; see the module's docstring."""

    def __init__(
        self,
        *,
        max_engines: int,
        max_connections: int,
        tenant_connections: int,
        clock: Callable[[], float],
    ) -> None:
        self._max_engines: Final = max_engines
        self._max_connections: Final = max_connections
        self._tenant_connections: Final = tenant_connections
        self._clock: Final = clock
        self._lock: Final = threading.Lock()
        self._tenants: Final[OrderedDict[str, Tenant]] = OrderedDict()  # least recently used first
        self._waiters: Final[deque[_Waiter]] = deque()
        self._connections = 0
        self._lent = 0
        self._closed = False
        self._counts = dict.fromkeys(
            ("lent", "waits", "waits_in_vain", "evicted_lru", "evicted_idle", "evicted_changed"), 0
        )

    @property
    def closed(self) -> bool:
        return self._closed

    def take(self, connection_id: str, deadline: Deadline) -> Grant | None:
        """Get a connection or leave to open one; None when the time is over, or all is closed."""
        with self._lock:
            if self._closed:
                return None
            grant = self._grant(connection_id)
            if grant is not None:
                return grant
            waiter = _Waiter(connection_id)
            self._waiters.append(waiter)
            self._counts["waits"] += 1
            if (tenant := self._tenants.get(connection_id)) is not None:
                tenant.waits += 1
        while (left := deadline.remaining()) > 0.0:
            if waiter.served.wait(left):
                return waiter.grant
        with self._lock:
            if waiter.grant is None and not waiter.served.is_set():
                self._waiters.remove(waiter)
                self._counts["waits_in_vain"] += 1
            return waiter.grant

    def put_back(self, tenant: Tenant, connection: TenantConnection) -> bool:
        """End a call; True if the connection is kept, False if the caller must close it."""
        with self._lock:
            now = self._clock()
            tenant.last_used = now
            kept = not (tenant.retired or self._closed)
            if kept:
                self._lent -= 1
                tenant.calls -= 1
                tenant.idle.append((now, connection))
                self._serve()
            return kept

    def end_without(self, tenant: Tenant) -> None:
        """End a call whose connection is closed, or was never opened."""
        with self._lock:
            self._lent -= 1
            self._connections -= 1
            tenant.calls -= 1
            tenant.connections -= 1
            tenant.last_used = self._clock()
            if tenant.engine is None and tenant.calls == 0:
                self._forget(tenant)
            self._serve()

    def closed_doomed(self, doomed: Doomed) -> None:
        """A doomed connection is closed: its places are free."""
        with self._lock:
            doomed.tenant.connections -= 1
            if not doomed.slot_passed_on:
                self._connections -= 1
            self._serve()

    def kept(self) -> list[str]:
        """The connection ids of all tenants kept."""
        with self._lock:
            return list(self._tenants)

    def retire(self, connection_id: str) -> list[Doomed]:
        """Take a tenant out at once; what is lent is closed when it comes back."""
        with self._lock:
            tenant = self._tenants.get(connection_id)
            if tenant is None:
                return []
            self._counts["evicted_changed"] += 1
            doomed = self._take_out(tenant)
            self._serve()
            return doomed

    def drop_idle(self, tenant: Tenant) -> list[Doomed]:
        """Take the idle connections of a tenant whose server was just lost."""
        with self._lock:
            return self._doom(tenant, len(tenant.idle))

    def expire(self, idle_s: float) -> tuple[list[Doomed], float | None]:
        """Take what has been idle for `idle_s`; and when there is more to come, or None."""
        with self._lock:
            past = self._clock() - idle_s
            doomed: list[Doomed] = []
            next_at: float | None = None
            for tenant in list(self._tenants.values()):
                stale = sum(since <= past for since, _ in tenant.idle)
                doomed += self._doom(tenant, stale)
                if not tenant.idle and tenant.calls == 0 and tenant.last_used <= past:
                    self._take_out(tenant)
                    self._counts["evicted_idle"] += 1
                    continue
                first = tenant.idle[0][0] if tenant.idle else tenant.last_used
                if tenant.idle or tenant.calls == 0:
                    next_at = first if next_at is None else min(next_at, first)
            self._serve()
            return doomed, None if next_at is None else next_at + idle_s

    def close(self) -> list[Doomed]:
        """Take everything out, for good; whoever waits is sent away."""
        with self._lock:
            self._closed = True
            doomed = [each for t in list(self._tenants.values()) for each in self._take_out(t)]
            while self._waiters:
                self._waiters.popleft().served.set()
            return doomed

    def stats(self) -> dict[str, int]:
        with self._lock:
            return {
                "engines": len(self._tenants),
                "engines_max": self._max_engines,
                "connections": self._connections,
                "connections_lent": self._lent,
                "connections_max": self._max_connections,
                "waiting": len(self._waiters),
            } | {f"{name}_total": count for name, count in self._counts.items()}

    def tenant_stats(self, connection_id: str) -> dict[str, int]:
        with self._lock:
            tenant = self._tenants.get(connection_id)
            return {
                "connections": 0 if tenant is None else tenant.connections,
                "connections_lent": 0 if tenant is None else tenant.calls,
                "waits": 0 if tenant is None else tenant.waits,
            }

    # Below: only with the lock held.

    def _grant(self, connection_id: str) -> Grant | None:
        tenant = self._tenants.get(connection_id)
        if tenant is None:
            return self._grant_new(connection_id)
        if tenant.idle:
            connection = tenant.idle.pop()[1]
            return self._lend(Grant(tenant, connection))
        if tenant.connections >= self._tenant_connections:
            return None
        if self._connections < self._max_connections:
            self._connections += 1
            return self._lend(Grant(tenant, None))
        donor = next((each for each in self._tenants.values() if each.idle), None)
        if donor is None:
            return None
        doomed = self._doom(donor, 1)
        doomed[0].slot_passed_on = True
        return self._lend(Grant(tenant, None, doomed))

    def _grant_new(self, connection_id: str) -> Grant | None:
        """Make a tenant's entry, at the cost of the least recently used one if need be."""
        unused = None
        if len(self._tenants) >= self._max_engines:
            unused = next((each for each in self._tenants.values() if each.calls == 0), None)
            if unused is None:
                return None
        has_room = self._connections < self._max_connections
        donor = None
        if not has_room:
            donor = unused if unused is not None and unused.idle else None
            donor = donor or next((each for each in self._tenants.values() if each.idle), None)
            if donor is None:
                return None
        doomed = [] if donor is None else self._doom(donor, 1)
        for each in doomed:
            each.slot_passed_on = True
        if unused is not None:
            self._counts["evicted_lru"] += 1
            doomed += self._take_out(unused)
        if has_room:
            self._connections += 1
        tenant = Tenant(connection_id, self._clock())
        self._tenants[connection_id] = tenant
        return self._lend(Grant(tenant, None, doomed))

    def _lend(self, grant: Grant) -> Grant:
        tenant = grant.tenant
        tenant.calls += 1
        tenant.connections += grant.connection is None
        self._lent += 1
        self._counts["lent"] += 1
        self._tenants.move_to_end(tenant.connection_id)
        return grant

    def _doom(self, tenant: Tenant, count: int) -> list[Doomed]:
        """Take the longest idle connections of a tenant; they count until closed."""
        taken, tenant.idle[:count] = tenant.idle[:count], []
        return [Doomed(tenant, connection) for _, connection in taken]

    def _take_out(self, tenant: Tenant) -> list[Doomed]:
        tenant.retired = True
        self._forget(tenant)
        return self._doom(tenant, len(tenant.idle))

    def _forget(self, tenant: Tenant) -> None:
        if self._tenants.get(tenant.connection_id) is tenant:
            del self._tenants[tenant.connection_id]

    def _serve(self) -> None:
        """Grant what can be granted, in the order of asking."""
        for waiter in list(self._waiters):
            grant = self._grant(waiter.connection_id)
            if grant is not None:
                waiter.grant = grant
                self._waiters.remove(waiter)
                waiter.served.set()
