"""The description of the API: a page to read at `/api/docs`, and `/api/openapi.json`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from flask import Response, make_response

from provision.web.answer.partials import respond
from provision.web.api.blueprint import bp
from provision.web.api.openapi import description

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


_TYPES: Final = {
    "string": "text",
    "integer": "whole number",
    "boolean": "true or false",
    "object": "object",
}
_FORMATS: Final = {"date": "day", "date-time": "moment", "uuid": "id"}


@dataclass(frozen=True, slots=True)
class ShownField:
    """A member of a body or an answer, a parameter or a header."""

    name: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class ShownShape:
    """What a body or an answer holds, under its name in the description."""

    name: str
    words: str
    fields: tuple[ShownField, ...]


@dataclass(frozen=True, slots=True)
class ShownError:
    """A kind of error: its status and codes, and what comes with it."""

    name: str
    status: int
    words: str
    codes: tuple[str, ...]
    headers: tuple[str, ...]
    members: tuple[ShownField, ...]


@dataclass(frozen=True, slots=True)
class ShownCall:
    """`errors` are the status and name of each kind that it may answer."""

    methods: str
    path: str
    name: str
    summary: str
    words: str
    parameters: tuple[ShownField, ...]
    body: tuple[ShownField, ...]
    answers: tuple[ShownAnswer, ...]
    errors: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """A good answer; `shape` names what it holds, or nothing."""

    status: str
    words: str
    shape: str
    headers: tuple[str, ...]


@bp.get("/openapi.json", endpoint="openapi")
def document() -> Response:
    """Answer the description as OpenAPI 3.1."""
    response = make_response(msgspec.json.encode(description()))
    response.content_type = "application/json"
    return response


@bp.get("/docs", endpoint="docs")
def page() -> Response:
    """Show every call by subject, then every shape and every error."""
    api = description()
    sections: dict[str, list[ShownCall]] = {each["name"]: [] for each in api["tags"]}
    for path, methods in api["paths"].items():
        for method, call in methods.items():
            if method != "head":
                shown = "GET, HEAD" if "head" in methods and method == "get" else method.upper()
                sections[call["tags"][0]].append(_call(shown, path, call))
    errors = [_error(*each) for each in api["components"]["responses"].items()]
    return respond(
        "api_docs.html",
        introduction=api["info"]["description"],
        sections=sections,
        subjects={each["name"]: each["description"] for each in api["tags"]},
        shapes=list(_shapes(api["components"]["schemas"])),
        errors=sorted(errors, key=lambda each: each.status),
    )


def _call(methods: str, path: str, call: Mapping[str, Any]) -> ShownCall:
    body: dict[str, ShownField] = {}
    if "requestBody" in call:
        schema = call["requestBody"]["content"]["application/json"]["schema"]
        for alternative in schema.get("anyOf", [schema]):
            for field in _members(_followed(alternative)):
                body.setdefault(field.name, field)
    answers, errors = [], []
    for status, answer in call["responses"].items():
        if "$ref" in answer:
            errors.append((status, answer["$ref"].rpartition("/")[2]))
        else:
            answers.append(_answer(status, answer))
    return ShownCall(
        methods,
        path,
        call["operationId"],
        call["summary"],
        call["description"],
        tuple(_parameter(_followed(each)) for each in call.get("parameters", ())),
        tuple(sorted(body.values(), key=lambda each: not each.kind.endswith("needed"))),
        tuple(answers),
        tuple(errors),
    )


def _answer(status: str, answer: Mapping[str, Any]) -> ShownAnswer:
    content: Mapping[str, Any] = next(iter(answer.get("content", {}).values()), {})
    shape = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    return ShownAnswer(status, answer["description"], shape, tuple(answer.get("headers", ())))


def _parameter(parameter: Mapping[str, Any]) -> ShownField:
    kind = _kind(parameter["schema"])
    if parameter["in"] == "header":
        kind = f"header, {kind}"
    return ShownField(parameter["name"], kind, parameter["description"])


def _shapes(schemas: Mapping[str, Any]) -> Iterator[ShownShape]:
    """Yield the shapes of answers. Bodies are listed with their calls, errors by themselves."""
    for name, schema in schemas.items():
        is_sent = schema.get("additionalProperties") is False
        if schema["type"] == "object" and not is_sent and "code" not in schema["required"]:
            yield ShownShape(name, schema["description"], tuple(_members(schema)))


def _error(name: str, response: Mapping[str, Any]) -> ShownError:
    properties = _followed(response["content"]["application/problem+json"]["schema"])["properties"]
    usual = ("type", "title", "status", "detail", "code")
    members = {key: value for key, value in properties.items() if key not in usual}
    return ShownError(
        name,
        properties["status"]["const"],
        response["description"],
        tuple(properties["code"]["enum"]),
        tuple(response.get("headers", ())),
        tuple(_members({"properties": members})),
    )


def _members(schema: Mapping[str, Any]) -> Iterator[ShownField]:
    needed = schema.get("required", ())
    is_sent = schema.get("additionalProperties") is False
    for name, each in schema["properties"].items():
        followed = _followed(each)
        kind = _kind(each) + (", needed" if is_sent and name in needed else "")
        yield ShownField(name, kind, each.get("description") or followed.get("description", ""))


def _followed(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a part of the description; follow it if it is a reference."""
    if "$ref" not in part:
        return part
    found: Any = description()
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found  # type: ignore[no-any-return]


def _plain(values: Sequence[str]) -> list[str]:
    """Leave out each value that is another one with `-` before it."""
    return [each for each in values if each.removeprefix("-") == each or each[1:] not in values]


def _kind(schema: Mapping[str, Any]) -> str:
    """Describe the kind of value in words."""
    if "$ref" in schema and "properties" in _followed(schema):
        return str(schema["$ref"]).rpartition("/")[2]
    schema = _followed(schema)
    if "anyOf" in schema:
        kinds = [_kind(each) for each in schema["anyOf"]]
    elif "enum" in schema:
        kinds = ["one of " + ", ".join(f"`{each}`" for each in _plain(schema["enum"]))]
    elif schema["type"] == "array":
        kinds = [f"list of {_kind(schema['items'])}"]
    else:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        kinds = [_TYPES.get(each, each) for each in kinds]
        if "format" in schema:
            kinds[0] = _FORMATS.get(schema["format"], kinds[0])
        if "maximum" in schema:
            kinds[0] += f" from {schema['minimum']} to {schema['maximum']:,}"
    return " or ".join(dict.fromkeys(kinds))
