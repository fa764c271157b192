"""Every answer below `/api` to bad input is a problem document, and says what is true."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from provision.web.answer.problem_details import title_of
from tests.web.conftest import PASSWORD, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from werkzeug.test import TestResponse


def _problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    problem: dict[str, Any] = answer.get_json(force=True)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"urn:provision:problem:{code}"
    assert problem["title"] == title_of(status, code)
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/tasks/",
        "//api/tasks/../x",
        "/api/tasks/%00",
        "/api/tasks/%ff%fe",
        "/api/%00",
        "/api/tasks/" + "9" * 3000,
        "/api/tasks/not-an-id",
        "/api/tasks/{00000000-0000-0000-0000-000000000000}",
        "/api/tasks/00000000000000000000000000000000",
        "/api/tasks/" + "0" * 8 + "-0000-0000-0000-00000000000",
        "/api/tasks/../../etc/passwd",
        "/api/user/",
        "/api/openapi.json/",
    ],
)
def test_an_address_that_leads_nowhere(client: Visitor, path: str) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE", "FOO"):
        answer = client.api(method, path)
        if path.startswith("/api"):
            _problem(answer, 404, "not_found")
        else:
            assert answer.status_code < 500


def test_an_address_with_two_slashes_is_not_sent_on(client: Visitor) -> None:
    for method, path in (("GET", "/api//tasks"), ("POST", "/api//tasks"), ("GET", "/api/tasks//")):
        answer = client.api(method, path)
        assert answer.status_code == 404, path
        assert "Location" not in answer.headers


def test_a_row_that_is_not_there(client: Visitor) -> None:
    for noun in ("tasks", "projects", "team", "tokens"):
        for row_id in (str(uuid4()), str(uuid4()).upper()):
            _problem(client.api("DELETE", f"/api/{noun}/{row_id}"), 404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "TRACE", "FOO", "CONNECT", "PROPFIND"])
def test_a_method_that_an_address_does_not_take(client: Visitor, method: str) -> None:
    for path, allowed in (
        ("/api/tasks", {"GET", "HEAD", "OPTIONS", "POST"}),
        (f"/api/tasks/{uuid4()}", {"GET", "HEAD", "OPTIONS", "PATCH", "DELETE"}),
        ("/api/auth/token", {"OPTIONS", "POST"}),
    ):
        answer = client.raw(method, path)
        _problem(answer, 405, "method_not_allowed")
        assert set(answer.headers["Allow"].split(", ")) == allowed


def test_what_an_address_takes_is_told(client: Visitor) -> None:
    answer = client.raw("OPTIONS", "/api/tasks")
    assert (answer.status_code, answer.data) == (200, b"")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize("host", ["a b", "[::1", "x" * 300, "é.com", "evil.example/@x", ""])
def test_a_host_that_no_client_asks_for(client: Visitor, host: str) -> None:
    for path in ("/api/tasks", "/api/nothing", "/api"):
        answer = client.raw("GET", path, environ_overrides={"HTTP_HOST": host})
        _problem(answer, 400, "bad_request")
        assert not host or host not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer \x01\x02"},
        {"Authorization": "Bearer " + "x" * 100_000},
        {"Authorization": "Bearer \xff\xfe"},
        {"Authorization": "\t"},
    ],
)
def test_a_token_that_is_none(client: Visitor, headers: dict[str, str]) -> None:
    _problem(client.raw("GET", "/api/tasks", headers=headers), 401, "unauthorized")


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "\x01"},
        {"Accept-Encoding": "gzip;q=\x01, *;q=x;;"},
        {"Cookie": "provision_session=\x01\xff; =; ;;"},
        {"User-Agent": "\x01\x7f\xff" * 5000},
        {"Content-Length": "-1"},
        {"Content-Length": "x"},
        {"X-CSRFToken": "\xff\x01"},
        {"Referer": "http://[", "Origin": "\x01"},
    ],
)
def test_odd_headers_break_nothing(app: Flask, client: Visitor, headers: dict[str, str]) -> None:
    for method in ("GET", "POST", "DELETE"):
        for path in ("/api/tasks", "/api/auth/token", "/api/nothing"):
            answer = client.raw(method, path, headers=headers)
            assert answer.status_code < 500, (method, path)
            if answer.status_code >= 400:
                assert answer.content_type == "application/problem+json", (method, path)


def test_a_change_without_the_csrf_token(client: Visitor) -> None:
    _problem(client.raw("POST", "/api/tasks", json={"title": "t"}), 403, "csrf_failed")


def test_the_title_goes_with_the_code() -> None:
    assert title_of(503, "unavailable") != title_of(503, "database_unreachable")
    assert "database" not in title_of(503, "unavailable").casefold()
    assert title_of(401, "unauthorized") != title_of(401, "invalid_credentials")
    assert title_of(422, "validation_failed") != title_of(422, "auth_failed")


@contextmanager
def _held(app: Flask) -> Iterator[None]:
    """Another process writes to the store and does not come to an end."""
    path = app.extensions["provision"].settings.data_dir / "control.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def _is_unavailable(answer: TestResponse) -> None:
    problem = _problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert "cause" not in problem
    assert "not concerned" in problem["detail"]


def test_a_store_that_another_process_holds(app: Flask, client: Visitor) -> None:
    made = client.raw(
        "POST", "/api/auth/token", json={"email": client.email(), "password": PASSWORD}
    ).get_json()
    token = client.csrf_token()
    with _held(app):
        address = f"/api/tokens/{made['token_id']}"
        _is_unavailable(client.raw("DELETE", address, headers={"X-CSRFToken": token}))
    assert len(client.api("GET", "/api/tokens").get_json()["tokens"]) == 1


@pytest.mark.parametrize("damage", ["not a database", "a page of rubbish", "gone", "no tables"])
def test_a_store_that_is_damaged_or_gone(app: Flask, client: Visitor, damage: str) -> None:
    services = app.extensions["provision"]
    path = services.settings.data_dir / "control.db"
    made = client.raw(
        "POST", "/api/auth/token", json={"email": client.email(), "password": PASSWORD}
    ).get_json()
    services.store.dispose()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = path.read_bytes()
    match damage:
        case "not a database":
            path.write_bytes(b"rubbish" * 1000)
        case "a page of rubbish":
            path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
        case "gone":
            path.unlink()
            path.mkdir()
        case _:
            path.write_bytes(b"")
    bearer = {"Authorization": f"Bearer {made['token']}"}
    for method, address in (("GET", "/api/user"), ("POST", "/api/tasks"), ("GET", "/api/tokens")):
        _is_unavailable(client.raw(method, address, headers=bearer, json={"title": "t"}))
    who = {"email": "alice@example.org", "password": PASSWORD}
    _is_unavailable(client.raw("POST", "/api/auth/token", json=who))
