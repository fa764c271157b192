"""Hold one connection to a tenant's PostgreSQL, and never wait for it too long.

`connect` opens it. In all it does it lives under a deadline and under limits on bytes; past one it
is closed at once, without asking the server, and the call ends with our own error.

Three things are counted: what the server sent for a statement, what it sent of one message (libpq
holds that several times over, and an error text more often still), and what the rows take here.
"""

from __future__ import annotations

import math
import os
import select
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg
from psycopg import generators, pq
from psycopg.adapt import AdaptersMap, Loader
from psycopg.waiting import Ready, Wait

from provision.errors import DatabaseBusyError, ResultTooLargeError
from provision.tenant.connection.cursor import TenantCursor
from provision.tenant.connection.deadline import Deadline
from provision.tenant.connection.feed import Feed
from provision.tenant.connection.received import received_bytes, unread_bytes
from provision.tenant.connection.result_room import FREE_BYTES
from provision.tenant.failures.translate import failure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg.abc import Buffer, PQGen, PQGenConn
    from psycopg.rows import RowFactory

    from provision.tenant.connection.result_room import ResultRoom, Share
    from provision.tenant.host.target import Target

_T = TypeVar("_T")

_EVENTS: Final = {
    Wait.R: select.POLLIN,
    Wait.W: select.POLLOUT,
    Wait.RW: select.POLLIN | select.POLLOUT,
}
_BROKEN: Final = select.POLLERR | select.POLLHUP | select.POLLNVAL

# Of the bytes for a statement, as much may come at one go: a lot of rows, a notice, an error.
MESSAGE_SHARE: Final = 4
_LEAST_FOR_A_MESSAGE: Final = 1024 * 1024
# libpq holds a message as it came and as it was taken apart, and we the text.
_COPIES_OF_A_MESSAGE: Final = 4
# From here on what comes is handed to libpq piece by piece (see `feed`): longer than most answers,
# and not much more than the 32 KiB of one message after which it reads on and on.
_FED_FROM: Final = 64 * 1024
# A log-in takes a few thousand; a server that tells more is none.
MOST_OF_A_LOG_IN: Final = 64 * 1024
# What libpq may keep for as long as a connection lives: room for a long message, what the server
# says of itself. A connection with more is not used again.
_MOST_KEPT: Final = 1024 * 1024


class TooTalkativeError(Exception):
    """A server sent more during a log-in than any PostgreSQL does."""


class _Refusing(Loader):
    """Refuses values made of many: nothing asks for them, and they take many times their text."""

    def load(self, data: Buffer) -> Any:
        raise psycopg.DataError("no such type was asked for")


def _adapters() -> AdaptersMap:
    adapters = AdaptersMap(psycopg.adapters)
    for known in psycopg.adapters.types:
        if known.name in ("json", "jsonb") or "range" in known.name:
            adapters.register_loader(known.oid, _Refusing)
        if known.array_oid:
            adapters.register_loader(known.array_oid, _Refusing)
    return adapters


_ADAPTERS: Final = _adapters()


