"""What a hostile database may send without end, in the words of PostgreSQL's protocol."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from typing import TYPE_CHECKING, Final

from tests.tenant.faulty_servers import pass_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PIECE_BYTES: Final = 65_536
_TEXT: Final = 25
_JSON: Final = 114
_INT4_ARRAY: Final = 1007
_MEGABYTE: Final = 1 << 20


def message(kind: bytes, body: bytes, *, claims: int | None = None) -> bytes:
    """One message; `claims` is the length it says it has, where that is another."""
    return kind + ((len(body) if claims is None else claims) + 4).to_bytes(4, "big") + body


def columns(number: int, oid: int = _TEXT) -> bytes:
    """The description of as many columns of a type."""
    one = b"c\0" + bytes(6) + oid.to_bytes(4, "big") + b"\xff\xff" * 3 + b"\0\0"
    return message(b"T", number.to_bytes(2, "big") + one * number)


def row(*values: bytes | None) -> bytes:
    told = b"".join(
        b"\xff\xff\xff\xff" if each is None else len(each).to_bytes(4, "big") + each
        for each in values
    )
    return message(b"D", len(values).to_bytes(2, "big") + told)


END: Final = message(b"C", b"SELECT 1\0") + message(b"Z", b"I")


def _again(first: bytes, repeated: bytes) -> Iterator[bytes]:
    yield first
    piece = repeated * max(1, _PIECE_BYTES // len(repeated))
    while True:
        yield piece


def _long(head: bytes, filling: bytes) -> Iterator[bytes]:
    """A message that says it is a gigabyte long, and goes on and on."""
    yield head
    while True:
        yield filling * (_PIECE_BYTES // len(filling))


def _parameters(value_bytes: int) -> Iterator[bytes]:
    for number in itertools.count():
        yield message(b"S", b"p%d\0" % number + b"v" * value_bytes + b"\0")


def _ended(head: bytes, repeated: bytes, bytes_in_all: int) -> Iterator[bytes]:
    """As much of it, and then a proper end."""
    yield head
    piece = repeated * max(1, _PIECE_BYTES // len(repeated))
    for _ in range(bytes_in_all // len(piece)):
        yield piece
    yield END


def _one_row(oid: int, value: bytes) -> Iterator[bytes]:
    yield columns(1, oid) + row(value) + END


_FIELDS: Final = b"SERROR\0VERROR\0C22000\0M"

# What ends only with the connection.
ENDLESS: Final[dict[str, Callable[[], Iterator[bytes]]]] = {
    "notifications": lambda: _again(
        b"", message(b"A", bytes(4) + b"channel\0" + b"p" * 40 + b"\0")
    ),
    "notices": lambda: _again(b"", message(b"N", b"SNOTICE\0M" + b"n" * 40 + b"\0\0")),
    "parameters": lambda: _parameters(20_000),
    "short parameters": lambda: _parameters(1),
    "rows": lambda: _again(columns(1), row(b"x" * 1000)),
    "small rows": lambda: _again(columns(1), row(b"x")),
    "rows of nothing": lambda: _again(columns(1), row(None)),
    "rows without columns": lambda: _again(columns(0), row()),
    "wide rows of nothing": lambda: _again(columns(1600), row(*[None] * 1600)),
    "rows with more columns than there can be": lambda: _again(
        columns(65_535), row(*[None] * 65_535)
    ),
    "a gigabyte in a row": lambda: _long(
        columns(1) + message(b"D", b"\0\1" + (1 << 30).to_bytes(4, "big"), claims=(1 << 30) + 6),
        b"x",
    ),
    "a gigabyte of error": lambda: _long(message(b"E", _FIELDS, claims=1 << 30), b"e"),
    "a gigabyte of notice": lambda: _long(message(b"N", _FIELDS, claims=1 << 30), b"n"),
    "empty answers": lambda: _again(b"", message(b"I", b"")),
    "answers": lambda: _again(b"", message(b"C", b"SET\0")),
    "descriptions": lambda: _again(b"", columns(1600)),
    "errors": lambda: _again(b"", message(b"E", _FIELDS + b"e" * 40 + b"\0\0")),
    "a copy": lambda: _again(message(b"H", b"\0\0\0"), message(b"d", b"x" * 1000)),
    "a copy nobody began": lambda: _again(b"", message(b"d", b"x" * 1000)),
    "keys": lambda: _again(b"", message(b"K", b"k" * 8)),
}

# What ends, and is a proper answer to look at.
ENDING: Final[dict[str, Callable[[], Iterator[bytes]]]] = {
    "many rows": lambda: _ended(columns(1), row(b"xy"), 48 * _MEGABYTE),
    "many rows of nothing": lambda: _ended(columns(1), row(None), 48 * _MEGABYTE),
    "many numbers": lambda: _ended(columns(1, 1700), row(b"1.5"), 48 * _MEGABYTE),
    "a long row": lambda: _one_row(_TEXT, b"[" + b" " * (48 * _MEGABYTE) + b"]"),
    "a row with one wide letter": lambda: _one_row(
        _TEXT, b"x" * (7 * _MEGABYTE) + b"\xf0\x9f\x98\x80"
    ),
    "lists in JSON": lambda: _one_row(_JSON, b"[" + b"[]," * (2 * _MEGABYTE) + b"[]]"),
    "an array": lambda: _one_row(_INT4_ARRAY, b"{" + b"10000," * _MEGABYTE + b"1}"),
    "a long error": lambda: iter([message(b"E", _FIELDS + b"e" * (48 * _MEGABYTE) + b"\0\0"), END]),
}


def flooding(
    server: tuple[str, int], flood: Callable[[], Callable[[], Iterator[bytes]] | None]
) -> Callable[[socket.socket], None]:
    """Be a real server which, after a log-in, answers with what `flood` returns once it does."""

    def talk(client: socket.socket) -> None:
        with socket.create_connection(server) as real:
            upwards = threading.Thread(target=pass_on, args=(client, real), daemon=True)
            upwards.start()
            is_in = False
            while piece := real.recv(262_144):
                if is_in and (chosen := flood()) is not None:
                    for each in chosen():
                        client.sendall(each)
                    continue
                is_in = is_in or piece.endswith(message(b"Z", b"I"))
                client.sendall(piece)
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            upwards.join(5)

    return talk


def never_logging_in(server: tuple[str, int], repeated: bytes) -> Callable[[socket.socket], None]:
    """Be a real server that takes the password, and then is never done with greeting."""
    is_in = message(b"R", bytes(4))

    def talk(client: socket.socket) -> None:
        with socket.create_connection(server) as real:
            upwards = threading.Thread(target=pass_on, args=(client, real), daemon=True)
            upwards.start()
            while piece := real.recv(262_144):
                before, mark, _ = piece.partition(is_in)
                client.sendall(before + mark)
                while mark:
                    client.sendall(repeated * max(1, _PIECE_BYTES // len(repeated)))

    return talk
