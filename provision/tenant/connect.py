"""One connection to a tenant's PostgreSQL: to a judged address, and never waited for too long.

`connect` is what the doctor and the registry open connections with. A `TenantConnection` lives
under a deadline and a limit on bytes in all it does; past either it is closed at once, without
asking the server, and the call ends with our own error.
"""

from __future__ import annotations

import math
import os
import select
import socket
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg
from psycopg import conninfo, generators, pq
from psycopg.waiting import Ready, Wait

from provision.errors import ResultTooLargeError, TenantError, UnreachableError
from provision.tenant.deadline import Deadline
from provision.tenant.failures import failure, translate
from provision.tenant.libpq import certificate_file, keywords

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg.abc import PQGen, PQGenConn
    from psycopg.rows import RowFactory

    from provision.tenant.network import NetworkPolicy
    from provision.tenant.target import Target

__all__ = ["Deadline", "TenantConnection", "await_hang_ups", "connect", "connect_by"]

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

# The server did not speak yet, so the next of its addresses may still do.
_NEXT_ADDRESS: Final = frozenset({"connection_refused", "unreachable", "connect_timeout"})


class TenantConnection(psycopg.Connection[tuple[Any, ...]]):
    """A psycopg connection in autocommit that keeps to our clock and our limits.

    Each statement has `query_timeout_s`, until `begin_call` puts a whole call under one deadline.
    """

    def __init__(
        self, pgconn: pq.abc.PGconn, row_factory: RowFactory[Any] = psycopg.rows.tuple_row
    ) -> None:
        super().__init__(pgconn, row_factory)
        self._fd = pgconn.socket
        self._poller = select.poll()
        self._poller.register(self._fd, select.POLLIN)
        self._call: Deadline | None = None
        self.target: Target | None = None
        self.query_timeout_s = 10.0
        self.max_result_bytes: int | None = None
        self.answered = False
        """Whether the server answered anything since `begin_call`."""
        self._unfinished: pq.abc.PGcancelConn | None = None

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
                _poll_to_end(generators.cancel(request), Deadline(limit_s))
            request.finish()

    def _abandon(self) -> None:
        if self.pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
            with suppress(psycopg.Error):  # a libpq before 17 cannot
                self._unfinished = self.pgconn.cancel_conn()
        self.close()

    def _drive(self, gen: PQGen[_T]) -> _T:
        deadline = self._call or Deadline(self.query_timeout_s)
        most = self.max_result_bytes
        watched = select.POLLIN
        try:
            wanted = _EVENTS[next(gen)]
            received = 0 if most is None else self._received()
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
                if most is not None and self._received() - received > most:
                    raise _too_large(most)
                wanted = _EVENTS[gen.send(_ready(events[0][1], wanted))]
        except StopIteration as done:
            self.answered = True
            result: _T = done.value
            return result
        finally:
            if watched != select.POLLIN:
                self._poller.modify(self._fd, select.POLLIN)

    def _received(self) -> int:
        """Bytes received on this connection so far; 0 where the system does not count them."""
        if _TCP_INFO is None:
            return 0
        borrowed = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=self._fd)
        try:
            info = borrowed.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _RECEIVED.stop)
        except OSError:
            return 0
        finally:
            borrowed.detach()
        return int.from_bytes(info[_RECEIVED], sys.byteorder)


def connect(
    target: Target,
    *,
    policy: NetworkPolicy,
    timeout_s: float,
    query_timeout_s: float,
    max_result_bytes: int | None,
    application_name: str = "provision",
) -> TenantConnection:
    """Open a connection within `timeout_s` in all, name resolution included.

    Raises TenantError, or AddressRefusedError where the policy does not let the host in.
    """
    return connect_by(
        Deadline(timeout_s),
        target,
        policy=policy,
        query_timeout_s=query_timeout_s,
        max_result_bytes=max_result_bytes,
        application_name=application_name,
    )


def connect_by(
    deadline: Deadline,
    target: Target,
    *,
    policy: NetworkPolicy,
    query_timeout_s: float,
    max_result_bytes: int | None,
    application_name: str = "provision",
) -> TenantConnection:
    """`connect` under the deadline of a call that began earlier."""
    addresses = _resolve(deadline, target, policy)
    plain_text = target.built_in or policy.lets_plain_text_pass(addresses)
    with certificate_file(target) as certificate:
        attempts = [
            keywords(
                target,
                address=address,
                certificate=certificate,
                plain_text=plain_text,
                connect_timeout_s=deadline.limit_s,
                application_name=application_name,
            )
            for address in addresses
        ]
        pgconn = _first_that_speaks(attempts, deadline, target)
    connection = TenantConnection(pgconn)
    connection.autocommit = True
    connection.prepare_threshold = None
    connection.target = target
    connection.query_timeout_s = query_timeout_s
    connection.max_result_bytes = max_result_bytes
    return connection


def _first_that_speaks(
    attempts: Sequence[dict[str, str]], deadline: Deadline, target: Target
) -> pq.abc.PGconn:
    """Try one address after the other, for as long as no server speaks."""
    for left in range(len(attempts), 0, -1):
        # An address that swallows packets must leave time for those behind it.
        outcome = _attempt(attempts[-left], deadline, 1.0 / left, target)
        if not isinstance(outcome, TenantError):
            return outcome
        if left == 1 or outcome.code not in _NEXT_ADDRESS or deadline.remaining() <= 0.0:
            raise outcome
    raise failure("dns_failed", target=target)


def _resolve(deadline: Deadline, target: Target, policy: NetworkPolicy) -> tuple[str, ...]:
    while True:
        left = deadline.remaining()
        if left <= 0.0:
            raise failure("connect_timeout", target=target)
        begun = time.monotonic()
        try:
            return policy.resolve(target.host, target.port, timeout_s=left, exempt=target.built_in)
        except UnreachableError:
            if time.monotonic() - begun < left or deadline.remaining() <= 0.0:
                raise


def _attempt(
    attempt: dict[str, str], deadline: Deadline, share: float, target: Target
) -> pq.abc.PGconn | TenantError:
    """Shake hands within this share of what is left; the failure is returned, not raised.

    Raised outside the `except`, it carries no trace of the original, which holds the password.
    """
    try:
        text = conninfo.make_conninfo("", **attempt)
        pgconn: pq.abc.PGconn = _poll_to_end(generators.connect(text), deadline, share)
    except TimeoutError:
        return failure("connect_timeout", target=target)
    except (psycopg.Error, OSError, ValueError) as error:
        found = translate(error, target=target, connecting=True)
    else:
        return pgconn
    return found if isinstance(found, TenantError) else failure("connection_failed", target=target)


def _poll_to_end(gen: PQGenConn[_T], deadline: Deadline, share: float = 1.0) -> _T:
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


def await_hang_ups(lines: Iterable[socket.socket | None], limit_s: float) -> None:
    """Wait until the servers behind these closed connections let go, `limit_s` for all."""
    deadline = Deadline(limit_s)
    for line in lines:
        if line is not None:
            with line, suppress(OSError):
                line.settimeout(0.001 + deadline.remaining())
                while line.recv(65536) and deadline.remaining() > 0.0:
                    pass


def _too_large(most: int) -> ResultTooLargeError:
    return ResultTooLargeError(
        "query_timeout",
        f"The database sent more than {most // 1024:,} KiB for one request, so it was cut off.",
        "Ask for less at a time: a shorter list, or a narrower filter.",
    )
