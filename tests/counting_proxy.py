"""A proxy in front of a PostgreSQL that counts round trips, adds distance, and can fall silent."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class CountingProxy:
    """Listens on a free loopback port and forwards to one server, a thread a connection.

    A round trip is an answer that follows something the client sent. `trip_s` delays each answer's
    beginning by that much, as distance does.
    """

    def __init__(self, host: str, port: int, *, trip_s: float = 0.0) -> None:
        self.round_trips = 0
        self.accepted = 0
        self.sent_by_client = 0
        self._server = (host, port)
        self._trip_s = trip_s
        self._stopping = False
        self._silent = threading.Event()
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listener.getsockname()
        self._acceptor = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._stopping = True
        with suppress(OSError):
            socket.create_connection((self.host, self.port)).close()  # wakes the acceptor
        self._acceptor.join()
        self._listener.close()
        with self._lock:
            open_sockets = list(self._sockets)
        # Closing is left to their threads: one that waits is not woken by a socket closed under it.
        for each in open_sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def fall_silent(self) -> None:
        """From now on take what the client sends and answer nothing."""
        self._silent.set()

    def speak_again(self) -> None:
        self._silent.clear()

    def count(self) -> int:
        """Round trips since this was last asked."""
        with self._lock:
            counted, self.round_trips = self.round_trips, 0
            return counted

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._stopping:
                client.close()
                return
            self.accepted += 1
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._server)
        except OSError:
            client.close()
            return
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._sockets |= {client, server}
            is_too_late = self._stopping
        if not is_too_late:
            with suppress(OSError), selectors.DefaultSelector() as selector:
                selector.register(client, selectors.EVENT_READ)
                selector.register(server, selectors.EVENT_READ)
                self._forward(selector, client, server)
        with self._lock:
            self._sockets -= {client, server}
        client.close()
        server.close()

    def _forward(
        self, selector: selectors.BaseSelector, client: socket.socket, server: socket.socket
    ) -> None:
        asked = False
        while True:
            for key, _ in selector.select():
                data = key.fileobj.recv(262144)  # type: ignore[union-attr]
                if not data:
                    return
                if key.fileobj is client:
                    asked = True
                    self.sent_by_client += len(data)
                    server.sendall(data)
                    continue
                if asked:
                    asked = False
                    with self._lock:
                        self.round_trips += 1
                    time.sleep(self._trip_s)
                if not self._silent.is_set():
                    client.sendall(data)
