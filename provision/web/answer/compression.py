"""Compress answers: static files once, pages and JSON each time.

Brotli makes files an eighth smaller than gzip but takes twenty times as long, so it is used for
static files only. Browsers ask for it over HTTPS and on their own machine.

The length of a compressed page tells something about its content (BREACH, 2013). So each answer
has up to a hundred random bytes as the file name in its gzip header, which readers skip. Padding
makes guessing slow, not impossible: a page that shows a lasting secret is not compressed at all.
"""

from __future__ import annotations

import gzip
import io
import secrets
from functools import cache
from typing import TYPE_CHECKING, Final

import brotli
from flask import g, request

from provision.web.answer.assets import content, plain_path

if TYPE_CHECKING:
    from flask import Response

_KINDS: Final = frozenset(
    (
        *("text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml"),
        *("application/json", "application/problem+json"),
    )
)
CODED: Final = "-gzip"
"""The end of a compressed answer's entity tag, as its bytes are not those of the plain one."""
# Shorter answers fit into one packet anyway.
_SHORTEST_BYTES: Final = 1000
_MOST_PADDING_BYTES: Final = 100
# For pages: level 6 takes half as long again and saves only one per cent more.
_LEVEL: Final = 4
# JSON repeats itself a lot: level 1 takes half the time for a tenth more bytes.
_JSON_LEVEL: Final = 1


def keep_plain() -> None:
    """Leave the present answer uncompressed: it shows a secret beside text of a stranger."""
    g.keep_plain = True


def compress(response: Response) -> Response:
    """Compress the body of a page or static file with an encoding that the browser accepts."""
    if response.mimetype not in _KINDS or response.status_code in (204, 206, 304):
        return response
    if "keep_plain" in g:
        return response
    is_static = request.endpoint == "static" and response.status_code == 200
    response.vary.add("Accept-Encoding")
    encoding = "br" if is_static and _is_wanted("br") else "gzip"
    if "Content-Encoding" in response.headers or not _is_wanted(encoding):
        return response
    if is_static:
        _compress_file(response, encoding)
    elif response.is_streamed or not _is_worth_it(response):
        return response
    else:
        _compress_body(response)
    response.headers["Content-Encoding"] = encoding
    return response


def _compress_file(response: Response, encoding: str) -> None:
    # By its one path, however the address spells it, so that each file is kept once.
    name = str((request.view_args or {}).get("filename", ""))
    response.close()  # the opened file, which is not sent
    response.direct_passthrough = False
    tag, _ = response.get_etag()
    if tag:
        # The same file, in other bytes.
        response.set_etag(tag, weak=True)
    response.set_data(_static(plain_path(name), encoding))


def _compress_body(response: Response) -> None:
    level = _LEVEL if response.mimetype == "text/html" else _JSON_LEVEL
    tag, is_weak = response.get_etag()
    if tag and not is_weak:
        response.set_etag(f"{tag}{CODED}")
    response.set_data(_padded(response.get_data(), level))


def _is_wanted(encoding: str) -> bool:
    """Tell whether the client accepts this encoding at least as well as plain text."""
    wish = request.accept_encodings
    return 0 < wish[encoding] >= wish["identity"]


def _is_worth_it(response: Response) -> bool:
    """Tell whether the answer is long enough, or the client refuses plain text."""
    length = len(response.get_data())
    return length >= _SHORTEST_BYTES or (length > 0 and _refuses_plain())


def _refuses_plain() -> bool:
    wish = request.accept_encodings
    return wish["identity"] == 0 and any(name in ("identity", "*") for name, _ in wish)


@cache
def _static(path: str, encoding: str) -> bytes:
    plain = content(path)
    if encoding == "br":
        return bytes(brotli.compress(plain))
    return gzip.compress(plain, compresslevel=9, mtime=0)


def _padded(body: bytes, level: int) -> bytes:
    packed = io.BytesIO()
    name = "a" * secrets.randbelow(_MOST_PADDING_BYTES + 1)
    with gzip.GzipFile(name, "wb", compresslevel=level, fileobj=packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()
