"""Keep of an answer its rows, and nothing else that a server may send.

psycopg's own would keep every result a server makes up and every notification, and libpq would keep
all rows of a result in a form that takes many times what was sent. Here rows are taken a few at a
time, turned into values and counted (see `driver`), and the rest is dropped as it comes.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import psycopg
from psycopg import pq
from psycopg._queries import PostgresQuery, _query2pg_nocache
from psycopg.generators import send
from psycopg.waiting import Wait

from provision.tenant.connection import libpq
from provision.tenant.failures import messages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg.abc import Params, PQGen, Query

# Few enough that what libpq holds of them is little, enough that a list takes few lots.
_ROWS_AT_ONCE: Final = 32
# The first libpq that hands out rows by the lot; an older one does so row by row.
_LOWEST_LIBPQ: Final = 170_000
# More statements than anything of ours has.
_MOST_ANSWERS: Final = 1000
# As many as PostgreSQL lets a SELECT have.
_MOST_COLUMNS: Final = 1664
# A tuple of values, and its place in the list.
_ROW_BYTES: Final = 64

_ROWS: Final = (pq.ExecStatus.SINGLE_TUPLE, pq.ExecStatus.TUPLES_CHUNK)
_LONGEST_KEPT: Final = 32 * 1024

_COPIES: Final = (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH)


class Meter(Protocol):
    """What a cursor tells its connection of the answer under way."""

    is_large: bool

    def keep(self, kept_bytes: int) -> None:
        """Count what rows take here."""

    def tell_rows(self, sent_bytes: int) -> None:
        """Count how much of what was sent was rows."""

    def proceed(self) -> None:
        """Note that a message came to its end."""


class _Query(PostgresQuery):
    """A statement that is kept as psycopg sends it, however long; its own cache is for short ones.

    Ours are few, and their values are no part of them.
    """

    def convert(self, query: Query, vars: Params | None) -> None:  # noqa: A002
        text = query.encode(self._tx.encoding) if isinstance(query, str) else query
        if isinstance(text, bytes) and len(text) <= _LONGEST_KEPT and vars is not None:
            self.query, self._want_formats, self._order, self._parts = _converted(
                text, self._tx.encoding
            )
            self.dump(vars)
        else:
            super().convert(query, vars)


_converted = lru_cache(maxsize=500)(_query2pg_nocache)


class TenantCursor(psycopg.Cursor[Any]):
    """A cursor to which values that cannot be read are an error of the database, not of ours.

    A server says of what type each column is; one that lies makes the driver fail in as many ways
    as there are types. Of several results the first is kept.
    """

    __slots__ = ("_rows",)
    _query_cls = _Query

    def _reset(self, reset_query: bool = True) -> None:
        super()._reset(reset_query)
        self._rows: list[Any] = []

    def _maybe_prepare_gen(
        self, pgq: PostgresQuery, *, prepare: bool | None = None, binary: bool | None = None
    ) -> PQGen[None]:
        """Run a statement, never prepared; in place of psycopg's, which keeps all that comes."""
        if self._pgconn.pipeline_status:
            raise psycopg.NotSupportedError("a tenant's connection has no pipeline")
        self._execute_send(pgq, binary=binary)
        if (lot := _lot()) > 1:
            self._pgconn.set_chunked_rows_mode(lot)
        else:
            self._pgconn.set_single_row_mode()
        yield from send(self._pgconn)
        try:
            first = yield from self._take_answer()
        except BaseException:
            # The traceback keeps this cursor for as long as anybody keeps the error.
            self._rows.clear()
            raise
        self._check_results([first])
        self._set_results([first])
        if first.status == pq.ExecStatus.TUPLES_OK:
            self._rowcount = len(self._rows)

    def _take_answer(self) -> PQGen[pq.abc.PGresult]:
        """Take rows until the answer ends; return its first result. Raises its first error."""
        meter = cast("Meter", self._conn)
        first: pq.abc.PGresult | None = None
        failed: psycopg.Error | None = None
        answers = 0
        while (result := (yield from self._next_result(failed))) is not None:
            meter.proceed()
            status = result.status
            if status in _ROWS:
                if first is None:
                    place = len(self._rows)
                    self._rows += self._load(result)
                    meter.keep(sum(map(_kept_bytes, self._rows[place:])) if meter.is_large else 0)
                result.clear()
            elif status in _COPIES:
                return result  # libpq would make up one result after the other
            elif (answers := answers + 1) > _MOST_ANSWERS:
                raise psycopg.DataError("more answers than statements")
            elif status == pq.ExecStatus.FATAL_ERROR:
                failed = failed or _error_of(result)
                result.clear()
            else:
                first = first or result
        if failed is not None:
            raise failed
        if first is None:
            raise psycopg.InternalError("got no result from the query")
        return first

    def _next_result(self, failed: psycopg.Error | None) -> PQGen[pq.abc.PGresult | None]:
        """Return the next lot of rows or other result; None at the end.

        Raises `failed` where the connection ended after it, since it says better why.
        """
        pgconn = self._pgconn
        try:
            while pgconn.is_busy():
                _drop_notifications(pgconn)
                while not (yield Wait.R):
                    pass
                pgconn.consume_input()
            _drop_notifications(pgconn)
            return pgconn.get_result()
        except psycopg.DatabaseError as error:
            raise failed or error from None

    def _load(self, result: pq.abc.PGresult) -> list[Any]:
        """Make rows of one lot of them."""
        if result.nfields > _MOST_COLUMNS:
            raise psycopg.DataError("more columns than a SELECT can have")
        is_first = self.pgresult is None
        self._tx.set_pgresult(result, set_loaders=is_first)
        if is_first:
            self.pgresult = result
            self._make_row = self._make_row_maker()
        with _reading():
            rows = self._tx.load_rows(0, result.ntuples, self._make_row)
        cast("Meter", self._conn).tell_rows(_sent_bytes(rows))
        return rows

    def stream(
        self,
        query: Query,
        params: Params | None = None,
        *,
        binary: bool | None = None,
        size: int = 1,
    ) -> Iterator[Any]:
        """Yield rows as they come, a few at a time whatever `size` is; none is kept.

        A connection that is left in the middle of it can serve no other call.
        """
        with self._conn.lock:
            steps = self._stream_send_gen(query, params, binary=binary, size=_lot())
            self._conn.wait(steps)
            while (rows := self._conn.wait(self._next_lot())) is not None:
                yield from rows

    def _next_lot(self) -> PQGen[list[Any] | None]:
        result = yield from self._next_result(None)
        if result is not None and result.status in _ROWS:
            cast("Meter", self._conn).proceed()
            rows = self._load(result)
            result.clear()
            return rows
        if result is None:
            raise psycopg.InternalError("got no result from the query")
        error = None
        if result.status != pq.ExecStatus.TUPLES_OK:
            error = _error_of(result)
        if (yield from self._next_result(error)) is not None:
            raise psycopg.DataError("more answers than statements")
        if error is not None:
            raise error
        return None

    def _next_rows(self, most: int) -> list[Any]:
        self._check_result_for_fetch()
        if not self._pos and most >= len(self._rows):
            rows, self._rows = self._rows, []
            return rows
        rows = self._rows[self._pos : self._pos + most]
        self._pos += len(rows)
        return rows

    def fetchone(self) -> Any:
        rows = self._next_rows(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int = 0) -> list[Any]:
        return self._next_rows(size or self.arraysize)

    def fetchall(self) -> list[Any]:
        return self._next_rows(sys.maxsize)

    def __next__(self) -> Any:
        rows = self._next_rows(1)
        if not rows:
            raise StopIteration
        return rows[0]


