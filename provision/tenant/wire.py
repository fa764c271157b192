"""One connection to a tenant's PostgreSQL that is never waited for too long.

`connect` opens it. In all it does it lives under a deadline and a limit on bytes; past either it is
closed at once, without asking the server, and the call ends with our own error.
"""

from __future__ import annotations

import math
import os
import select
import socket
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg
from psycopg import generators, pq
from psycopg.waiting import Ready, Wait

from provision.errors import ResultTooLargeError
from provision.tenant.deadline import Deadline
from provision.tenant.failures import failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from psycopg.abc import PQGen, PQGenConn
    from psycopg.rows import RowFactory

    from provision.tenant.target import Target

_T = TypeVar("_T")

_EVENTS: Final = {
    Wait.R: select.POLLIN,
    Wait.W: select.POLLOUT,
    Wait.RW: select.POLLIN | select.POLLOUT,
}
_BROKEN: Final = select.POLLERR | select.POLLHUP | select.POLLNVAL

# Where Linux (4.1 and later) keeps `tcpi_bytes_received` in its `struct tcp_info`, a `u64`.
_TCP_INFO: Final = getattr(socket, "TCP_INFO", None) if sys.platform == "linux" else None
_RECEIVED: Final = slice(128, 136)


class TenantCursor(psycopg.Cursor[Any]):
    """A cursor to which values that cannot be read are an error of the database, not of ours.

    A server says of what type each column is; one that lies makes the driver fail in as many ways
    as there are types.
    """

    def fetchone(self) -> Any:
        with _reading():
            return super().fetchone()

    def fetchmany(self, size: int = 0) -> list[Any]:
        with _reading():
            return super().fetchmany(size)

    def fetchall(self) -> list[Any]:
        with _reading():
            return super().fetchall()

    def stream(self, *arguments: Any, **options: Any) -> Iterator[Any]:
        with _reading():
            yield from super().stream(*arguments, **options)


