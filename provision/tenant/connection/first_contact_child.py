"""Log in to a server once in a process of its own, say with which keys to come again, and end.

Run by `first_contact`, never imported by the app, and importing nothing of it: to start fast. It
binds itself to limits before it is told any secret, so that a server which asks for endless
computation costs that much and no more. What it takes in and gives out is one JSON object each.

libpq does not tell the salt and the iteration count of a SCRAM log-in, from which the keys follow
that later contacts use in place of the password; its trace of the messages does.
"""

from __future__ import annotations

import base64
import ctypes
import hashlib
import hmac
import json
import os
import re
import resource
import select
import signal
import sys

CPU_S = 3
MEMORY_BYTES = 512 * 1024 * 1024
_TRACE_BYTES = 1024 * 1024
_OPEN_FILES = 64
_FAREWELL_MS = 300

# `PostgresPollingStatusType`, `CONNECTION_BAD` and `PQTRACE_SUPPRESS_TIMESTAMPS` of libpq-fe.h
_FAILED, _READING, _WRITING, _OK = range(4)
_BAD = 1
_NO_TIMESTAMPS = 1

_FIRST = re.compile(rb"\tSASLInitialResponse\t \"[A-Z0-9-]+\" \d+ '[^',]*,[^',]*,([^']*)'")
_CHALLENGE = re.compile(rb"\tAuthenticationSASLContinue\t '(r=[^',]+,s=([^',]+),i=(\d+))'")
_PROOF = re.compile(rb"\tSASLResponse\t '(c=[^',]+,r=[^',]+),p=[^']+'")
_SIGNATURE = re.compile(rb"\tAuthenticationSASLFinal\t 'v=([^',]+)'")
_ERROR = re.compile(rb"\tErrorResponse\t(?P<fields>.*)")
_SQLSTATE = re.compile(rb" C \"([0-9A-Z]{5})\"")
_ROUTINE = re.compile(rb" R \"(\w{1,60})\"")


def main() -> None:
    """Read the order from standard input, carry it out, print the outcome."""
    _bind(resource.RLIMIT_CPU, CPU_S)
    _bind(resource.RLIMIT_AS, MEMORY_BYTES)
    _bind(resource.RLIMIT_FSIZE, _TRACE_BYTES)
    _bind(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _bind(resource.RLIMIT_CORE, 0)
    order = json.load(sys.stdin.buffer)
    # Whatever becomes of the process that asked, this one ends in time.
    signal.setitimer(signal.ITIMER_REAL, order["limit_s"])
    # A blank line before the outcome says that from here on it is the server that takes its time.
    sys.stdout.write("\n")
    sys.stdout.flush()
    outcome = _log_in(order["library"], order["conninfo"].encode(), order["password"])
    sys.stdout.write(json.dumps(outcome))
    sys.stdout.flush()
    os._exit(0)


def _bind(limit: int, most: int) -> None:
    _, ceiling = resource.getrlimit(limit)
    if ceiling == resource.RLIM_INFINITY or most < ceiling:
        # One more than the soft limit, whose signal then tells why it ended.
        resource.setrlimit(limit, (most, most + 1 if limit == resource.RLIMIT_CPU else most))


def _log_in(library: str, conninfo: bytes, password: str) -> dict[str, str]:
    libpq = _functions(library)
    libc = ctypes.CDLL(None)
    libc.fdopen.restype = ctypes.c_void_p
    trace = os.memfd_create("trace")
    line = ctypes.c_void_p(libpq.PQconnectStart(conninfo))
    file = ctypes.c_void_p(libc.fdopen(os.dup(trace), b"w"))
    libpq.PQtrace(line, file)
    libpq.PQsetTraceFlags(line, _NO_TIMESTAMPS)
    state = _FAILED if libpq.PQstatus(line) == _BAD else _WRITING
    while state not in (_OK, _FAILED):
        poller = select.poll()
        wanted = select.POLLIN if state == _READING else select.POLLOUT
        poller.register(libpq.PQsocket(line), wanted)
        poller.poll()
        state = libpq.PQconnectPoll(line)
    message = libpq.PQerrorMessage(line) or b""
    _hang_up(libpq, line)
    libc.fflush(file)
    said = os.pread(trace, _TRACE_BYTES, 0)
    if state == _OK:
        return _keys(said, password)
    return {"message": message.decode(errors="replace"), **_last_error(said)}


def _hang_up(libpq: ctypes.CDLL, line: ctypes.c_void_p) -> None:
    """Close, and wait for the server to do so: it must not count two connections of ours."""
    number = libpq.PQsocket(line)
    copy = os.dup(number) if number >= 0 else -1
    libpq.PQfinish(line)
    if copy >= 0:
        poller = select.poll()
        poller.register(copy, select.POLLIN)
        poller.poll(_FAREWELL_MS)


def _functions(library: str) -> ctypes.CDLL:
    libpq = ctypes.CDLL(library)
    libpq.PQconnectStart.restype = ctypes.c_void_p
    libpq.PQerrorMessage.restype = ctypes.c_char_p
    return libpq


def _last_error(said: bytes) -> dict[str, str]:
    """Return the parts of the server's last error that are the same in every language."""
    errors = _ERROR.findall(said)
    if not errors:
        return {}
    found = {"sqlstate": _SQLSTATE.search(errors[-1]), "routine": _ROUTINE.search(errors[-1])}
    return {name: match[1].decode() for name, match in found.items() if match}


def _keys(said: bytes, password: str) -> dict[str, str]:
    """Return the SCRAM keys of this log-in, proved against the server's signature (RFC 5802)."""
    parts = [pattern.findall(said) for pattern in (_FIRST, _CHALLENGE, _PROOF, _SIGNATURE)]
    if b"\tAuthenticationSASL" not in said:
        return {"method": "md5"}
    if not all(parts):
        return {"method": "unknown"}
    first, (challenge, salt, count), proof, signature = (found[-1] for found in parts)
    spoken = b",".join((first, challenge, proof))
    for text in _spellings(password):
        salted = hashlib.pbkdf2_hmac("sha256", text, base64.b64decode(salt), int(count))
        server_key = hmac.digest(salted, b"Server Key", "sha256")
        if hmac.compare_digest(
            hmac.digest(server_key, spoken, "sha256"), base64.b64decode(signature)
        ):
            client_key = hmac.digest(salted, b"Client Key", "sha256")
            return {
                "method": "scram",
                "client_key": base64.b64encode(client_key).decode(),
                "server_key": base64.b64encode(server_key).decode(),
            }
    return {"method": "unknown"}


def _spellings(password: str) -> list[bytes]:
    """Return the password as it is, and as SASLprep (RFC 4013) writes it where that differs."""
    plain = [password.encode(errors="surrogateescape")]
    if password.isascii():
        return plain
    import stringprep  # noqa: PLC0415 -- seldom needed, and slow to load
    import unicodedata  # noqa: PLC0415

    kept = (each for each in password if not stringprep.in_table_b1(each))
    spaced = "".join(" " if stringprep.in_table_c12(each) else each for each in kept)
    return [unicodedata.normalize("NFKC", spaced).encode(errors="surrogateescape"), *plain]
