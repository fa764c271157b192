"""`/api/docs`: the description of the API as a page to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provision.web.api.openapi import description
from provision.web.partials import respond

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Blueprint, Response


@dataclass(frozen=True, slots=True)
class Field:
    """Something to send: in the address, the headers or the body."""

    name: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    path: str
    name: str
    summary: str
    words: str
    fields: tuple[Field, ...]
    answers: tuple[tuple[str, str], ...]


def register(bp: Blueprint) -> None:
    """Add the route to `bp`."""
    bp.add_url_rule("/docs", "docs", page, methods=["GET"])


def page() -> Response:
    """Every call, by subject."""
    api = description()
    sections: dict[str, list[Call]] = {}
    for path, methods in api["paths"].items():
        shared = methods.get("parameters", [])
        for method, call in methods.items():
            if method != "parameters":
                shown = _call(method.upper(), path, call, shared)
                sections.setdefault(call["tags"][0], []).append(shown)
    words = api["info"]["description"]
    return respond("api_docs.html", introduction=words, sections=sections)


def _call(method: str, path: str, call: Mapping[str, Any], shared: list[Any]) -> Call:
    sent = [
        Field(each["name"], _kind(each["schema"]), each.get("description", ""))
        for each in (*shared, *call.get("parameters", ()))
    ]
    if "requestBody" in call:
        schema = _followed(call["requestBody"]["content"]["application/json"]["schema"])
        needed = schema.get("required", ())
        for name, each in schema["properties"].items():
            kind = _kind(each) + (", needed" if name in needed else "")
            sent.append(Field(name, kind, each.get("description", "")))
    answers = tuple(
        (status, _followed(answer)["description"]) for status, answer in call["responses"].items()
    )
    words = call.get("description", "")
    return Call(method, path, call["operationId"], call["summary"], words, tuple(sent), answers)


def _followed(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part of the description, or what it refers to."""
    if "$ref" not in part:
        return part
    found: Any = description()
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found  # type: ignore[no-any-return]


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    said = " or ".join(each for each in kinds if each != "null")
    if "format" in schema:
        said += f" ({schema['format']})"
    if "maximum" in schema:
        said += f", {schema.get('minimum', 0)} to {schema['maximum']:,}"
    if "maxLength" in schema:
        said += f", {schema['maxLength']:,} characters at most"
    return said
