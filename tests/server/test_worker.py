"""What our worker relies on of gunicorn, whose releases change much that is not written down."""

from __future__ import annotations

import ast
import contextlib
import errno
import inspect
import os
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.config import Config
from gunicorn.workers import base

from provision.server import worker as module
from provision.server.worker import Worker
from tests.patience import LONG_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest

_SOURCES = Path(inspect.getfile(Worker)).parent


def test_only_gunicorns_interface_for_workers_and_masters_is_used() -> None:
    imported = set()
    for path in _SOURCES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gunicorn"):
                imported.add(node.module)
    assert imported == {
        "gunicorn.app.base",
        "gunicorn.arbiter",
        "gunicorn.errors",
        "gunicorn.workers.base",
    }


def test_of_gunicorns_worker_two_methods_are_replaced() -> None:
    ours = {name for name in vars(Worker) if hasattr(base.Worker, name)}
    assert {name for name in ours if not name.startswith("__")} == {"init_signals", "run"}


def test_what_the_worker_reads_of_gunicorn_is_there() -> None:
    (worker,) = (
        node
        for node in ast.parse((_SOURCES / "worker.py").read_text()).body
        if isinstance(node, ast.ClassDef)
    )
    of_itself = {
        node.attr: node.ctx
        for node in ast.walk(worker)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        and not node.attr.startswith("_")
    }
    read = set(of_itself) - set(vars(Worker)) - {"publish"}
    assert read == {"alive", "cfg", "notify", "ppid", "sockets", "wsgi"}
    source = inspect.getsource(base.Worker)
    assert {name for name in read if f"self.{name} = " in source} == read - {"notify"}
    assert Config().threads == 1
    assert Config().graceful_timeout == 30


class _OutOfDescriptors(socket.socket):
    """A listener that meets the limit of open files, as one does when threads open many."""

    def accept(self) -> tuple[socket.socket, Any]:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def _listening(kind: type[socket.socket] = socket.socket) -> socket.socket:
    listener = kind(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def _worker(*listeners: socket.socket, threads: int = 2) -> Worker:
    config = Config()
    config.set("threads", threads)
    config.set("graceful_timeout", 2)
    return Worker(1, os.getppid(), listeners, None, 30, config, None)


def test_a_limit_met_while_it_stops_does_not_end_it_early() -> None:
    worker = _worker(_listening(), _listening(_OutOfDescriptors))
    threading.Timer(0.3, lambda: worker._loop.call_soon_threadsafe(worker._ended.set)).start()
    worker.wsgi = _blocked(threading.Event())
    worker.run()
    assert [each.fileno() for each in worker.sockets] == [-1, -1]


def _blocked(gate: threading.Event) -> Callable[..., Iterable[bytes]]:
    def app(_environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        gate.wait(20)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    return app


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_requests_that_fill_the_queue_are_kept_and_other_addresses_get_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST_CONNECTIONS", 8)
    monkeypatch.setattr(module, "_SPARE_CONNECTIONS", 4)
    gate, listener = threading.Event(), _listening()
    worker = _worker(listener)
    worker.wsgi = _blocked(gate)
    address = listener.getsockname()

    told: list[list[bytes]] = []

    def ask(stack: contextlib.ExitStack, source: str) -> socket.socket:
        client = stack.enter_context(socket.create_connection(address, 10, (source, 0)))
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        return client

    def flood() -> None:
        with contextlib.ExitStack() as stack:
            kept = [ask(stack, "127.0.0.2") for _ in range(8)]
            wait_until(lambda: len(worker._queue_of) == 8)
            told.append([ask(stack, "127.0.0.2").recv(100) for _ in range(3)])
            kept.append(ask(stack, "127.0.0.3"))
            wait_until(lambda: len(worker._queue_of) == 9)
            gate.set()
            told.append([each.recv(100) for each in kept])
        worker._loop.call_soon_threadsafe(worker._ended.set)

    client = threading.Thread(target=flood)
    client.start()
    worker.run()
    client.join()
    refused, kept = told
    assert all(each.startswith(b"HTTP/1.1 503 ") for each in refused), refused
    assert all(each.startswith(b"HTTP/1.1 200 ") for each in kept), kept
