"""A gunicorn thread worker that idle sockets cannot occupy and that stops the way we promise.

Apart from `server`, because it leans on gunicorn's inner workings: what has to be looked at when
gunicorn is upgraded is here.
"""

from __future__ import annotations

import selectors
import signal
import time
from functools import partial
from typing import Any, Final

from gunicorn.workers.gthread import TConn, ThreadWorker

# How long a stopping worker waits for the first byte on connections that never sent one.
_SILENT_S: Final = 0.5


class Worker(ThreadWorker):  # type: ignore[misc]
    """Threads only ever serve connections on which something has arrived."""

    def init_signals(self) -> None:
        super().init_signals()
        # Ctrl-C reaches the whole process group; the master turns it into an orderly end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def accept(self, listener: Any) -> None:
        """Watch a new connection until it speaks.

        gunicorn would have a thread wait for it: as many silent sockets as threads then stop the
        whole server for five seconds.
        """
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        connection = TConn(self.cfg, client, address, listener.getsockname())
        connection.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(connection)
        readable = partial(self.on_pending_socket_readable, connection)
        self.poller.register(client, selectors.EVENT_READ, readable)

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
            connection.timeout = min(connection.timeout, limit)

    def _accept_queued(self, listener: Any) -> None:
        """Take in what the kernel has shaken hands with already; it would be cut off."""
        before = -1
        while before < self.nr_conns < self.worker_connections:
            before = self.nr_conns
            self.accept(listener)
