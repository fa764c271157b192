"""Problem details for the JSON API (RFC 9457), and the error the web layer raises for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from flask import Response, make_response

if TYPE_CHECKING:
    from collections.abc import Mapping

_TITLES: Final[Mapping[int, str]] = {
    400: "This request cannot be read",
    401: "Sign in first",
    403: "This is not allowed",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "This does not fit what is there",
    412: "Changed elsewhere",
    413: "This is too large",
    415: "This form of content is not understood",
    422: "Some of this needs mending",
    429: "Too many tries",
    500: "Something broke on our side",
    503: "Your database did not answer",
}


class ApiError(Exception):
    """An error the web layer itself finds; `extra` members go into the problem."""

    def __init__(self, status: int, code: str, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.extra = extra


def problem(status: int, code: str, detail: str, **extra: Any) -> Response:
    """A problem-details answer; members of `extra` that are None are left out."""
    body = {
        "type": f"urn:provision:problem:{code}",
        "title": title_of(status, code),
        "status": status,
        "detail": detail,
        "code": code,
    }
    body |= {name: value for name, value in extra.items() if value is not None}
    response = make_response(msgspec.json.encode(body), status)
    response.content_type = "application/problem+json"
    return response


def title_of(status: int, code: str) -> str:
    """What a status means, in words for a person; with `code`, where one status means two things.

    Our own store in trouble is never said to be the person's database.
    """
    if code == "unavailable":
        return "This server cannot do that now"
    return _TITLES.get(status, "Error")
