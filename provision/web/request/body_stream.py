"""Read the body of a request whole, or refuse it, under every server.

Werkzeug's own stream has two gaps. A chunked body that is too long ends silently at the limit. And
if the server ends the stream itself, a body shorter than its `Content-Length` counts as whole.
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
        """Return the body; reading answers 413 if it is too long, and 400 if it broke off."""
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
