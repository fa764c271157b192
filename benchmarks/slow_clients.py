"""Clients that send or take slowly beside normal ones: latency, refusals, memory of the server.

Run it as `python -m benchmarks.slow_clients`. A normal client asks for a list every 20 ms, alone
and then beside each kind of slow client; `/healthz` is asked once a second. The export
has about 20 MB.
"""

from __future__ import annotations

import http.client
import signal
import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import create_engine, text

from benchmarks.reference import sign_in
from benchmarks.rig import folder_and_postgres, make_tenants
from tests.running import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from benchmarks.rig import Tenant
    from tests.running import Running

_SECONDS: Final = 8.0
_EVERY_S: Final = 0.02
_TASKS: Final = 2_100
_DESCRIPTION_BYTES: Final = 9_500
_HALF: Final = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "
_POST: Final = b"POST /login HTTP/1.1\r\nHost: localhost\r\n"
_LENGTH: Final = _POST + b"Content-Length: 100000\r\n\r\n"
_CHUNKED: Final = _POST + b"Transfer-Encoding: chunked\r\n\r\n"


class Seen(NamedTuple):
    """What the normal client saw; times in milliseconds."""

    p50_ms: float
    p95_ms: float
    refused: int
    health_failures: int
    peak_mb: float


def main() -> None:
    with folder_and_postgres() as (folder, postgres):
        (tenant,) = make_tenants(folder, postgres, 1)
        _fill(tenant)
        with running("serve", "--port", "0", directory=folder) as server:
            _measure(server, tenant)
            print("stopped with requests in flight:", _stop(server, tenant))


def _measure(server: Running, tenant: Tenant) -> None:
    _look(server, tenant, 3.0)
    alone = _look(server, tenant, _SECONDS)
    base_mb = _rss_mb(server)
    print(f"{'beside':34} {'p50 ms':>7} {'p95 ms':>7} {'ratio':>6} refused healthz  MB more")
    print(f"{'nobody':34} {alone.p50_ms:7.1f} {alone.p95_ms:7.1f}")
    for name, clients in _KINDS.items():
        with clients(server, tenant):
            time.sleep(0.5)
            seen = _look(server, tenant, _SECONDS)
        print(
            f"{name:34} {seen.p50_ms:7.1f} {seen.p95_ms:7.1f} {seen.p95_ms / alone.p95_ms:6.2f} "
            f"{seen.refused:7} {seen.health_failures:7} {seen.peak_mb - base_mb:8.1f}"
        )
        time.sleep(3.0)
    print(f"kept after all: {_rss_mb(server) - base_mb:.1f} MB")


def _look(server: Running, tenant: Tenant, seconds: float) -> Seen:
    taken: list[float] = []
    refused = failures = 0
    peak_mb = 0.0
    headers = {"Authorization": f"Bearer {tenant.token}"}
    connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
    end = time.monotonic() + seconds
    next_health = 0.0
    while time.monotonic() < end:
        begun = time.perf_counter()
        try:
            connection.request("GET", "/api/projects?limit=50", headers=headers)
            reply = connection.getresponse()
            reply.read()
            refused += reply.status != 200
        except (OSError, http.client.HTTPException):
            refused += 1
            connection.close()
        taken.append((time.perf_counter() - begun) * 1000)
        if time.monotonic() >= next_health:
            next_health = time.monotonic() + 1.0
            peak_mb = max(peak_mb, _rss_mb(server))
            with suppress(OSError):
                failures -= server.ask("/healthz").status == 200
            failures += 1
        time.sleep(_EVERY_S)
    connection.close()
    taken.sort()
    return Seen(median(taken), taken[int(len(taken) * 0.95)], refused, failures, peak_mb)


@contextmanager
def _sockets(server: Running, number: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection((server.host, server.port), timeout=30))
            for _ in range(number)
        ]


@contextmanager
def _half_sent(server: Running, _tenant: Tenant) -> Iterator[None]:
    with _sockets(server, 300) as clients:
        for each in clients:
            each.sendall(_HALF)
        yield


@contextmanager
def _dripping(server: Running, _tenant: Tenant) -> Iterator[None]:
    with _sockets(server, 64) as clients, _meanwhile(lambda: _drip(clients), every_s=1.0):
        for number, each in enumerate(clients):
            each.sendall(_LENGTH if number % 2 else _CHUNKED)
        yield


def _drip(clients: Sequence[socket.socket]) -> None:
    for number, each in enumerate(clients):
        with suppress(OSError):
            each.sendall(b"x" if number % 2 else b"1\r\nx\r\n")


