"""Lists in pages by keyset: each page starts after the last row of the one before.

However deep, a page costs the same, and rows that come or go between two pages neither repeat
nor hide others. The cursor is opaque to clients, and good only for the list, order and filters
that it came from.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
import psycopg
from sqlalchemy import Text, Uuid, and_, bindparam, cast, func, literal_column, or_, select, true
from sqlalchemy.exc import DataError

from provision.errors import InvalidCursorError, ValidationError
from provision.tenant.connection.decoding import as_text, decode
from provision.tenant.queries.statements import running
from provision.tenant.queries.statements.columns import LIMIT, own_rows
from provision.tenant.queries.statements.filters import conditions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Connection, Select, Subquery, Table

    from provision.tenant.queries.statements.declared import Declared
    from provision.tenant.queries.statements.filters import Filters

T = TypeVar("T")

MAX_LIMIT = 200
MOST_PRINTED = 2_000
"""How many rows a page holds that shows all of them, for paper."""
# A key is at most 200 characters of a name, of which each may take six as JSON, and a third more
# in base 64.
MAX_CURSOR_LENGTH = 2048


@dataclass(frozen=True, slots=True)
class JsonPage:
    """One page of a list: `rows` is the text of a JSON array, to be passed on as it is."""

    rows: str
    next_cursor: str | None


class Keyed(msgspec.Struct, Generic[T], frozen=True):
    """A row of a page and its sort key as text."""

    item: T
    key: str | None
    id: str


class _Identified(msgspec.Struct):
    id: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page starts and how it is ordered: the statement's shape and its parameters."""

    of: Declared[Any, Any]
    sort: str
    filters: Filters
    limit: int
    cursor: str | None
    most: int = MAX_LIMIT

    def __post_init__(self) -> None:
        if self.sort.removeprefix("-") not in self.of.sorts:
            known = ", ".join(sorted(self.of.sorts))
            raise ValidationError(
                {"sort": [f"Sort by one of {known}; a leading - turns the order round."]}
            )
        if not 1 <= self.limit <= self.most:
            raise ValidationError({"limit": [f"This has to be between 1 and {self.most}."]})

    def rows(self) -> Select[Any]:
        """Select one more than the page holds, each as the text of `item` and `key`, both JSON."""
        return _rows(self.of, self.sort, self.filters.names(), self._start_kind())

    def lines(self) -> Select[Any]:
        """Select one more than the page holds, each as `item` (JSON), `key` (text) and `id`."""
        return _lines(self.of, self.sort, self.filters.names(), self._start_kind())

    def parameters(self, conn: Connection, owner_id: str) -> dict[str, Any]:
        parameters = {
            "owner_id": owner_id,
            "limit": self.limit + 1,
            **self.filters.parameters(conn),
        }
        if self.cursor is not None:
            key, last_id = self._start()
            parameters |= {"after_id": last_id} | ({} if key is None else {"after_key": key})
        return parameters

    def cut(self, found: Sequence[Keyed[T]]) -> tuple[tuple[T, ...], str | None]:
        """Return the rows that fit this page, and where the next one starts if there are more."""
        shown = tuple(row.item for row in found[: self.limit])
        if len(found) <= self.limit:
            return shown, None
        last = found[self.limit - 1]
        return shown, self.next_cursor(last.key, last.id)

    def next_cursor(self, key: str | None, last_id: str) -> str:
        """Write the cursor of the page that comes after the row of this key and id."""
        content = msgspec.json.encode((self._fingerprint(), key, last_id))
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    def _start_kind(self) -> str | None:
        """Return what the rows come after: nothing, a row without a key, or one with a key."""
        if self.cursor is None:
            return None
        return "null" if self._start()[0] is None else "key"

    def _start(self) -> tuple[str | None, str]:
        """Return the key and id to start after. Raise InvalidCursorError."""
        text = self.cursor or ""
        try:
            if len(text) > MAX_CURSOR_LENGTH:
                raise InvalidCursorError
            content = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
            fingerprint, key, last_id = msgspec.json.decode(
                content, type=tuple[str, str | None, uuid.UUID]
            )
        except (ValueError, binascii.Error, msgspec.MsgspecError):
            raise InvalidCursorError from None
        if fingerprint != self._fingerprint() or (key is not None and "\0" in key):
            raise InvalidCursorError
        return key, str(last_id)

    def _fingerprint(self) -> str:
        given = sorted(self.filters.given().items())
        content = repr((self.of.table.name, self.sort, given)).encode(errors="replace")
        return hashlib.blake2b(content, digest_size=9).hexdigest()


