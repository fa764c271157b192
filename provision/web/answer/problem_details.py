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
    408: "This request took too long",
    409: "This does not fit what is there",
    412: "Changed elsewhere",
    413: "This is too large",
    415: "This form of content is not understood",
    422: "Some of this needs mending",
    429: "Too many tries",
    500: "Something broke on our side",
    503: "Your database did not answer",
}
# For codes whose status says less, or something else.
_TITLES_BY_CODE: Final[Mapping[str, str]] = {
    "malformed_json": "This body is not JSON that can be read",
    "invalid_cursor": "This cursor leads nowhere",
    "invalid_credentials": "This is not the right password or code",
    "two_factor_required": "A code is needed, too",
    "read_only_token": "This token may only read",
    "registration_closed": "Registration is closed",
    "role_required": "Your role here may not do this",
    "workspace_required": "Which workspace is meant?",
    "reauthentication_required": "Confirm that it is you",
    "database_not_configured": "No database is connected",
    "connection_unreadable": "The connection string is lost",
    "schema_not_ready": "The tables are not ready",
    "schema_conflict": "A table of another shape is in the way",
    "database_timeout": "Your database did not answer in time",
    "database_busy": "Your database is busy",
    "result_too_large": "Your database sent too much",
    "unavailable": "This server cannot do that now",
}
# A 422 that is not about fields is about a connection string.
_STRING_REFUSED: Final = "This connection string cannot be used"


class ApiError(Exception):
    """An error that the web layer itself finds; `extra` members go into the problem."""

    def __init__(self, status: int, code: str, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.extra = extra


def problem(status: int, code: str, detail: str, **extra: Any) -> Response:
    """Return a problem-details answer, without members of `extra` that are None."""
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
    """Return the title of a code, the same for each occurrence (RFC 9457, 3.1.3).

    A failure of our own store is never called one of the person's database.
    """
    if code in _TITLES_BY_CODE:
        return _TITLES_BY_CODE[code]
    if status == 422 and code != "validation_failed":
        return _STRING_REFUSED
    return _TITLES.get(status, "Error")
