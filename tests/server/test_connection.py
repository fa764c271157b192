"""One event loop with connections of its own, in rooms small enough to fill."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import pytest

from provision.server.answers import Answer
from provision.server.connection import ClientConnection, Clients, State
from provision.server.room import ClientRoom

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from provision.server.request_buffer import Request

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


class Server:
    """Answers what its `say` makes of a request, or nothing until it is told to."""

    def __init__(self, *, memory: int = 1_000_000, disk: int = 1_000_000) -> None:
        self.clients = Clients(self, ClientRoom(memory), ClientRoom(disk))
        self.served: list[tuple[ClientConnection, Request]] = []
        self.left: list[ClientConnection] = []
        self.say: Callable[[Request], Answer] | None = lambda _: body_of(b"ok")

    def serve(self, connection: ClientConnection, request: Request) -> None:
        self.served.append((connection, request))
        if self.say is not None:
            # Later, as an answer from a thread comes.
            asyncio.get_running_loop().call_soon(self._answer, connection, self.say(request))
        request.close()

    def gone(self, connection: ClientConnection) -> None:
        self.left.append(connection)

    @staticmethod
    def _answer(connection: ClientConnection, answer: Answer) -> None:
        connection.answered(answer, connection.send_now(answer))

    async def connect(self, address: str = "192.0.2.1") -> socket.socket:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        for each in (ours, theirs):
            each.setblocking(False)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        connection = ClientConnection(self.clients, ours, (address, 1))
        await loop.connect_accepted_socket(lambda: connection, ours)
        return theirs


def body_of(content: bytes) -> Answer:
    return Answer(HEAD % len(content) + content, keep_alive=True)


def file_of(size: int) -> Answer:
    file = TemporaryFile()  # noqa: SIM115  # closed with the answer
    file.write(b"x" * size)
    file.seek(0)
    return Answer(HEAD % size, rest=file, rest_bytes=size, keep_alive=True)


@contextlib.asynccontextmanager
async def serving(**rooms: int) -> AsyncIterator[tuple[Server, list[socket.socket]]]:
    server, theirs = Server(**rooms), list[socket.socket]()
    try:
        yield server, theirs
    finally:
        for each in theirs:
            each.close()
        for connection in list(server.clients.all):
            connection.close()
        await settle()
        assert server.clients.memory.held_bytes == 0
        assert server.clients.disk.held_bytes == 0


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)
    await asyncio.sleep(0.02)


async def send(client: socket.socket, data: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(client, data)
    await settle()


async def read(client: socket.socket) -> bytes:
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := await asyncio.get_running_loop().sock_recv(client, 65536):
            pieces.append(piece)
    return b"".join(pieces)


def in_a_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    def run() -> None:
        async def inside() -> None:
            await test()

        asyncio.run(inside())

    run.__name__ = test.__name__
    return run


@in_a_loop
async def test_over_the_bound_the_largest_holder_goes_and_reads_why() -> None:
    async with serving(disk=400_000) as (server, clients):
        for size in (200_000, 150_000):
            client = await server.connect()
            clients.append(client)
            await send(client, b"POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n")
            await send(client, b"x" * size)
        clients.append(await server.connect())
        await send(
            clients[2],
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"x" * 80_000,
        )
        answer = await read(clients[0])
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 5" in head
        assert json.loads(body)["code"] == "unavailable"
        assert server.clients.refused == {503: 1}
        # The one that came last, and the smaller one, go on.
        await send(clients[2], b"x" * 20_000)
        await send(clients[1], b"x" * 150_000)
        assert [request.body_bytes for _, request in server.served] == [100_000, 300_000]


@in_a_loop
async def test_answers_that_nobody_takes_give_way_to_those_that_are_taken() -> None:
    async with serving(disk=1_000_000) as (server, clients):
        for size in (600_000, 300_000, 200_000):
            server.say = lambda _, size=size: file_of(size)
            clients.append(await server.connect())
            await send(clients[-1], b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert server.clients.disk.held_bytes == 500_000
        assert len(await read(clients[0])) < 600_000
        reading = asyncio.create_task(read(clients[2]))
        await asyncio.sleep(0.1)
        clients[2].shutdown(socket.SHUT_WR)
        assert len(await reading) == len(HEAD % 200_000) + 200_000


@in_a_loop
async def test_requests_sent_at_once_wait_with_the_client_while_one_is_served() -> None:
    async with serving() as (server, clients):
        server.say = None
        client = await server.connect()
        clients.append(client)
        await send(client, b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
        loop = asyncio.get_running_loop()
        flood = asyncio.create_task(
            loop.sock_sendall(client, b"GET /3 HTTP/1.1\r\nHost: x\r\n\r\n" * 50_000)
        )
        await asyncio.sleep(0.2)
        assert [request.target for _, request in server.served] == [b"/1"]
        assert not flood.done()
        # What the kernel keeps for it apart, no more than one read of it is held.
        assert server.clients.memory.held_bytes < 200_000
        connection, _ = server.served[0]
        answer = body_of(b"one")
        connection.answered(answer, 0)
        await settle()
        assert [request.target for _, request in server.served] == [b"/1", b"/2"]
        flood.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await flood
        second, _ = server.served[1]
        server.say = lambda _: body_of(b"more")
        client.close()
        await settle()
        second.answered(body_of(b"two"), 0)


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_a_deadline_follows_what_has_come(sent: bytes) -> None:
    async def look() -> None:
        async with serving() as (server, clients):
            server.say = None
            clients.append(await server.connect())
            await send(clients[0], sent or b" ")
            (connection,) = server.clients.all
            now = asyncio.get_running_loop().time()
            if sent.endswith(b"\r\n"):
                assert (connection.state, connection.deadline) == (State.SERVED, float("inf"))
            else:
                assert now < connection.deadline < now + 20
                server.clients.check_deadlines(connection.deadline)
                await settle()
                assert connection.state is State.LEAVING
            clients[0].close()
            await settle()
            for served, _ in server.served:
                served.answered(body_of(b""), 0)

    asyncio.run(look())


@in_a_loop
async def test_a_long_body_has_longer_to_arrive() -> None:
    async with serving() as (server, clients):
        clients.append(await server.connect())
        await send(clients[0], b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        (connection,) = server.clients.all
        before = connection.deadline
        await send(clients[0], b"x" * 81_920)
        assert connection.deadline == pytest.approx(before + 10, abs=0.2)


@in_a_loop
async def test_a_client_that_leaves_while_it_is_served_is_told_and_holds_nothing() -> None:
    async with serving() as (server, clients):
        server.say = None
        clients.append(await server.connect())
        await send(clients[0], b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
        ((connection, _),) = server.served
        assert server.clients.memory.held_bytes == 5
        clients[0].close()
        connection.close()
        await settle()
        assert server.left == [connection]
        assert connection.is_gone
        connection.release()
        assert server.clients.memory.held_bytes == 0


@in_a_loop
async def test_one_closed_before_it_is_open_does_not_stay() -> None:
    async with serving() as (server, clients):
        ours, theirs = socket.socketpair()
        clients.append(theirs)
        for each in (ours, theirs):
            each.setblocking(False)
        connection = ClientConnection(server.clients, ours, ("192.0.2.1", 1))
        connection.close()
        await asyncio.get_running_loop().connect_accepted_socket(lambda: connection, ours)
        await settle()
        assert await read(theirs) == b""
        assert connection.is_gone
        assert not server.clients.all


@in_a_loop
async def test_the_address_that_has_most_makes_way_before_an_unused_one_of_another() -> None:
    async with serving() as (server, clients):
        for address in ("192.0.2.1", "192.0.2.9", "192.0.2.9"):
            clients.append(await server.connect(address))
            if address == "192.0.2.9":
                await send(clients[-1], b"GET / HT")
        least = server.clients.least_useful()
        assert least is not None
        assert least.address == "192.0.2.9"


@in_a_loop
async def test_room_is_made_among_very_many_small_holders() -> None:
    async with serving(memory=40_000) as (server, clients):
        for _ in range(300):
            clients.append(await server.connect())
            await asyncio.get_running_loop().sock_sendall(
                clients[-1], b"GET / HTTP/1.1\r\nA: " + b"x" * 900
            )
        await settle()
        assert not server.clients.memory.is_over


@in_a_loop
async def test_for_a_new_client_the_one_unused_for_longest_makes_way() -> None:
    async with serving() as (server, clients):
        for _ in range(3):
            clients.append(await server.connect())
        idle = sorted(server.clients.all, key=lambda each: each.since)
        await send(clients[0], b"GET / HT")
        assert server.clients.least_useful() in idle[1:]
        for each in clients[1:]:
            await send(each, b"GET / HT")
        slowest = min(server.clients.all, key=lambda each: each.since)
        assert server.clients.least_useful() is slowest


_WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@in_a_loop
async def test_an_address_whose_requests_fill_the_queue_displaces_nobody() -> None:
    async with serving() as (server, clients):
        server.say = None
        for _ in range(3):
            clients.append(await server.connect("192.0.2.9"))
            await send(clients[-1], _WHOLE)
        clients.append(await server.connect("192.0.2.1"))
        await send(clients[-1], b"GET / HT")
        before = set(server.clients.all)
        assert not server.clients.make_way("192.0.2.9"), "it gets no more"
        assert server.clients.make_way("192.0.2.2"), "another address gets in"
        await settle()
        waiting = [each for each in before if each.state is State.SERVED]
        assert len(waiting) == 3
        assert set(waiting) <= server.clients.all, "a request that waits for a thread was dropped"
        for connection in waiting:
            connection.answered(body_of(b"ok"), 0)


@in_a_loop
async def test_an_address_that_has_most_makes_way_for_itself() -> None:
    async with serving() as (server, clients):
        for _ in range(2):
            clients.append(await server.connect("192.0.2.9"))
        assert server.clients.make_way("192.0.2.9")
        await settle()
        assert len(server.clients.all) == 1