def _lot() -> int:
    """Return how many rows libpq hands out at once."""
    return _ROWS_AT_ONCE if libpq.version() >= _LOWEST_LIBPQ else 1


def _error_of(result: pq.abc.PGresult) -> psycopg.Error:
    """Make the error of its SQLSTATE, without the server's text, which may be long."""
    sqlstate = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode("ascii", "replace")
    try:
        kind = psycopg.errors.lookup(sqlstate)
    except KeyError:
        kind = psycopg.errors.get_base_exception(sqlstate)
    error = kind("the server refused the statement")
    error.sqlstate = sqlstate or None
    messages.keep(
        error,
        said=result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"",
        routine=result.error_field(pq.DiagnosticField.SOURCE_FUNCTION) or b"",
    )
    return error


def _drop_notifications(pgconn: pq.abc.PGconn) -> None:
    """Drop what nobody listens for: libpq keeps each until it is asked for it."""
    while pgconn.notifies():
        pass


def _kept_bytes(row: Sequence[Any]) -> int:
    return _ROW_BYTES + sum(map(sys.getsizeof, row))


def _sent_bytes(rows: list[Any]) -> int:
    """Return how much of what was sent these rows are, less what says where each value ends."""
    try:
        text = "".join(chain.from_iterable(rows))
    except TypeError:  # other values are short
        text = "".join(each for each in chain.from_iterable(rows) if isinstance(each, str))
    return len(text) if text.isascii() else len(text.encode())


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except psycopg.Error:
        raise
    except (ValueError, TypeError, ArithmeticError, LookupError, RecursionError):
        # Without the original, which repeats the value.
        raise psycopg.DataError("a value is not of the type that the server says it is") from None
