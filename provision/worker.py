"""A gunicorn thread worker that no slow client can occupy and that stops the way we promise.

Apart from `server`, because it leans on gunicorn's inner workings: what has to be looked at when
gunicorn is upgraded is here.
"""

from __future__ import annotations

import errno
import selectors
import signal
import socket
import struct
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gunicorn.http.errors import (
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    ParseException,
)
from gunicorn.workers.gthread import TConn, ThreadWorker

from provision.arrival import Arrival
from provision.response_headers import SECURITY
from provision.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable

# How long a request may take to arrive, and a client to take in a part of the answer.
_ARRIVAL_S: Final = 30
_STALL_S: Final = 15
# How long a stopping worker waits for the first byte on connections that never sent one.
_SILENT_S: Final = 0.5
# How long a client may go on sending what was refused before it has read why.
_FAREWELL_S: Final = 2
# What the requests on their way in may take of memory, all of them together.
_MOST_HELD_BYTES: Final = 64 * 1024 * 1024
_PIECE_BYTES: Final = 64 * 1024
# Set by the app where it refused a request at once, because of what went wrong before.
_REFUSED: Final = "provision.refused"
_NOT_UNDERSTOOD: Final = ("400 Bad Request", "This request could not be understood.")
_FAULT: Final = ("500 Internal Server Error", "This is a fault in Provision, not in your request.")
_OUR_OWN_HEADERS: Final = (InvalidResponseHeader, InvalidResponseHeaderName)
_OUT_OF_DESCRIPTORS: Final = frozenset({errno.EMFILE, errno.ENFILE})


class Connection(TConn):  # type: ignore[misc]
    """A client's connection, and what has come of its next request."""

    def __init__(self, cfg: Any, client: socket.socket, address: Any, server: Any) -> None:
        super().__init__(cfg, client, address, server)
        self.data_ready = True
        self.arrival = Arrival()
        self.is_leaving = False
        self.turn: bytes | None = None
        """Whose turn its present request takes."""
        self.was_refused = False
        stall = struct.pack("ll", _STALL_S, 0)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            client.setsockopt(socket.SOL_SOCKET, option, stall)

    def close(self, graceful: bool = False) -> None:
        """Close at once: gunicorn would wait for the client's farewell, and everybody with it."""
        super().close()


