"""Which tenants are in trouble, and how many threads may wait for them at all.

A database that keeps failing is left alone for a while: its people get their 503 at once, one call
is let through now and then to see, and nobody else's threads are used up. Only what failed or is
slow is remembered, so that healthy tenants cost nothing here.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provision.errors import DatabaseBusyError, DatabaseTimeoutError, TenantError
from provision.tenant.failures.translate import failure
from provision.tenant.pool.traffic import LastFailure

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

# What another try cannot mend, and a provider may ban our address for trying.
_FATAL: Final = frozenset(
    {
        "auth_failed",
        "auth_method_refused",
        "access_denied",
        "database_not_found",
        "not_postgres",
        "tls_required",
        "tls_unsupported",
        "tls_untrusted",
        "version_unsupported",
    }
)
# Answered at once, so that looking again soon costs little: a restarted server is back in seconds.
_QUICK: Final = frozenset(
    {
        "connection_refused",
        "server_closed_connection",
        "server_shutting_down",
        "server_starting",
        "too_many_connections",
    }
)
_FATAL_HOLD_S: Final = 30.0
_LONGEST_FATAL_HOLD_S: Final = 600.0
_HOLD_S: Final = 1.0
_LONGEST_HOLD_S: Final = 30.0
_FAILURES_TO_OPEN: Final = 3
_REMEMBERED: Final = 10_000


@dataclass(slots=True)
class _Trouble:
    """What one tenant did since it last answered well."""

    kind: type[TenantError]
    code: str
    detail: str
    remedy: str
    failures: int = 0
    open_until: float = 0.0
    probing: bool = False

    @property
    def timed_out(self) -> bool:
        return issubclass(self.kind, DatabaseTimeoutError)


class Visit:
    """One call to one tenant: tells its outcome, and holds a trouble slot where it needs one."""

    __slots__ = ("_breakers", "_holds_slot", "_settled", "connection_id")

    def __init__(self, breakers: Breakers, connection_id: str) -> None:
        self._breakers = breakers
        self._holds_slot = False
        self._settled = False
        self.connection_id = connection_id

    def may_stay(self) -> bool:
        """Take a trouble slot if there is one: asked of a call that is slow."""
        if not self._holds_slot:
            self._holds_slot = self._breakers.take_slot(self.connection_id)
        return self._holds_slot

    def succeeded(self) -> None:
        """The server answered, be it to refuse a statement."""
        self._settled = True
        self._breakers.succeeded(self.connection_id)

    def failed(self, error: TenantError) -> None:
        self._settled = True
        self._breakers.failed(self.connection_id, error)

    def end(self) -> None:
        if not self._settled:
            self._breakers.undecided(self.connection_id)
        if self._holds_slot:
            self._holds_slot = False
            self._breakers.give_slot_back(self.connection_id)


class Breakers:
    """Opens after repeated failures; lets one call through after a back-off.

    `trouble_slots` bounds the calls at work for tenants in trouble: the last answer was a timeout,
    or a present call is slow. No more calls to a tenant begin while it has `tenant_slots` of them.
    """

    def __init__(
        self, *, trouble_slots: int, tenant_slots: int, clock: Callable[[], float]
    ) -> None:
        self._clock: Final = clock
        self._slots: Final = trouble_slots
        self._tenant_slots: Final = tenant_slots
        self._lock: Final = threading.RLock()
        self._troubles: Final[OrderedDict[str, _Trouble]] = OrderedDict()
        self._slots_taken: Final[Counter[str]] = Counter()
        self._refusals = 0
        self._failures: Final[Counter[str]] = Counter()

    def admit(self, connection_id: str) -> Visit:
        """Begin a call. Raises the tenant's last error, with the time to wait, while it is open."""
        visit = Visit(self, connection_id)
        # No lock for the healthy: what is missing here when looked at was not in trouble then.
        if connection_id not in self._troubles and connection_id not in self._slots_taken:
            return visit
        with self._lock:
            trouble = self._troubles.get(connection_id)
            refused = None if trouble is None else self._refuse_or_probe(trouble)
            if refused is not None:
                self._refusals += 1
                raise refused
            slow_calls = self._slots_taken[connection_id]
            is_slow = slow_calls > 0 or (trouble is not None and trouble.timed_out)
            if not is_slow:
                return visit
            if slow_calls >= self._tenant_slots or not visit.may_stay():
                if trouble is not None:
                    trouble.probing = False
                self._refusals += 1
                raise _no_slot(trouble)
        return visit

    def forget(self, connection_id: str) -> None:
        """Start afresh: the connection string changed, or is gone."""
        with self._lock:
            self._troubles.pop(connection_id, None)

    def state(self, connection_id: str) -> tuple[int, LastFailure | None]:
        """Seconds for which this tenant is still left alone, and its last failure."""
        with self._lock:
            trouble = self._troubles.get(connection_id)
            if trouble is None:
                return 0, None
            failed = LastFailure(trouble.code, trouble.detail, trouble.remedy)
            return max(0, math.ceil(trouble.open_until - self._clock())), failed

    def stats(self) -> dict[str, int | dict[str, int]]:
        with self._lock:
            now = self._clock()
            return {
                "tenants_in_trouble": len(self._troubles),
                "breakers_open": sum(each.open_until > now for each in self._troubles.values()),
                "breaker_refusals_total": self._refusals,
                "trouble_slots_taken": self._slots_taken.total(),
                "trouble_slots_max": self._slots,
                "failures_total": dict(self._failures),
            }

    def succeeded(self, connection_id: str) -> None:
        if connection_id not in self._troubles:
            return
        with self._lock:
            trouble = self._troubles.pop(connection_id, None)
        if trouble is not None and trouble.open_until:
            _log.warning("tenant database answers again: connection=%s", connection_id)

    def failed(self, connection_id: str, error: TenantError) -> None:
        with self._lock:
            self._failures[error.code] += 1
            trouble = self._troubles.pop(connection_id, None)
            if trouble is None:
                trouble = _Trouble(TenantError, "", "", "")
            trouble.kind, trouble.code = type(error), error.code
            trouble.detail, trouble.remedy = error.detail, error.remedy
            trouble.failures += 1
            trouble.probing = False
            hold_s = _hold_s(error.code, trouble.failures)
            was_open = trouble.open_until > 0.0
            if hold_s > 0.0:
                trouble.open_until = self._clock() + hold_s
            self._troubles[connection_id] = trouble
            if len(self._troubles) > _REMEMBERED:
                self._troubles.popitem(last=False)
        if hold_s > 0.0 and not was_open:
            _log.warning(
                "tenant database is left alone, for %.0f s at first: cause=%s connection=%s",
                hold_s,
                error.code,
                connection_id,
            )

    def undecided(self, connection_id: str) -> None:
        """The call ended without having found out: the next one may."""
        if connection_id in self._troubles:
            with self._lock:
                trouble = self._troubles.get(connection_id)
                if trouble is not None:
                    trouble.probing = False

    def take_slot(self, connection_id: str) -> bool:
        with self._lock:
            if self._slots_taken.total() >= self._slots:
                return False
            self._slots_taken[connection_id] += 1
            return True

    def give_slot_back(self, connection_id: str) -> None:
        with self._lock:
            self._slots_taken[connection_id] -= 1
            if not self._slots_taken[connection_id]:
                del self._slots_taken[connection_id]

    def _refuse_or_probe(self, trouble: _Trouble) -> TenantError | None:
        if trouble.open_until == 0.0:
            return None
        wait_s = trouble.open_until - self._clock()
        if wait_s <= 0.0 and not trouble.probing:
            trouble.probing = True
            return None
        return trouble.kind(
            trouble.code,
            trouble.detail,
            trouble.remedy,
            retry_after_s=max(1, math.ceil(wait_s)),
            at_once=True,
        )


def _no_slot(trouble: _Trouble | None) -> TenantError:
    """What a call is told for which no slot is left while its tenant is slow."""
    told = failure("query_timeout") if trouble is None else trouble
    return DatabaseBusyError(told.code, told.detail, told.remedy, retry_after_s=5, at_once=True)


def _hold_s(code: str, failures: int) -> float:
    """Seconds to leave a tenant alone after this many failures in a row; 0.0 for not yet."""
    if code in _FATAL:
        return min(_FATAL_HOLD_S * 2.0 ** min(failures - 1, 10), _LONGEST_FATAL_HOLD_S)
    if failures < _FAILURES_TO_OPEN:
        return 0.0
    if code in _QUICK:
        return _HOLD_S
    return min(_HOLD_S * 2.0 ** min(failures - _FAILURES_TO_OPEN, 10), _LONGEST_HOLD_S)
