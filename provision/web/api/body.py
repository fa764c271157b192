"""JSON in and out: request bodies, preconditions and answers of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from flask import Response, g, make_response, request

from provision.errors import ValidationError
from provision.nouns.spelling import MOST_NAMED, suggestion
from provision.web.answer.problem_details import ApiError
from provision.web.api.json_text import MalformedJsonError, read_json_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONGEST_NAME: Final = 100
_ENCODER = msgspec.json.Encoder(decimal_format="number", uuid_format="canonical")
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii"})


def read_object(*known: str, optional: bool = False) -> dict[str, Any]:
    """Return the JSON object of the body; a number with a point becomes a Decimal.

    Its members are held to `known`; without any that is left to the caller. An empty body is an
    empty object where it is `optional`. Raises ApiError, or ValidationError for unknown members.
    """
    if optional and not request.get_data():
        return {}
    check_readable()
    body: dict[str, Any] = g.json_body
    if known or optional:
        check_members(body, known)
    return body


def check_readable() -> None:
    """Raise ApiError for a body that is there and is no JSON object; what is read is kept."""
    raw = request.get_data()
    if "json_body" in g:
        return
    _check_type()
    try:
        g.json_body = read_json_object(raw)
    except MalformedJsonError as error:
        raise ApiError(400, "malformed_json", str(error)) from None


def count_body() -> None:
    """Refuse a body that is too long, or broke off, also on a call that takes none."""
    if request.content_length or "Transfer-Encoding" in request.headers:
        request.get_data()


def check_members(body: Mapping[str, object], known: Sequence[str]) -> None:
    """Raise ValidationError for members of `body` that are none of `known`."""
    unknown = sorted(body.keys() - set(known))[:MOST_NAMED]
    if unknown:
        raise ValidationError(
            {
                name[:_LONGEST_NAME]: [
                    f"This call takes no member of this name.{suggestion(name, known)}"
                ]
                for name in unknown
            }
        )


def _check_type() -> None:
    is_json = request.mimetype == "application/json" or request.mimetype.endswith("+json")
    charset = request.mimetype_params.get("charset", "utf-8").casefold()
    if not is_json or charset not in _CHARSETS:
        raise ApiError(
            415,
            "unsupported_media_type",
            "Send JSON in UTF-8, with Content-Type: application/json.",
        )
    if request.headers.get("Content-Encoding", "identity").strip().casefold() != "identity":
        raise ApiError(415, "unsupported_media_type", "Send the body uncompressed.")


def text_fields(body: dict[str, Any], *names: str) -> tuple[str | None, ...]:
    """Return the members `names`; None if absent. Raises ApiError 422 for one that is no string."""
    errors = {
        name: ["This is a text."] for name in names if not isinstance(body.get(name), str | None)
    }
    if errors:
        raise ApiError(422, "validation_failed", "Some fields are not texts.", errors=errors)
    return tuple(body.get(name) for name in names)


def answer(body: object, status: int = 200) -> Response:
    """Answer with JSON; money becomes a number."""
    return raw_answer(_ENCODER.encode(body), status)


def raw_answer(text: str | bytes, status: int = 200) -> Response:
    """Answer with JSON text that is made already, mostly by PostgreSQL."""
    response = make_response(text, status)
    response.content_type = "application/json"
    return response


def row_answer(member: str, row: str, version: str, status: int = 200) -> Response:
    """Answer with one row as `{member: row}` and its version as `ETag`."""
    response = raw_answer(f'{{"{member}":{row}}}', status)
    response.set_etag(version)
    return response
