"""Log in with a password where keys do not last, and yet compute no more than is usual.

`connect` says what this defends against, and what `first_contact` does. Here each message of the
log-in is looked at before libpq may read it, since libpq answers a challenge at once and cannot be
interrupted. A server that asks for too much is left.
"""

from __future__ import annotations

import ctypes
import functools
import os
import re
import socket
import time
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import pq
from psycopg.waiting import Wait

from provision.tenant.connection import first_contact

if TYPE_CHECKING:
    from psycopg.abc import PQGenConn

# Ten times and more of what servers ask for; a hundredth of a second or two.
MOST_ROUNDS: Final = 100_000

_SASL_CONTINUE: Final = 11
_HEADER: Final = 5
# What a server may send during a log-in: authentication, errors, notices, what it is, its key.
_KINDS: Final = b"RENvSKZ"
# libpq takes no longer message then.
_LONGEST: Final = 30_000
_ROUNDS: Final = re.compile(rb",i=([0-9]{1,10})(?:,|$)")
_PAUSE_S: Final = 0.005
_SSL_ERROR_WANT_READ: Final = 2


class TooManyRoundsError(Exception):
    """The server asks for more computation than is usual, or hides how much."""


def connect(conninfo: str) -> PQGenConn[pq.abc.PGconn]:
    """Connect as psycopg's own generator does; raises TooManyRoundsError too."""
    pgconn: pq.abc.PGconn = pq.PGconn.connect_start(conninfo.encode())
    wanted = Wait.W
    while True:
        if pgconn.status == pq.ConnStatus.BAD:
            raise psycopg.OperationalError(_message(pgconn))
        yield pgconn.socket, wanted
        if pgconn.status == pq.ConnStatus.AWAITING_RESPONSE and not _is_harmless(pgconn):
            wanted = Wait.R
            continue
        state = pgconn.connect_poll()
        if state == pq.PollingStatus.OK:
            pgconn.nonblocking = 1
            return pgconn
        if state == pq.PollingStatus.FAILED:
            raise psycopg.OperationalError(_message(pgconn))
        wanted = Wait.R if state == pq.PollingStatus.READING else Wait.W


def _is_harmless(pgconn: pq.abc.PGconn) -> bool:
    """Return whether libpq may read what has come; False until its first message is there whole.

    Every look begins where a message does: a server that sent part of the next one too early, to be
    read along unseen, is told by what is left of it, which cannot look like the head of a message.
    """
    seen = _peek_tls(pgconn) if pgconn.ssl_in_use else _peek(pgconn)
    if seen is None:
        return False
    if not seen:
        return True  # the end, which libpq says best
    size = int.from_bytes(seen[1:_HEADER], "big") + 1
    if len(seen) >= _HEADER and (seen[0] not in _KINDS or not _HEADER <= size <= _LONGEST):
        raise TooManyRoundsError
    if len(seen) < max(size, _HEADER):
        if pgconn.ssl_in_use:
            # No more of it can be seen under TLS, and nobody cuts so short a message in two.
            raise TooManyRoundsError
        time.sleep(_PAUSE_S)
        return False
    body = seen[_HEADER:size]
    if seen[:1] == b"R" and int.from_bytes(body[:4], "big") == _SASL_CONTINUE:
        rounds = _ROUNDS.search(body)
        if rounds is None or int(rounds[1]) > MOST_ROUNDS:
            raise TooManyRoundsError
    return True


def _peek(pgconn: pq.abc.PGconn) -> bytes | None:
    """Return what has come and is not read yet; None for nothing, empty for the end."""
    with socket.socket(fileno=os.dup(pgconn.socket)) as line:
        try:
            return line.recv(_LONGEST + _HEADER, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError:
            return b""


def _peek_tls(pgconn: pq.abc.PGconn) -> bytes | None:
    """Return the same of what came encrypted, of which no more than one record shows."""
    openssl = _openssl()
    line = ctypes.c_void_p(pgconn.pgconn_ptr)  # type: ignore[attr-defined]
    session = ctypes.c_void_p(openssl.PQsslStruct(line, b"OpenSSL"))
    seen = ctypes.create_string_buffer(_LONGEST + _HEADER)
    count = openssl.SSL_peek(session, seen, len(seen))
    if count > 0:
        return seen.raw[:count]
    return None if openssl.SSL_get_error(session, count) == _SSL_ERROR_WANT_READ else b""


@functools.cache
def _openssl() -> ctypes.CDLL:
    """Return the libpq that psycopg uses; through it the OpenSSL that it uses can be reached."""
    library = ctypes.CDLL(first_contact.library())
    library.PQsslStruct.restype = ctypes.c_void_p
    return library


def _message(pgconn: pq.abc.PGconn) -> str:
    return pgconn.error_message.decode(errors="replace")