class TenantConnection(psycopg.Connection[tuple[Any, ...]]):
    """A psycopg connection in autocommit that keeps to our clock and our limits.

    Each statement has the time of `limit`, until `begin_call` puts a whole call under one deadline.
    """

    def __init__(
        self, pgconn: pq.abc.PGconn, row_factory: RowFactory[Any] = psycopg.rows.tuple_row
    ) -> None:
        super().__init__(pgconn, row_factory)
        self.cursor_factory = TenantCursor
        self._fd = pgconn.socket
        self._poller = select.poll()
        self._poller.register(self._fd, select.POLLIN)
        self._call: Deadline | None = None
        self.target: Target | None = None
        self._query_timeout_s = 10.0
        self._max_result_bytes: int | None = None
        self._received_before = 0
        self.answered = False
        """Whether the server answered anything since `begin_call`."""
        self._unfinished: pq.abc.PGcancelConn | None = None

    def limit(self, *, query_timeout_s: float, max_result_bytes: int | None) -> None:
        """Give every statement from now on this time, and its answer this many bytes."""
        self._query_timeout_s = query_timeout_s
        self._max_result_bytes = max_result_bytes
        self._received_before = self._received()

    def begin_call(self, deadline: Deadline) -> None:
        """Put everything until `end_call` under one deadline."""
        self._call = deadline
        self.answered = False

    def end_call(self) -> None:
        self._call = None

    @property
    def is_idle(self) -> bool:
        """Whether it can serve another call: open, and outside any transaction."""
        return self.pgconn.transaction_status == pq.TransactionStatus.IDLE

    @property
    def has_failed(self) -> bool:
        """Whether a statement failed inside the transaction that is still open."""
        return self.pgconn.transaction_status == pq.TransactionStatus.INERROR

    @property
    def is_silent(self) -> bool:
        """Whether nothing has come since the last answer; told without a round trip.

        An end of stream counts as something, and so does a farewell from a server that stops.
        """
        return not self.closed and not self._poller.poll(0)

    def wait(
        self,
        gen: PQGen[_T],
        interval: float = 0.0,
        timeout: float | None = None,
    ) -> _T:
        """Drive one exchange with the server; psycopg calls this for every one of them."""
        try:
            return self._drive(gen)
        except psycopg.Error:
            raise
        except BaseException:
            # Left in the middle of an answer: nothing more can be read from this connection.
            self._abandon()
            raise

    def hang_up(self) -> socket.socket | None:
        """Close; return what `await_hang_ups` tells by when the server has let go too.

        Only then it has one connection less. None where it was closed before.
        """
        if self.closed:
            self.close()
            return None
        try:
            line = socket.socket(fileno=os.dup(self._fd))
        except OSError:
            line = None
        self.close()
        return line

    @property
    def has_unfinished(self) -> bool:
        """Whether it was closed over a statement that the server may still be working at."""
        return self._unfinished is not None

    def cancel_unfinished(self, limit_s: float) -> None:
        """Ask the server, by another connection, to stop that statement; it may not listen."""
        request, self._unfinished = self._unfinished, None
        if request is not None:
            with suppress(psycopg.Error, OSError):
                request.start()
                poll_to_end(generators.cancel(request), Deadline(limit_s))
            request.finish()

    def _abandon(self) -> None:
        if self.pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
            with suppress(psycopg.Error):  # a libpq before 17 cannot
                self._unfinished = self.pgconn.cancel_conn()
        self.close()

    def _drive(self, gen: PQGen[_T]) -> _T:
        deadline = self._call or Deadline(self._query_timeout_s)
        watched = select.POLLIN
        consumed = False
        try:
            wanted = _EVENTS[next(gen)]
            while True:
                left = deadline.remaining()
                if left <= 0.0:
                    raise failure("query_timeout", target=self.target)
                if wanted != watched:
                    self._poller.modify(self._fd, wanted)
                    watched = wanted
                events = self._poller.poll(math.ceil(left * 1000))
                if not events:
                    continue
                if consumed:
                    self._check_size()
                consumed = True
                wanted = _EVENTS[gen.send(_ready(events[0][1], wanted))]
        except StopIteration as done:
            # Again at the end, since libpq takes all of a long message that has come at one go.
            self._received_before = self._check_size()
            self.answered = True
            result: _T = done.value
            return result
        finally:
            if watched != select.POLLIN:
                self._poller.modify(self._fd, select.POLLIN)

    def _check_size(self) -> int:
        """Return the bytes received so far. Raises ResultTooLargeError for a statement's share."""
        most = self._max_result_bytes
        if most is None:
            return 0
        received = self._received()
        if received - self._received_before > most:
            raise _too_large(most)
        return received

    def _received(self) -> int:
        """Bytes received on this connection so far; 0 where the system does not count them."""
        if _TCP_INFO is None or self.closed:  # closed, its descriptor may be somebody else's
            return 0
        borrowed = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=self._fd)
        try:
            info = borrowed.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _RECEIVED.stop)
        except OSError:
            return 0
        finally:
            borrowed.detach()
        return int.from_bytes(info[_RECEIVED], sys.byteorder)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except psycopg.Error:
        raise
    except (ValueError, TypeError, ArithmeticError, LookupError, RecursionError):
        # Without the original, which repeats the value.
        raise psycopg.DataError("a value is not of the type that the server says it is") from None


def await_hang_ups(lines: Iterable[socket.socket | None], limit_s: float) -> None:
    """Wait until the servers behind these closed connections let go, `limit_s` for all."""
    deadline = Deadline(limit_s)
    for line in lines:
        if line is not None:
            with line, suppress(OSError):
                line.settimeout(0.001 + deadline.remaining())
                while line.recv(65536) and deadline.remaining() > 0.0:
                    pass


def poll_to_end(gen: PQGenConn[_T], deadline: Deadline, share: float = 1.0) -> _T:
    """Drive what opens connections of its own. Raises TimeoutError after its share of time."""
    until = time.monotonic() + deadline.remaining() * share if share < 1.0 else math.inf
    try:
        fd, wanted = next(gen)
        while True:
            left = min(deadline.remaining(), until - time.monotonic())
            if left <= 0.0:
                raise TimeoutError
            # The socket may be another at each step: libpq opens a new one to try again.
            poller = select.poll()
            poller.register(fd, _EVENTS[wanted])
            events = poller.poll(math.ceil(left * 1000))
            if events:
                fd, wanted = gen.send(_ready(events[0][1], _EVENTS[wanted]))
    except StopIteration as done:
        result: _T = done.value
        return result
    finally:
        gen.close()


def _ready(happened: int, wanted: int) -> Ready:
    if happened & _BROKEN:
        happened |= wanted
    if happened & select.POLLIN:
        return Ready.RW if happened & select.POLLOUT else Ready.R
    return Ready.W


def _too_large(most: int) -> ResultTooLargeError:
    return ResultTooLargeError(
        "query_timeout",
        f"The database sent more than {most // 1024:,} KiB for one request, so it was cut off.",
        "Ask for less at a time: a shorter list, or a narrower filter.",
    )
