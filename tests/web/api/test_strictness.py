"""Nothing misspelt passes for unsaid: bodies, parameters and values of every call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.web.conftest import PASSWORD

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from tests.web.conftest import Visitor

CONNECTION = "/api/user/database-connection"
WHO = {"email": "alice@example.org", "password": PASSWORD}


def _errors(answer: TestResponse) -> dict[str, list[str]]:
    assert answer.status_code == 422, answer.text
    assert answer.content_type == "application/problem+json"
    problem: dict[str, Any] = answer.get_json(force=True)
    assert problem["code"] == "validation_failed"
    found: dict[str, list[str]] = problem["errors"]
    return found


@pytest.mark.parametrize(
    ("path", "body", "name", "meant"),
    [
        ("/api/auth/token", WHO | {"readonly": True}, "readonly", "read_only"),
        ("/api/auth/token", WHO | {"readOnly": True}, "readOnly", "read_only"),
        ("/api/auth/token", WHO | {"expires_in": 3600}, "expires_in", "expires_days"),
        ("/api/auth/token", WHO | {"scope": "read"}, "scope", ""),
        ("/api/tasks", {"title": "t", "projectId": None}, "projectId", "project_id"),
        ("/api/tasks", {"title": "t", "due": "2026-01-01"}, "due", "due_date"),
        ("/api/projects", {"name": "p", "buget": 1}, "buget", "budget"),
        ("/api/team", {"name": "p", "mail": "a@example.org"}, "mail", "email"),
        (CONNECTION, {"connectionstring": "x"}, "connectionstring", "connection_string"),
        (CONNECTION, {"connectionString": "x", "allowMd5": True}, "allowMd5", "allow_md5"),
        (f"{CONNECTION}/schema", {"dry_run": True}, "dry_run", ""),
    ],
)
def test_an_unknown_member_is_named_and_what_was_meant(
    client: Visitor, path: str, body: dict[str, Any], name: str, meant: str
) -> None:
    errors = _errors(client.api("POST", path, body))
    assert list(errors) == [name]
    assert ("Did you mean" in errors[name][0]) is bool(meant)
    assert meant in errors[name][0]
    assert client.rows("SELECT 1 FROM tasks UNION ALL SELECT 1 FROM projects") == []
    assert client.api("GET", "/api/tokens").get_json()["tokens"] == []


def test_an_unknown_member_of_a_change_is_named(client: Visitor) -> None:
    row = client.api("POST", "/api/tasks", {"title": "t"}).get_json()["task"]
    address = f"/api/tasks/{row['id']}"
    assert set(_errors(client.api("PATCH", address, {"state": "done", "titel": "u"}))) == {
        "state",
        "titel",
    }
    assert client.api("GET", address).get_json()["task"] == row


def test_a_body_of_nothing_but_unknown_members_is_told_in_bounds(client: Visitor) -> None:
    body = {f"member{number}": 1 for number in range(50_000)}
    answer = client.api("POST", "/api/tasks", body)
    assert len(_errors(answer)) < 30
    assert len(answer.data) < 5_000


def test_wrong_types_are_named(client: Visitor) -> None:
    for path, body, name in (
        ("/api/auth/token", WHO | {"code": 123456}, "code"),
        ("/api/auth/token", WHO | {"read_only": "true"}, "read_only"),
        ("/api/auth/token", WHO | {"read_only": None}, "read_only"),
        ("/api/auth/token", WHO | {"expires_days": 1.5}, "expires_days"),
        ("/api/auth/token", WHO | {"expires_days": 10**30}, "expires_days"),
        ("/api/auth/token", WHO | {"name": ["a"]}, "name"),
        (CONNECTION, {"connectionString": ["x"]}, "connectionString"),
        (CONNECTION, {"connectionString": "x", "password": 7}, "password"),
        (CONNECTION, {"connectionString": "x", "code": 123456}, "code"),
        (CONNECTION, {"connectionString": "x", "workspace": {}}, "workspace"),
        ("/api/tasks", {"title": {"text": "t"}}, "title"),
        ("/api/tasks", {"title": ["t"]}, "title"),
        ("/api/projects", {"name": "p", "budget": True}, "budget"),
        ("/api/projects", {"name": "p", "budget": 10**400}, "budget"),
        ("/api/projects", {"name": "p", "due_date": 20260101}, "due_date"),
        ("/api/team", {"name": "p", "workload": [50]}, "workload"),
    ):
        assert list(_errors(client.api("POST", path, body))) == [name], (path, body)


def test_the_two_names_of_the_string_are_not_sent_together(client: Visitor) -> None:
    body = {"connectionString": "x", "connection_string": "x"}
    assert set(_errors(client.api("POST", CONNECTION, body))) == set(body)


@pytest.mark.parametrize(
    ("query", "name", "meant"),
    [
        ("statuss=done", "statuss", "status"),
        ("page=2", "page", ""),
        ("project=1", "project", "project_id"),
        ("project_id=", "project_id", ""),
        ("q=%20", "q", ""),
        ("limit=", "limit", ""),
        ("cursor=", "cursor", ""),
        ("sort=", "sort", ""),
        ("limit=1&limit=2", "limit", ""),
        ("status=done&status=done", "status", ""),
        ("status=bogus", "status", ""),
        ("status=Done", "status", "done"),
        ("status=in-progress", "status", "in_progress"),
        ("priority=hgih", "priority", "high"),
        ("sort=titel", "sort", "title"),
        ("due_before=2026-02-31", "due_before", ""),
        ("assignee_id=x", "assignee_id", ""),
        ("limit=1e2", "limit", ""),
        ("limit=%D9%A1", "limit", ""),
        ("%00=1", "\x00", ""),
        ("=1", "", ""),
        ("q=a%00b", "q", ""),
    ],
)
def test_a_parameter_of_a_list_is_known_said_once_and_says_something(
    client: Visitor, query: str, name: str, meant: str
) -> None:
    errors = _errors(client.api("GET", f"/api/tasks?{query}"))
    assert list(errors) == [name]
    assert meant in errors[name][0]
    assert client.api("HEAD", f"/api/tasks?{query}").status_code == 422


@pytest.mark.parametrize("query", ["q=%ff", "%ff=1", "q=%c3%28"])
def test_a_query_that_is_not_utf_8_is_refused(client: Visitor, query: str) -> None:
    answer = client.api("GET", f"/api/tasks?{query}")
    assert (answer.status_code, answer.get_json(force=True)["code"]) == (400, "bad_request")


def test_every_call_refuses_a_parameter_that_it_does_not_take(app: Flask, client: Visitor) -> None:
    walked = 0
    token = client.csrf_token()
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/"):
            continue
        path = re.sub("<uuid:[a-z_]+>", str(uuid4()), rule.rule)
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            walked += 1
            answer = client.raw(
                method, f"{path}?verbose=1", headers={"X-CSRFToken": token}, json={}
            )
            assert answer.status_code == 422, (method, path)
            assert answer.content_type == "application/problem+json"
            if method != "HEAD":
                assert list(answer.get_json(force=True)["errors"]) == ["verbose"]
    assert walked > 25


def test_many_wrong_parameters_are_told_in_bounds(client: Visitor) -> None:
    query = "&".join(f"p{number}=1" for number in range(500))
    assert len(_errors(client.api("GET", f"/api/tasks?{query}"))) <= 20


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/jsonp"},
        {"Content-Type": ""},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_what_is_not_json_in_utf_8_is_another_type(
    client: Visitor, headers: dict[str, str]
) -> None:
    token = {"X-CSRFToken": client.csrf_token()}
    for path in ("/api/tasks", CONNECTION, f"{CONNECTION}/schema", "/api/auth/token"):
        answer = client.raw("POST", path, data=b'{"title": "t"}', headers=token | headers)
        assert answer.status_code == 415, (path, answer.text)
        assert answer.get_json(force=True)["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"title": "a", "title": "b"}',
        b'{"title": "\\ud800"}',
        b'{"title": NaN}',
        b'\xef\xbb\xbf{"title": "t"}',
        b'{"title": ' + b"[" * 100_000,
        b"null",
    ],
)
def test_every_call_with_a_body_refuses_what_is_malformed(client: Visitor, raw: bytes) -> None:
    token = {"X-CSRFToken": client.csrf_token(), "Content-Type": "application/json"}
    row = client.api("POST", "/api/tasks", {"title": "t"}).get_json()["task"]
    for method, path in (
        ("POST", "/api/tasks"),
        ("PATCH", f"/api/tasks/{row['id']}"),
        ("POST", CONNECTION),
        ("POST", f"{CONNECTION}/schema"),
        ("POST", "/api/auth/token"),
    ):
        answer = client.raw(method, path, data=raw, headers=token)
        assert answer.status_code == 400, (path, answer.text)
        assert answer.get_json(force=True)["code"] == "malformed_json"
    assert client.rows("SELECT title FROM tasks") == [("t",)]


def test_pages_read_what_they_know_of_an_address_and_no_more(client: Visitor) -> None:
    client.api("POST", "/api/tasks", {"title": "t"})
    for path in ("/projects", "/tasks", "/team", "/search", "/dashboard", "/settings/activity"):
        for query in (
            "statuss=done", "status=bogus", "status=a&status=b", "project_id=", "project_id=x",
            "sort=odd", "limit=x", "cursor=nonsense", "page=2", "view=odd", "due=odd", "q=%ff",
            "due_before=2026-02-31", "assignee_id=%00", "%ff=%ff", "new=1&project_id=1",
        ):  # fmt: skip
            answer = client.get(f"{path}?{query}")
            assert answer.status_code < 500, (path, query)
