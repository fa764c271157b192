"""Exchange the first bytes with a server: does it answer, is it PostgreSQL, does it take TLS?

Sends nothing of the connection string but, under TLS, the name of the host. Logs in to nothing.
"""

from __future__ import annotations

import functools
import socket
import ssl
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provision.loopback import is_loopback
from provision.tenant.connection.libpq import roots_for
from provision.tenant.failures.translate import failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.errors import TenantError
    from provision.tenant.connection.deadline import Deadline
    from provision.tenant.host.target import Target

# PostgreSQL protocol, "SSLRequest": length 8, code 1234.5679. The answer is one byte, S or N.
_SSL_REQUEST: Final = struct.pack("!ii", 8, 80877103)
# Makes a web server that waits for the end of a request line answer.
_NUDGE: Final = b"\r\n\r\n"
# `X509_V_ERR_…` of OpenSSL for a chain that ends in no known root; libpq fails with the same ones.
_NO_KNOWN_ROOT: Final = frozenset({18, 19, 20, 21})
# What is the likeliest cause when several addresses fail in different ways.
_LIKELIEST: Final = ("connection_refused", "connect_timeout", "unreachable")


def reach(addresses: Sequence[str], target: Target, deadline: Deadline) -> socket.socket:
    """Open a TCP connection to the first address that answers, or raise TenantError."""
    found: dict[str, TenantError] = {}
    only_v6 = all(":" in each for each in addresses)
    for tried, address in enumerate(addresses):
        # An address that swallows packets must leave time for those behind it.
        share = deadline.remaining() / (len(addresses) - tried)
        if share <= 0.0:
            break
        code = "connect_timeout"
        try:
            return socket.create_connection((address, target.port), timeout=share)
        except TimeoutError:
            pass
        except ConnectionRefusedError:
            code = "connection_refused"
        except OSError:
            code = "unreachable"
        is_here = code == "connection_refused" and is_loopback(address)
        why = {"why": "loopback"} if is_here else {}
        if only_v6 and code == "unreachable":
            why = {"why": "ipv6"}
        found[code] = failure(code, target=target, **why)
    for code in _LIKELIEST:
        if code in found:
            raise found[code]
    raise failure("connect_timeout", target=target)


@dataclass(frozen=True, slots=True)
class TlsOffer:
    """What is known of a server's TLS before the log-in; None stands for unknown."""

    is_there: bool | None
    """Whether the server takes TLS; None when it answered with an error of PostgreSQL's own."""
    is_signed: bool | None = None
    """Whether its certificate leads to a root of this machine, or of RDS for a server there."""


def ask_for_tls(server: socket.socket, target: Target, deadline: Deadline) -> TlsOffer:
    """Ask whether the server takes TLS, and shake hands where it does and the string allows it.

    Raises TenantError `not_postgres`, `connect_timeout` or `server_closed_connection`.
    """
    is_there = _offers_tls(server, target, deadline)
    if not is_there or target.sslmode == "disable":
        return TlsOffer(is_there)
    return TlsOffer(is_there, _shake_hands(server, target, deadline))


def _shake_hands(server: socket.socket, target: Target, deadline: Deadline) -> bool | None:
    """Return whether the certificate leads to a known root; None where something else fails.

    The name in it is left to libpq, whose rules for it are other than Python's. Where a person
    pasted a root nothing is verified: no level below "verified" is tried then anyway.
    """
    roots = None if target.ca_certificate else roots_for(target.host)
    try:
        context = _context(roots, Path(roots).stat().st_mtime_ns if roots else 0)
        server.settimeout(max(deadline.remaining(), 0.001))
        with context.wrap_socket(server, server_hostname=target.host) as line:
            line.setblocking(False)
            with suppress(OSError):
                line.unwrap()  # says farewell, so that the server has nothing to log
    except TimeoutError:
        raise failure("connect_timeout", target=target, why="silent") from None
    except ssl.SSLCertVerificationError as error:
        return False if error.verify_code in _NO_KNOWN_ROOT else None
    except (OSError, ValueError):
        return None
    return True if roots else None


@functools.lru_cache(maxsize=2)
def _context(roots: str | None, changed_ns: int) -> ssl.SSLContext:
    """Read the roots once for as long as their file is as old: it takes 60 ms. None: no roots."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if roots is None:
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(roots)
    return context


def _offers_tls(server: socket.socket, target: Target, deadline: Deadline) -> bool | None:
    """Return whether the server takes TLS; None when it answers with an error of PostgreSQL's."""
    try:
        server.sendall(_SSL_REQUEST)
        answer = _receive(server, deadline.remaining() / 2)
        if answer is None:
            server.sendall(_NUDGE)
            answer = _receive(server, deadline.remaining())
    except OSError:
        answer = b""
    if answer is None:
        raise failure("connect_timeout", target=target, why="silent")
    if not answer:
        raise failure("server_closed_connection", target=target)
    if answer[:1] == b"E":
        return None
    # Anything that talks on by itself after one letter (SSH begins with S) is something else.
    if len(answer) > 1 or answer not in (b"S", b"N"):
        raise failure("not_postgres", target=target)
    return answer == b"S"


def _receive(server: socket.socket, timeout_s: float) -> bytes | None:
    """Return what comes first, at most a few bytes; None if nothing comes in time."""
    server.settimeout(max(timeout_s, 0.001))
    try:
        return server.recv(16)
    except TimeoutError:
        return None
