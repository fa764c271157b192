"""The select that finds who is asking, made for each request: SQLite's driver runs it as it is.

SQLAlchemy would make three times the work of it, nearly all on what is the same each time. The
statement is still one of Core; on PostgreSQL it takes the usual way, where a lost connection has
to be noticed and replaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Engine, Select


class Lookup:
    """A select of one row as this engine's driver takes it."""

    def __init__(self, engine: Engine, select: Select[Any]) -> None:
        compiled = select.compile(engine)
        self._engine = engine
        self._text = str(compiled)
        self._names: Sequence[str] = compiled.positiontup or ()
        self._processors = tuple(
            (place, process)
            for place, column in enumerate(select.selected_columns)
            if (process := _processor(engine, column.type)) is not None
        )

    def first(self, parameters: dict[str, Any]) -> Sequence[Any] | None:
        """Return the values of the row, None where there is none. Raises what SQLAlchemy would."""
        try:
            # Within: what is raised on connecting is not wrapped by SQLAlchemy here.
            connection = self._engine.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute(self._text, [parameters[name] for name in self._names])
                row: Sequence[Any] | None = cursor.fetchone()
                cursor.close()
            finally:
                connection.close()
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise self._as_raised_by_sqlalchemy(error) from error
        if row is None:
            return None
        values = list(row)
        for place, process in self._processors:
            values[place] = process(values[place])
        return values

    def _as_raised_by_sqlalchemy(self, error: Exception) -> BaseException:
        base = self._engine.dialect.loaded_dbapi.Error
        return DBAPIError.instance(self._text, None, error, base, hide_parameters=True)


def _processor(engine: Engine, kind: Any) -> Callable[[Any], Any] | None:
    """Return what makes the type's values of the driver's, such as True of 1."""
    process: Callable[[Any], Any] | None = kind.dialect_impl(engine.dialect).result_processor(
        engine.dialect, None
    )
    return process