def json_page(conn: Connection, place: Place, owner_id: str) -> JsonPage:
    """Return one page as JSON text, in one trip."""
    statement, parameters = place.rows(), place.parameters(conn, owner_id)
    found = fetch(place, lambda: running.rows(conn, statement, parameters))
    shown = [as_text(row[0]) for row in found[: place.limit]]
    cursor = None
    if len(found) > place.limit:
        key = found[place.limit - 1][1]
        cursor = place.next_cursor(
            None if key is None else _unquoted(as_text(key)), decode(shown[-1], _Identified).id
        )
    return JsonPage(f"[{','.join(shown)}]", cursor)


def fetch(place: Place, run: Callable[[], T]) -> T:
    """Run what uses a place; a cursor may still hold a key that is no date or no number."""
    try:
        return run()
    except (DataError, psycopg.DataError):
        if place.cursor is None:
            raise
        raise InvalidCursorError from None


def _unquoted(key: str) -> str:
    """Return the text of a key that came as JSON: a number's is the same."""
    return decode(key, str) if key.startswith('"') else key


def _found(
    of: Declared[Any, Any], sort: str, filtered: tuple[str, ...], after: str | None
) -> Subquery:
    """Select the page's rows as the table holds them, and their sort key."""
    table, key = of.table, of.sorts[sort.removeprefix("-")]
    is_descending = sort.startswith("-")
    order = (
        (key.desc().nulls_last(), table.c.id.desc())
        if is_descending
        else (key.asc().nulls_last(), table.c.id.asc())
    )
    found = (
        own_rows(table)
        .add_columns(key.label("sort_key"))
        .where(*conditions(table, filtered))
        .order_by(*order)
        .limit(LIMIT)
    )
    if after is not None:
        found = found.where(
            _after(table, key, is_descending=is_descending, is_null=after == "null")
        )
    return found.subquery("found")


@lru_cache(maxsize=256)
def _rows(
    of: Declared[Any, Any], sort: str, filtered: tuple[str, ...], after: str | None
) -> Select[Any]:
    found = _found(of, sort, filtered, after)
    # A lateral select only to leave the key out of the JSON. No level more than needed, since the
    # server plans this anew each time, which takes it as long as finding the rows.
    item = of.row(found).correlate(found).lateral("item")
    # `to_json` writes timestamps and dates the same way whatever DateStyle a session has.
    columns: list[ColumnElement[Any]] = [
        cast(func.row_to_json(item.table_valued()), Text).label("item"),
        cast(func.to_json(found.c.sort_key), Text).label("key"),
    ]
    return select(*columns).select_from(found.join(item, true()))


@lru_cache(maxsize=256)
def _lines(
    of: Declared[Any, Any], sort: str, filtered: tuple[str, ...], after: str | None
) -> Select[Any]:
    found = _found(of, sort, filtered, after)
    shaped = of.line(found)
    names = tuple(shaped.selected_columns.keys())
    key_text = func.to_json(found.c.sort_key).op("#>>")(literal_column("'{}'"))
    keyed = shaped.add_columns(key_text.label("sort_key")).subquery("keyed")
    item = select(*(keyed.c[name] for name in names)).correlate(keyed).lateral("item")
    return select(
        func.row_to_json(item.table_valued()).label("item"),
        keyed.c.sort_key.label("key"),
        keyed.c.id,
    ).select_from(keyed.join(item, true()))


def _after(
    table: Table, key: ColumnElement[Any], *, is_descending: bool, is_null: bool
) -> ColumnElement[bool]:
    last_id = bindparam("after_id", type_=Uuid(as_uuid=False))
    beyond_id = table.c.id < last_id if is_descending else table.c.id > last_id
    if is_null:
        return and_(key.is_(None), beyond_id)
    last_key = cast(bindparam("after_key", type_=Text), key.type)
    beyond_key = key < last_key if is_descending else key > last_key
    return or_(beyond_key, and_(key == last_key, beyond_id), key.is_(None))
