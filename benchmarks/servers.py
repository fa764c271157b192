"""Slow and greedy clients against a running server, and what a normal client sees meanwhile.

Run it as `python -m benchmarks.servers 127.0.0.1:8000 --pid PID`. PID is the server's first
process; memory is that of its whole tree. Paths default to those of `benchmarks.served_app`;
`--page /login --large /export --header 'Cookie: …'` ask another. Each load lasts `--seconds`, and
the program ends by itself. `--only patience` tells when each half-sent request is cut off, `--only
stop` sends SIGTERM with requests in flight. `docs/design.md` has the figures of other servers.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import itertools
import os
import signal
import socket
import statistics
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NORMAL_EVERY_S = 0.05
ANSWER_WITHIN_S = 10.0
# A small window, so that an answer stays with the server and not in the kernel.
WINDOW_BYTES = 16_384
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


@dataclass(frozen=True, slots=True)
class Slow:
    """A kind of client: what it sends at once, what each second, how fast it reads.

    `per_s` is in bytes a second; None reads whatever comes, 0 reads nothing.
    """

    name: str
    first: str
    dripped: str = ""
    per_s: int | None = None


@dataclass(slots=True)
class Seen:
    """What became of one slow client: the first line it got, seconds until it was cut off."""

    name: str
    line: str = ""
    closed_s: float | None = None


def start_of(method: str, path: str, options: argparse.Namespace) -> str:
    """Return the head of a request but for the empty line at its end."""
    lines = (f"{method} {path} HTTP/1.1", f"Host: {options.address}", *options.header)
    return "".join(f"{line}\r\n" for line in lines)


def kinds(options: argparse.Namespace) -> dict[str, tuple[int, list[Slow]]]:
    """Return each load's number of clients and the kinds of clients that alternate in it."""
    head = f"{start_of('GET', options.page, options)}X-Slow: "
    post = start_of("POST", options.form, options) + FORM
    sized = f"{post}Content-Length: 1000\r\n\r\na="
    chunked = f"{post}Transfer-Encoding: chunked\r\n\r\n2\r\na=\r\n"
    large = start_of("GET", options.large, options) + "\r\n"
    file = start_of("GET", options.file, options) + "\r\n"
    dripping = [
        Slow("body with a length, 1 byte/s", sized, "a"),
        Slow("chunked body, 1 byte/s", chunked, "1\r\na\r\n"),
    ]
    patience = [
        Slow("nothing sent", ""),
        Slow("half a head, then silence", head),
        Slow("head, 1 byte/s", head, "a"),
        Slow("half a body, then silence", sized),
        *dripping,
    ]
    return {
        "quiet": (0, []),
        "heads": (300, [Slow("half a head", head)]),
        "bodies": (64, dripping),
        "unread": (64, [Slow("large answer, unread", large, per_s=0)]),
        "readers": (16, [Slow("large answer, 50 kB/s", large, per_s=50_000)]),
        "pipelined": (16, [Slow("60 files asked at once, unread", file * 60, per_s=0)]),
        "patience": (len(patience), patience),
    }


