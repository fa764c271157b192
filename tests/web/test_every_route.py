"""The URL map walked as an attacker would: what holds for one route holds for every one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from provision.security_headers import SECURITY
from provision.web.request.session import OPEN_ENDPOINTS
from tests.web.conftest import PASSWORD, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

# What a page would run, load or calculate if it took text for anything else.
MARKUP = "<script>marked()</script>\"'><img src=x onerror=marked()>{{7*7}}"
_LINKS = "[a](javascript:marked()) ![b](data:text/html,marked) [c](DATA:text/html,marked)"
_RUNS = re.compile(r"<script>marked|<img|href=\"?(javascript|data):|}}?49|>49<", re.IGNORECASE)
_HTMX = {"HX-Request": "true", "HX-Current-URL": f"http://localhost/{quote(MARKUP)}"}


def routes(app: Flask, ids: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Method, address and endpoint of every route; `ids` says which row of each noun is meant."""
    others = {
        "<noun>.<kind>": "tasks.csv",
        "template-<kind>": "template-tasks",
        "<secret>": "a" * 64,
        "<path:filename>": "site.css",
    }
    for rule in app.url_map.iter_rules():
        noun = next((each for each in ids if f"/{each}/" in rule.rule), "projects")
        path = re.sub("<uuid:[a-z_]+>", ids[noun], rule.rule)
        for placeholder, value in others.items():
            path = path.replace(placeholder, value)
        assert "<" not in path, f"{rule.rule} has a part that this walk cannot fill in"
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield method, path, rule.endpoint


@pytest.fixture
def ids(client: Visitor) -> dict[str, str]:
    """A project, a task and a person of Alice's, with markup in every text."""
    made: dict[str, str] = {}
    for noun, member, fields in (
        ("projects", "project", {"name": MARKUP, "description": f"{MARKUP} {_LINKS}"}),
        ("team", "team_member", {"name": MARKUP, "role": MARKUP, "email": "a@example.org"}),
        ("tasks", "task", {"title": MARKUP, "description": f"{MARKUP} {_LINKS}"}),
    ):
        body: dict[str, Any] = dict(fields)
        if noun == "tasks":
            body |= {"project_id": made["projects"], "assignee_id": made["team"]}
        answer = client.api("POST", f"/api/{noun}", body)
        assert answer.status_code == 201, answer.text
        made[noun] = answer.get_json()[member]["id"]
    return made


def _state(visitor: Visitor) -> list[Any]:
    return [visitor.api("GET", f"/api/{noun}").get_json() for noun in ("projects", "tasks", "team")]


def _token(visitor: Visitor, *, read_only: bool) -> str:
    body = {"email": visitor.email(), "password": PASSWORD, "read_only": read_only, "name": MARKUP}
    answer = visitor.raw("POST", "/api/auth/token", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["token"])


def test_nobody_elses_rows_are_behind_any_address(
    app: Flask, client: Visitor, bob: Visitor, ids: dict[str, str]
) -> None:
    before, walked = _state(client), 0
    token = bob.csrf_token()
    for method, path, _ in routes(app, ids):
        if not any(f"/{noun}/{row_id}" in path for noun, row_id in ids.items()):
            continue
        for headers in ({}, _HTMX, {**_HTMX, "HX-Target": "panel"}):
            walked += 1
            options: dict[str, Any] = {"headers": {"X-CSRFToken": token, **headers}}
            if method != "GET":
                fields = {"name": "taken", "title": "taken", "status": "done"}
                options |= {"json": fields} if path.startswith("/api/") else {"data": fields}
            answer = bob.raw(method, path, **options)
            # The API and files are refused to htmx as such, whosever rows they hold.
            refused = 400 if headers and path.startswith(("/api/", "/exports/")) else 404
            assert answer.status_code == refused, (method, path, headers)
            assert "marked()" not in answer.text, (method, path)
    assert walked > 40
    for field, value in (("project_id", ids["projects"]), ("assignee_id", ids["team"])):
        for answer in (
            bob.post_form("/tasks", {"title": "taken", field: value}),
            bob.api("POST", "/api/tasks", {"title": "taken", field: value}),
        ):
            assert answer.status_code == 422, answer.text
            assert "marked()" not in answer.text
    for noun in ids:
        for address in (f"/search?q=marked&of={noun}", f"/exports/{noun}.csv", f"/{noun}?q=marked"):
            assert "marked()<" not in bob.get(address).text
    for action in ("delete", "change"):
        chosen = {"id": ids["tasks"], "action": action, "status": "done"}
        assert bob.post_form("/tasks/bulk", chosen).status_code == 409
    assert _state(client) == before


