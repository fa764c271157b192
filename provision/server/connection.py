"""One client's connection, in the event loop: its requests one at a time, each under a deadline.

A thread gets a request only when all of it is there, and gives the whole answer back. It tries once
to send it, which never waits; what the client does not take at once the event loop goes on sending.
"""

from __future__ import annotations

import asyncio
import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, cast

from provision.server.refusals import NO_ROOM, TOO_SLOW, Refusal, answer
from provision.server.request_buffer import SLICE_BYTES, RequestBuffer
from provision.server.room import ClientRoom, largest

if TYPE_CHECKING:
    import socket

    from provision.server.answers import Answer
    from provision.server.request_buffer import Request

# An unused connection is kept for so long.
_IDLE_S: Final = 15.0
# What every request, and every answer, may take on its way, and what each byte adds to that.
_ARRIVAL_S: Final = 10.0
_DELIVERY_S: Final = 20.0
_SLOWEST_BYTES_PER_S: Final = 8 * 1024
# How long a client may go on sending what was refused before it has read why.
_FAREWELL_S: Final = 2.0
# How long a stopping server waits for the first byte of a request that may be on its way.
_SILENT_S: Final = 0.5
_READ_BYTES: Final = 64 * 1024
_WRITE_BYTES: Final = 64 * 1024
# Written in one go, before other clients are served.
_MOST_WRITES: Final = 8
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class State(enum.Enum):
    """Where a connection is between two of its requests."""

    IDLE = enum.auto()
    ARRIVING = enum.auto()
    SERVED = enum.auto()
    """The app has the request, or it waits for a thread."""
    ANSWERED = enum.auto()
    """The client is taking the answer."""
    LEAVING = enum.auto()
    """The client is still sending what nobody reads any more."""


class Threads(Protocol):
    """Who serves whole requests."""

    def serve(self, connection: ClientConnection, request: Request) -> None: ...

    def gone(self, connection: ClientConnection) -> None: ...


@dataclass
class Clients:
    """What all connections of one process share; used by its event loop alone."""

    threads: Threads
    memory: ClientRoom
    """For what is held in memory of requests and answers."""
    disk: ClientRoom
    """For what is held on disk of them."""
    all: set[ClientConnection] = field(default_factory=set)
    is_stopping: bool = False
    refused: Counter[int] = field(default_factory=Counter)
    """By status, those that the server refused itself since they were last logged."""
    disk_error: str = ""
    """Why a request could not be kept on disk since that was last logged."""
    buffer: bytearray = field(default_factory=lambda: bytearray(_READ_BYTES))
    """What is read goes through here, at once, for one connection after the other."""

    def make_room(self) -> None:
        """Drop what the largest holder holds, as long as too much is held."""
        while self.memory.is_over or self.disk.is_over:
            holder = largest(each for each in self.all if each.held_bytes)
            if holder is None:
                return
            holder.give_room()

    def least_useful(self) -> ClientConnection | None:
        """Return a connection to close for a new one, None where all are with the app.

        Of the address that has most: one unused, for longest; else the slowest.
        """
        counts = Counter(each.address for each in self.all)
        able = [each for each in self.all if each.state is not State.SERVED]
        return max(able, key=lambda each: each.uselessness(counts[each.address]), default=None)

    def make_way(self, address: str) -> bool:
        """Close a connection for a new client of `address`; return whether that one may stay.

        No request is lost that waits for a thread, and no client of an address that has fewer: the
        address that has most then gets no more.
        """
        counts = Counter(each.address for each in self.all)
        counts[address] += 1
        closed = self.least_useful()
        if closed is not None and counts[closed.address] >= counts[address]:
            closed.close()
            return True
        return counts[address] < max(counts.values())

    def check_deadlines(self, now: float) -> None:
        """Close what takes too long."""
        for each in [each for each in self.all if each.deadline <= now]:
            each.overdue()

    def stop(self) -> None:
        """Answer what is on its way, and nothing after it."""
        self.is_stopping = True
        for each in list(self.all):
            each.stop()


