"""Shape what a test found, stage by stage, for wizard, settings and `provision db check`."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from provision.tenant.dsn.reading import Reading
from provision.tenant.failures.translate import quoted
from provision.tenant.host.providers import place_words
from provision.tenant.host.target import Target
from provision.tenant.probe.facts import Facts, Tables
from provision.tls import LEVEL_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.errors import DatabaseError
    from provision.tenant.connection.driver import TenantConnection
    from provision.tenant.network.policy import JudgedAddresses
    from provision.tenant.queries.rows import FoundWorkspace
    from provision.tenant.schema.state import SchemaReport
    from provision.tls import Level

StageName = Literal[
    "parse", "dns", "tcp", "tls", "login", "database", "rights", "version", "schema"
]  # fmt: skip

STAGES: Final[tuple[StageName, ...]] = (
    "parse", "dns", "tcp", "tls", "login", "database", "rights", "version", "schema",
)  # fmt: skip


_SCHEMA_WORDS: Final = {
    "missing": "no tables yet",
    "partial": "some of the tables are there",
    "outdated": "an earlier version of the tables",
    "conflict": "a table of another shape is in the way",
    "ready": "the tables are ready",
}

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the way in; `ok` and `ms` are None for a stage that was not reached."""

    stage: StageName
    ok: bool | None
    ms: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """What the log-in led to; the target of the connection demands the TLS level reached."""

    connection: TenantConnection
    tls: Level


Finding = Reading | Target | LoggedIn | Facts | Tables
"""What one stage found."""


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome; `code` is `ok` or one of docs/troubleshooting.md, for the stage that failed.

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
    tls: Level | None = None
    can_create_tables: bool | None = None
    schema: SchemaReport | None = None
    target: Target | None = None
    reading: Reading | None = None
    workspaces: tuple[FoundWorkspace, ...] = ()

    @property
    def ms(self) -> int:
        """Return how long all stages took."""
        return sum(each.ms or 0 for each in self.stages)

    def rows(self) -> tuple[Stage, ...]:
        """Return the rows of a page, where the words of a failing stage stand below, in full."""
        return tuple(each if each.ok else replace(each, detail="") for each in self.stages)

    def as_json(self) -> str:
        """Return one line of ASCII, as `provision db check` prints it (docs/operate.md)."""
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


def of(
    found: Sequence[Finding], stages: tuple[Stage, ...], error: DatabaseError | None = None
) -> Report:
    """Make the report of all that was found until the test ended, well or with `error`."""
    entered, server, tables = (
        _last(found, LoggedIn), _last(found, Facts), _last(found, Tables),
    )  # fmt: skip
    level = entered.tls if entered else None
    good_news = ""
    if server and level:
        good_news = f"Connected to PostgreSQL {server.version}, {LEVEL_WORDS[level]}."
    return Report(
        ok=error is None,
        code=error.code if error else "ok",
        detail=error.detail if error else good_news,
        remedy=error.remedy if error else "",
        stages=stages,
        server_version=server.version if server else None,
        latency_ms=server.latency_ms if server else None,
        tls=level,
        can_create_tables=server.can_create if server else None,
        schema=tables.schema if tables else None,
        target=(entered.connection.target if entered else None) or _last(found, Target),
        reading=_last(found, Reading),
        workspaces=tables.workspaces if tables else (),
    )


def rows_before(done: Sequence[Stage] | None = None) -> tuple[Stage, ...]:
    """Return the rows of a test that still runs: those done, the one at work, those to come.

    None for `done`: no test has begun.
    """
    if done is None:
        return tuple(Stage(each, None, None, "") for each in STAGES)
    waiting = [Stage(each, None, None, "waiting") for each in STAGES[len(done) :]]
    if waiting:
        waiting[0] = replace(waiting[0], detail="checking …")
    return (*done, *waiting)


def parse_words(target: Target, *, is_pasted: bool) -> str:
    """Say what the target was read from."""
    if is_pasted:
        return place_words(target.host, target.port) or "a connection string"
    return "the built-in database" if target.built_in else "as saved"


def address_words(judged: JudgedAddresses) -> str:
    """Say how many addresses there are, IPv4 and IPv6 apart."""
    v6 = sum(":" in each for each in judged.addresses)
    kind = "private" if judged.plain_text else "public"
    return f"IPv4: {_count(len(judged.addresses) - v6)}, IPv6: {_count(v6)}; {kind}"


def way_words(server: socket.socket, port: int) -> str:
    """Say which port answered, and over which of the two networks."""
    return f"port {port} is open, over {'IPv6' if server.family == socket.AF_INET6 else 'IPv4'}"


def rights_words(server: Facts) -> str:
    """Say what the user may do."""
    if not server.can_create:
        return "may use the tables there are"
    return f"may create tables in the schema {quoted(server.schema or '')}"


def version_words(server: Facts, room: str | None) -> str:
    """Say which PostgreSQL it is, whether a pooler is in between, and what room it has."""
    pooler = " behind a connection pooler" if server.is_pooled else ""
    words = [f"PostgreSQL {server.version}{pooler}", f"encoding {server.encoding}", room or ""]
    return "; ".join(each for each in words if each not in ("", "encoding "))


def schema_words(tables: Tables) -> str:
    """Say how much of our tables is there."""
    return _SCHEMA_WORDS[tables.schema.state]


def _count(number: int) -> str:
    return "none" if number == 0 else "1 address" if number == 1 else f"{number} addresses"


def _last(found: Sequence[Finding], kind: type[_T]) -> _T | None:
    """Return the last finding of this kind."""
    return next((each for each in reversed(found) if isinstance(each, kind)), None)
