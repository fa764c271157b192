"""What a list can be narrowed to; the same for pages and for the JSON API."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import TIMESTAMP, Date, Text, Uuid, and_, bindparam, or_

from provision.errors import ValidationError
from provision.tenant.queries.statements import comparing
from provision.tenant.queries.statements.columns import DONE, is_open
from provision.tenant.schema.tables import tasks, team_members

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection, Table

_SEARCHED = {
    "projects": ("name", "description"),
    "tasks": ("title", "description"),
    "team_members": ("name", "email", "role"),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Base: each field that is not None (or False) narrows the list; all of them hold together.

    Raises ValidationError for text that no PostgreSQL can hold, and so no row can match.
    """

    def __post_init__(self) -> None:
        for name, value in self.given().items():
            if isinstance(value, str) and not is_storable(value):
                raise ValidationError({name: ["This holds a character that cannot be stored."]})

    def given(self) -> dict[str, Any]:
        values = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: value for name, value in values if value is not None}

    def names(self) -> tuple[str, ...]:
        """Name the filters that apply: they decide the statement, the values are parameters."""
        return tuple(
            f"{name}={value}" if isinstance(value, bool) else name
            for name, value in self.given().items()
        )

    def parameters(self, conn: Connection) -> dict[str, Any]:
        """Return the values, as a statement on this connection takes them."""
        return {
            f"where_{name}": _pattern(value, conn) if name == "q" else value
            for name, value in self.given().items()
            if not isinstance(value, bool)
        }


@dataclass(frozen=True, slots=True)
class ProjectFilters(Filters):
    status: str | None = None
    priority: str | None = None
    q: str | None = None
    """Text anywhere in the name or the description."""
    due_before: date | None = None
    """Due before this day, which is not included; so is `due_after`'s."""
    due_after: date | None = None


@dataclass(frozen=True, slots=True)
class TaskFilters(Filters):
    status: str | None = None
    priority: str | None = None
    q: str | None = None
    """Text anywhere in the title or the description."""
    project_id: str | None = None
    assignee_id: str | None = None
    due_before: date | None = None
    """Due before this day, which is not included; so is `due_after`'s."""
    due_after: date | None = None
    done_from: datetime | None = None
    """Done at this moment or later; in UTC, without a zone, as `done_before`, which is excluded."""
    done_before: datetime | None = None
    is_open: bool | None = None
    is_unassigned: bool | None = None
    is_undated: bool | None = None


@dataclass(frozen=True, slots=True)
class TeamFilters(Filters):
    status: str | None = None
    q: str | None = None
    """Text anywhere in the name, the e-mail address or the role."""


ALL_TASKS = TaskFilters()


def conditions(table: Table, names: tuple[str, ...]) -> list[ColumnElement[bool]]:
    """Return the conditions of `Filters.names`, with the parameters of `Filters.parameters`."""
    return [_conditions(table)[name] for name in names]


@cache
def _conditions(table: Table) -> dict[str, ColumnElement[bool]]:
    c = table.c
    found = {
        "status": c.status == bindparam("where_status", type_=Text),
        "q": or_(*(comparing.matches(c[name], "where_q") for name in _SEARCHED[table.name])),
    }
    if table is not team_members:
        found |= {
            "priority": c.priority == bindparam("where_priority", type_=Text),
            "due_before": c.due_date < bindparam("where_due_before", type_=Date),
            "due_after": c.due_date > bindparam("where_due_after", type_=Date),
        }
    if table is tasks:
        ids = {name: bindparam(f"where_{name}", type_=Uuid(as_uuid=False)) for name in _REFERENCES}
        found |= {name: c[name] == parameter for name, parameter in ids.items()}
        found |= {
            "done_from": and_(
                c.status == DONE,
                c.completed_at >= bindparam("where_done_from", type_=TIMESTAMP),
            ),
            "done_before": and_(
                c.status == DONE,
                c.completed_at < bindparam("where_done_before", type_=TIMESTAMP),
            ),
            "is_open=True": is_open(table),
            "is_open=False": ~is_open(table),
            "is_unassigned=True": c.assignee_id.is_(None),
            "is_unassigned=False": c.assignee_id.is_not(None),
            "is_undated=True": c.due_date.is_(None),
            "is_undated=False": c.due_date.is_not(None),
        }
    return found


_REFERENCES = ("project_id", "assignee_id")


def _pattern(text: str, conn: Connection) -> str:
    return comparing.within(text, comparing.encoding_of(conn))


def is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