class Worker(ThreadWorker):  # type: ignore[misc]
    """Threads only ever serve requests of which the last byte has arrived, and whose turn it is."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._held = 0
        # The other half of the threads is for everybody else.
        self._turns: Turns[Connection] = Turns(max(1, self.cfg.threads // 2), clock=time.monotonic)
        self._serving = threading.local()
        self.publish: Callable[[], object] = lambda: None
        """Called by the event loop, at least once a second."""

    def init_signals(self) -> None:
        super().init_signals()
        # Ctrl-C reaches the whole process group; the master turns it into an orderly end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def notify(self) -> None:
        super().notify()
        self.publish()

    def load_wsgi(self) -> None:
        """Load the app, and take note of whom it refuses."""
        app: Any = self.app.wsgi()

        def noting(environ: dict[str, Any], start_response: Any) -> Any:
            answer = app(environ, start_response)
            self._serving.connection.was_refused = environ.get(_REFUSED, False)
            return answer

        self.wsgi = noting

    def accept(self, listener: Any) -> None:
        """Watch a new connection until its request is there.

        gunicorn would have a thread wait for it: as many slow clients as threads then stop the
        whole server.
        """
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            if error.errno not in _OUT_OF_DESCRIPTORS:
                raise
            self._make_room()
            return
        self.nr_conns += 1
        self._watch(Connection(self.cfg, client, address, listener.getsockname()), _ARRIVAL_S)
        if self.nr_conns >= self.worker_connections:
            self._make_room()

    def on_client_socket_readable(self, conn: Connection, client: Any) -> None:
        """The next request on a connection that was kept open."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._watch(conn, _ARRIVAL_S)
        self.on_pending_socket_readable(conn, client)

    def on_pending_socket_readable(self, conn: Connection, client: Any) -> None:
        """Take in what came, and give the request to a thread once it is ready."""
        try:
            piece = client.recv(_PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece or self._held > _MOST_HELD_BYTES:
            self._drop(conn)
        elif not conn.is_leaving:
            conn.arrival.add(piece)
            self._held += len(piece)
            self._go_on(conn)

    def enqueue_req(self, conn: Connection) -> None:
        """The client sent its next request, or the beginning of it, along with the last."""
        conn.arrival = Arrival(conn.parser.unreader.take_buffered())
        self._held += len(conn.arrival)
        self._watch(conn, _ARRIVAL_S)
        self._go_on(conn)

    def handle(self, conn: Connection) -> Any:
        """Serve one request; runs in a thread."""
        conn.sock.setblocking(True)
        conn.init()
        conn.parser.unreader.unread(conn.arrival.take())
        conn.was_refused = False
        self._serving.connection = conn
        return super().handle(conn)

    def handle_error(self, _req: Any, client: Any, _addr: Any, exc: Exception) -> None:
        """Answer what cannot be read as a request, and repeat none of it here or in the log.

        gunicorn would: a line that is only nearly right may hold a cookie or a token.
        """
        is_theirs = isinstance(exc, ParseException) and not isinstance(exc, _OUR_OWN_HEADERS)
        status, text = _NOT_UNDERSTOOD if is_theirs else _FAULT
        self.log.warning("Answered %s: %s", status, type(exc).__name__)
        body = f"{text}\n".encode()
        lines = {
            **SECURITY,
            "Cache-Control": "no-store",
            "Connection": "close",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": len(body),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        with suppress(OSError):
            client.sendall(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)

    def finish_request(self, conn: Connection, fs: Any) -> None:
        """Keep the connection for the next request, or close it."""
        if conn.turn is not None:
            self._turns.done(conn.turn, conn, refused=conn.was_refused)
            conn.turn = None
        is_over = fs.cancelled() or fs.exception() is not None or not fs.result()
        if is_over and not conn.arrival.is_whole:
            # With bytes unread, closing at once would take the answer away from the client.
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_WR)
            conn.is_leaving, conn.arrival = True, Arrival()
            self._watch(conn, _FAREWELL_S)
            return
        if not is_over and not conn.parser.unreader.buf.getvalue():
            conn.arrival = Arrival()
        super().finish_request(conn, fs)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for what clients and threads do, and give threads to those whose turn it is."""
        super().wait_for_and_dispatch_events(min(timeout, self._turns.next_in()))
        for connection in self._turns.next_ones():
            self._start(connection)

    def murder_pending(self) -> None:
        """Close what takes too long."""
        now = time.monotonic()
        for connection in [each for each in self.pending_conns if each.timeout <= now]:
            self._drop(connection)

    def set_accept_enabled(self, enabled: bool) -> None:
        """When stopping, refuse new connections at once instead of letting them queue in vain."""
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            self._accept_queued(listener)
            listener.close()
        limit = time.monotonic() + _SILENT_S
        for connection in self.pending_conns:
            if not connection.arrival:
                connection.timeout = min(connection.timeout, limit)

    def _keepalive_after(self, conn: Connection, keepalive: Any) -> bool:
        # Of what was refused before it was there the rest is not waited for.
        return conn.arrival.is_whole and bool(super()._keepalive_after(conn, keepalive))

    def _go_on(self, connection: Connection) -> None:
        arrival = connection.arrival
        if arrival.is_ready:
            self._unwatch(connection)
            connection.turn = arrival.credential
            if connection.turn is None or self._turns.ask(connection.turn, connection):
                self._start(connection)
        elif arrival.expects_leave:
            arrival.expects_leave = False
            with suppress(OSError):
                connection.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _start(self, connection: Connection) -> None:
        self._held -= len(connection.arrival)
        super().enqueue_req(connection)

    def _watch(self, connection: Connection, limit_s: float) -> None:
        connection.sock.setblocking(False)
        connection.timeout = time.monotonic() + limit_s
        self.pending_conns.append(connection)
        readable = partial(self.on_pending_socket_readable, connection)
        self.poller.register(connection.sock, selectors.EVENT_READ, readable)

    def _unwatch(self, connection: Connection) -> None:
        self.pending_conns.remove(connection)
        self.poller.unregister(connection.sock)

    def _make_room(self) -> None:
        """Close the connection that has been of no use for the longest, if there is one."""
        if self.keepalived_conns:
            connection = self.keepalived_conns.popleft()
            self.poller.unregister(connection.sock)
            self.nr_conns -= 1
            connection.close()
        elif len(self.pending_conns) > 1:
            self._drop(self.pending_conns[0])

    def _drop(self, connection: Connection) -> None:
        self._unwatch(connection)
        self._held -= len(connection.arrival)
        self.nr_conns -= 1
        connection.close()

    def _accept_queued(self, listener: Any) -> None:
        """Take in what the kernel has shaken hands with already; it would be cut off."""
        before = -1
        while before < self.nr_conns < self.worker_connections:
            before = self.nr_conns
            self.accept(listener)
