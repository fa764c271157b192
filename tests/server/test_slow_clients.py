"""Clients that send or take slowly, beside others, against the real server."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.running import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.running import Running

_THREADS = 4
_LOGIN = b"POST /login HTTP/1.1\r\nHost: localhost\r\n"
_TOKEN = b"POST /api/auth/token HTTP/1.1\r\nHost: localhost\r\n"
_STYLES = b"GET /static/site.css HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("serve")
    with running("serve", "--port", "0", "--threads", str(_THREADS), directory=folder) as started:
        yield started


@contextlib.contextmanager
def connected(server: Running, number: int) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection((server.host, server.port), timeout=60))
            for _ in range(number)
        ]


def read_all(client: socket.socket) -> bytes:
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def send_until_refused(client: socket.socket, piece: bytes, over: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while not over.wait(0.5):
            client.sendall(piece)


def test_a_request_that_does_not_get_on_is_refused_and_says_so(serving: Running) -> None:
    slow = {
        _LOGIN: b"X-Slow: 1\r\n",
        _LOGIN + b"Content-Length: 100000\r\n\r\n": b"x",
        _LOGIN + b"Transfer-Encoding: chunked\r\n\r\n": b"1\r\nx\r\n",
        _TOKEN + b"Content-Length: 100000\r\n\r\n": b"x",
    }
    over = threading.Event()
    with connected(serving, len(slow)) as clients:
        senders = []
        for client, (start, piece) in zip(clients, slow.items(), strict=True):
            client.sendall(start)
            sender = threading.Thread(target=send_until_refused, args=(client, piece, over))
            sender.start()
            senders.append(sender)
        answers = [read_all(client) for client in clients]
        over.set()
        for sender in senders:
            sender.join()
    assert [each.split(b"\r\n")[0] for each in answers] == [b"HTTP/1.1 408 Request Timeout"] * len(
        slow
    )
    assert b"Send it again" in answers[0]
    problem = json.loads(answers[-1].partition(b"\r\n\r\n")[2])
    assert (problem["status"], problem["code"]) == (408, "request_timeout")
    assert b"Content-Type: application/problem+json" in answers[-1]


def test_who_takes_nothing_holds_no_thread_and_loses_nothing(serving: Running) -> None:
    times = 50
    with connected(serving, 4 * _THREADS) as clients:
        for client in clients:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            client.sendall(_STYLES * times)
        for _ in range(5):
            assert serving.ask("/login").status == 200
        lengths = set()
        for client in clients[:2]:
            client.shutdown(socket.SHUT_WR)
            answers = read_all(client).split(b"HTTP/1.1 200 OK\r\n")[1:]
            assert len(answers) == times
            lengths |= {
                (len(body), re.search(rb"Content-Length: (\d+)", head)[1])  # type: ignore[index]
                for head, _, body in (each.partition(b"\r\n\r\n") for each in answers)
            }
    ((length, said),) = lengths
    assert length == int(said) > 10_000


def test_tiny_chunks_without_end_are_refused_in_the_apps_words(serving: Running) -> None:
    with connected(serving, 2 * _THREADS) as clients:
        for client in clients:
            client.sendall(_TOKEN + b"Transfer-Encoding: chunked\r\n\r\n")
            with contextlib.suppress(OSError):
                client.sendall(b"1\r\nx\r\n" * 400_000)
        assert serving.ask("/login").status == 200
        for client in clients:
            assert b"too_large" in read_all(client)


def test_bodies_one_byte_short_are_held_for_as_many_as_send_them(serving: Running) -> None:
    size = 1024 * 1024
    head = _TOKEN + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % size
    body = b'{"email": "a@example.org"}'.ljust(size)
    with connected(serving, 64) as clients:
        for client in clients:
            client.sendall(head + body[:-1])
        assert serving.ask("/login").status == 200
        for client in clients[:3]:
            client.sendall(body[-1:])
            assert client.recv(12) == b"HTTP/1.1 422"


def test_a_slow_reader_gets_all_of_its_answer_while_the_server_stops(tmp_path: Path) -> None:
    with (
        running("serve", "--port", "0", directory=tmp_path) as server,
        connected(server, 1) as (client,),
    ):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.sendall(_STYLES * 20)
        first = client.recv(1000)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(1.0)
        answers = (first + read_all(client)).split(b"HTTP/1.1 200 OK\r\n")[1:]
        # Those that were begun, whole, and none of those that waited with the client.
        assert 1 <= len(answers) < 20
        for answer in answers:
            length = re.search(rb"Content-Length: (\d+)", answer)
            assert length is not None
            assert len(answer.partition(b"\r\n\r\n")[2]) == int(length[1])
        assert server.wait() == 0


def test_where_no_file_can_be_made_large_bodies_are_refused_and_small_ones_served(
    tmp_path: Path,
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    with (
        running(
            "serve", "--port", "0", directory=tmp_path, environ={"TMPDIR": str(spool)}
        ) as server,
        connected(server, 1) as (client,),
    ):
        spool.rmdir()
        client.sendall(_TOKEN + b"Content-Length: 300000\r\n\r\n" + b"x" * 300_000)
        head, _, body = read_all(client).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert json.loads(body)["code"] == "unavailable"
        assert server.ask("/api/auth/token", {"email": "a", "password": "b"}).status == 401
        assert server.stop() == 0
    assert b"Requests cannot be kept on disk: No such file or directory" in server.output
    assert b"Traceback" not in server.output
