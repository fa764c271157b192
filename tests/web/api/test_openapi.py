from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from tests.web.conftest import Visitor


@pytest.fixture
def api(stranger: Visitor) -> dict[str, Any]:
    answer = stranger.raw("GET", "/api/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    assert found["openapi"] == "3.1.0"
    return found


def _calls(api: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): call
        for path, methods in api["paths"].items()
        for method, call in methods.items()
        if method != "parameters"
    }


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for each in part.values():
            yield from _references(each)
    elif isinstance(part, list):
        for each in part:
            yield from _references(each)


def test_every_route_is_described_and_nothing_else(app: Flask, api: dict[str, Any]) -> None:
    routes = {
        (method, re.sub(r"<(?:\w+:)?(?:row_)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert set(_calls(api)) == routes


def test_it_refers_to_nothing_that_is_not_there(api: dict[str, Any]) -> None:
    for reference in set(_references(api)):
        found: Any = api
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    names = [call["operationId"] for call in _calls(api).values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("path", "member", "name", "values"),
    [
        ("/api/projects", "project", "Project", {"name": "Wharf", "budget": "12.50"}),
        ("/api/tasks", "task", "Task", {"title": "Draw it"}),
        ("/api/team", "team_member", "TeamMember", {"name": "Ana", "workload": 50}),
    ],
)
def test_rows_come_as_they_are_described(
    client: Visitor, api: dict[str, Any], path: str, member: str, name: str, values: dict[str, Any]
) -> None:
    made = client.api("POST", path, values)
    assert made.status_code == 201
    assert made.json is not None
    row, schema = made.json[member], api["components"]["schemas"][name]
    assert set(row) == set(schema["properties"]) == set(schema["required"])
    kinds = {str: "string", int: "integer", float: "number", type(None): "null"}
    for column, value in row.items():
        said = schema["properties"][column]["type"]
        allowed = {said} if isinstance(said, str) else set(said)
        if "number" in allowed:
            allowed.add("integer")
        assert kinds[type(value)] in allowed, column
    assert set(api["components"]["schemas"][f"New{name}"]["properties"]) < set(row)


def test_described_filters_and_sorts_are_taken(client: Visitor, api: dict[str, Any]) -> None:
    for (method, path), call in _calls(api).items():
        if method != "GET" or path not in ("/api/projects", "/api/tasks", "/api/team"):
            continue
        for parameter in call["parameters"]:
            schema = parameter["schema"]
            for value in schema.get("enum", []):
                answer = client.raw("GET", path, query_string={parameter["name"]: value})
                assert answer.status_code == 200, (path, parameter["name"], value)


def test_a_stranger_can_read_it_as_a_page(stranger: Visitor) -> None:
    page = stranger.get("/api/docs")
    assert page.status_code == 200
    assert "POST /api/user/database-connection" in page.text
    assert "one of planning, active, on_hold, completed, cancelled" in page.text
