"""Whole requests out of the bytes that one client sends; bodies beyond a bound lie on disk.

The parser is llhttp, the one of Node.js, in its strict mode. What it lets pass and HTTP forbids, or
what the app would read in another way than a proxy before it, is refused here.
"""

from __future__ import annotations

import re
from collections import deque
from tempfile import SpooledTemporaryFile
from typing import Any, Final
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from provision.server.refusals import (
    ADDRESS_TOO_LONG,
    HEADERS_TOO_LARGE,
    NOT_UNDERSTOOD,
    Refusal,
    is_below_api,
)

MOST_BODY_BYTES: Final = 1024 * 1024
"""As many as the app takes; of a longer body the head is enough for the app to refuse it."""
SLICE_BYTES: Final = 1024
"""As much is parsed in one go: so few requests sent at once are held parsed, the rest as bytes."""

_MOST_TARGET_BYTES: Final = 4_000
_MOST_HEADERS: Final = 100
_MOST_HEADER_BYTES: Final = 8_000
_MOST_HEAD_BYTES: Final = 64 * 1024
# Of a body in chunks with its framing: sizes, extensions, trailers.
_MOST_CHUNKED_BYTES: Final = 2 * MOST_BODY_BYTES
# A body up to this size is kept in memory.
_IN_MEMORY_BYTES: Final = 64 * 1024
_SESSION: Final = re.compile(rb"provision_session=([^;]+)")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_START_BYTES: Final = 100


class Request:
    """One request, complete unless `is_cut`: then its body was too large and is left out."""

    __slots__ = (
        "body",
        "body_bytes",
        "credential",
        "headers",
        "is_api",
        "is_cut",
        "keep_alive",
        "method",
        "target",
        "version",
    )

    def __init__(self) -> None:
        self.method = ""
        self.target = b""
        self.version = ""
        self.headers: list[tuple[bytes, bytes]] = []
        """Names in lower case, in the order sent."""
        self.body: SpooledTemporaryFile[bytes] | None = None
        self.body_bytes = 0
        """Of a body that is left out: its declared length, or what had come of it."""
        self.keep_alive = False
        self.is_cut = False
        self.is_api = False
        self.credential: bytes | None = None
        """The token or session cookie sent, not yet checked."""

    @property
    def on_disk_bytes(self) -> int:
        return self.body_bytes if self.body_bytes > _IN_MEMORY_BYTES and not self.is_cut else 0

    def close(self) -> None:
        """Free the body, in memory or on disk."""
        if self.body is not None:
            self.body.close()


