"""Keeps the doctor's nine stages in order: which passed, which failed, what was never reached."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from provision.errors import ConnectionStringError
from provision.tenant.probe.report import STAGES, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.errors import DatabaseError
    from provision.tenant.probe.report import StageName

# The stage at which a code shows, where it is not simply the one under way: the driver does several
# in one go.
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
    """The stages of one walk, each timed from the end of the one before."""

    def __init__(self, watch: Callable[[Stage], None] | None) -> None:
        self._watch = watch
        self._done: list[Stage] = []
        self._begun = time.monotonic()

    def passed(self, stage: StageName, detail: str) -> None:
        """End a stage that went well."""
        self._end(stage, detail, ok=True)

    def failed(self, error: DatabaseError, *, under_way: StageName | None = None) -> None:
        """End the stage that an error belongs to; those before it must have passed to get there."""
        ended = {each.stage for each in self._done}
        still_open = [each for each in STAGES if each not in ended]
        stage = still_open[0]
        likely = _STAGE_OF.get(error.code, under_way)
        if likely in still_open and not isinstance(error, ConnectionStringError):
            stage = likely
        for each in still_open[: still_open.index(stage)]:
            # The driver did them in one go: its time is that of the stage it stopped at.
            self._keep(Stage(each, True, 0, "passed"))
        self._end(stage, error.detail, ok=False)

    def stages(self) -> tuple[Stage, ...]:
        """All nine, those not reached with `ok` None."""
        ended = {each.stage for each in self._done}
        rest = [Stage(each, None, None, "not reached") for each in STAGES if each not in ended]
        return (*self._done, *rest)

    def _end(self, stage: StageName, detail: str, *, ok: bool) -> None:
        now = time.monotonic()
        self._keep(Stage(stage, ok, round((now - self._begun) * 1000), detail))
        self._begun = now

    def _keep(self, done: Stage) -> None:
        self._done.append(done)
        if self._watch is not None:
            self._watch(done)
