"""Every route refuses a stranger unless it is on the list, and every change without its token."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from provision.security_headers import SECURITY
from provision.web.request.session import OPEN_ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from tests.web.conftest import Visitor


def _routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Method, address and endpoint of every route, ids filled in."""
    for rule in app.url_map.iter_rules():
        path = str(rule.rule)
        for argument in rule.arguments:
            for converter in ("uuid:", "path:", ""):
                path = path.replace(f"<{converter}{argument}>", str(uuid4()))
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield method, path, rule.endpoint


def test_a_stranger_reaches_only_what_is_open(app: Flask, stranger: Visitor) -> None:
    token = stranger.csrf_token()
    walked = 0
    for method, path, endpoint in _routes(app):
        if endpoint in OPEN_ENDPOINTS:
            continue
        walked += 1
        answer = stranger.raw(method, path, headers={"X-CSRFToken": token})
        if path.startswith("/api/"):
            assert answer.status_code == 401, (method, path)
        else:
            assert answer.status_code == 303, (method, path)
            assert answer.headers["Location"].startswith("/login?next=/"), (method, path)
        assert not answer.headers.getlist("Set-Cookie") or endpoint != "account.login"
    assert walked > 30


def test_a_strangers_htmx_request_is_sent_to_the_login_page(stranger: Visitor) -> None:
    answer = stranger.raw(
        "GET",
        "/tasks",
        headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/tasks?view=list"},
    )
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=/tasks?view%3Dlist"


def test_no_change_is_made_without_the_csrf_token(app: Flask, newcomer: Visitor) -> None:
    walked = 0
    for method, path, endpoint in _routes(app):
        if method == "GET" or endpoint == "api.create_token":
            continue
        walked += 1
        assert newcomer.raw(method, path).status_code == 403, (method, path)
    assert walked > 15


def test_every_answer_carries_the_security_headers(
    app: Flask, stranger: Visitor, newcomer: Visitor
) -> None:
    asset = "/static/site.css"
    answers = [
        *(stranger.raw("GET", path) for path in ("/", "/login", "/nothing", "/api/nothing", asset)),
        *(stranger.raw("GET", path) for path in ("/api/user", "/tasks", f"{asset}/..", "/healthz")),
        *(stranger.raw(method, "/login") for method in ("HEAD", "OPTIONS", "DELETE", "TRACE")),
        stranger.raw("POST", "/login"),
        stranger.raw("POST", "/login", data=b"x" * (1024 * 1024 + 1)),
        stranger.raw("POST", "/api/auth/token", data=b"{", content_type="application/json"),
        stranger.raw("GET", asset, headers={"Range": "bytes=999999999-"}),
        stranger.raw("GET", "/login", environ_overrides={"HTTP_HOST": "<"}),
        newcomer.post_form("/theme", {"theme": "dark"}),
        newcomer.post_form("/login", {"email": "x"}),
        newcomer.get("/settings", htmx=True),
    ]
    etag = stranger.raw("GET", asset).headers["ETag"]
    answers.append(stranger.raw("GET", asset, headers={"If-None-Match": etag}))
    seen = {each.status_code for each in answers}
    assert {200, 303, 304, 400, 401, 403, 404, 405, 413, 416} <= seen
    for answer in answers:
        headers, where = answer.headers, (answer.request.method, answer.request.path)
        for name, value in SECURITY.items():
            assert headers[name] == value, where
        if answer.request.path != asset or answer.status_code == 416:
            assert headers["Cache-Control"] == "no-store", where
    policy = SECURITY["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_an_asset_named_by_its_content_is_kept_for_ever(stranger: Visitor) -> None:
    page = stranger.get("/").text
    address = next(part for part in page.split('"') if part.startswith("/static/site."))
    first = stranger.raw("GET", address)
    assert "immutable" in first.headers["Cache-Control"]
    again = stranger.raw("GET", address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, "immutable" in again.headers["Cache-Control"]) == (304, True)


def test_ids_of_somebody_else_do_not_exist(client: Visitor, bob: Visitor) -> None:
    made = {
        "/projects": client.api("POST", "/api/projects", {"name": "P"}).get_json()["project"]["id"],
        "/tasks": client.api("POST", "/api/tasks", {"title": "T"}).get_json()["task"]["id"],
        "/team": client.api("POST", "/api/team", {"name": "A"}).get_json()["team_member"]["id"],
    }
    for path, row_id in made.items():
        for address in (f"{path}/{row_id}", f"{path}/{uuid4()}"):
            assert bob.get(address).status_code == 404, address
            assert bob.post_form(address, {"name": "x", "title": "x"}).status_code == 404
            assert bob.post_form(f"{address}/delete").status_code == 404
    assert client.rows("SELECT name FROM projects") == [("P",)]
    assert client.rows("SELECT title FROM tasks") == [("T",)]
    assert client.rows("SELECT name FROM team_members") == [("A",)]
