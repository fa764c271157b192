"""Create, change and delete rows: one statement each, which answers with the row as it now is.

What a row refers to is looked up, and held, in the same statement, so that nobody can refer to
somebody else's rows. A version given must still be the row's; only when a write finds no row does
a second statement ask whether it is gone or was changed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec
from sqlalchemy import (
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from provision.errors import RowRefusedError, StaleVersionError, ValidationError
from provision.tenant.connection.decoding import as_text, decode
from provision.tenant.queries.statements import running, undo_notes
from provision.tenant.queries.statements.columns import (
    DONE,
    ID,
    OWNER,
    VERSION_SHAPE,
    now_rank,
    own,
    own_rows,
    row_version,
    utc_now,
    version_text,
    versioned,
)
from provision.tenant.schema.tables import projects, tasks, team_members

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import CTE, ColumnElement, Connection, FromClause, Select, Table

    from provision.errors import NotFoundError
    from provision.tenant.queries.statements.declared import Declared
    from provision.tenant.queries.statements.undo_notes import Note

AnyDeclared: TypeAlias = "Declared[Any, Any]"

VERSION = bindparam("version", type_=Text)
_VERSION = re.compile(VERSION_SHAPE)


class _Versioned(msgspec.Struct):
    version: str


class Aim(NamedTuple):
    """Which row is meant, whose it has to be, and the version it has to have if that matters.

    With `today` the answer is the noun's card as of that day, without it the row.
    """

    owner_id: str
    row_id: str
    version: str | None = None
    today: date | None = None

    def parameters(self) -> dict[str, Any]:
        """Return what the statements are given; text that is no version fits no row.

        Some of it, such as NUL, could not even be sent.
        """
        known = self.version is None or _VERSION.fullmatch(self.version)
        return self._asdict() | {"version": self.version if known else ""}


def get(of: AnyDeclared, conn: Connection, aim: Aim) -> str:
    statement = _get(of, aim.today is not None)
    found = running.rows(conn, statement, aim.parameters())
    if not found or found[0][0] is None:
        raise of.not_found
    return as_text(found[0][0])


def create(of: AnyDeclared, conn: Connection, aim: Aim, values: Mapping[str, Any]) -> str:
    """Make a row, under the id of `aim` or, where that is empty, under a new one."""
    check(of, values)
    written = {f"new_{name}": value for name, value in {**of.defaults, **values}.items()}
    statement = _create(of, aim.today is not None, bool(aim.row_id))
    parameters = {"owner_id": aim.owner_id, "row_id": aim.row_id, "today": aim.today}
    answer = running.first_row(conn, statement, parameters | written)
    if answer is None:
        raise RowRefusedError  # by a trigger that returned NULL, or a rule INSTEAD
    check_references(of, answer)
    if answer.item is None:
        raise RowRefusedError
    return as_text(answer.item)


def change(
    of: AnyDeclared,
    conn: Connection,
    aim: Aim,
    values: Mapping[str, Any],
    note: Note | None = None,
) -> str:
    check(of, values)
    if not values:
        return _unchanged(of, conn, aim)
    note = undo_notes.if_possible(conn, note)
    as_card, has_version = aim.today is not None, aim.version is not None
    statement = _change(of, tuple(sorted(values)), has_version, as_card, note is not None)
    written = {f"new_{name}": value for name, value in values.items()}
    parameters = aim.parameters() | written | undo_notes.parameters(note)
    answer = running.the_row(conn, statement, parameters)
    check_references(of, answer)
    if answer.item is None:
        raise _why_nothing_was_found(of, conn, aim)
    undo_notes.mark(note, answer)
    return as_text(answer.item)


def remove(of: AnyDeclared, conn: Connection, aim: Aim, note: Note | None = None) -> str:
    """Delete a row and return what it was called."""
    note = undo_notes.if_possible(conn, note)
    statement = _remove(of, aim.version is not None, note is not None)
    answer = running.the_row(conn, statement, aim.parameters() | undo_notes.parameters(note))
    if not answer.gone:
        raise _why_nothing_was_found(of, conn, aim)
    undo_notes.mark(note, answer)
    return str(answer.name or "")


def _unchanged(of: AnyDeclared, conn: Connection, aim: Aim) -> str:
    item = get(of, conn, aim)
    if aim.version is not None and decode(item, _Versioned).version != aim.version:
        raise StaleVersionError(item)
    return item


def _why_nothing_was_found(
    of: AnyDeclared, conn: Connection, aim: Aim
) -> NotFoundError | StaleVersionError | RowRefusedError:
    """Tell a row that is gone, or was changed, from one that a trigger or rule keeps as it is."""
    try:
        item = get(of, conn, aim)
    except of.not_found as gone:
        return gone
    if aim.version is None or decode(item, _Versioned).version == aim.version:
        return RowRefusedError()
    return StaleVersionError(item)


def check(of: AnyDeclared, values: Mapping[str, Any]) -> None:
    if not values.keys() <= of.defaults.keys():
        unknown = ", ".join(sorted(values.keys() - of.defaults.keys()))
        raise ValueError(f"not to be written to {of.table.name}: {unknown}")


def check_references(of: AnyDeclared, answer: Any) -> None:
    errors = {
        name: [of.unknown[name]]
        for name in of.references
        if getattr(answer, f"has_{name}", None) is False
    }
    if errors:
        raise ValidationError(errors)


def _new(of: AnyDeclared, name: str) -> ColumnElement[Any]:
    return bindparam(f"new_{name}", type_=of.table.c[name].type)


def shaped(of: AnyDeclared, rows: FromClause, *, as_card: bool) -> Select[Any]:
    """Select the JSON text of each row."""
    item = (of.card if as_card else of.row)(rows).subquery("item")
    return select(cast(func.row_to_json(item.table_valued()), Text)).select_from(item)


def references(of: AnyDeclared, names: tuple[str, ...]) -> CTE | None:
    """Select one row that tells of each foreign id whether it may be written.

    The rows referred to are held until the write is done, as the foreign key would hold them.
    """
    columns = []
    for name in names:
        if name not in of.references:
            continue
        target = of.references[name]
        held = (
            select(target.c.id)
            .where(target.c.id == _new(of, name), own(target))
            .with_for_update(read=True, key_share=True)
            .cte(f"held_{name}")
        )
        is_known = or_(_new(of, name).is_(None), exists(select(held.c.id)))
        columns.append(is_known.label(f"has_{name}"))
    return select(*columns).cte("known") if columns else None


def _answer(
    of: AnyDeclared,
    written: CTE,
    known: CTE | None,
    *others: ColumnElement[Any],
    as_card: bool,
) -> Select[Any]:
    item = shaped(of, written, as_card=as_card).scalar_subquery().label("item")
    columns = (item, *others)
    return select(*columns) if known is None else select(*columns, *known.c).select_from(known)


@lru_cache
def _get(of: AnyDeclared, as_card: bool) -> Select[Any]:
    found = own_rows(of.table).where(of.table.c.id == ID).subquery("found")
    return shaped(of, found, as_card=as_card)


@lru_cache
def _create(of: AnyDeclared, as_card: bool, has_id: bool) -> Select[Any]:
    table, names = of.table, tuple(of.defaults)
    written: dict[str, ColumnElement[Any]] = {
        "id": ID if has_id else func.gen_random_uuid(),
        "user_id": OWNER,
        **{name: _new(of, name) for name in names},
        "created_at": utc_now(),
    }
    if "updated_at" in table.c:
        written["updated_at"] = utc_now()
    if "completed_at" in table.c:
        written["completed_at"] = case((_new(of, "status") == DONE, utc_now()))
    if "position" in table.c:
        written["position"] = func.coalesce(_new(of, "position"), now_rank())
    known = references(of, names)
    source = select(*(value.label(name) for name, value in written.items()))
    if known is not None:
        source = source.select_from(known).where(and_(*known.c))
    made = (
        insert(table)
        .from_select(list(written), source, include_defaults=False)
        .returning(*versioned(table))
        .cte("made")
    )
    return _answer(of, made, known, as_card=as_card)


@lru_cache(maxsize=256)
def _change(
    of: AnyDeclared, names: tuple[str, ...], has_version: bool, as_card: bool, notes: bool
) -> Select[Any]:
    table = of.table
    written: dict[str, ColumnElement[Any]] = {name: _new(of, name) for name in names}
    if "updated_at" in table.c:
        written["updated_at"] = utc_now()
    if "status" in names and "completed_at" in table.c:
        still_done = case((table.c.status == DONE, table.c.completed_at), else_=utc_now())
        written["completed_at"] = case((_new(of, "status") == DONE, still_done))
    statement = update(table).values(written).where(table.c.id == ID, own(table))
    if has_version:
        statement = statement.where(_is_version(table))
    before = _before(of, has_version) if notes else None
    if before is not None:
        statement = statement.where(exists(select(before.c.id)))
    known = references(of, names)
    if known is not None:
        # As scalars: it has one row, and a join would be taken for a forgotten condition.
        statement = statement.where(*(select(each).scalar_subquery() for each in known.c))
    whole = [] if before is None else [undo_notes.whole(table)]
    changed = statement.returning(*versioned(table), *whole).cte("changed")
    if before is None:
        return _answer(of, changed, known, as_card=as_card)
    noted = undo_notes.noted(changed, changed={table.name: (before, changed)})
    told = (undo_notes.is_noted(noted), undo_notes.changes(noted, table))
    return _answer(of, changed, known, *told, as_card=as_card)


@lru_cache
def _remove(of: AnyDeclared, has_version: bool, notes: bool) -> Select[Any]:
    statement = delete(of.table).where(of.table.c.id == ID, own(of.table))
    if has_version:
        statement = statement.where(_is_version(of.table))
    if not notes:
        return _gone(statement.returning(*_called(of)).cte("removed"))
    before = _before(of, has_version)
    statement = statement.where(exists(select(before.c.id)))
    removed = statement.returning(*_called(of)).cte("removed")
    changed: dict[str, tuple[CTE, CTE]] = {}
    deleted = {of.table.name: before}
    if of.table is projects:
        deleted["tasks"] = _tasks_with(tasks.c.project_id)
    if of.table is team_members:
        along = _tasks_with(tasks.c.assignee_id)
        nobody = along.c.row.op("||")(literal_column("'{\"assignee_id\": null}'::jsonb"))
        changed["tasks"] = (along, select(along.c.id, nobody.label("row")).cte("left"))
    return _gone(
        removed, undo_notes.is_noted(undo_notes.noted(removed, changed=changed, deleted=deleted))
    )


def _called(of: AnyDeclared) -> tuple[ColumnElement[Any], ...]:
    return of.table.c.id, of.table.c[of.noun.fields[0].column].label("name")


def _gone(removed: CTE, *others: ColumnElement[Any]) -> Select[Any]:
    gone = select(func.count()).select_from(removed).scalar_subquery().label("gone")
    name = select(func.max(removed.c.name)).scalar_subquery().label("name")
    return select(gone, name, *others)


def _tasks_with(reference: ColumnElement[Any]) -> CTE:
    """Select and lock what a foreign key will change along with the row."""
    return (
        select(tasks.c.id, undo_notes.whole(tasks))
        .where(reference == ID, own(tasks))
        .order_by(tasks.c.id)
        .with_for_update()
        .cte("along")
    )


def _before(of: AnyDeclared, has_version: bool) -> CTE:
    """Select the whole row as it is, locked until the write is done."""
    table = of.table
    row = select(table.c.id, undo_notes.whole(table)).where(table.c.id == ID, own(table))
    if has_version:
        row = row.where(_is_version(table))
    return row.with_for_update().cte("before")


def _is_version(table: Table) -> ColumnElement[bool]:
    return version_text(row_version(table)) == VERSION