async def be_slow(address: tuple[str, int], kind: Slow, seen: Seen) -> None:
    """Be one client of a kind until the server cuts it off or the task is cancelled."""
    loop, started = asyncio.get_running_loop(), time.monotonic()
    with socket.socket() as client, suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
        client.setblocking(False)
        await loop.sock_connect(client, address)
        sending = asyncio.create_task(send_slowly(client, kind))
        try:
            if kind.per_s == 0:
                await sending
                await loop.create_future()  # until cancelled
            while data := await receive(client, (kind.per_s or 655_360) // 10):
                seen.line = seen.line or data.split(b"\r\n", 1)[0].decode("latin-1")
                await asyncio.sleep(0.1 if kind.per_s else 0)
            seen.closed_s = time.monotonic() - started
        finally:
            sending.cancel()


async def send_slowly(client: socket.socket, kind: Slow) -> None:
    """Send what a kind of client sends at once, then what it sends each second."""
    loop = asyncio.get_running_loop()
    with suppress(OSError):
        await loop.sock_sendall(client, kind.first.encode())
        while kind.dripped:
            await asyncio.sleep(1)
            await loop.sock_sendall(client, kind.dripped.encode())


async def receive(client: socket.socket, most: int) -> bytes:
    """Receive some bytes; none if the connection was closed in whatever way."""
    try:
        return await asyncio.get_running_loop().sock_recv(client, most)
    except ConnectionError:
        return b""


async def ask(path: str, options: argparse.Namespace) -> float | None:
    """Get a page on a connection of its own; milliseconds, None if refused or not answered."""
    started, writer = time.perf_counter(), None
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            reader, writer = await asyncio.open_connection(options.host, options.port)
            head = start_of("GET", path, options)
            writer.write(f"{head}Connection: close\r\n\r\n".encode())
            answer = await reader.read()
    except OSError:  # a timeout is one, too
        return None
    finally:
        if writer:
            writer.close()
    is_ok = answer.split(b" ", 2)[1:2] == [b"200"]
    return (time.perf_counter() - started) * 1000 if is_ok else None


async def be_normal(options: argparse.Namespace) -> list[float | None]:
    """Ask for a page at a steady pace, whether or not the last one has come."""
    asked = []
    for _ in range(int(options.seconds / NORMAL_EVERY_S)):
        asked.append(asyncio.create_task(ask(options.page, options)))
        await asyncio.sleep(NORMAL_EVERY_S)
    return await asyncio.gather(*asked)


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process and all below it."""
    if not pid:
        return 0.0
    with suppress(OSError):
        children = [each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/children")]
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        below = sum(memory_mb(int(child)) for line in children for child in line.split())
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6 + below
    return 0.0


def line_of(name: str, answers: list[float | None]) -> str:
    """Format the median and p95; what was not answered counts as slower than everything."""
    times = sorted(ANSWER_WITHIN_S * 1000 if each is None else each for each in answers)
    refused = sum(each is None for each in answers)
    p95 = times[int(0.95 * len(times))]
    return (
        f"{name:10} median {statistics.median(times):8.1f} ms  p95 {p95:8.1f} ms"
        f"  unanswered {refused:3} of {len(times)}"
    )


async def measure(options: argparse.Namespace, name: str) -> None:
    """Put one load on the server and print what the normal client saw."""
    address, before = (options.host, options.port), memory_mb(options.pid)
    count, clients = kinds(options)[name]
    seen = [Seen(each.name) for each in itertools.islice(itertools.cycle(clients), count)]
    held = [
        asyncio.create_task(be_slow(address, kind, each))
        for kind, each in zip(itertools.cycle(clients), seen, strict=False)
    ]
    await asyncio.sleep(2)
    answers = await be_normal(options)
    during = memory_mb(options.pid)
    for task in held:
        task.cancel()
    await asyncio.gather(*held, return_exceptions=True)
    await asyncio.sleep(3)
    after = memory_mb(options.pid)
    cut = sum(each.closed_s is not None for each in seen)
    print(
        line_of(name, answers)
        + f"  memory {during - before:+5.0f} MB, {after - before:+5.0f} MB when they left"
        + (f"  {cut} of {count} cut off" if count else "")
    )


async def patience(options: argparse.Namespace) -> None:
    """Print when each kind of half-sent request was cut off, and with which answer."""
    address = (options.host, options.port)
    clients = [(each, Seen(each.name)) for each in kinds(options)["patience"][1]]
    tasks = [asyncio.create_task(be_slow(address, kind, seen)) for kind, seen in clients]
    await asyncio.wait(tasks, timeout=options.patience)
    for task in tasks:
        task.cancel()
    for _, seen in clients:
        end = f"cut off after {seen.closed_s:.1f} s" if seen.closed_s else "never cut off"
        print(f"{seen.name:30} {end}, {seen.line or 'no answer'}")


async def stop(options: argparse.Namespace) -> None:
    """Send SIGTERM with 8 requests at work and 4 half sent; print how many were answered."""
    address = (options.host, options.port)
    post = start_of("POST", options.form, options) + FORM
    halves = [await asyncio.open_connection(*address) for _ in range(4)]
    for _, writer in halves:
        writer.write(f"{post}Content-Length: 6\r\n\r\na=b".encode())
    at_work = [asyncio.create_task(ask(options.slow, options)) for _ in range(8)]
    await asyncio.sleep(0.2)
    os.kill(options.pid, signal.SIGTERM)
    started = time.monotonic()
    await asyncio.sleep(0.3)

    async def finish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        with suppress(OSError):
            async with asyncio.timeout(ANSWER_WITHIN_S):
                writer.write(b"&c=")
                return b" 200 " in await reader.readline()
        return False

    finished = await asyncio.gather(*(finish(*each) for each in halves))
    answered = sum(each is not None for each in await asyncio.gather(*at_work))
    while memory_mb(options.pid) and time.monotonic() - started < 60:  # a zombie has none
        await asyncio.sleep(0.05)
    print(
        f"stop       answered {answered} of 8 at work, {sum(finished)} of 4 half sent;"
        f" gone after {time.monotonic() - started:.1f} s"
    )


async def run(options: argparse.Namespace) -> None:
    """Put the loads asked for on the server, one after the other."""
    for name in options.only:
        if name == "stop":
            await stop(options)
        elif name == "patience":
            await patience(options)
        else:
            await measure(options, name)


def main() -> None:
    loads = ("quiet", "heads", "bodies", "unread", "readers", "pipelined")
    parser = argparse.ArgumentParser(prog="benchmarks.servers")
    parser.add_argument("address", help="HOST:PORT of a server on loopback")
    parser.add_argument("--pid", type=int, default=0)
    parser.add_argument("--page", default="/page")
    parser.add_argument("--large", default="/export")
    parser.add_argument("--form", default="/echo")
    parser.add_argument("--file", default="/static/vendor/htmx.org@2.0.11/htmx.min.js")
    parser.add_argument("--slow", default="/sleep?ms=500")
    parser.add_argument("--header", action="append", default=[], help="sent with each request")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--patience", type=float, default=90.0)
    parser.add_argument("--only", nargs="+", choices=(*loads, "patience", "stop"), default=loads)
    options = parser.parse_args()
    host, _, port = options.address.rpartition(":")
    options.host, options.port = host, int(port)
    if not ipaddress.ip_address(host).is_loopback:
        parser.error("only a server on this machine's loopback address is put under load")
    if "stop" in options.only and not options.pid:
        parser.error("stop needs --pid")
    asyncio.run(run(options))


if __name__ == "__main__":
    main()
