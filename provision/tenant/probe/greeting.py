"""The first bytes exchanged with a server, before any log-in: does it answer, is it PostgreSQL,
does it offer TLS? Sends nothing of the connection string.
"""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Final

from provision.loopback import is_loopback
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


def offers_tls(server: socket.socket, target: Target, deadline: Deadline) -> bool | None:
    """Ask whether the server takes TLS; None when it answers with an error of PostgreSQL's own.

    Raises TenantError `not_postgres`, `connect_timeout` or `server_closed_connection`.
    """
    try:
        server.sendall(_SSL_REQUEST)
        answer = _receive(server, deadline.remaining() / 2)
        if answer is None:
            server.sendall(_NUDGE)
            answer = _receive(server, deadline.remaining())
    except OSError:
        answer = b""
    if answer is None:
        raise failure("connect_timeout", target=target)
    if not answer:
        raise failure("server_closed_connection", target=target)
    if answer[:1] == b"E":
        return None
    # Anything that talks on by itself after one letter (SSH begins with S) is something else.
    if len(answer) > 1 or answer not in (b"S", b"N"):
        raise failure("not_postgres", target=target)
    return answer == b"S"


def address_words(addresses: Sequence[str], *, may_be_plain: bool) -> str:
    """Say how many addresses there are, IPv4 and IPv6 apart."""
    v6 = sum(":" in each for each in addresses)
    kind = "private" if may_be_plain else "public"
    return f"IPv4: {_count(len(addresses) - v6)}, IPv6: {_count(v6)}; {kind}"


def way_words(server: socket.socket, port: int) -> str:
    """Say which port answered, and over which of the two networks."""
    return f"port {port} is open, over {'IPv6' if server.family == socket.AF_INET6 else 'IPv4'}"


def _count(number: int) -> str:
    return "none" if number == 0 else "1 address" if number == 1 else f"{number} addresses"


def _receive(server: socket.socket, timeout_s: float) -> bytes | None:
    """Return what comes first, at most a few bytes; None if nothing comes in time."""
    server.settimeout(max(timeout_s, 0.001))
    try:
        return server.recv(16)
    except TimeoutError:
        return None
