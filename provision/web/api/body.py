"""JSON in and out: request bodies, preconditions and answers of the API."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import msgspec
from flask import Response, make_response, request

from provision.web.problem_details import ApiError

if TYPE_CHECKING:
    from collections.abc import Sequence


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of 19 digits or more; JSON has no limit
        return Decimal("Infinity")


_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=_number)
_ENCODER = msgspec.json.Encoder(decimal_format="number", uuid_format="canonical")


def read_object(*, optional: bool = False) -> dict[str, Any]:
    """The JSON object in the request's body; numbers with a point come as Decimal.

    An empty body is an empty object where it is `optional`. Raises ApiError.
    """
    raw = request.get_data(cache=False)
    if not raw and optional:
        return {}
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise ApiError(
            415, "unsupported_media_type", "Send JSON, with Content-Type: application/json."
        )
    try:
        return _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ApiError(400, "malformed_json", "The body is not a JSON object.") from None


def text_fields(body: dict[str, Any], *names: str) -> tuple[str | None, ...]:
    """Those members of `body`, each a string or absent; raises ApiError 422 for another type."""
    errors = {
        name: ["This is a text."] for name in names if not isinstance(body.get(name), str | None)
    }
    if errors:
        raise ApiError(422, "validation_failed", "Some fields are not texts.", errors=errors)
    return tuple(body.get(name) for name in names)


def answer(body: object, status: int = 200) -> Response:
    """A JSON answer; money comes out as a number."""
    return raw_answer(_ENCODER.encode(body), status)


def raw_answer(text: str | bytes, status: int = 200) -> Response:
    """An answer whose JSON somebody else, mostly PostgreSQL, has built."""
    response = make_response(text, status)
    response.content_type = "application/json"
    return response


def row_answer(member: str, row: str, version: str, status: int = 200) -> Response:
    """One row as `{member: row}` with its version as `ETag`."""
    response = raw_answer(f'{{"{member}":{row}}}', status)
    response.set_etag(version)
    if request.method == "GET":
        response.make_conditional(request)
    return response


def expected_versions() -> Sequence[str] | None:
    """The versions `If-Match` names; None when there is no condition (RFC 9110, 13.1.1).

    Weak tags never match, so they are left out.
    """
    tags = request.if_match
    if tags.star_tag or "If-Match" not in request.headers:
        return None
    return sorted(tags.as_set())
