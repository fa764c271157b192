from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from provision.web.answer import problem_details
from provision.web.api.openapi.problems import ALL, CAUSES
from provision.web.request import problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from tests.web.conftest import Visitor

NOUNS = [
    ("/api/projects", "project", "Project", {"name": "Wharf", "budget": "12.50"}),
    ("/api/tasks", "task", "Task", {"title": "Draw it"}),
    ("/api/team", "team_member", "TeamMember", {"name": "Ana", "workload": 50}),
]
EVERY_NOUN = pytest.mark.parametrize(("path", "member", "name", "values"), NOUNS)


@pytest.fixture
def api(stranger: Visitor) -> dict[str, Any]:
    answer = stranger.raw("GET", "/api/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    assert found["openapi"] == "3.1.0"
    return found


def _shapes_of_rows(hash_seed: str) -> bytes:
    text = "import json; from provision.web.api.openapi import row_shapes as rows; "
    return subprocess.run(
        [sys.executable, "-c", text + "print(json.dumps(rows.schemas()))"],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=True,
    ).stdout


def test_every_process_writes_the_same_bytes() -> None:
    assert _shapes_of_rows("1") == _shapes_of_rows("2") == _shapes_of_rows("3")


def _calls(api: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): call
        for path, methods in api["paths"].items()
        for method, call in methods.items()
    }


