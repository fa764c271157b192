"""Start `first_contact_child`, which logs in to a server for the first time, and wait for it.

libpq cannot be interrupted while it computes a SCRAM proof, and a server may ask for any number of
rounds. So the first log-in with a connection string is not made here, and the keys it leads to make
every later one cheap whatever the server asks for.

To start such a process takes more of the machine than the log-in. So no more of them start at once
than there are processors, and what waiting for that takes is not held against the server.
"""

from __future__ import annotations

import functools
import json
import math
import os
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from psycopg import conninfo

import provision
from provision.tenant.connection import libpq

if TYPE_CHECKING:
    from provision.tenant.connection.deadline import Deadline

# The first libpq that takes keys in place of a password, and traces the messages of a log-in.
_LOWEST_LIBPQ: Final = 180_000
_RUN: Final = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from provision.tenant.connection.first_contact_child import main"
)
# Honest servers are done by then; later it gets only the processor time that nobody else wants.
_PATIENCE_S: Final = 1.0
_LOWEST_PRIORITY: Final = 19
# A contact that computed for this long when its time was over was kept busy on purpose.
_BUSY_S: Final = 1.0
_MOST_BYTES: Final = 256 * 1024

starts: Final = threading.BoundedSemaphore(os.cpu_count() or 1)
"""Held by each process while it starts, and no longer: servers may take their time."""


class NotStartedError(Exception):
    """The time was over before the process had started: the server was not asked."""


@dataclass(frozen=True, slots=True)
class Contact:
    """How the first log-in went: with which keys to come again, or what the server said.

    `method` is "scram" with both keys, "md5", or empty where it failed.
    """

    method: str = ""
    client_key: str = field(default="", repr=False)
    server_key: str = field(default="", repr=False)
    message: str = field(default="", repr=False)
    sqlstate: str | None = None
    routine: str | None = None
    is_too_costly: bool = False
    """Whether the server asked for more computation than any is given."""


@functools.cache
def is_possible() -> bool:
    """Return whether this machine and its libpq allow for it."""
    return libpq.version() >= _LOWEST_LIBPQ and bool(sys.executable) and library() is not None


def make(attempt: dict[str, str], deadline: Deadline, share: float) -> Contact:
    """Log in once with these keywords, within this share of what is left.

    Raises TimeoutError or NotBegunError. The process is told the secret by a pipe, and nothing else
    of ours.
    """
    order = {
        "library": library(),
        "conninfo": conninfo.make_conninfo("", **attempt),
        "password": attempt["password"],
        "limit_s": deadline.limit_s,
    }
    with deadline.on_our_account():
        process = _begin(json.dumps(order).encode(), deadline)
    try:
        said = _hear(process, deadline, deadline.remaining() * share)
    finally:
        is_too_costly = _end(process)
    if is_too_costly:
        return Contact(is_too_costly=True)
    if said is None:
        raise TimeoutError
    return _read(said)


def _begin(order: bytes, deadline: Deadline) -> subprocess.Popen[bytes]:
    """Start the process as soon as one more may start; wait until it is about to connect."""
    if not starts.acquire(timeout=deadline.remaining()):
        raise NotStartedError
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", f"{_RUN}; main()", _home()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
        )
        try:
            has_begun = _hand_over(process, order, deadline)
        except BaseException:
            _end(process)
            raise
    finally:
        starts.release()
    if not has_begun:
        _end(process)
        raise NotStartedError
    return process


def _hand_over(process: subprocess.Popen[bytes], order: bytes, deadline: Deadline) -> bool:
    """Tell the process what to do; return whether it says in time that it begins, or ends."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a process with pipes has them")
    with suppress(BrokenPipeError), process.stdin as sink:
        sink.write(order)
    poller = select.poll()
    poller.register(process.stdout, select.POLLIN)
    while (left := deadline.remaining()) > 0.0:
        if poller.poll(math.ceil(left * 1000)):
            os.read(process.stdout.fileno(), 1)
            return True
    return False


def _hear(process: subprocess.Popen[bytes], deadline: Deadline, limit_s: float) -> bytes | None:
    """Read to the end what the process says; None when the time is over."""
    if process.stdout is None:
        raise RuntimeError("a process with pipes has them")
    begun = time.monotonic()
    is_lowered = False
    said = b""
    poller = select.poll()
    poller.register(process.stdout, select.POLLIN)
    while len(said) < _MOST_BYTES:
        passed = time.monotonic() - begun
        left = min(deadline.remaining(), limit_s - passed)
        if left <= 0.0:
            return None
        if not is_lowered:
            if passed >= _PATIENCE_S:
                os.setpriority(os.PRIO_PROCESS, process.pid, _LOWEST_PRIORITY)
                is_lowered = True
            left = min(left, max(_PATIENCE_S - passed, 0.0) or left)
        if poller.poll(math.ceil(left * 1000)):
            piece = os.read(process.stdout.fileno(), 65536)
            if not piece:
                break
            said += piece
    return said


def _end(process: subprocess.Popen[bytes]) -> bool:
    """Kill the process; return whether it computed for longer than an honest server makes it."""
    # Not by the methods of `process`, which would reap it and lose what it used.
    os.kill(process.pid, signal.SIGKILL)
    if process.stdout is not None:
        process.stdout.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode == -signal.SIGXCPU or used.ru_utime > _BUSY_S


def _read(said: bytes) -> Contact:
    try:
        found: dict[str, Any] = json.loads(said)
        return Contact(**found)
    except (TypeError, ValueError):
        # It broke down before it could say anything: out of memory, or worse.
        return Contact()


def _home() -> str:
    """Return the folder, or the packed file, that this program is in."""
    return str(Path(provision.__file__).parent.parent)


@functools.cache
def library() -> str | None:
    """Return the file of the libpq that psycopg has loaded."""
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return None
    paths = {line.split(maxsplit=5)[-1] for line in lines if "/libpq" in line}
    return next((each for each in sorted(paths) if Path(each).exists()), None)