@contextmanager
def _tiny_chunks(server: Running, _tenant: Tenant) -> Iterator[None]:
    with _sockets(server, 16) as clients:
        senders = [
            threading.Thread(target=_send, args=(each, _CHUNKED + b"1\r\nx\r\n" * 350_000))
            for each in clients
        ]
        for sender in senders:
            sender.start()
        yield
        for each in clients:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for sender in senders:
            sender.join()


def _send(client: socket.socket, sent: bytes) -> None:
    with suppress(OSError):
        client.sendall(sent)


@contextmanager
def _taking_nothing(server: Running, tenant: Tenant) -> Iterator[None]:
    asked = b"GET /api/tasks?limit=200 HTTP/1.1\r\nHost: localhost\r\n" + _bearer(tenant)
    with _sockets(server, 64) as clients:
        for each in clients:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            each.sendall(asked * 3)
        yield


@contextmanager
def _slow_readers(server: Running, tenant: Tenant) -> Iterator[None]:
    cookie = sign_in((server.host, server.port), 0).encode()
    asked = b"GET /exports/tasks.csv HTTP/1.1\r\nHost: localhost\r\nCookie: %b\r\n\r\n" % cookie
    with _sockets(server, 16) as clients:
        for each in clients:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            each.sendall(asked)
        with _meanwhile(lambda: _take(clients), every_s=0.5):
            yield


def _take(clients: Sequence[socket.socket]) -> None:
    for each in clients:
        with suppress(OSError):
            each.setblocking(False)
            each.recv(25_000)


@contextmanager
def _pipelining(server: Running, _tenant: Tenant) -> Iterator[None]:
    with _sockets(server, 16) as clients:
        for each in clients:
            each.sendall(b"GET /static/site.css HTTP/1.1\r\nHost: localhost\r\n\r\n" * 60)
        yield


@contextmanager
def _at_the_border(server: Running, _tenant: Tenant) -> Iterator[None]:
    head = _POST + b"Content-Length: 1048576\r\n\r\n"
    with _sockets(server, 64) as clients:
        for each in clients:
            _send(each, head + b"x" * 1_048_575)
        yield


def _bearer(tenant: Tenant) -> bytes:
    return b"Authorization: Bearer " + tenant.token.encode() + b"\r\n\r\n"


@contextmanager
def _meanwhile(work: Callable[[], None], *, every_s: float) -> Iterator[None]:
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(every_s):
            work()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _stop(server: Running, tenant: Tenant) -> str:
    """Ask from 16 connections without an end, stop the server meanwhile; every request counts."""
    lost = answered = 0
    counted = threading.Lock()

    def ask_on() -> None:
        nonlocal lost, answered
        headers = {"Authorization": f"Bearer {tenant.token}", "Connection": "close"}
        while True:
            connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
            try:
                connection.connect()
            except OSError:
                return
            try:
                connection.request("GET", "/api/tasks?limit=200", headers=headers)
                status = connection.getresponse().status
            except (OSError, http.client.HTTPException):
                status = 0
            connection.close()
            with counted:
                answered += status == 200
                lost += status != 200

    clients = [threading.Thread(target=ask_on) for _ in range(16)]
    for each in clients:
        each.start()
    time.sleep(2.0)
    code = server.stop(signal.SIGTERM)
    for each in clients:
        each.join()
    return f"{answered} answered, {lost} lost, exit code {code}"


def _rss_mb(server: Running) -> float:
    """Resident memory of the server's processes."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    pages = sum(
        int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        for pid in (str(server.process.pid), *children.split())
    )
    return pages * 4096 / 1e6


def _fill(tenant: Tenant) -> None:
    engine = create_engine(tenant.target.url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO tasks (id, user_id, title, description, status, priority)"
                " SELECT gen_random_uuid(), (SELECT id FROM profiles LIMIT 1), 'Task ' || n,"
                " repeat('A line of text. ', :lines), 'todo', 'medium'"
                " FROM generate_series(1, :tasks) n"
            ),
            {"tasks": _TASKS, "lines": _DESCRIPTION_BYTES // 16},
        )
    engine.dispose()


_KINDS: Final[Mapping[str, Callable[[Running, Tenant], AbstractContextManager[None]]]] = {
    "300 half-sent heads": _half_sent,
    "64 dripping bodies": _dripping,
    "16 senders of tiny chunks": _tiny_chunks,
    "64 taking nothing of 3 large answers": _taking_nothing,
    "16 slow readers of 20 MB": _slow_readers,
    "16 with 60 pipelined, taking nothing": _pipelining,
    "64 bodies one byte short of 1 MiB": _at_the_border,
}


if __name__ == "__main__":
    main()
