"""What htmx may put into a page: pages are marked, and what is none is refused to it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from provision.web.answer.assets import folder
from provision.web.answer.swapping import DRAWN
from provision.web.format.markdown import prose
from tests.web.test_every_route import routes

if TYPE_CHECKING:
    from flask import Flask

    from tests.web.conftest import Visitor

_HTMX = {"HX-Request": "true", "HX-Current-URL": "http://localhost/tasks"}
_BOOSTED = _HTMX | {"HX-Boosted": "true"}
_RESTORED = {"HX-Request": "true", "HX-History-Restore-Request": "true"}


def _rows(client: Visitor) -> dict[str, str]:
    made = {}
    for noun, member, body in (
        ("projects", "project", {"name": "P", "description": "[x](/exports/tasks.csv)"}),
        ("team", "team_member", {"name": "A"}),
        ("tasks", "task", {"title": "T"}),
    ):
        made[noun] = client.api("POST", f"/api/{noun}", body).get_json()[member]["id"]
    return made


def test_of_every_route_htmx_gets_marked_html_or_nothing_to_show(
    app: Flask, client: Visitor
) -> None:
    pages = files = 0
    for method, path, _ in sorted(routes(app, _rows(client)), reverse=True):
        for headers in (_HTMX, _BOOSTED, _RESTORED):
            sent = {"X-CSRFToken": client.csrf_token(), **headers}
            if path in ("/logout", "/settings/your-data/delete"):
                continue
            answer = client.raw(method, path, headers=sent)
            where = (method, path, headers)
            assert answer.status_code < 500, where
            if DRAWN in answer.headers:
                pages += 1
                assert answer.content_type == "text/html; charset=utf-8", where
                assert "HX-Request" in answer.headers["Vary"], where
            elif answer.status_code in (303, 308):
                assert answer.location.startswith("/"), where
            elif answer.data:
                files += 1
                assert answer.status_code in (400, 403, 404, 405), where
                assert answer.mimetype in ("text/plain", "application/problem+json"), where
    assert pages > 100
    assert files > 50


@pytest.mark.parametrize(
    "path",
    [
        "/exports/tasks.csv?q=zz",
        "/exports/team.json",
        "/exports/workspace.json.gz",
        "/auth/setup-database/schema.sql",
        "/static/site.css?v=1",
        "/metrics",
        "/healthz",
        "/readyz",
    ],
)
@pytest.mark.parametrize("value", ["true", "false", "", "TRUE"])
def test_a_file_is_loaded_by_the_browser_and_never_by_htmx(
    client: Visitor, path: str, value: str
) -> None:
    answer = client.raw("GET", path, headers={"HX-Request": value})
    assert answer.status_code == 400
    assert answer.headers["HX-Redirect"] == path
    assert answer.content_type == "text/plain; charset=utf-8"
    plain = client.raw("GET", path)
    assert plain.status_code == 200
    assert DRAWN not in plain.headers


def test_the_api_is_no_part_of_a_page_and_says_so_as_a_problem(client: Visitor) -> None:
    row = client.api("POST", "/api/projects", {"name": "P"}).get_json()["project"]["id"]
    for method, path in (
        ("GET", "/api/projects"),
        ("GET", f"/api/projects/{row}"),
        ("DELETE", f"/api/projects/{row}"),
        ("GET", f"/api/projects/{uuid4()}"),
        ("GET", "/api/openapi.json"),
    ):
        answer = client.api(method, path, **{"HX-Request": "true"})
        assert answer.status_code == 400, path
        assert answer.content_type == "application/problem+json"
        assert answer.get_json()["code"] == "bad_request"
        assert "HX-Redirect" not in answer.headers
    assert client.api("GET", f"/api/projects/{row}").status_code == 200
    assert DRAWN in client.api("GET", "/api/docs", **{"HX-Request": "true"}).headers


def test_a_file_made_by_a_form_is_not_made_for_htmx(client: Visitor) -> None:
    answer = client.post_form("/settings/your-data/download", htmx=True)
    assert answer.status_code == 400
    assert "HX-Redirect" not in answer.headers
    assert client.email() not in answer.text


def test_every_description_stands_where_htmx_does_nothing(client: Visitor) -> None:
    assert prose("a") == '<div class="prose markdown" hx-disable hx-boost="false"><p>a</p>\n</div>'
    assert prose("*" * 20_000).startswith('<div class="prose markdown" hx-disable')
    rows = _rows(client)
    assert client.rows("UPDATE tasks SET description = '[x](/exports/tasks.csv)' RETURNING 1")
    for path, headers in (
        (f"/projects/{rows['projects']}", {}),
        (f"/projects/{rows['projects']}", _BOOSTED),
        (f"/tasks/{rows['tasks']}", {}),
        (f"/tasks/{rows['tasks']}", _HTMX | {"HX-Target": "panel"}),
    ):
        page = client.raw("GET", path, headers=headers).text
        (before,) = re.findall(r'(<div [^>]*>)<p><a href="/exports/tasks.csv"', page)
        assert " hx-disable " in before, path


def test_no_template_shows_text_as_html_in_any_other_way() -> None:
    templates = list(Path(folder("templates")).rglob("*.html"))
    assert len(templates) > 50
    for path in templates:
        text = path.read_text()
        assert "|markdown" not in text, path
        assert "autoescape" not in text, path
        # What is declared safe is written out in the template itself.
        literals = re.findall(r"""("[^"{}]*"|'[^'{}]*')\|safe""", text)
        assert text.count("|safe") == len(literals), path
