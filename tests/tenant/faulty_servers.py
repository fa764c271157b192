"""Servers that do one thing wrong, on real sockets."""

from __future__ import annotations

import contextlib
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def serving(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Run `talk` for each connection to a port of its own; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        open_ones: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                open_ones.append(client)
                threading.Thread(target=_talk, args=(talk, client), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            # Closing alone would not wake the thread that accepts.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            for client in open_ones:
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
                client.close()
            thread.join(5)


def _talk(talk: Callable[[socket.socket], None], client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        talk(client)


def closed_port() -> int:
    """A port nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def silent(client: socket.socket) -> None:
    """Take everything in and say nothing."""
    while client.recv(4096):
        pass


def closing(client: socket.socket) -> None:
    """Hang up at once."""
    client.close()


def http(client: socket.socket) -> None:
    """Answer like a web server: at the end of a request, whatever it was."""
    seen = b""
    while b"\r\n\r\n" not in seen:
        piece = client.recv(4096)
        if not piece:
            return
        seen += piece
    client.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    client.close()


def mysql(client: socket.socket) -> None:
    """Greet like MySQL, which speaks first."""
    client.sendall(b"\x4a\x00\x00\x00\x0a8.0.36\x00" + b"\x00" * 66)
    silent(client)


def ssh(client: socket.socket) -> None:
    """Greet like SSH, whose first letter is the one PostgreSQL says yes to TLS with."""
    client.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
    silent(client)


def refusing(message: str, sqlstate: str = "28000") -> Callable[[socket.socket], None]:
    """Have no TLS, and answer the log-in with this FATAL message."""

    def talk(client: socket.socket) -> None:
        if client.recv(4096)[4:8] == b"\x04\xd2\x16\x2f":
            client.sendall(b"N")
            client.recv(4096)
        fields = b"".join(
            letter + text.encode() + b"\x00"
            for letter, text in ((b"S", "FATAL"), (b"C", sqlstate), (b"M", message))
        )
        client.sendall(b"E" + (len(fields) + 5).to_bytes(4, "big") + fields + b"\x00")
        client.close()

    return talk


def asking_for(method: int) -> Callable[[socket.socket], None]:
    """Have no TLS, and ask for the password by this method (3 clear text, 5 md5, 0 none)."""

    def talk(client: socket.socket) -> None:
        if client.recv(4096)[4:8] == b"\x04\xd2\x16\x2f":
            client.sendall(b"N")
            client.recv(4096)
        body = method.to_bytes(4, "big") + (b"salt" if method == 5 else b"")
        client.sendall(b"R" + (len(body) + 4).to_bytes(4, "big") + body)
        silent(client)

    return talk


def relaying(
    server: tuple[str, int], tamper: Callable[[bytes], bytes]
) -> Callable[[socket.socket], None]:
    """Be a real server whose answers are tampered with on the way."""

    def talk(client: socket.socket) -> None:
        with socket.create_connection(server) as real:
            upwards = threading.Thread(target=pass_on, args=(client, real), daemon=True)
            upwards.start()
            while piece := real.recv(262_144):
                client.sendall(tamper(piece))
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            upwards.join(5)

    return talk


def pass_on(source: socket.socket, sink: socket.socket) -> None:
    """Hand on what comes, to the end."""
    with contextlib.suppress(OSError):
        while piece := source.recv(262_144):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
