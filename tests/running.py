"""Starts the real program as its users do, and talks to it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import selectors
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from provision import cli

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

PROVISION = (sys.executable, "-m", "provision")
START_LIMIT_S = 60.0
STOP_LIMIT_S = 45.0
_ADDRESS = re.compile(rb"(?:Listening on|running at) http://([\w.\[\]:]+):(\d+)")


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Ours without any setting that whoever runs the tests has made, and with `settings`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PROVISION_", "SUPABASE_", "PG"))
    }
    return kept | {f"PROVISION_{name}": value for name, value in settings.items()}


def run(
    *arguments: str,
    directory: Path,
    stdin: bytes = b"",
    settings: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end."""
    return subprocess.run(
        [*PROVISION, *arguments],
        cwd=directory,
        env=environment(settings),
        input=stdin,
        capture_output=True,
        timeout=START_LIMIT_S,
        check=False,
    )


def call(
    *arguments: str,
    directory: Path,
    stdin: bytes = b"",
    settings: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end within this process, which spares it a second of loading."""
    out, err = io.StringIO(), io.StringIO()
    before, keyboard = dict(os.environ), sys.stdin
    code: object = None
    with (
        contextlib.chdir(directory),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        os.environ.clear()
        os.environ.update(environment(settings))
        sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
        try:
            cli.main(arguments)
        except SystemExit as end:
            code = end.code
        finally:
            os.environ.clear()
            os.environ.update(before)
            sys.stdin = keyboard
    assert isinstance(code, int)
    printed = out.getvalue().encode(), err.getvalue().encode()
    return subprocess.CompletedProcess(arguments, code, *printed)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Running:
    """A server under way; `output` is what it has printed so far, on both streams."""

    process: subprocess.Popen[bytes]
    host: str = ""
    port: int = 0
    output: bytearray = field(default_factory=bytearray)

    def ask(self, path: str, body: object = None, /, **headers: str) -> Answer:
        request = urllib.request.Request(
            f"http://{self.host}:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={name.replace("_", "-"): value for name, value in headers.items()}
            | ({} if body is None else {"Content-Type": "application/json"}),
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return Answer(reply.status, dict(reply.headers), reply.read().decode())
        except urllib.error.HTTPError as reply:
            with reply:
                return Answer(reply.code, dict(reply.headers), reply.read().decode())

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait; returns the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        rest, _ = self.process.communicate(timeout=STOP_LIMIT_S)
        self.output += rest or b""
        return self.process.returncode

    def _wait_until_up(self) -> None:
        assert self.process.stdout is not None
        end = time.monotonic() + START_LIMIT_S
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while time.monotonic() < end:
                if not selector.select(1):
                    continue
                piece = os.read(self.process.stdout.fileno(), 65536)
                self.output += piece
                found = _ADDRESS.search(self.output)
                if found and self.output.endswith(b"\n"):
                    self.host, self.port = found[1].decode(), int(found[2])
                    return
                assert piece, f"it ended: {self.output.decode()}"
        raise AssertionError(f"it did not start: {self.output.decode()}")


@contextmanager
def running(
    *arguments: str,
    directory: Path,
    program: Sequence[str] = PROVISION,
    settings: Mapping[str, str] = MappingProxyType({}),
    environ: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Running]:
    """Start a server and wait until it says where it listens; kill it if it is left running."""
    process = subprocess.Popen(
        [*program, *arguments],
        cwd=directory,
        env={**environment(settings), **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    server = Running(process)
    try:
        server._wait_until_up()
        yield server
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
