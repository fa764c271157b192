"""The body of a request, whole or refused, however it arrives and whatever server hands it on.

Werkzeug's own stream ends silently at the limit where a body comes in chunks, and takes a body that
breaks off before its `Content-Length` for a whole one where the server ends the stream itself.
"""

from __future__ import annotations

from functools import cached_property
from io import BytesIO
from typing import IO, Any

from flask import Request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.wsgi import LimitedStream, get_content_length


class WholeBodyRequest(Request):
    """A request whose stream raises an HTTPException in place of ending early."""

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body: 413 where it is longer than allowed, 400 where it broke off."""
        environ: dict[str, Any] = self.environ
        source: IO[bytes] = environ["wsgi.input"]
        most, length = self.max_content_length, get_content_length(environ)
        if length is not None:
            if most is not None and length > most:
                raise RequestEntityTooLarge
            # Raises when the source ends before that.
            return LimitedStream(source, length)  # type: ignore[return-value]
        if not environ.get("wsgi.input_terminated"):
            if "HTTP_TRANSFER_ENCODING" in environ:
                raise BadRequest
            return BytesIO()
        return BytesIO(_read(source, most))


def _read(source: IO[bytes], most: int | None) -> bytes:
    """Read to the end of a stream that the server ends; raises RequestEntityTooLarge."""
    if most is None:
        return source.read()
    body = bytearray()
    while len(body) <= most:
        piece = source.read(most + 1 - len(body))
        if not piece:
            return bytes(body)
        body += piece
    raise RequestEntityTooLarge
