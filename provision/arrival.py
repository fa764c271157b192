"""One HTTP request on its way in: is all of it there, so that a thread can serve it at once?

Reads no more of it than where it ends. Whatever is odd is called ready: the server's own parser
then refuses it, without having to wait for more.
"""

from __future__ import annotations

import re
from typing import Final

MOST_HEAD_BYTES: Final = 1024 * 1024
"""More than the server's own parser reads before it refuses."""
MOST_BODY_BYTES: Final = 1024 * 1024
"""As many as the app takes; of a longer body the head is enough to refuse it."""
# Chunks of one byte each would be six times as long.
_MOST_CHUNKED_BYTES: Final = 2 * MOST_BODY_BYTES

_END_OF_HEAD: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*(?=\r\n)", re.IGNORECASE)
_ENCODED: Final = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_EXPECTS: Final = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_CREDENTIAL: Final = re.compile(
    rb"\r\nauthorization:[ \t]*([^\r\n]+)|\r\ncookie:[^\r\n]*?provision_session=([^;\r\n]+)",
    re.IGNORECASE,
)
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]{0,200}\r\n")
# As strict as the server's own parser, which goes on to refuse what is written otherwise.
_STRICT_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[^\r\n]{0,200})?\r\n")
_MOST_CHUNKS: Final = 64
"""For each chunk the server's own parser copies all that comes after it."""


class Arrival:
    """Bytes of a request as they come; `take` hands them over."""

    def __init__(self, start: bytes = b"") -> None:
        self._bytes = bytearray()
        self._searched = 0
        self._body_at = 0
        self._end: int | None = None
        self._next_chunk: int | None = None
        self._chunks = 0
        self.is_whole = False
        """Whether its last byte is there."""
        self.is_ready = False
        """Whether there is nothing to wait for: it is whole, or will be refused as it is."""
        self.expects_leave = False
        """Whether the client waits for `100 Continue` before it sends the body."""
        self.credential: bytes | None = None
        """What tells, unproved, who is asking: a token, or the cookie of a session."""
        if start:
            self.add(start)

    def __len__(self) -> int:
        return len(self._bytes)

    def add(self, piece: bytes) -> None:
        """Take in what has come."""
        self._bytes += piece
        if not self._body_at:
            self._find_body()
        if self._next_chunk is not None:
            self._walk_chunks()
        if self._end is not None and len(self._bytes) >= self._end:
            self.is_whole = self.is_ready = True

    def take(self) -> bytes:
        """All that has come, which is then no longer kept here; of many chunks, one is made."""
        taken = self._joined() if self._chunks > _MOST_CHUNKS else bytes(self._bytes)
        self._bytes.clear()
        return taken

    def _find_body(self) -> None:
        at = self._bytes.find(_END_OF_HEAD, max(0, self._searched - len(_END_OF_HEAD)))
        self._searched = len(self._bytes)
        if at < 0:
            self.is_ready = len(self._bytes) > MOST_HEAD_BYTES
            return
        self._body_at = at + len(_END_OF_HEAD)
        head = bytes(self._bytes[: at + 2])
        credential = _CREDENTIAL.search(head)
        if credential is not None:
            self.credential = credential[1] or credential[2]
        lengths, is_encoded = _LENGTH.findall(head), _ENCODED.search(head) is not None
        if len(lengths) > 1 or (lengths and is_encoded):
            self.is_ready = True
        elif is_encoded:
            self._next_chunk = self._body_at
        elif lengths and int(lengths[0]) > MOST_BODY_BYTES:
            self.is_ready = True
        else:
            self._end = self._body_at + (int(lengths[0]) if lengths else 0)
        self.expects_leave = not self.is_ready and _EXPECTS.search(head) is not None

    def _walk_chunks(self) -> None:
        while self._next_chunk is not None and self._next_chunk < len(self._bytes):
            at = self._next_chunk
            line_end = self._bytes.find(b"\r\n", at, at + 256)
            if line_end < 0:
                self.is_ready = len(self._bytes) - at > 256
                break
            chunk = _CHUNK.match(self._bytes, at, line_end + 2)
            if chunk is None:
                self.is_ready = True
                break
            size = int(chunk[1], 16)
            if size:
                self._chunks += 1
                self._next_chunk = chunk.end() + size + 2
                continue
            # The last one: behind it may be trailers, and then an empty line.
            end = self._bytes.find(_END_OF_HEAD, chunk.end() - 2)
            if end >= 0:
                self._end, self._next_chunk = end + len(_END_OF_HEAD), None
            break
        if len(self._bytes) - self._body_at > _MOST_CHUNKED_BYTES:
            self.is_ready = True

    def _joined(self) -> bytes:
        """The same request with what its whole chunks hold in a single one."""
        at, body = self._body_at, bytearray()
        while chunk := _STRICT_CHUNK.match(self._bytes, at):
            end = chunk.end() + int(chunk[1], 16)
            if end == chunk.end() or self._bytes[end : end + 2] != b"\r\n":
                break
            body += self._bytes[chunk.end() : end]
            at = end + 2
        if not body:
            return bytes(self._bytes)
        head, rest = self._bytes[: self._body_at], self._bytes[at:]
        return b"".join((head, b"%x\r\n" % len(body), body, b"\r\n", rest))
