"""`/api/openapi.json`: the API described for programs; `docs` shows the same to people.

Rows are described by their nouns' own declarations, so that neither can say what the other does
not do; a test walks the routes.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from flask import Response, make_response

from provision.nouns.fields import MOST_MONEY, Choice, Day, Email, Money, Percent, Reference, Text
from provision.web.api import openapi_calls as calls
from provision.web.api.nouns import DEFAULT_LIMIT, MOST_ROWS, RESOURCES, Resource

if TYPE_CHECKING:
    from flask import Blueprint

    from provision.nouns.fields import Field
    from provision.nouns.noun import Noun

_ID: Final[dict[str, Any]] = {"type": "string", "format": "uuid"}
_MOMENT: Final[dict[str, Any]] = {"type": ["string", "null"], "format": "date-time"}
_READ_ONLY: Final[dict[str, dict[str, Any]]] = {
    "project": {"created_at": _MOMENT, "updated_at": _MOMENT},
    "task": {
        "position": {"type": ["number", "null"]},
        "completed_at": _MOMENT,
        "created_at": _MOMENT,
        "updated_at": _MOMENT,
    },
    "team_member": {"created_at": _MOMENT},
}
_VERSION: Final = {
    "type": "string",
    "description": "Changes with every write; the ETag of the row, to be sent as If-Match.",
}


def register(bp: Blueprint) -> None:
    """Add the route to `bp`."""
    bp.add_url_rule("/openapi.json", "openapi", document, methods=["GET"])


def document() -> Response:
    """The description as OpenAPI 3.1."""
    response = make_response(msgspec.json.encode(description()))
    response.content_type = "application/json"
    return response


@cache
def description() -> dict[str, Any]:
    """All calls and all shapes."""
    paths: dict[str, Any] = {path: dict(each) for path, each in calls.PATHS.items()}
    schemas: dict[str, Any] = dict(calls.SCHEMAS)
    for resource in RESOURCES:
        paths |= _paths_of(resource)
        schemas |= _schemas_of(resource.of.noun)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Provision", "version": "1", "description": calls.INTRODUCTION},
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": calls.RESPONSES,
            "securitySchemes": calls.SECURITY,
        },
    }


def _paths_of(resource: Resource) -> dict[str, Any]:
    noun = resource.of.noun
    title, row = _title(noun), {"$ref": f"#/components/schemas/{_title(noun)}"}
    one = calls.answered(f"The {noun.name}.", {noun.member: row})
    tagged = {"tags": [noun.collection.replace("_", " ").capitalize()]}

    def body(name: str) -> dict[str, Any]:
        return {"required": True, "content": calls.json_of(f"#/components/schemas/{name}")}

    listed = {
        noun.collection: {"type": "array", "items": row},
        "next_cursor": {
            "type": ["string", "null"],
            "description": "Send it as `cursor` for the rows that follow; null at the end.",
        },
    }
    condition = {
        "name": "If-Match",
        "in": "header",
        "schema": {"type": "string"},
        "description": "The ETag of the row that was read; 412 if it has changed since.",
    }
    return {
        f"/api/{noun.path}": {
            "get": tagged
            | {
                "summary": f"List {noun.path}",
                "operationId": f"list_{noun.path}",
                "parameters": [
                    *(_filter(noun, name) for name in resource.filters),
                    calls.query("sort", {"enum": _sorts(resource), "default": "-created_at"}),
                    calls.query(
                        "limit",
                        {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": MOST_ROWS,
                            "default": DEFAULT_LIMIT,
                        },
                    ),
                    calls.query("cursor", {"type": "string"}),
                ],
                "responses": calls.answers(
                    {"200": calls.answered("A page of them.", listed)}, 400, 422
                ),
            },
            "post": tagged
            | {
                "summary": f"Make a {noun.name}",
                "operationId": f"create_{noun.member}",
                "requestBody": body(f"New{title}"),
                "responses": calls.answers({"201": one}, 400, 415, 422),
            },
        },
        f"/api/{noun.path}/{{id}}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": _ID}],
            "get": tagged
            | {
                "summary": f"Read a {noun.name}",
                "operationId": f"get_{noun.member}",
                "responses": calls.answers({"200": one}, 404),
            },
            "patch": tagged
            | {
                "summary": f"Change fields of a {noun.name}",
                "operationId": f"update_{noun.member}",
                "parameters": [condition],
                "requestBody": body(f"Changed{title}"),
                "responses": calls.answers({"200": one}, 400, 404, 412, 415, 422),
            },
            "delete": tagged
            | {
                "summary": f"Delete a {noun.name}",
                "operationId": f"delete_{noun.member}",
                "parameters": [condition],
                "responses": calls.answers({"204": {"description": "It is gone."}}, 404, 412),
            },
        },
    }


def _schemas_of(noun: Noun) -> dict[str, Any]:
    written = {each.column: _written(each) for each in noun.fields}
    # The database is the person's own: a row that another program wrote may hold any text.
    read = {
        each.column: _read(each) | {"description": written[each.column].get("description", "")}
        for each in noun.fields
    }
    shown = {"id": _ID, **read, **_READ_ONLY[noun.member], "version": _VERSION}
    changes = {"type": "object", "properties": written, "additionalProperties": False}
    return {
        _title(noun): {"type": "object", "properties": shown, "required": list(shown)},
        f"New{_title(noun)}": changes
        | {"required": [each.column for each in noun.fields if each.required]},
        f"Changed{_title(noun)}": changes,
    }


def _written(field: Field) -> dict[str, Any]:
    """What a field may be sent as."""
    match field:
        case Choice():
            schema: dict[str, Any] = {"type": "string", "enum": list(field.values)}
        case Money():
            schema = {"type": ["number", "string", "null"], "minimum": 0}
            schema |= {"maximum": float(MOST_MONEY), "multipleOf": 0.01}
        case Percent():
            schema = {"type": ["integer", "null"], "minimum": 0, "maximum": field.most}
        case Day():
            schema = {"type": ["string", "null"], "format": "date"}
        case Reference():
            schema = {"type": ["string", "null"], "format": "uuid"}
        case Email():
            schema = {"type": ["string", "null"], "format": "email", "maxLength": field.most}
        case Text():
            schema = {"type": "string" if field.required else ["string", "null"]}
            schema |= {"maxLength": field.most} | ({"minLength": 1} if field.required else {})
        case _:
            raise TypeError(f"{type(field).__name__} has no description yet")
    schema["description"] = f"{field.label}."
    if field.default is not None:
        schema["default"] = field.default
    return schema


def _read(field: Field) -> dict[str, Any]:
    """What a field may come as."""
    match field:
        case Money():
            return {"type": ["number", "string", "null"]}
        case Percent():
            return {"type": ["integer", "null"]}
        case Day():
            return {"type": ["string", "null"], "format": "date"}
        case Reference():
            return {"type": ["string", "null"], "format": "uuid"}
        case _:
            return {"type": ["string", "null"]}


def _filter(noun: Noun, name: str) -> dict[str, Any]:
    if name == "q":
        return calls.query("q", {"type": "string"}, "Words to look for.")
    if name.startswith("due_"):
        return calls.query(name, {"type": "string", "format": "date"})
    field = noun[name]
    if isinstance(field, Choice):
        return calls.query(name, {"type": "string", "enum": list(field.values)})
    return calls.query(name, _ID)


def _sorts(resource: Resource) -> list[str]:
    return [name for each in resource.of.sorts for name in (each, f"-{each}")]


def _title(noun: Noun) -> str:
    return "".join(part.capitalize() for part in noun.member.split("_"))
