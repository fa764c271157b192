"""Keep the nine stages in order: which passed, which failed, which were never reached, how long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from provision.errors import ConnectionStringError
from provision.tenant.probe.report import STAGES, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.errors import DatabaseError
    from provision.tenant.probe.report import StageName

# The stage at which a code shows, where it is not simply the one under way: one log-in passes
# through several.
_STAGE_OF: Final[dict[str, StageName]] = {
    "dns_failed": "dns",
    "connection_refused": "tcp",
    "unreachable": "tcp",
    "not_postgres": "tls",
    "tls_required": "tls",
    "tls_unsupported": "tls",
    "tls_untrusted": "tls",
    "auth_failed": "login",
    "auth_method_refused": "login",
    "access_denied": "login",
    "database_not_found": "database",
}


class Journey:
    """The stages of one test, each timed from the end of the one before."""

    def __init__(self, watch: Callable[[Stage], None] | None) -> None:
        self._watch = watch
        self._done: list[Stage] = []
        self._begun = time.monotonic()
        self._worked_ms: dict[StageName, int] = {}
        self._under_way: StageName | None = None

    def worked(self, stage: StageName, *, under_way: StageName) -> None:
        """Note that the work of a stage is done, though only the next shows whether it passed."""
        self._worked_ms[stage] = self._lap_ms()
        self._under_way = under_way

    def passed(self, stage: StageName, detail: str) -> None:
        """End a stage that went well."""
        ms = self._worked_ms.pop(stage, None)
        self._keep(Stage(stage, True, self._lap_ms() if ms is None else ms, detail))
        if stage == self._under_way:
            self._under_way = None

    def failed(self, error: DatabaseError) -> None:
        """End the stage that an error belongs to; those before it must have passed to get there."""
        ended = {each.stage for each in self._done}
        still_open = [each for each in STAGES if each not in ended]
        stage = still_open[0]
        likely = _STAGE_OF.get(error.code, self._under_way)
        if likely in still_open and not isinstance(error, ConnectionStringError):
            stage = likely
        for each in still_open[: still_open.index(stage)]:
            # What was not timed apart is part of the stage at which it stopped.
            self._keep(Stage(each, True, self._worked_ms.pop(each, 0), "passed"))
        ms = self._lap_ms() + self._worked_ms.pop(stage, 0)
        self._keep(Stage(stage, False, ms, error.detail))

    def stages(self) -> tuple[Stage, ...]:
        """Return all nine, those not reached with `ok` None."""
        ended = {each.stage for each in self._done}
        rest = [Stage(each, None, None, "not reached") for each in STAGES if each not in ended]
        return (*self._done, *rest)

    def _lap_ms(self) -> int:
        """Return the time since this was last asked."""
        before, self._begun = self._begun, time.monotonic()
        return round((self._begun - before) * 1000)

    def _keep(self, done: Stage) -> None:
        self._done.append(done)
        if self._watch is not None:
            self._watch(done)
