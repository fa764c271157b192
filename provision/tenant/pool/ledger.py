"""The registry's books: which call has which connection, all under one lock.

Nothing here connects, closes or waits on a network. A connection counts until it is closed for
good, so that the bounds hold on the servers and not only in our books. Calls that have to wait are
served in order, by the call that makes room: after a change no waiter is left that could be served.
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
    from provision.tenant.pool.bounds import Bounds


@dataclass(slots=True, eq=False)
class Tenant:
    """Hold one engine: its target, its idle connections, and how many it has in all."""

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
class Evicted:
    """An idle connection taken out of use: close it, then call `Ledger.evicted_is_closed`."""

    tenant: Tenant
    connection: TenantConnection
    slot_passed_on: bool = False
    """Its place among all connections already belongs to the one that is opened instead."""


@dataclass(slots=True)
class Checkout:
    """Permit a call to use `connection`, or where it is None to open one after `evicted` close."""

    tenant: Tenant
    connection: TenantConnection | None
    evicted: list[Evicted] = field(default_factory=list)


class _Waiter:
    __slots__ = ("checkout", "connection_id", "served")

    def __init__(self, connection_id: str) -> None:
        self.connection_id = connection_id
        self.checkout: Checkout | None = None
        self.served = threading.Event()


class Ledger:
    """Count what is checked out, idle and open; see the module's docstring."""

    def __init__(self, bounds: Bounds, *, clock: Callable[[], float]) -> None:
        self._bounds: Final = bounds
        self._clock: Final = clock
        self._lock: Final = threading.Lock()
        self._tenants: Final[OrderedDict[str, Tenant]] = OrderedDict()  # least recently used first
        self._waiters: Final[deque[_Waiter]] = deque()
        self._connections = 0
        self._checked_out = 0
        self._closed = False
        self._counts = dict.fromkeys(
            ("lent", "waits", "waits_in_vain", "evicted_lru", "evicted_idle", "evicted_changed"), 0
        )

    @property
    def closed(self) -> bool:
        return self._closed

    def check_out(self, connection_id: str, deadline: Deadline) -> Checkout | None:
        """Check out a connection; return None when the time is over, or all is closed."""
        with self._lock:
            if self._closed:
                return None
            checkout = self._check_out(connection_id)
            if checkout is not None:
                return checkout
            waiter = _Waiter(connection_id)
            self._waiters.append(waiter)
            self._counts["waits"] += 1
            if (tenant := self._tenants.get(connection_id)) is not None:
                tenant.waits += 1
        while (left := deadline.remaining()) > 0.0:
            if waiter.served.wait(left):
                return waiter.checkout
        with self._lock:
            if waiter.checkout is None and not waiter.served.is_set():
                self._waiters.remove(waiter)
                self._counts["waits_in_vain"] += 1
            return waiter.checkout

    def check_in(self, tenant: Tenant, connection: TenantConnection) -> bool:
        """End a call; return False if the caller must close the connection."""
        with self._lock:
            now = self._clock()
            tenant.last_used = now
            kept = not (tenant.retired or self._closed)
            if kept:
                self._checked_out -= 1
                tenant.calls -= 1
                tenant.idle.append((now, connection))
                self._serve()
            return kept

    def end_without(self, tenant: Tenant) -> None:
        """End a call whose connection is closed, or was never opened."""
        with self._lock:
            self._checked_out -= 1
            self._connections -= 1
            tenant.calls -= 1
            tenant.connections -= 1
            tenant.last_used = self._clock()
            if tenant.engine is None and tenant.calls == 0:
                self._forget(tenant)
            self._serve()

    def evicted_is_closed(self, evicted: Evicted) -> None:
        """Free the places of an evicted connection that is closed."""
        with self._lock:
            evicted.tenant.connections -= 1
            if not evicted.slot_passed_on:
                self._connections -= 1
            self._serve()

    def kept(self) -> list[str]:
        """Return the connection ids of all tenants kept."""
        with self._lock:
            return list(self._tenants)

    def retire(self, connection_id: str) -> list[Evicted]:
        """Evict a tenant at once; what is checked out is closed at its check-in."""
        with self._lock:
            tenant = self._tenants.get(connection_id)
            if tenant is None:
                return []
            self._counts["evicted_changed"] += 1
            evicted = self._take_out(tenant)
            self._serve()
            return evicted

    def drop_idle(self, tenant: Tenant) -> list[Evicted]:
        """Evict the idle connections of a tenant whose server was just lost."""
        with self._lock:
            return self._evict(tenant, len(tenant.idle))

    def expire(self, idle_s: float) -> tuple[list[Evicted], float | None]:
        """Evict what is idle for `idle_s`; return it and when more will be due, or None."""
        with self._lock:
            past = self._clock() - idle_s
            evicted: list[Evicted] = []
            next_at: float | None = None
            for tenant in list(self._tenants.values()):
                stale = sum(since <= past for since, _ in tenant.idle)
                evicted += self._evict(tenant, stale)
                if not tenant.idle and tenant.calls == 0 and tenant.last_used <= past:
                    self._take_out(tenant)
                    self._counts["evicted_idle"] += 1
                    continue
                first = tenant.idle[0][0] if tenant.idle else tenant.last_used
                if tenant.idle or tenant.calls == 0:
                    next_at = first if next_at is None else min(next_at, first)
            self._serve()
            return evicted, None if next_at is None else next_at + idle_s

    def close(self) -> list[Evicted]:
        """Evict everything, for good; calls that wait get nothing."""
        with self._lock:
            self._closed = True
            evicted = [each for t in list(self._tenants.values()) for each in self._take_out(t)]
            while self._waiters:
                self._waiters.popleft().served.set()
            return evicted

    def stats(self) -> dict[str, int]:
        with self._lock:
            return {
                "engines": len(self._tenants),
                "engines_max": self._bounds.max_engines,
                "connections": self._connections,
                "connections_lent": self._checked_out,
                "connections_max": self._bounds.max_connections,
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

    def _check_out(self, connection_id: str) -> Checkout | None:
        tenant = self._tenants.get(connection_id)
        if tenant is None:
            return self._check_out_new(connection_id)
        if tenant.idle:
            connection = tenant.idle.pop()[1]
            return self._count(Checkout(tenant, connection))
        if tenant.connections >= self._bounds.tenant_connections:
            return None
        if self._connections < self._bounds.max_connections:
            self._connections += 1
            return self._count(Checkout(tenant, None))
        donor = next((each for each in self._tenants.values() if each.idle), None)
        if donor is None:
            return None
        evicted = self._evict(donor, 1)
        evicted[0].slot_passed_on = True
        return self._count(Checkout(tenant, None, evicted))

    def _check_out_new(self, connection_id: str) -> Checkout | None:
        """Make a tenant's entry; evict the least recently used one if there is no room."""
        unused = None
        if len(self._tenants) >= self._bounds.max_engines:
            unused = next((each for each in self._tenants.values() if each.calls == 0), None)
            if unused is None:
                return None
        has_room = self._connections < self._bounds.max_connections
        donor = None
        if not has_room:
            donor = unused if unused is not None and unused.idle else None
            donor = donor or next((each for each in self._tenants.values() if each.idle), None)
            if donor is None:
                return None
        evicted = [] if donor is None else self._evict(donor, 1)
        for each in evicted:
            each.slot_passed_on = True
        if unused is not None:
            self._counts["evicted_lru"] += 1
            evicted += self._take_out(unused)
        if has_room:
            self._connections += 1
        tenant = Tenant(connection_id, self._clock())
        self._tenants[connection_id] = tenant
        return self._count(Checkout(tenant, None, evicted))

    def _count(self, checkout: Checkout) -> Checkout:
        tenant = checkout.tenant
        tenant.calls += 1
        tenant.connections += checkout.connection is None
        self._checked_out += 1
        self._counts["lent"] += 1
        self._tenants.move_to_end(tenant.connection_id)
        return checkout

    def _evict(self, tenant: Tenant, count: int) -> list[Evicted]:
        """Evict the longest idle connections of a tenant; they count until closed."""
        taken, tenant.idle[:count] = tenant.idle[:count], []
        return [Evicted(tenant, connection) for _, connection in taken]

    def _take_out(self, tenant: Tenant) -> list[Evicted]:
        tenant.retired = True
        self._forget(tenant)
        return self._evict(tenant, len(tenant.idle))

    def _forget(self, tenant: Tenant) -> None:
        if self._tenants.get(tenant.connection_id) is tenant:
            del self._tenants[tenant.connection_id]

    def _serve(self) -> None:
        """Check out to those who wait, in their order, as far as there is room."""
        for waiter in list(self._waiters):
            checkout = self._check_out(waiter.connection_id)
            if checkout is not None:
                waiter.checkout = checkout
                self._waiters.remove(waiter)
                waiter.served.set()
