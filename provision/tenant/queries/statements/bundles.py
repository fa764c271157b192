"""Several selects in one round trip, each answered as the text of a JSON array."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import Select, Text, cast, func, literal_column, select

from provision.tenant.connection.decoding import apart, decode
from provision.tenant.queries.statements.running import the_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import ColumnElement, Connection
    from sqlalchemy.sql.selectable import NamedFromClause

    from provision.tenant.connection.decoding import Texts

T = TypeVar("T")

_ROWS_AT_ONCE: Final = 100


class Parts(dict[str, str]):
    """The answer to a bundle: the JSON text of each part by its name."""

    def rows(self, name: str, kind: type[T]) -> tuple[T, ...]:
        """Decode the rows of a part. Raises UnreachableError as `decode` does."""
        rows: Any = GenericAlias(tuple, (kind, ...))
        return decode(self[name], rows)

    def texts(self, name: str, kind: type[T]) -> Texts[T]:
        """Return the rows of a part without decoding them. Raises UnreachableError as above."""
        return apart(self[name], kind)


def json_rows(rows: NamedFromClause) -> ColumnElement[Any]:
    """Return all rows as one JSON array, in their order."""
    return func.coalesce(func.json_agg(rows.table_valued()), literal_column("'[]'::json"))


def bundle(**parts: Select[Any]) -> Select[Any]:
    """Build one statement whose single row holds each part as the text of a JSON array.

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


def gather(conn: Connection, statement: Select[Any], parameters: Mapping[str, Any]) -> Parts:
    """Run what `bundle` built."""
    return Parts(the_row(conn, statement, parameters)._asdict())


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
