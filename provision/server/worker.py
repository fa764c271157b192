"""One process of the server: gunicorn's worker interface around an event loop and its threads.

Of gunicorn it uses what is documented for workers of one's own: `gunicorn.workers.base.Worker` with
its `init_process`, `run`, `notify`, `alive`, `sockets`, `cfg`, `wsgi`; a test names them.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import math
import os
import re
import resource
import signal
import socket
import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from gunicorn.workers.base import Worker as GunicornWorker

from provision.server import refusals
from provision.server.answers import Answer, Caller
from provision.server.connection import ClientConnection, Clients
from provision.server.fairness import FairQueue
from provision.server.room import ClientRoom

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.server.request_buffer import Request

log = logging.getLogger(__name__)

_BEAT_S: Final = 0.5
_MOST_CONNECTIONS: Final = 1024
# Above the bound, for clients of another address than the one whose requests fill it.
_SPARE_CONNECTIONS: Final = 64
# Each client takes two; tenants' connections, files and the control store take the others.
_FILES: Final = 2 * (_MOST_CONNECTIONS + _SPARE_CONNECTIONS) + 2048
_ACCEPTED_AT_ONCE: Final = 64
_PAUSE_S: Final = 0.1
_KERNEL_BYTES: Final = 256 * 1024
_MOST_MEMORY_BYTES: Final = 64 * 1024 * 1024
_MOST_DISK_BYTES: Final = 1024 * 1024 * 1024
_EXPORT: Final = re.compile(rb"(?:/w/[^/?]+)?/exports/")
_HEALTH: Final = re.compile(rb"/(?:healthz|readyz)(?:\?|$)")
_OUT_OF_DESCRIPTORS: Final = frozenset({errno.EMFILE, errno.ENFILE})


class Worker(GunicornWorker):  # type: ignore[misc]
    """Holds clients in an event loop; its threads only ever compute."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.publish: Callable[[], object] = lambda: None
        """Called by the event loop, at least once a second."""
        self._caller: Caller
        self._clients: Clients
        self._loop: asyncio.AbstractEventLoop
        self._ended: asyncio.Event
        self._opening: set[asyncio.Task[None]] = set()
        # The other half of the threads is for everybody else.
        self._queue: FairQueue[ClientConnection] = FairQueue(
            max(1, self.cfg.threads // 2), clock=time.monotonic
        )
        # Whole lists and workspaces, each a second of work: one person has one at a time.
        self._exports: FairQueue[ClientConnection] = FairQueue(
            1, clock=time.monotonic, while_s=math.inf
        )
        self._waiting: dict[ClientConnection, Request] = {}
        self._work: SimpleQueue[tuple[ClientConnection, Request]] = SimpleQueue()
        self._queue_of: dict[ClientConnection, tuple[FairQueue[ClientConnection], bytes]] = {}
        self._is_accepting = False
        self._timer: asyncio.TimerHandle | None = None

    def init_signals(self) -> None:
        """Leave Ctrl-C, which reaches all processes, to the master: it ends us in good order."""
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def run(self) -> None:
        """Serve until SIGTERM; gunicorn calls it once the app is loaded."""
        _allow_open_files(_FILES)
        self._caller = Caller(self.wsgi, server=self.sockets[0].getsockname()[:2])
        for number in range(self.cfg.threads):
            threading.Thread(target=self._compute, name=f"request-{number}", daemon=True).start()
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._clients = Clients(self, ClientRoom(_MOST_MEMORY_BYTES), ClientRoom(_MOST_DISK_BYTES))
        self._ended = asyncio.Event()
        loop = self._loop
        loop.add_signal_handler(signal.SIGTERM, self._ended.set)
        for listener in self.sockets:
            listener.setblocking(False)
        self._resume_accepting()
        while self.alive and not self._ended.is_set() and self.ppid == os.getppid():
            self._beat()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), _BEAT_S)
        await self._stop()

    async def _stop(self) -> None:
        """Answer every request that has begun to arrive, within the time gunicorn gives us."""
        end = self._loop.time() + self.cfg.graceful_timeout
        # First, so that a pause below does not touch a listener that is closed already.
        self.alive = self._is_accepting = False
        for listener in self.sockets:
            self._loop.remove_reader(listener.fileno())
            # The kernel has shaken hands with these already; they would be cut off.
            while self._accept(listener):
                pass
            listener.close()
        while self._opening:
            await asyncio.wait(self._opening)
        self._clients.stop()
        while self._clients.all and self._loop.time() < end:
            self._beat()
            await asyncio.sleep(0.05)
        for each in list(self._clients.all):
            each.close()

    def _beat(self) -> None:
        self.notify()
        self.publish()
        self._clients.check_deadlines(self._loop.time())
        refused, self._clients.refused = self._clients.refused, type(self._clients.refused)()
        if self._clients.disk_error:
            log.error("Requests cannot be kept on disk: %s", self._clients.disk_error)
            self._clients.disk_error = ""
        if refused:
            counts = ", ".join(
                f"{count} with {status}" for status, count in sorted(refused.items())
            )
            log.warning("Refused requests before the app: %s", counts)

    # New clients.

    def _accept(self, listener: socket.socket) -> bool:
        """Take in waiting clients; returns whether there may be more."""
        for _ in range(_ACCEPTED_AT_ONCE):
            connections = len(self._clients.all)
            if connections >= _MOST_CONNECTIONS + _SPARE_CONNECTIONS and not self._close_one():
                # All are with the app; the others wait in the kernel until one is answered.
                self._pause_accepting()
                return False
            try:
                client, peer = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return False
            except OSError as error:
                if error.errno in _OUT_OF_DESCRIPTORS:
                    self._close_one()
                else:
                    log.warning("A client could not be accepted: %s", error.strerror)
                self._pause_accepting()
                return False
            client.setblocking(False)
            if connections >= _MOST_CONNECTIONS and not self._clients.make_way(peer[0]):
                self._refuse(client)
                continue
            # Left to itself the kernel would hold 4 MB for each client that takes nothing.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BYTES)
            self._open(client, peer)
        return True

    def _open(self, client: socket.socket, peer: Any) -> None:
        try:
            connection = ClientConnection(self._clients, client, (peer[0], peer[1]))
        except OSError:  # no descriptor left for a second one
            client.close()
            self._close_one()
            return
        opening = self._loop.create_task(self._connect(connection, client))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    def _refuse(self, client: socket.socket) -> None:
        """Tell a new client that the server is busy, as far as it takes that at once, and close."""
        self._clients.refused[refusals.NO_ROOM.status] += 1
        with client, contextlib.suppress(OSError):
            client.send(refusals.answer(refusals.NO_ROOM, as_problem=False))

    async def _connect(self, connection: ClientConnection, client: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: connection, client)
        except OSError:
            connection.connection_lost(None)
            client.close()

    def _close_one(self) -> bool:
        """Close the connection that is of least use; returns whether there is one."""
        connection = self._clients.least_useful()
        if connection is not None:
            connection.close()
        return connection is not None

    def _pause_accepting(self) -> None:
        """Leave new clients to the kernel for a moment."""
        if self._is_accepting:
            self._is_accepting = False
            for listener in self.sockets:
                self._loop.remove_reader(listener.fileno())
            self._loop.call_later(_PAUSE_S, self._resume_accepting)

    def _resume_accepting(self) -> None:
        if self.alive and not self._is_accepting:
            self._is_accepting = True
            for listener in self.sockets:
                self._loop.add_reader(listener.fileno(), self._accept, listener)

    # Requests, on their way to a thread and back.

    def serve(self, connection: ClientConnection, request: Request) -> None:
        """Give a whole request to a thread, at once or when a fair queue says so."""
        if _HEALTH.match(request.target):
            self._work.put((connection, request))
            return
        # Strangers share what others of their address do.
        requester = request.credential or connection.address.encode()
        queue = self._exports if _EXPORT.match(request.target) else self._queue
        self._queue_of[connection] = (queue, requester)
        if queue.ask(requester, connection):
            self._work.put((connection, request))
        else:
            self._waiting[connection] = request
            self._plan()

    def gone(self, connection: ClientConnection) -> None:
        """Take a request out of its queue whose client has left; a thread may have it already."""
        request = self._waiting.pop(connection, None)
        if request is not None:
            queue, requester = self._queue_of.pop(connection)
            queue.forget(requester, connection)
            request.close()
            connection.release()

    def _note_end(self, connection: ClientConnection, answer: Answer) -> None:
        """Note that a request is answered; start those that waited for it."""
        queue, credential = self._queue_of.pop(connection, (None, b""))
        if queue is not None:
            queue.done(credential, connection, refused=answer.was_refused)
            self._start_waiting()

    def _start_waiting(self) -> None:
        for queue in (self._queue, self._exports):
            for connection in queue.next_ones():
                self._work.put((connection, self._waiting.pop(connection)))
        self._plan()

    def _plan(self) -> None:
        """Look again when the next of those who wait may begin."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        wait_s = min(self._queue.next_in(), self._exports.next_in())
        if wait_s < math.inf:
            self._timer = self._loop.call_later(wait_s, self._start_waiting)

    def _compute(self) -> None:
        """Answer requests one after the other; runs in each thread."""
        while True:
            connection, request = self._work.get()
            if connection.is_gone:
                request.close()
                answer, sent_bytes = Answer(b"", keep_alive=False), 0
            else:
                is_last = connection.is_stopping
                answer = self._caller.call(request, connection.peer, is_last=is_last)
                sent_bytes = connection.send_now(answer)
            try:
                self._loop.call_soon_threadsafe(self._answered, connection, answer, sent_bytes)
            except RuntimeError:  # the loop is closed: the time to finish is over
                answer.close()
                return

    def _answered(self, connection: ClientConnection, answer: Answer, sent_bytes: int) -> None:
        self._note_end(connection, answer)
        connection.answered(answer, sent_bytes)


def _allow_open_files(wanted: int) -> None:
    """Raise this process's limit of open files as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
