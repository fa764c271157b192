"""Servers that ask for SCRAM, with as many rounds as they like: a few lines of the protocol."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

_SALT = base64.b64encode(b"0123456789abcdef")


def asking_for_rounds(
    rounds: int,
    seen: list[bytes] | None = None,
    *,
    send: Callable[[socket.socket, bytes], None] | None = None,
    early: bool = False,
) -> Callable[[socket.socket], None]:
    """Have no TLS, challenge with this iteration count, refuse whatever proof comes.

    `seen` collects the proofs, `send` sends the challenge its own way, and with `early` its head
    goes out before the client could have asked for it.
    """

    def talk(client: socket.socket) -> None:
        if client.recv(4096)[4:8] == b"\x04\xd2\x16\x2f":
            client.sendall(b"N")
            client.recv(4096)
        # As long as the client's part of it is: 24 characters.
        length = len(_challenge(b"n" * 24, rounds)) - 1
        head = b"R" + length.to_bytes(4, "big") if early else b""
        client.sendall(_authentication(10, b"SCRAM-SHA-256\x00\x00") + head)
        first = client.recv(4096)
        if not first:
            return
        nonce = first.rpartition(b"r=")[2]
        message = _challenge(nonce, rounds)[len(head) :]
        (send or _at_once)(client, message)
        final = client.recv(4096)
        if seen is not None:
            seen.append(final)
        fields = b"SFATAL\x00VFATAL\x00C28P01\x00Mpassword authentication failed\x00\x00"
        client.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        client.close()

    return talk


def _at_once(client: socket.socket, message: bytes) -> None:
    client.sendall(message)


def _challenge(nonce: bytes, rounds: int) -> bytes:
    ours = secrets.token_hex(8).encode()
    return _authentication(11, b"r=%s%s,s=%s,i=%d" % (nonce, ours, _SALT, rounds))


def _authentication(kind: int, body: bytes) -> bytes:
    return b"R" + (len(body) + 8).to_bytes(4, "big") + kind.to_bytes(4, "big") + body