def test_no_change_is_made_with_another_token_than_the_browsers_own(
    app: Flask, client: Visitor, bob: Visitor, ids: dict[str, str]
) -> None:
    before, foreign = _state(client), bob.csrf_token()
    form = "application/x-www-form-urlencoded"
    attempts: list[dict[str, Any]] = [
        {"headers": {"X-CSRFToken": foreign}},
        {"headers": {"X-CSRFToken": "x"}},
        {"data": f"csrf_token={foreign}", "content_type": form},
        {"data": f"csrf_token={client.csrf_token()}", "content_type": "text/plain"},
        {"query_string": {"csrf_token": client.csrf_token()}},
        {"headers": {"X-Requested-With": "XMLHttpRequest", "HX-Request": "true"}},
    ]
    for method, path, endpoint in routes(app, ids):
        if method == "GET" or endpoint == "api.create_token":
            continue
        for attempt in attempts:
            answer = client.raw(method, path, **attempt)
            assert answer.status_code == 403, (method, path, attempt)
    assert _state(client) == before


def test_a_token_opens_the_api_alone_and_one_to_read_changes_nothing(
    app: Flask, client: Visitor, ids: dict[str, str]
) -> None:
    read_only, full = (_token(client, read_only=each) for each in (True, False))
    elsewhere, before = Visitor(app), _state(client)
    good = {"Authorization": f"Bearer {full}"}
    for method, path, endpoint in routes(app, ids):
        if endpoint == "api.create_token":
            continue
        if not path.startswith("/api/"):
            if endpoint not in OPEN_ENDPOINTS:
                answer = elsewhere.raw(method, path, headers=good)
                assert answer.status_code == 303, (method, path)
            continue
        for value in ("", "Bearer", "Bearer x", f"Bearer pvn_{'0' * 72}", f"Basic {full}"):
            headers = {"Authorization": value, "X-CSRFToken": client.csrf_token()}
            answer = client.raw(method, path, headers=headers)
            assert answer.status_code == 401, (method, path, value)
        if method != "GET":
            bearer = {"Authorization": f"Bearer {read_only}"}
            answer = client.raw(method, path, headers=bearer)
            assert answer.status_code == 403, (method, path)
            assert answer.get_json()["code"] == "read_only_token"
    assert _state(client) == before


def test_no_page_takes_text_for_markup_and_none_breaks(
    app: Flask, client: Visitor, ids: dict[str, str]
) -> None:
    _token(client, read_only=True)
    client.post_form("/settings", {"name": MARKUP})
    assert client.database is not None
    with client.database.connect() as connection:
        for table in ("tasks", "projects"):
            update = f"UPDATE {table} SET status = %s, priority = %s"
            connection.execute(update.encode(), [MARKUP] * 2)
        connection.execute("UPDATE team_members SET status = %s, email = %s", [MARKUP] * 2)
        connection.execute("UPDATE profiles SET name = %s", [MARKUP])
    Visitor(app).raw(
        "POST",
        "/login",
        headers={"User-Agent": MARKUP},
        data={"email": client.email(), "password": "wrong"},
    )
    asked = quote(MARKUP)
    paths = [path for method, path, _ in routes(app, ids) if method == "GET"]
    paths += [f"/{noun}?q={asked}&view={view}" for noun in ids for view in ("list", "board")]
    paths += [
        f"/tasks?{name}={asked}" for name in ("status", "project_id", "sort", "new", "cursor")
    ]
    paths += [f"/search?q={asked}", f"/tasks/reading?title=%23{asked}", f"/nothing/{asked}"]
    paths += [f"/{noun}/{row_id}?edit=1" for noun, row_id in ids.items()]
    marked = 0
    for path in paths:
        for headers in ({}, _HTMX):
            answer = client.raw("GET", path, headers=headers)
            assert answer.status_code < 500, path
            for name in SECURITY:
                assert len(answer.headers.getlist(name)) == 1, (path, name)
            if not path.startswith("/static/"):
                assert answer.headers["Cache-Control"] == "no-store", path
            if answer.mimetype == "text/html":
                assert not _RUNS.search(answer.text), path
                marked += "marked()" in answer.text
    assert marked > 20
