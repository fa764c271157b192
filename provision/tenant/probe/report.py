"""What the doctor found, stage by stage: shown in the wizard, printed by `provision db check`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from provision.tenant.dsn.reading import Reading
    from provision.tenant.host.target import Target
    from provision.tenant.queries.rows import FoundWorkspace
    from provision.tenant.schema.state import SchemaReport

StageName = Literal[
    "parse", "dns", "tcp", "tls", "login", "database", "rights", "version", "schema"
]  # fmt: skip
Tls = Literal["verified", "encrypted", "plain"]

STAGES: Final[tuple[StageName, ...]] = (
    "parse", "dns", "tcp", "tls", "login", "database", "rights", "version", "schema",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the way in; `ok` and `ms` are None for a stage that was not reached."""

    stage: StageName
    ok: bool | None
    ms: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome; `code` is `ok` or one of CONTRACT section 5, for the stage that failed.

    `target` is set when the string could be read; when `ok` it demands the TLS level that was
    reached, and is what to save.
    """

    ok: bool
    code: str
    detail: str
    remedy: str
    stages: tuple[Stage, ...]
    server_version: str | None = None
    latency_ms: int | None = None
    tls: Tls | None = None
    can_create_tables: bool | None = None
    schema: SchemaReport | None = None
    target: Target | None = None
    reading: Reading | None = None
    workspaces: tuple[FoundWorkspace, ...] = ()

    def as_json(self) -> str:
        """One line of ASCII, as `provision db check` prints it (CONTRACT section 1)."""
        schema = self.schema
        return json.dumps(
            {
                "ok": self.ok,
                "code": self.code,
                "detail": self.detail,
                "remedy": self.remedy,
                "stages": [
                    {"stage": each.stage, "ok": each.ok, "ms": each.ms, "detail": each.detail}
                    for each in self.stages
                ],
                "server_version": self.server_version,
                "latency_ms": self.latency_ms,
                "tls": self.tls,
                "can_create_tables": self.can_create_tables,
                "schema": None
                if schema is None
                else {
                    "state": schema.state,
                    "version": schema.version,
                    "problems": [
                        {"table": each.table, "problem": each.problem}
                        | ({"column": each.column} if each.column else {})
                        for each in schema.problems
                    ],
                },
            }
        )
