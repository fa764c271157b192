"""The nine checks of a connection test, as the wizard and the settings show them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from provision.errors import SchemaConflictError
from provision.tenant.probe.report import STAGES, rows_before

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provision.tenant.probe.report import Report, Stage
    from provision.tenant.schema.state import Problem, SchemaReport

_STATE_WORDS: Final[Mapping[str, str]] = {
    "missing": "The tables are not there.",
    "partial": "Some of the tables, columns or indexes are missing.",
    "outdated": "The tables are at an earlier version.",
    "conflict": SchemaConflictError.message,
}


@dataclass(frozen=True, slots=True)
class Checks:
    """The rows of a test, and what to say below the one that failed.

    `attention` names a stage that passed and still needs work. `sql` is for the owner of a database
    in which the person may not create tables; `problems` are those of the tables.
    """

    stages: tuple[Stage, ...] = ()
    note: str = ""
    detail: str = ""
    remedy: str = ""
    code: str = ""
    attention: Literal["", "schema"] = ""
    sql: str = ""
    problems: tuple[Problem, ...] = ()


NOT_RUN: Final = Checks(rows_before())


def running(done: Sequence[Stage]) -> Checks:
    """Return the rows of a test that still runs: `done`, the one at work, those to come."""
    return Checks(rows_before(done), "testing …")


def finished(report: Report) -> Checks:
    """Return the rows of a test that has ended."""
    if report.ok:
        return Checks(report.rows(), f"all nine checks in {report.ms} ms")
    failed = next(n for n, each in enumerate(report.stages, 1) if each.ok is False)
    tables = report.schema if report.code == "permission_denied" else None
    return Checks(
        report.rows(),
        f"stopped at {failed} of {len(STAGES)}, after {report.ms} ms",
        report.detail,
        report.remedy,
        report.code,
        sql=tables.sql if tables else "",
        problems=tables.problems if tables and not tables.sql else (),
    )


def finished_with_tables(report: Report, tables: SchemaReport) -> Checks:
    """Return the rows of a test that passed, and what is wrong with the tables it found."""
    passed = finished(report)
    if tables.state == "ready":
        return passed
    return replace(
        passed,
        detail=_STATE_WORDS[tables.state],
        attention="schema",
        problems=tables.problems,
    )