def _parts(part: Any, *, of: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the document and where it stands."""
    if isinstance(part, dict):
        yield of, part
        for name, each in part.items():
            yield from _parts(each, of=f"{of}/{name}")
    elif isinstance(part, list):
        for place, each in enumerate(part):
            yield from _parts(each, of=f"{of}/{place}")


def _validator(api: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """`schema`, with the components of the document to refer to."""
    return Draft202012Validator(
        {**schema, "components": api["components"]}, format_checker=FormatChecker()
    )


def test_every_route_is_described_and_nothing_else(app: Flask, api: dict[str, Any]) -> None:
    routes = {
        (method, re.sub(r"<uuid:\w+>", "{id}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"OPTIONS"}
    }
    assert set(_calls(api)) == routes


def test_it_is_a_good_openapi_document(api: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(api).validate()


def test_it_refers_to_nothing_that_is_not_there(api: dict[str, Any]) -> None:
    for _, part in _parts(api):
        if "$ref" in part:
            found: Any = api
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step]
    names = [call["operationId"] for call in _calls(api).values()]
    assert len(names) == len(set(names))
    for _, part in _parts(api):
        for link in part.get("links", {}).values():
            assert link["operationId"] in names


def test_nothing_is_described_that_nothing_refers_to(api: dict[str, Any]) -> None:
    used = {part["$ref"] for _, part in _parts(api) if "$ref" in part}
    for kind in ("schemas", "responses", "headers", "parameters"):
        for name in api["components"][kind]:
            assert f"#/components/{kind}/{name}" in used


def test_no_default_makes_a_client_send_what_nobody_said(api: dict[str, Any]) -> None:
    assert [of for of, part in _parts(api) if "default" in part] == []


def test_what_is_sent_has_no_member_that_is_not_described(api: dict[str, Any]) -> None:
    sent = set[str]()
    for call in _calls(api).values():
        for _, part in _parts(call.get("requestBody", {})):
            if "$ref" in part:
                sent.add(part["$ref"].rpartition("/")[2])
    assert len(sent) == 15
    for name in sent:
        assert api["components"]["schemas"][name]["additionalProperties"] is False, name


def test_what_changes_a_row_needs_no_member(api: dict[str, Any]) -> None:
    for _, _, name, _ in NOUNS:
        assert "required" not in api["components"]["schemas"][f"Changed{name}"]


def test_examples_are_as_they_are_described(api: dict[str, Any]) -> None:
    shown = 0
    for name, schema in api["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            shown += 1
            errors = list(_validator(api, schema).iter_errors(example))
            assert errors == [], name
    assert shown > 20


def test_everything_has_words(api: dict[str, Any]) -> None:
    for call in _calls(api).values():
        assert call["summary"]
        assert call["description"]
        for answer in call["responses"].values():
            assert "$ref" in answer or answer["description"]
    for name, schema in api["components"]["schemas"].items():
        assert schema["description"], name
    for name, part in api["components"]["parameters"].items():
        assert part["description"], name


def test_every_code_is_described_with_its_status() -> None:
    described = {(each.status, code) for each in ALL for code in each.codes}
    told = {(status, code) for _, status, code in problems._TABLE}
    told |= set(problems._HTTP_CODES.items())
    # Nobody registers over the API, and a row is stale there by `If-Match` alone.
    told -= {(403, "registration_closed"), (409, "edit_conflict")}
    assert told <= described
    assert {(422, cause) for cause in CAUSES} <= described
    for status, code in described:
        assert problem_details.title_of(status, code) != "Error"


@EVERY_NOUN
def test_rows_come_as_they_are_described(
    client: Visitor, api: dict[str, Any], path: str, member: str, name: str, values: dict[str, Any]
) -> None:
    made = client.api("POST", path, values)
    assert made.status_code == 201
    schemas = api["components"]["schemas"]
    _validator(api, schemas[f"{name}Answer"]).validate(made.get_json())
    row = made.get_json()[member]
    assert set(row) == set(schemas[name]["properties"]) == set(schemas[name]["required"])
    assert set(schemas[f"New{name}"]["properties"]) < set(row)
    listed = client.api("GET", path).get_json()
    _validator(api, schemas[f"{name}Page"]).validate(listed)


def test_rows_of_other_programs_come_as_they_are_described(
    client: Visitor, api: dict[str, Any]
) -> None:
    client.api("POST", "/api/tasks", {"title": "t"})
    client.api("POST", "/api/projects", {"name": "p"})
    client.api("POST", "/api/team", {"name": "n"})
    client.rows(
        "UPDATE tasks SET status = 'blocked', due_date = 'infinity', priority = NULL,"
        " created_at = '12000-01-01', updated_at = 'infinity', position = 'NaN' RETURNING 1"
    )
    client.rows(
        "UPDATE projects SET budget = 'NaN', spent = NULL, status = '',"
        " due_date = '0044-03-15 BC' RETURNING 1"
    )
    client.rows(
        "UPDATE team_members SET workload = -900, status = 'ill', email = 'x', role = NULL"
        " RETURNING 1"
    )
    for path, _, name, _ in NOUNS:
        page = client.api("GET", path).get_json()
        _validator(api, api["components"]["schemas"][f"{name}Page"]).validate(page)


def test_accounts_and_connections_come_as_they_are_described(
    client: Visitor, api: dict[str, Any]
) -> None:
    client.raw(
        "POST",
        "/api/auth/token",
        json={"email": client.email(), "password": "correct horse battery", "expires_days": 3},
    )
    for path in (
        *("/api/user", "/api/tokens", "/api/user/database-connection"),
        "/api/user/database-connection/schema",
    ):
        answer = client.api("GET", path)
        described = api["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        _validator(api, described["schema"]).validate(answer.get_json())


def test_described_filters_and_sorts_are_taken(client: Visitor, api: dict[str, Any]) -> None:
    tried = 0
    for path in ("/api/projects", "/api/tasks", "/api/team"):
        for parameter in api["paths"][path]["get"]["parameters"]:
            schema = parameter.get("schema", {})
            if "$ref" in schema:
                schema = api["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            for value in schema.get("enum", []):
                answer = client.raw("GET", path, query_string={parameter["name"]: value})
                assert answer.status_code == 200, (path, parameter["name"], value)
                tried += 1
    assert tried > 60


def test_a_stranger_can_read_it_as_a_page(stranger: Visitor) -> None:
    page = stranger.get("/api/docs")
    assert page.status_code == 200
    assert "POST /api/user/database-connection" in page.text
    assert "GET, HEAD /api/tasks/{id}" in page.text
    assert "one of <code>planning</code>, <code>active</code>, <code>on_hold</code>" in page.text
    ids = set(re.findall(r' id="([^"]+)"', page.text))
    main = page.text[page.text.index("<main") :]
    assert set(re.findall(r'href="#([^"]+)"', main)) <= ids
    for problem in ALL:
        assert problem.name in page.text
        assert all(code in page.text for code in problem.codes)
