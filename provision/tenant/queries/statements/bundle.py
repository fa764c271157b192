"""Several selects in one round trip, each answered as the text of a JSON array."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from sqlalchemy import Select, Text, cast, func, literal_column, select

from provision.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import ColumnElement, Connection
    from sqlalchemy.sql.selectable import NamedFromClause

T = TypeVar("T")

_ROWS_AT_ONCE: Final = 100


def json_rows(rows: NamedFromClause) -> ColumnElement[Any]:
    """All rows as one JSON array, in their order."""
    return func.coalesce(func.json_agg(rows.table_valued()), literal_column("'[]'::json"))


def bundle(**parts: Select[Any]) -> Select[Any]:
    """One statement whose single row holds each part as the text of a JSON array.

    Build it once and keep it: SQLAlchemy then compiles it once, too.
    """
    columns = []
    for name, part in parts.items():
        # Not its bare name: PostgreSQL takes that for a column of the same name, if there is one.
        rows = part.subquery(f"{name}_part")
        columns.append(
            select(cast(json_rows(rows), Text)).select_from(rows).scalar_subquery().label(name)
        )
    return select(*columns)


def gather(
    conn: Connection, statement: Select[Any], parameters: Mapping[str, Any]
) -> dict[str, str]:
    """Run what `bundle` built; the texts by the names of their parts."""
    return dict(conn.execute(statement, parameters).mappings().one())


def stream(
    conn: Connection, statement: Select[Any, Any], parameters: Mapping[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """Run one statement and yield its rows as they arrive, a hundred at a time, in one trip."""
    compiled = statement.compile(dialect=conn.dialect)
    driver = conn.connection.driver_connection
    if driver is None:
        raise RuntimeError("this connection is checked in")
    with driver.cursor() as cursor:
        yield from cursor.stream(
            str(compiled), compiled.construct_params(dict(parameters)), size=_ROWS_AT_ONCE
        )


def decode(text: object, kind: type[T]) -> T:
    """Read JSON that PostgreSQL wrote. Raises UnreachableError as `as_text` does."""
    key: Any = kind
    try:
        decoded: T = _decoder(key).decode(as_text(text))
    except msgspec.MsgspecError:
        raise strange_answer() from None
    return decoded


def as_text(answer: object) -> str:
    """The text that a column was asked for.

    Raises UnreachableError when it is something else: then whatever sits at the other end of the
    connection does not behave like PostgreSQL.
    """
    if not isinstance(answer, str):
        raise strange_answer()
    return answer


def strange_answer() -> UnreachableError:
    """Return the error for an answer that PostgreSQL would not give."""
    return UnreachableError(
        "connection_failed",
        "The database answered with something else than was asked for.",
        "Check that the connection string leads to a PostgreSQL database.",
    )


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
