"""The circuit breaker: which tenants fail, and how many threads may wait for them at all.

We back off from a database that keeps failing: its people get their 503 at once, one call is let
through now and then to see, and nobody else's threads are used up. Only what failed or is slow is
remembered, so that healthy tenants cost nothing here.
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
class _Failing:
    """Hold how one tenant failed since it last answered well."""

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


class TenantCall:
    """Report the outcome of one call to one tenant; hold a trouble slot where it needs one."""

    __slots__ = ("_breakers", "_holds_slot", "_settled", "connection_id")

    def __init__(self, breakers: Breakers, connection_id: str) -> None:
        self._breakers = breakers
        self._holds_slot = False
        self._settled = False
        self.connection_id = connection_id

    def may_stay(self) -> bool:
        """Take a trouble slot for a call that is slow; return False where none is free."""
        if not self._holds_slot:
            self._holds_slot = self._breakers.take_slot(self.connection_id)
        return self._holds_slot

    def succeeded(self) -> None:
        """Note that the server answered, be it to refuse a statement."""
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
    """Open after repeated failures; let one call through after a back-off.

    `trouble_slots` bounds the calls at work for tenants whose last answer was a timeout, or of
    which a present call is slow. No more calls to one begin while it has `tenant_slots` of them.
    """

    def __init__(
        self, *, trouble_slots: int, tenant_slots: int, clock: Callable[[], float]
    ) -> None:
        self._clock: Final = clock
        self._slots: Final = trouble_slots
        self._tenant_slots: Final = tenant_slots
        self._lock: Final = threading.RLock()
        self._failing: Final[OrderedDict[str, _Failing]] = OrderedDict()
        self._slots_taken: Final[Counter[str]] = Counter()
        self._refusals = 0
        self._failures: Final[Counter[str]] = Counter()

    def admit(self, connection_id: str) -> TenantCall:
        """Begin a call. Raises the tenant's last error, with the time to wait, while it is open."""
        call = TenantCall(self, connection_id)
        # No lock for the healthy: a tenant that is in neither did not fail before.
        if connection_id not in self._failing and connection_id not in self._slots_taken:
            return call
        with self._lock:
            failing = self._failing.get(connection_id)
            refused = None if failing is None else self._refuse_or_probe(failing)
            if refused is not None:
                self._refusals += 1
                raise refused
            slow_calls = self._slots_taken[connection_id]
            is_slow = slow_calls > 0 or (failing is not None and failing.timed_out)
            if not is_slow:
                return call
            if slow_calls >= self._tenant_slots or not call.may_stay():
                if failing is not None:
                    failing.probing = False
                self._refusals += 1
                raise _no_slot(failing)
        return call

    def forget(self, connection_id: str) -> None:
        """Start afresh: the connection string changed, or is gone."""
        with self._lock:
            self._failing.pop(connection_id, None)

    def state(self, connection_id: str) -> tuple[int, LastFailure | None]:
        """Return the seconds until this tenant is tried again, and its last failure."""
        with self._lock:
            failing = self._failing.get(connection_id)
            if failing is None:
                return 0, None
            failed = LastFailure(failing.code, failing.detail, failing.remedy)
            return max(0, math.ceil(failing.open_until - self._clock())), failed

    def stats(self) -> dict[str, int | dict[str, int]]:
        with self._lock:
            now = self._clock()
            return {
                "tenants_failing": len(self._failing),
                "breakers_open": sum(each.open_until > now for each in self._failing.values()),
                "breaker_refusals_total": self._refusals,
                "trouble_slots_taken": self._slots_taken.total(),
                "trouble_slots_max": self._slots,
                "failures_total": dict(self._failures),
            }

    def succeeded(self, connection_id: str) -> None:
        if connection_id not in self._failing:
            return
        with self._lock:
            failing = self._failing.pop(connection_id, None)
        if failing is not None and failing.open_until:
            _log.warning("tenant database answers again: connection=%s", connection_id)

    def failed(self, connection_id: str, error: TenantError) -> None:
        with self._lock:
            self._failures[error.code] += 1
            failing = self._failing.pop(connection_id, None)
            if failing is None:
                failing = _Failing(TenantError, "", "", "")
            failing.kind, failing.code = type(error), error.code
            failing.detail, failing.remedy = error.detail, error.remedy
            failing.failures += 1
            failing.probing = False
            hold_s = _hold_s(error.code, failing.failures)
            was_open = failing.open_until > 0.0
            if hold_s > 0.0:
                failing.open_until = self._clock() + hold_s
            self._failing[connection_id] = failing
            if len(self._failing) > _REMEMBERED:
                self._failing.popitem(last=False)
        if hold_s > 0.0 and not was_open:
            _log.warning(
                "tenant database fails, backing off %.0f s at first: cause=%s connection=%s",
                hold_s,
                error.code,
                connection_id,
            )

    def undecided(self, connection_id: str) -> None:
        """Note that the call ended without having found out: the next one may."""
        if connection_id in self._failing:
            with self._lock:
                failing = self._failing.get(connection_id)
                if failing is not None:
                    failing.probing = False

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

    def _refuse_or_probe(self, failing: _Failing) -> TenantError | None:
        if failing.open_until == 0.0:
            return None
        wait_s = failing.open_until - self._clock()
        if wait_s <= 0.0 and not failing.probing:
            failing.probing = True
            return None
        return failing.kind(
            failing.code,
            failing.detail,
            failing.remedy,
            retry_after_s=max(1, math.ceil(wait_s)),
            at_once=True,
        )


def _no_slot(failing: _Failing | None) -> TenantError:
    """Return the error for a call that finds no slot left while its tenant is slow."""
    told = failure("query_timeout") if failing is None else failing
    return DatabaseBusyError(told.code, told.detail, told.remedy, retry_after_s=5, at_once=True)


def _hold_s(code: str, failures: int) -> float:
    """Return the seconds to back off after this many failures in a row; 0.0 for not yet."""
    if code in _FATAL:
        return min(_FATAL_HOLD_S * 2.0 ** min(failures - 1, 10), _LONGEST_FATAL_HOLD_S)
    if failures < _FAILURES_TO_OPEN:
        return 0.0
    if code in _QUICK:
        return _HOLD_S
    return min(_HOLD_S * 2.0 ** min(failures - _FAILURES_TO_OPEN, 10), _LONGEST_HOLD_S)
