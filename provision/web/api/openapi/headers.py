"""Headers and parameters, each described once and referred to by name."""

from __future__ import annotations

from typing import Any, Final

from provision.web.api.openapi.fields import ID

_TAG: Final = r'^(W/)?"[\x21\x23-\x7e]*"$'

HEADERS: Final[dict[str, dict[str, Any]]] = {
    "ETag": {
        "description": "The version of what is answered, for `If-Match` and `If-None-Match`. "
        "It ends in `-gzip` where the body is compressed, and stands for the same version.",
        "schema": {"type": "string", "pattern": _TAG},
        "required": True,
    },
    "Location": {
        "description": "The address of the new row.",
        "schema": {"type": "string", "format": "uri-reference"},
        "required": True,
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer", "minimum": 1},
        "required": True,
    },
    "Retry-After-If-Known": {
        "description": "Seconds to wait before the next try; absent where waiting does not help.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "How to prove who is asking: `Bearer`.",
        "schema": {"type": "string", "const": "Bearer"},
        "required": True,
    },
    "Allow": {
        "description": "The methods that this address takes, separated by commas.",
        "schema": {"type": "string", "pattern": "^[A-Z]+(, ?[A-Z]+)*$"},
        "required": True,
    },
    "Content-Encoding": {
        "description": "`gzip` where the body is compressed: over 1 kB, and the client reads it.",
        "schema": {"type": "string", "const": "gzip"},
    },
    "Vary": {
        "description": "The request headers that the form of this answer depends on.",
        "schema": {"type": "string"},
    },
    "Idempotent-Replayed": {
        "description": "`true` where this is the first answer to the same `Idempotency-Key`, "
        "given again.",
        "schema": {"type": "string", "const": "true"},
    },
}

PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "Id": {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "The id that a list or the creating call gave.",
        "schema": ID,
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "description": "The `ETag` of the row that was read, or several; 412 if it has changed "
        "since. What is no tag matches nothing, `*` any row that is there.",
        "schema": {"type": "string"},
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of what was read, or several; 304 if it is still the same.",
        "schema": {"type": "string"},
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Any text that is new for each thing to be done, such as a random UUID. "
        "For 24 hours the same key gets the first answer again, and nothing is done twice; "
        "with another body it is 422.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$",
        },
    },
}


def header(name: str) -> dict[str, Any]:
    """Return a header of an answer: its name, and a reference to its description."""
    return {name.removesuffix("-If-Known"): {"$ref": f"#/components/headers/{name}"}}


def parameter(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/parameters/{name}"}


def query(name: str, schema: dict[str, Any], words: str, **more: Any) -> dict[str, Any]:
    """Describe a parameter of the query."""
    return {"name": name, "in": "query", "description": words, "schema": schema} | more