class RequestBuffer:
    """Takes bytes by `feed`, gives whole requests in `ready`.

    After `refusal` is set, or a request that `is_cut`, nothing more can be fed.
    """

    def __init__(self) -> None:
        self.ready: Final[deque[Request]] = deque()
        self.refusal: Refusal | None = None
        self.is_api = False
        """Whether what arrives, or was refused, is below /api."""
        self.awaits_continue = False
        """Whether the client waits for `100 Continue` before it sends the body."""
        self.arrived_bytes = 0
        """Of the request on its way in, head and body with its framing; 0 between requests."""
        self._parser: Any = HttpRequestParser(self)
        self._request = Request()
        self._pieces = bytearray()
        self._start = b""
        self._head_is_whole = False
        self._is_going_on = False
        """Whether the parser is shown again where it stands, and tells what is known."""
        self._is_cut = False

    @property
    def is_over(self) -> bool:
        """Return whether nothing more of the client is read."""
        return self._is_cut or self.refusal is not None

    @property
    def memory_bytes(self) -> int:
        """Return about how many bytes of memory are held."""
        arriving = 0 if self._request.on_disk_bytes else self.arrived_bytes
        return arriving + sum(
            SLICE_BYTES + each.body_bytes - each.on_disk_bytes for each in self.ready
        )

    @property
    def disk_bytes(self) -> int:
        """Return how many bytes on disk are held."""
        return self._request.on_disk_bytes + sum(each.on_disk_bytes for each in self.ready)

    def feed(self, data: memoryview) -> None:
        """Parse up to SLICE_BYTES of what the client sent."""
        if not self.arrived_bytes:
            self._start = b""
        if len(self._start) < _START_BYTES:
            self._start += bytes(data[:_START_BYTES])
        self.arrived_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._decline_upgrade(data[upgrade.args[0] :])
        except HttpParserError as error:
            if isinstance(error.__context__, OSError):  # of a callback
                raise error.__context__ from None
            self._refuse(self.refusal or self._reason())
        if not self._head_is_whole and self.arrived_bytes > _MOST_HEAD_BYTES:
            self._refuse(self._reason(HEADERS_TOO_LARGE))
        if self._pieces:
            self._keep_body(self._request)
        if self._head_is_whole and self.arrived_bytes > _MOST_HEAD_BYTES + _MOST_CHUNKED_BYTES:
            self._cut()

    def close(self) -> None:
        """Free what is held."""
        for each in (self._request, *self.ready):
            each.close()
        self.ready.clear()
        self._request = Request()
        self.arrived_bytes = 0

    # Called by the parser.

    def on_message_begin(self) -> None:
        if not self._is_going_on:
            self._request = Request()
            self._head_is_whole = False

    def on_url(self, piece: bytes) -> None:
        if self._is_going_on:
            return
        self._request.target += piece
        if len(self._request.target) > _MOST_TARGET_BYTES:
            self._refuse(ADDRESS_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head_is_whole:
            return  # a trailer: as a header it would be one that nobody has judged
        headers = self._request.headers
        headers.append((name.lower(), value))
        if len(headers) > _MOST_HEADERS or len(name) + len(value) > _MOST_HEADER_BYTES:
            self._refuse(HEADERS_TOO_LARGE)
        elif _CONTROL.search(value):
            self._refuse(NOT_UNDERSTOOD)

    def on_headers_complete(self) -> None:
        if self._is_going_on:
            return
        request, parser = self._request, self._parser
        request.method = parser.get_method().decode("ascii")
        request.version = parser.get_http_version()
        request.keep_alive = parser.should_keep_alive()
        self._head_is_whole = True
        by_name: dict[bytes, bytes] = {}
        for name, value in request.headers:
            if name in by_name and name in _ONCE:
                self._refuse(NOT_UNDERSTOOD)
            by_name[name] = value
        if not _is_proper(request, by_name):
            self._refuse(NOT_UNDERSTOOD)
            return
        self.is_api = request.is_api = is_below_api(b"GET " + request.target + b" ")
        request.credential = _credential(by_name)
        length = int(by_name.get(b"content-length", b"0"))
        if length > MOST_BODY_BYTES:
            request.body_bytes = length
            self._cut()
        elif b"expect" in by_name and (length or b"transfer-encoding" in by_name):
            self.awaits_continue = True

    def on_body(self, piece: bytes) -> None:
        # Called for each chunk, of which a hostile client sends a million: no more work than this.
        self._pieces += piece

    def on_message_complete(self) -> None:
        self.arrived_bytes = 0
        self.awaits_continue = False
        if self._pieces:
            self._keep_body(self._request)
        if self.refusal is None and not self._is_cut:
            if self._request.body is not None:
                self._request.body.seek(0)
            self.ready.append(self._request)
        # What follows in the same slice begins anew.
        self._request = Request()

    def _decline_upgrade(self, rest: memoryview) -> None:
        """Go on in HTTP/1.1 where another protocol was offered (RFC 9110, section 7.8).

        The parser calls such a request whole at the end of its head, its body unread.
        """
        self._parser = HttpRequestParser(self)
        if self.is_over:
            return
        if not self.ready:
            self._refuse(NOT_UNDERSTOOD)
            return
        framing = [
            b"%b: %b\r\n" % header
            for header in self.ready[-1].headers
            if header[0] in (b"content-length", b"transfer-encoding")
        ]
        if framing:
            self._request = self.ready.pop()
            self._head_is_whole = self._is_going_on = True
            self._parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n" % b"".join(framing))
            self._is_going_on = False
            self.arrived_bytes = 1  # it is on its way, whatever its head took
        if rest:
            self.feed(rest)

    def _keep_body(self, request: Request) -> None:
        pieces, self._pieces = self._pieces, bytearray()
        if self._is_cut or self.refusal is not None:
            return
        self.awaits_continue = False
        request.body_bytes += len(pieces)
        if request.body_bytes > MOST_BODY_BYTES:
            self._cut()
            return
        if request.body is None:
            request.body = SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115  # closed with it
        request.body.write(pieces)

    def _cut(self) -> None:
        """Pass the request on without its body, for the app to refuse it in its own words."""
        request = self._request
        if self._is_cut or self.refusal is not None:
            return
        self._is_cut = request.is_cut = True
        request.body_bytes = max(request.body_bytes, MOST_BODY_BYTES + 1)
        request.keep_alive = False
        request.close()
        request.body = None
        self.ready.append(request)

    def _refuse(self, refusal: Refusal) -> None:
        if self.refusal is None and not self._is_cut:
            self.refusal = refusal
            self.is_api = is_below_api(self._start)

    def _reason(self, otherwise: Refusal = NOT_UNDERSTOOD) -> Refusal:
        """Tell a head that is too large from one that is wrong."""
        if len(self._request.target) > _MOST_TARGET_BYTES:
            return ADDRESS_TOO_LONG
        return otherwise


# Of these a second one is read in one way here and in another by a proxy.
_ONCE: Final = frozenset(
    (b"host", b"content-length", b"transfer-encoding", b"content-type", b"authorization")
)


def _is_proper(request: Request, headers: dict[bytes, bytes]) -> bool:
    if request.version not in ("1.0", "1.1"):
        return False
    if request.version == "1.1" and b"host" not in headers:
        return False
    coding = headers.get(b"transfer-encoding")
    if coding is not None and (
        coding.lower() != b"chunked" or request.version == "1.0" or b"content-length" in headers
    ):
        return False
    if not headers.get(b"content-length", b"0").isdigit():
        return False
    if headers.get(b"expect", b"100-continue").lower() != b"100-continue":
        return False
    return _names_a_path(request)


def _names_a_path(request: Request) -> bool:
    """Reduce a target in absolute form (RFC 9112, section 3.2.2) to the Host and path it means."""
    target = request.target
    if target.startswith(b"/"):
        return True
    if target == b"*":
        return request.method == "OPTIONS"
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    if parts.scheme not in (b"http", b"https") or not parts.netloc or b"@" in parts.netloc:
        return False
    rest = target.partition(b"://")[2][len(parts.netloc) :]
    request.target = rest if rest.startswith(b"/") else b"/" + rest
    others = [(name, value) for name, value in request.headers if name != b"host"]
    request.headers = [(b"host", parts.netloc), *others]
    return True


def _credential(headers: dict[bytes, bytes]) -> bytes | None:
    token = headers.get(b"authorization")
    if token is not None:
        return token
    session = _SESSION.search(headers.get(b"cookie", b""))
    return session[1] if session else None
