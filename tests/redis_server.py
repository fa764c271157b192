"""A real Redis that asks for a password and keeps nothing on the disk."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.tenant.real_servers import HOST, missing, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

REDIS_PASSWORD = "hush-hush"


def redis_url(port: int) -> str:
    return f"redis://:{REDIS_PASSWORD}@{HOST}:{port}/1"


@contextmanager
def redis_server(port: int) -> Iterator[subprocess.Popen[bytes]]:
    program = shutil.which("redis-server")
    if program is None:
        missing("Redis is not installed")
        raise AssertionError
    options = ("--bind", HOST, "--port", str(port), "--save", "", "--requirepass", REDIS_PASSWORD)
    process = subprocess.Popen([program, *options], cwd="/", stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(port))
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(timeout=10)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((HOST, port)) == 0
