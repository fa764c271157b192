"""Who belongs to a workspace; the one that a request is about, found with who asks."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, String, and_, case, func, literal_column, select, update
from sqlalchemy.exc import OperationalError

from provision.control.connections import CONNECTION_COLUMNS, SavedConnection, connection_from
from provision.control.store.tables import connections, memberships

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.sql.selectable import FromClause

    from provision.control.store.store import ControlStore
    from provision.control.workspaces.roles import Role

# A write for each request would cost more than the request.
_OPENED_EVERY_S: Final = 5


@dataclass(frozen=True, slots=True)
class Place:
    """The workspace that a request is about, as what the person is in it, and their choice.

    `count` is how many workspaces they may enter. `connection` is None before one is saved, and
    while the workspace has none here. `opened_at` is in unix seconds.
    """

    member_id: str | None
    workspace_id: str | None
    role: Role | None
    opened_at: int | None
    count: int
    connection: SavedConnection | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A workspace that a person may enter, as the list of them shows it."""

    id: str
    role: Role
    joined_at: int
    members: int
    connection: SavedConnection | None


_COLUMNS: Final = tuple(memberships.c[name] for name in ("id", "workspace_id", "role", "opened_at"))
_END: Final = len(_COLUMNS) + 1
# Written out: a look-up (`store/lookup`) binds only what it is given.
NOTHING: Final = literal_column("''", String())
_OWNER: Final = literal_column("'owner'", String())
_ONE: Final = literal_column("1", Integer())
_ZERO: Final = literal_column("0", Integer())


def columns_for(user_id: ColumnElement[str]) -> tuple[Any, ...]:
    """Return what a select of `join_to` reads for `place_from`."""
    of_them = memberships.alias("of_them")
    count = select(func.count()).where(of_them.c.user_id == user_id).scalar_subquery()
    return (*_COLUMNS, count, *CONNECTION_COLUMNS)


def join_to(
    base: FromClause,
    user_id: ColumnElement[str],
    wanted: ColumnElement[str],
    *,
    own_first: bool = False,
) -> FromClause:
    """Join the workspace `wanted`, or, where that is empty, the one that was opened last.

    `own_first` takes the first of the person's own instead, as what a token means must not change
    by what its person opens in a browser.
    """
    some = memberships.alias("some")
    first = some.c.role != _OWNER if own_first else some.c.opened_at.desc()
    order = (first, some.c.joined_at, some.c.id)
    default = (
        select(some.c.workspace_id)
        .where(some.c.user_id == user_id)
        .order_by(*order)
        .limit(_ONE)
        .offset(_ZERO)
    ).scalar_subquery()
    chosen = case((wanted != NOTHING, wanted), else_=default)
    here = and_(memberships.c.user_id == user_id, memberships.c.workspace_id == chosen)
    return base.outerjoin(memberships, here).outerjoin(
        connections,
        and_(connections.c.owner_id == memberships.c.workspace_id, connections.c.is_active),
    )


def place_from(columns: Sequence[Any]) -> Place:
    """Return the place whose values of `columns_for` these are."""
    connection = connection_from(columns[_END:]) if columns[_END] else None
    return Place(*(*columns[:_END], connection))


def listing(store: ControlStore, *, user_id: str) -> list[Listed]:
    """Return the workspaces that a person may enter, the one they opened last first."""
    everybody = memberships.alias("everybody")
    count = (
        select(func.count())
        .where(everybody.c.workspace_id == memberships.c.workspace_id)
        .scalar_subquery()
    )
    query: Select[Any] = (
        select(
            memberships.c.workspace_id,
            memberships.c.role,
            memberships.c.joined_at,
            count,
            *CONNECTION_COLUMNS,
        )
        .outerjoin(
            connections,
            and_(connections.c.owner_id == memberships.c.workspace_id, connections.c.is_active),
        )
        .where(memberships.c.user_id == user_id)
        .order_by(memberships.c.opened_at.desc(), memberships.c.joined_at, memberships.c.id)
    )
    with store.reading() as conn:
        return [
            Listed(*(*row[:4], connection_from(row[4:]) if row[4] else None))
            for row in conn.execute(query)
        ]


def note_opened(store: ControlStore, place: Place) -> None:
    """Remember which workspace a person of several opened last, at most every 5 seconds."""
    now = store.now()
    if place.count < 2 or place.opened_at is None or place.opened_at > now - _OPENED_EVERY_S:
        return
    # A store that is busy with something else is no reason to refuse a page.
    with suppress(OperationalError), store.writing() as conn:
        conn.execute(
            update(memberships).where(memberships.c.id == place.member_id).values(opened_at=now)
        )
