"""Create, change and delete rows: one statement each, which answers with the row as it now is.

What a row refers to is looked up, and held, in the same statement, so that nobody can refer to
somebody else's rows. A version given must still be the row's; only when a write finds no row does
a second statement ask whether it is gone or was changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

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

from provision.errors import StaleVersionError, ValidationError
from provision.tenant.queries.bundle import as_text, decode
from provision.tenant.queries.columns import (
    DONE,
    ID,
    OWNER,
    own,
    own_rows,
    utc_now,
    version,
    versioned,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from sqlalchemy import CTE, ColumnElement, Connection, FromClause, Select, Table

    from provision.errors import NotFoundError

VERSION = bindparam("version", type_=Text)


@dataclass(frozen=True, eq=False)
class Noun:
    """A table's rules for writing.

    `row` and `card` shape a row found (all columns and `version`) for JSON and for pages;
    `references` name the table each foreign id must be found in, among the owner's rows.
    """

    table: Table
    not_found: type[NotFoundError]
    defaults: Mapping[str, Any]
    """All that may be written, and what it is where a new row does not say."""
    row: Callable[[FromClause], Select[Any]]
    card: Callable[[FromClause], Select[Any]]
    references: Mapping[str, Table] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    """What to say of an id that is not found there."""


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
        """What the statements are given; text that is no version is that of no row.

        Some of it, such as NUL, could not even be sent.
        """
        known = self.version is None or self.version.isdigit()
        return self._asdict() | {"version": self.version if known else ""}


def get(noun: Noun, conn: Connection, aim: Aim) -> str:
    statement = _get(noun, aim.today is not None)
    item = conn.execute(statement, aim.parameters()).scalar()
    if item is None:
        raise noun.not_found
    return as_text(item)


def create(
    noun: Noun, conn: Connection, owner_id: str, values: Mapping[str, Any], today: date | None
) -> str:
    _check(noun, values)
    written = {f"new_{name}": value for name, value in {**noun.defaults, **values}.items()}
    statement = _create(noun, today is not None)
    answer = conn.execute(statement, {"owner_id": owner_id, "today": today, **written}).one()
    _check_references(noun, answer)
    return as_text(answer.item)


def change(noun: Noun, conn: Connection, aim: Aim, values: Mapping[str, Any]) -> str:
    _check(noun, values)
    if not values:
        return _unchanged(noun, conn, aim)
    as_card, has_version = aim.today is not None, aim.version is not None
    statement = _change(noun, tuple(sorted(values)), has_version, as_card)
    written = {f"new_{name}": value for name, value in values.items()}
    answer = conn.execute(statement, aim.parameters() | written).one()
    _check_references(noun, answer)
    if answer.item is None:
        raise _why_nothing_was_found(noun, conn, aim)
    return as_text(answer.item)


def remove(noun: Noun, conn: Connection, aim: Aim) -> None:
    if not conn.execute(_remove(noun, aim.version is not None), aim.parameters()).rowcount:
        raise _why_nothing_was_found(noun, conn, aim)


def _unchanged(noun: Noun, conn: Connection, aim: Aim) -> str:
    item = get(noun, conn, aim)
    if aim.version is not None and decode(item, _Versioned).version != aim.version:
        raise StaleVersionError(item)
    return item


def _why_nothing_was_found(
    noun: Noun, conn: Connection, aim: Aim
) -> NotFoundError | StaleVersionError:
    if aim.version is None:
        return noun.not_found()
    try:
        return StaleVersionError(get(noun, conn, aim))
    except noun.not_found as gone:
        return gone


def _check(noun: Noun, values: Mapping[str, Any]) -> None:
    if not values.keys() <= noun.defaults.keys():
        unknown = ", ".join(sorted(values.keys() - noun.defaults.keys()))
        raise ValueError(f"not to be written to {noun.table.name}: {unknown}")


def _check_references(noun: Noun, answer: Any) -> None:
    found = answer._mapping  # noqa: SLF001  # SQLAlchemy's public name for it
    errors = {
        name: [noun.unknown[name]] for name in noun.references if found.get(f"has_{name}") is False
    }
    if errors:
        raise ValidationError(errors)


def _new(noun: Noun, name: str) -> ColumnElement[Any]:
    return bindparam(f"new_{name}", type_=noun.table.c[name].type)


def _shaped(noun: Noun, rows: FromClause, *, as_card: bool) -> Select[Any]:
    """The JSON text of each row."""
    item = (noun.card if as_card else noun.row)(rows).subquery("item")
    return select(cast(func.row_to_json(item.table_valued()), Text)).select_from(item)


def _references(noun: Noun, names: tuple[str, ...]) -> CTE | None:
    """One row that tells of each foreign id whether it may be written.

    The rows referred to are held until the write is done, as the foreign key would hold them.
    """
    columns = []
    for name in names:
        if name not in noun.references:
            continue
        target = noun.references[name]
        held = (
            select(target.c.id)
            .where(target.c.id == _new(noun, name), own(target))
            .with_for_update(read=True, key_share=True)
            .cte(f"held_{name}")
        )
        is_known = or_(_new(noun, name).is_(None), exists(select(held.c.id)))
        columns.append(is_known.label(f"has_{name}"))
    return select(*columns).cte("known") if columns else None


def _answer(noun: Noun, written: CTE, known: CTE | None, *, as_card: bool) -> Select[Any]:
    item = _shaped(noun, written, as_card=as_card).scalar_subquery().label("item")
    return select(item) if known is None else select(item, *known.c).select_from(known)


@lru_cache
def _get(noun: Noun, as_card: bool) -> Select[Any]:
    found = own_rows(noun.table).where(noun.table.c.id == ID).subquery("found")
    return _shaped(noun, found, as_card=as_card)


@lru_cache
def _create(noun: Noun, as_card: bool) -> Select[Any]:
    table, names = noun.table, tuple(noun.defaults)
    written: dict[str, ColumnElement[Any]] = {
        "id": func.gen_random_uuid(),
        "user_id": OWNER,
        **{name: _new(noun, name) for name in names},
        "created_at": utc_now(),
    }
    if "updated_at" in table.c:
        written["updated_at"] = utc_now()
    if "completed_at" in table.c:
        written["completed_at"] = case((_new(noun, "status") == DONE, utc_now()))
    if "position" in table.c:
        # Now, in seconds: the end of any column (see `columns.rank`).
        end: ColumnElement[Any] = literal_column("extract(epoch FROM clock_timestamp())::numeric")
        written["position"] = func.coalesce(_new(noun, "position"), end)
    known = _references(noun, names)
    source = select(*(value.label(name) for name, value in written.items()))
    if known is not None:
        source = source.select_from(known).where(and_(*known.c))
    made = (
        insert(table)
        .from_select(list(written), source, include_defaults=False)
        .returning(*versioned(table))
        .cte("made")
    )
    return _answer(noun, made, known, as_card=as_card)


@lru_cache(maxsize=256)
def _change(noun: Noun, names: tuple[str, ...], has_version: bool, as_card: bool) -> Select[Any]:
    table = noun.table
    written: dict[str, ColumnElement[Any]] = {name: _new(noun, name) for name in names}
    if "updated_at" in table.c:
        written["updated_at"] = utc_now()
    if "status" in names and "completed_at" in table.c:
        still_done = case((table.c.status == DONE, table.c.completed_at), else_=utc_now())
        written["completed_at"] = case((_new(noun, "status") == DONE, still_done))
    statement = update(table).values(written).where(table.c.id == ID, own(table))
    if has_version:
        statement = statement.where(_is_version(table))
    known = _references(noun, names)
    if known is not None:
        # As scalars: it has one row, and a join would be taken for a forgotten condition.
        statement = statement.where(*(select(each).scalar_subquery() for each in known.c))
    changed = statement.returning(*versioned(table)).cte("changed")
    return _answer(noun, changed, known, as_card=as_card)


@lru_cache
def _remove(noun: Noun, has_version: bool) -> Any:
    statement = delete(noun.table).where(noun.table.c.id == ID, own(noun.table))
    return statement.where(_is_version(noun.table)) if has_version else statement


def _is_version(table: Table) -> ColumnElement[bool]:
    return cast(version(table), Text) == VERSION
