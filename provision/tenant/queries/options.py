"""The choices of the selects: which project a task is in, who it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select

from provision.tenant.queries.rows import Option
from provision.tenant.queries.statements import Parts, alphabetical, bundle, gather, own
from provision.tenant.schema.tables import projects, team_members

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

# A select of more is no choice any more; search is for that.
_MOST = 500


@dataclass(frozen=True, slots=True)
class Choices:
    projects: tuple[Option, ...]
    members: tuple[Option, ...]


def by_name(table: Table) -> Select[Any]:
    return (
        select(table.c.id, table.c.name)
        .where(own(table))
        .order_by(alphabetical(table.c.name), table.c.id)
        .limit(_MOST)
    )


PROJECTS = by_name(projects)
MEMBERS = by_name(team_members)

_CHOICES = bundle(projects=PROJECTS, members=MEMBERS)


def choices(conn: Connection, owner_id: str) -> Choices:
    """Return all that a task can be given to, for a form that is shown on its own."""
    return read(gather(conn, _CHOICES, {"owner_id": owner_id}))


def read(parts: Parts) -> Choices:
    """Return the choices out of a bundle that holds them as `projects` and `members`."""
    return Choices(parts.rows("projects", Option), parts.rows("members", Option))
