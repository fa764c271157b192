"""Are our tables there, as this version needs them, and what would make them so.

`inspect` looks and changes nothing; `apply` runs exactly the SQL that `inspect` reported, so what
a person copies by hand and what one click does are the same text. What other programs keep in the
database is ignored, and what of ours has another shape is named and never touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from provision.errors import SchemaConflictError
from provision.tenant.schema import catalogue, ddl
from provision.tenant.schema.shape import Comparison, Problem, compare
from provision.tenant.schema.tables import LATEST, metadata, since

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["LATEST", "Problem", "SchemaReport", "State", "apply", "create_sql", "inspect"]

State = Literal["missing", "partial", "outdated", "conflict", "ready"]

# Any number does that everybody who applies this schema agrees on: "provision", as a telephone
# keypad spells it.
_ADVISORY_LOCK = 776847466


@dataclass(frozen=True, slots=True)
class SchemaReport:
    """What an inspection of the tables has found.

    `version` is the latest version that is complete, or None. `sql` brings the tables to `latest`;
    it is empty when they are ready, and after a conflict it is that of an empty database.
    """

    state: State
    version: int | None
    latest: int
    problems: tuple[Problem, ...]
    sql: str
    needs_owner: bool = False
    """Whether the SQL changes tables that belong to another role."""


def create_sql(version: int = LATEST) -> str:
    """Write everything that an empty database needs to be at `version`."""
    return ddl.script(_create_statements(version))


def inspect(conn: Connection) -> SchemaReport:
    """Compare what stands in the database with what should: one round trip."""
    return _report(compare(catalogue.read(conn)))


def apply(conn: Connection, report: SchemaReport | None = None) -> SchemaReport:
    """Add what is missing, inside the caller's transaction, and report how things stand then.

    Two at once wait for each other. A `report` that is already ready costs nothing.
    Raises SchemaConflictError, having changed nothing that a roll-back will not undo.
    """
    if report is not None and report.state == "ready":
        return report
    # Behind a pooler another client may have left its search path in this session.
    conn.execute(text("SET LOCAL search_path TO DEFAULT"))
    conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    comparison = compare(catalogue.read(conn))
    if comparison.conflicts:
        raise SchemaConflictError(comparison.conflicts)
    if comparison.is_complete:
        return _report(comparison)
    try:
        conn.exec_driver_sql(";\n".join(_statements(comparison)))
    except IntegrityError:
        problem = "Its rows do not fit the keys that are missing here."
        raise SchemaConflictError(
            [Problem(name, None, problem) for name in comparison.changed_tables]
        ) from None
    return inspect(conn)


def _report(comparison: Comparison) -> SchemaReport:
    state = _state(comparison)
    statements = _create_statements(LATEST) if state == "conflict" else _statements(comparison)
    return SchemaReport(
        state,
        comparison.version,
        LATEST,
        comparison.problems,
        ddl.script(statements),
        needs_owner=bool(comparison.changed_tables and comparison.not_ours),
    )


def _state(comparison: Comparison) -> State:
    if comparison.conflicts:
        return "conflict"
    if comparison.is_complete:
        return "ready"
    if not comparison.present_tables:
        return "missing"
    if comparison.version is not None and comparison.is_exactly(comparison.version):
        return "outdated"
    return "partial"


def _create_statements(version: int) -> list[str]:
    statements = []
    for table in metadata.tables.values():
        if since(table) > version:
            continue
        statements.append(ddl.create_table(table, version))
        statements += [
            ddl.create_index(index) for index in ddl.indexes(table) if since(index) <= version
        ]
    return statements


def _statements(comparison: Comparison) -> list[str]:
    """Write what is missing; tables come in the order in which they refer to each other."""
    statements = []
    for table in metadata.tables.values():
        lack = comparison.lacks[table.name]
        if lack.table is not None:
            statements.append(ddl.create_table(table, LATEST))
        if lack.columns:
            statements.append(ddl.add_columns(table, lack.columns))
        statements += [ddl.add_unique(column) for column in lack.uniques]
        for column in lack.references:
            (key,) = column.foreign_keys
            statements.append(ddl.add_reference(column, key, trusting=not lack.is_empty))
        statements += [ddl.create_index(index) for index in lack.indexes]
    return statements