class TenantConnection(psycopg.Connection[tuple[Any, ...]]):
    """A psycopg connection in autocommit that keeps to our clock and our limits.

    Each statement has the time of `limit`, until `begin_call` puts a whole call under one deadline.
    """

    def __init__(
        self, pgconn: pq.abc.PGconn, row_factory: RowFactory[Any] = psycopg.rows.tuple_row
    ) -> None:
        super().__init__(pgconn, row_factory)
        self.cursor_factory = TenantCursor
        self._adapters = _ADAPTERS
        self._fd = self._server_fd = pgconn.socket
        self._feed: Feed | None = None
        self._watch(self._fd)
        self._call: Deadline | None = None
        self.target: Target | None = None
        self._query_timeout_s = 10.0
        self._max_result_bytes: int | None = None
        self._max_message_bytes = 0
        self._share: Share | None = None
        self._received_before = 0
        self._consumed = 0
        self._message_bytes = 0
        self._kept_bytes = 0
        self._rows_sent_bytes = 0
        self._other_bytes = 0
        self._proceeded = False
        self.is_large = False
        """Whether so much came for this statement that its rows are counted one by one."""
        self.is_worn = False
        """Whether libpq keeps so much for this connection that it should not be used again."""
        self.answered = False
        """Whether the server answered anything since `begin_call`."""
        self._unfinished: pq.abc.PGcancelConn | None = None

    def limit(
        self,
        *,
        query_timeout_s: float,
        max_result_bytes: int | None,
        room: ResultRoom | None = None,
    ) -> None:
        """Give every statement from now on this time, its answer this many bytes and this room."""
        self._query_timeout_s = query_timeout_s
        self._max_result_bytes = max_result_bytes
        if max_result_bytes is not None:
            share = max(max_result_bytes // MESSAGE_SHARE, _LEAST_FOR_A_MESSAGE)
            self._max_message_bytes = min(share, max_result_bytes)
        self._share = room.share() if room else None
        self._received_before = received_bytes(self._fd)

    def begin_call(self, deadline: Deadline) -> None:
        """Put everything until `end_call` under one deadline."""
        self._call = deadline
        self.answered = False

    def end_call(self) -> None:
        self._call = None
        if self._share is not None:
            self._share.give_back()

    def proceed(self) -> None:
        """Note that a message came to its end."""
        self._proceeded = True

    def tell_rows(self, sent_bytes: int) -> None:
        """Count how much of what was sent was rows."""
        self._rows_sent_bytes += sent_bytes

    def keep(self, kept_bytes: int) -> None:
        """Count what rows take here. Raises ResultTooLargeError."""
        self._kept_bytes += kept_bytes
        most = self._max_result_bytes
        if most is not None and self._kept_bytes > most:
            raise _too_large(most)

    @property
    def is_idle(self) -> bool:
        """Return whether it can serve another call: open, and outside any transaction."""
        return self.pgconn.transaction_status == pq.TransactionStatus.IDLE

    @property
    def has_failed(self) -> bool:
        """Return whether a statement failed inside the transaction that is still open."""
        return self.pgconn.transaction_status == pq.TransactionStatus.INERROR

    @property
    def is_silent(self) -> bool:
        """Return whether nothing has come since the last answer; told without a round trip.

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

    def close(self) -> None:
        self._end_feed()
        super().close()

    def hang_up(self) -> socket.socket | None:
        """Close; return a socket with which `await_hang_ups` waits for the server to close, too.

        Only then the server counts one connection less. None if it was closed before.
        """
        self._end_feed()
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
        """Return whether it was closed over a statement that the server may still be working at."""
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
                if wanted != watched and self._feed is None:
                    self._poller.modify(self._fd, wanted)
                    watched = wanted
                happened = select.POLLIN
                if self._feed is None or not self._feed.has_more:
                    happened = self._await(deadline)
                if consumed or self._feed is not None:
                    self._feed_on(self._check_size(deadline))
                consumed = True
                wanted = _EVENTS[gen.send(_ready(happened, wanted))]
        except StopIteration as done:
            # Again at the end, since a long message may have come at one go.
            received = self._check_size(deadline)
            if self.pgconn.transaction_status != pq.TransactionStatus.ACTIVE:
                self._end_statement(received)
            self.answered = True
            result: _T = done.value
            return result
        finally:
            if watched != select.POLLIN and self._feed is None:
                self._poller.modify(self._fd, select.POLLIN)

    def _await(self, deadline: Deadline) -> int:
        """Wait until something happens on the connection; return what, as `poll` tells it."""
        while True:
            left = deadline.remaining()
            if left <= 0.0:
                raise failure("query_timeout", target=self.target)
            if events := self._poller.poll(math.ceil(left * 1000)):
                return events[0][1]

    def _feed_on(self, received: int) -> None:
        """Hand on what came of an answer that is a long one."""
        if self._feed is None and received - self._received_before > _FED_FROM:
            try:
                self._feed = Feed(self._fd)
            except OSError:  # no descriptor left
                raise DatabaseBusyError(
                    "connection_failed",
                    "Provision has too many connections open at the moment.",
                    "Try again in a few seconds.",
                ) from None
            self._watch(self._feed.fd)
        if self._feed is not None:
            self._feed.hand_on()

    def _end_feed(self) -> None:
        feed, self._feed = self._feed, None
        if feed is not None:
            self.is_worn = not feed.end() or self.is_worn
            self._watch(self._fd)

    def _watch(self, fd: int) -> None:
        self._server_fd = fd
        self._poller = select.poll()
        self._poller.register(fd, select.POLLIN)

    def _check_size(self, deadline: Deadline) -> int:
        """Return the bytes received so far, having waited for room to hold what came.

        Raises ResultTooLargeError for more than a statement's share, or DatabaseBusyError.
        """
        most = self._max_result_bytes
        if most is None or self.closed:  # closed, its descriptor may be somebody else's
            return 0
        received = received_bytes(self._server_fd)
        answer = received - self._received_before
        if answer > most:
            raise _too_large(most)
        if answer <= FREE_BYTES and not self.is_large:
            self._consumed, self._proceeded = received, False
            return received
        self.is_large = True
        consumed = received - unread_bytes(self._server_fd)
        gained = max(0, consumed - self._consumed)
        self._message_bytes = gained if self._proceeded else self._message_bytes + gained
        self._consumed, self._proceeded = consumed, False
        if self._message_bytes > _MOST_KEPT:
            self.is_worn = True
        if self._message_bytes > self._max_message_bytes:
            raise _too_large(most, self._max_message_bytes)
        if self._share is not None:
            held = self._kept_bytes + _COPIES_OF_A_MESSAGE * self._message_bytes
            self._share.hold(held, deadline)
        return received

    def _end_statement(self, received: int) -> None:
        self._end_feed()
        if received:
            answer = received - self._received_before
            self._other_bytes += max(0, answer - self._rows_sent_bytes)
            if self._other_bytes > _MOST_KEPT:
                self.is_worn = True
        self._received_before = self._consumed = received
        self._message_bytes = self._kept_bytes = self._rows_sent_bytes = 0
        self.is_large = False


def await_hang_ups(lines: Iterable[socket.socket | None], limit_s: float) -> None:
    """Wait until the servers have closed these connections too, `limit_s` for all together."""
    deadline = Deadline(limit_s)
    for line in lines:
        if line is not None:
            with line, suppress(OSError):
                line.settimeout(0.001 + deadline.remaining())
                while line.recv(65536) and deadline.remaining() > 0.0:
                    pass


def poll_to_end(gen: PQGenConn[_T], deadline: Deadline, share: float = 1.0) -> _T:
    """Run a generator of libpq that opens connections itself, to its end.

    Raises TimeoutError after its share of time, or TooTalkativeError.
    """
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
            if received_bytes(fd) > MOST_OF_A_LOG_IN:
                raise TooTalkativeError
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


def _too_large(most: int, of_a_message: int = 0) -> ResultTooLargeError:
    one = f"in one piece more than {of_a_message // 1024:,} KiB of the " if of_a_message else ""
    sent = f"{one}{most // 1024:,} KiB" if one else f"more than {most // 1024:,} KiB"
    return ResultTooLargeError(
        "query_timeout",
        f"The database sent {sent} for one request, so it was cut off.",
        "Ask for less at a time: a shorter list, or a narrower filter.",
    )
