"""The tables of a workspace, one row each, as the wizard and the settings list them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provision.tenant.schema.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provision.tenant.schema.state import Problem

_PURPOSES: Final[Mapping[str, str]] = {
    "profiles": "you, as the owner of the rows",
    "projects": "status, money, due date",
    "team_members": "people and their workload",
    "tasks": "title, status, priority, due date",
    "provision_workspaces": "the workspace itself, to take it up again",
}


@dataclass(frozen=True, slots=True)
class TableState:
    """One of our tables and what is not right about it, as (column or "", problem)."""

    name: str
    purpose: str
    columns: int
    problems: tuple[tuple[str, str], ...]


def table_states(problems: Sequence[Problem]) -> list[TableState]:
    """Return each of our tables with its own `problems`."""
    return [
        TableState(
            name=table.name,
            purpose=_PURPOSES.get(table.name, ""),
            columns=len(table.columns),
            problems=tuple(
                (each.column or "", each.problem) for each in problems if each.table == table.name
            ),
        )
        for table in metadata.tables.values()
    ]