class ClientConnection(asyncio.BufferedProtocol):
    """Reads, holds and answers the requests of one client."""

    def __init__(self, clients: Clients, client: socket.socket, peer: tuple[str, int]) -> None:
        self._clients: Final = clients
        self.peer: Final = peer
        self.address: Final = peer[0]
        self.state = State.IDLE
        self._loop: Final = asyncio.get_running_loop()
        self.since = self._loop.time()
        """When it came into its state."""
        self.deadline = self.since + _IDLE_S
        self.held_bytes = 0
        """In memory and on disk."""
        # Of its own, so that a thread never sends to a number that another client got meanwhile.
        self._direct: Final = client.dup()
        self._transport: asyncio.Transport | None = None
        self._buffer = RequestBuffer()
        self._unparsed = bytearray()
        self._served: Request | None = None
        self._answer: Answer | None = None
        self._sent_bytes = 0
        self._keeps_alive = True
        self._is_writable = True
        self._is_reading = True
        self._has_ended = False
        self._is_closed = False
        self._memory_bytes = 0
        self._disk_bytes = 0
        clients.all.add(self)

    @property
    def is_stopping(self) -> bool:
        """Return whether the connection is closed after the present request."""
        return self._clients.is_stopping

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if self._is_closed:  # before it was open
            self._transport.abort()
            return
        # So that `resume_writing` says when the client has everything.
        self._transport.set_write_buffer_limits(0)

    def get_buffer(self, _sizehint: int) -> bytearray:
        return self._clients.buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self.state is State.LEAVING:
            return
        self._unparsed += memoryview(self._clients.buffer)[:nbytes]
        if self.state in (State.IDLE, State.ARRIVING):
            self._read_on()
        else:
            self._read_no_more()
        self._count()

    def eof_received(self) -> bool:
        # A client may close its side and still wait for the answers to what it sent before.
        self._has_ended = True
        return self.state in (State.SERVED, State.ANSWERED)

    def pause_writing(self) -> None:
        self._is_writable = False

    def resume_writing(self) -> None:
        self._is_writable = True
        if self.state is State.ANSWERED:
            self._send()

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._clients.all.discard(self)
        self._buffer.close()
        self._unparsed.clear()
        if self.state is State.SERVED:
            self._clients.threads.gone(self)
        else:
            self.release()
        self._count()

    # Called by the thread that served the request.

    def send_now(self, answer: Answer) -> int:
        """Send what the client takes at once of the answer's start; returns bytes, never waits."""
        if not self._is_writable:
            return 0
        try:
            return self._direct.send(answer.start)
        except OSError:  # full, or gone, which the event loop will see
            return 0

    # Called by the worker, in the event loop.

    def answered(self, answer: Answer, sent_bytes: int) -> None:
        """Go on sending an answer, of whose start so many bytes are sent."""
        self._answer, self._served = answer, None
        if self._transport is None:
            self.release()
            return
        self._keeps_alive = self._keeps_alive and answer.keep_alive and not self.is_stopping
        answer.start = answer.start[sent_bytes:]
        self._sent_bytes = sent_bytes
        self._enter(State.ANSWERED, _DELIVERY_S)
        self._count()
        self._send()

    @property
    def is_gone(self) -> bool:
        """Return whether the client has left."""
        return self._transport is None

    def release(self) -> None:
        """Free what is left of a connection that is lost, its request unanswered."""
        self._served = None
        self._forget_answer()
        self._direct.close()
        self._measure()

    def uselessness(self, of_its_address: int) -> tuple[int, bool, float]:
        """Return what orders connections by which is closed first, the greatest."""
        is_idle = self.state in (State.IDLE, State.LEAVING)
        return (of_its_address, is_idle, -self.since)

    def overdue(self) -> None:
        """Close, for its deadline has passed."""
        if self.state is State.ARRIVING:
            self._refuse(TOO_SLOW)
        else:
            self._abort()

    def give_room(self) -> None:
        """Free the memory held for this client; a request at the app is still answered."""
        if self.state is State.ARRIVING:
            self._refuse(NO_ROOM)
        elif self.state is not State.SERVED:
            self._abort()
        self._keeps_alive = False
        self._buffer.close()
        self._unparsed.clear()
        self._forget_answer()
        self._measure()

    def stop(self) -> None:
        """Close as soon as nothing is on its way."""
        if self.state is State.IDLE:
            self.deadline = min(self.deadline, self._loop.time() + _SILENT_S)

    def close(self) -> None:
        """Close at once."""
        self._abort()

    # Reading.

    def _read_on(self) -> None:
        """Parse what has come, up to the end of the next request."""
        buffer = self._buffer
        with memoryview(bytes(self._unparsed)) as unparsed:
            at = 0
            while at < len(unparsed) and not buffer.ready and buffer.refusal is None:
                try:
                    buffer.feed(unparsed[at : at + SLICE_BYTES])
                except OSError as error:
                    self._clients.disk_error = error.strerror or ""
                    self._refuse(NO_ROOM)
                    return
                at += SLICE_BYTES
        del self._unparsed[:at]
        if buffer.ready:
            self._serve_next()
        elif buffer.refusal is not None:
            self._refuse(buffer.refusal)
        else:
            self._wait_for_more()

    def _wait_for_more(self) -> None:
        """Allow a request as long as its length needs at the slowest pace allowed."""
        if self._has_ended and self._transport is not None:
            self._transport.close()
            return
        arrived = self._buffer.arrived_bytes
        if arrived and self.state is not State.ARRIVING:
            self._enter(State.ARRIVING, _ARRIVAL_S)
        if self.state is State.ARRIVING:
            self.deadline = self.since + _ARRIVAL_S + arrived / _SLOWEST_BYTES_PER_S
        if self._buffer.awaits_continue and self._transport is not None:
            self._buffer.awaits_continue = False
            self._transport.write(_CONTINUE)
        if not self._is_reading and self._transport is not None:
            self._is_reading = True
            self._transport.resume_reading()

    def _read_no_more(self) -> None:
        """Leave further requests with the client until the present one is answered."""
        if self._is_reading and self._transport is not None:
            self._is_reading = False
            self._transport.pause_reading()

    def _serve_next(self) -> None:
        request = self._buffer.ready.popleft()
        self._served = None if request.is_cut else request
        self._keeps_alive = request.keep_alive
        self._enter(State.SERVED, None)
        self._clients.threads.serve(self, request)

    # Answering.

    def _send(self) -> None:
        """Send as much as the client takes, within bounds, and then what follows."""
        transport, answer = self._transport, self._answer
        if transport is None or answer is None:
            return
        for _ in range(_MOST_WRITES):
            if not self._is_writable:
                break
            if answer.start:
                piece, answer.start = answer.start[:_WRITE_BYTES], answer.start[_WRITE_BYTES:]
            else:
                piece = answer.rest.read(_WRITE_BYTES) if answer.rest is not None else b""
            if not piece:
                self._delivered()
                return
            transport.write(piece)
            self._sent_bytes += len(piece)
        else:
            self._loop.call_soon(self._send)
        self.deadline = self.since + _DELIVERY_S + self._sent_bytes / _SLOWEST_BYTES_PER_S

    def _delivered(self) -> None:
        self._forget_answer()
        self._count()
        if not self._keeps_alive:
            self._leave()
            return
        self._enter(State.IDLE, _SILENT_S if self.is_stopping else _IDLE_S)
        if self._buffer.ready:
            self._serve_next()
        else:
            self._read_on()
        self._count()

    def _refuse(self, refusal: Refusal) -> None:
        if self._transport is None:
            return
        self._clients.refused[refusal.status] += 1
        self._transport.write(answer(refusal, as_problem=self._buffer.is_api))
        self._leave()

    def _leave(self) -> None:
        """Close once the client has read the answer.

        With bytes unread, closing at once would take the answer away from it.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        has_all_read = self._is_reading and not self._unparsed and not self._buffer.is_over
        self._enter(State.LEAVING, _FAREWELL_S)
        self._buffer.close()
        self._unparsed.clear()
        if self._has_ended or has_all_read:
            transport.close()
            return
        try:
            transport.write_eof()
        except OSError:  # reset by the client
            transport.abort()
            return
        if not self._is_reading:
            self._is_reading = True
            transport.resume_reading()

    def _abort(self) -> None:
        self._is_closed = True
        self._clients.all.discard(self)
        if self._transport is not None:
            self._transport.abort()

    def _forget_answer(self) -> None:
        if self._answer is not None:
            self._answer.close()
            self._answer = None

    # Counting.

    def _enter(self, state: State, limit_s: float | None) -> None:
        self.state = state
        self.since = self._loop.time()
        self.deadline = float("inf") if limit_s is None else self.since + limit_s

    def _count(self) -> None:
        """Tell how much is held for this client, and have room made where it is too much."""
        self._measure()
        if self._clients.memory.is_over or self._clients.disk.is_over:
            self._clients.make_room()

    def _measure(self) -> None:
        memory, disk = len(self._unparsed), 0
        if self._transport is not None:
            memory += self._buffer.memory_bytes
            disk += self._buffer.disk_bytes
        if self._answer is not None:
            memory += len(self._answer.start)
            disk += self._answer.rest_bytes
        self.held_bytes = memory + disk
        if self._served is not None:
            # Counted, but not to be had back before the app is done with it.
            disk += self._served.on_disk_bytes
            memory += self._served.body_bytes - self._served.on_disk_bytes
        self._clients.memory.change(memory - self._memory_bytes)
        self._clients.disk.change(disk - self._disk_bytes)
        self._memory_bytes, self._disk_bytes = memory, disk
