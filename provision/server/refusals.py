"""What the server answers without asking the app: to what is malformed, too slow or too much."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Final

from provision.security_headers import SECURITY

# The path stands in the first bytes of a request, even of one that cannot be parsed.
_BELOW_API: Final = re.compile(rb"\s*[!-~]{1,20} (?:/w/[^/?\s]{1,64})?/api[/?\s]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status, the `code` of its problem document, and what the client can do."""

    status: int
    code: str
    title: str
    detail: str
    retry_after_s: int | None = None


NOT_UNDERSTOOD: Final = Refusal(
    400, "bad_request", "This request cannot be read", "This request could not be understood."
)
ADDRESS_TOO_LONG: Final = Refusal(
    400,
    "bad_request",
    "This request cannot be read",
    "The address of this request is too long: up to 4,000 characters are read.",
)
HEADERS_TOO_LARGE: Final = Refusal(
    400,
    "bad_request",
    "This request cannot be read",
    "The headers of this request are too large: up to 100 of 8,000 characters each are read.",
)
TOO_SLOW: Final = Refusal(
    408,
    "request_timeout",
    "This request took too long",
    "The request did not arrive in time, and nothing was done with it. Send it again.",
)
NO_ROOM: Final = Refusal(
    503,
    "unavailable",
    "The server is busy",
    "The server holds too many requests at the moment, and nothing was done with this one. "
    "Send it again in a few seconds.",
    retry_after_s=5,
)
NO_ROOM_FOR_ANSWER: Final = Refusal(
    503,
    "unavailable",
    "The server is busy",
    "The server cannot keep the answer to this request at the moment. What was asked for may have "
    "been done: look before you send it again.",
)
FAULT: Final = Refusal(
    500,
    "internal_error",
    "Something broke on our side",
    "This is a fault in Provision, not in your request.",
)


def is_below_api(start: bytes) -> bool:
    """Return whether a request that begins with these bytes asks for an address below /api."""
    return _BELOW_API.match(start) is not None


def answer(refusal: Refusal, *, as_problem: bool, has_body: bool = True) -> bytes:
    """Return the whole answer, after which the connection is closed.

    `as_problem`: as problem details (RFC 9457), else as a line of text. `has_body`: not for HEAD.
    """
    if as_problem:
        kind = "application/problem+json"
        problem = {
            "type": f"urn:provision:problem:{refusal.code}",
            "title": refusal.title,
            "status": refusal.status,
            "detail": refusal.detail,
            "code": refusal.code,
        }
        body = json.dumps(problem).encode()
    else:
        kind, body = "text/plain; charset=utf-8", f"{refusal.detail}\n".encode()
    lines = {
        "Date": formatdate(usegmt=True),
        **SECURITY,
        "Cache-Control": "no-store",
        "Connection": "close",
        "Content-Type": kind,
        "Content-Length": len(body),
    }
    if refusal.retry_after_s is not None:
        lines["Retry-After"] = refusal.retry_after_s
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    status = HTTPStatus(refusal.status)
    start = f"HTTP/1.1 {status.value} {status.phrase}\r\n{head}\r\n".encode()
    return start + body if has_body else start
