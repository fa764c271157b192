"""Undo by the pages: offered with what was done and taken back once, as a form and by htmx."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.web.conftest import Visitor

ROWS = "SELECT to_jsonb(t) FROM tasks t ORDER BY id"


def made(visitor: Visitor, path: str, **values: Any) -> str:
    answer = visitor.api("POST", f"/api/{path}", values).json
    assert answer is not None
    (row,) = answer.values()
    return str(row["id"])


def offered(visitor: Visitor, answer: TestResponse) -> str:
    """The address of Undo: in the answer to htmx, or on the page that a form goes on to."""
    if "HX-Trigger" in answer.headers:
        return str(json.loads(answer.headers["HX-Trigger"])["toast"]["undo"])
    location = answer.headers.get("HX-Redirect") or answer.location
    page = visitor.get(str(location))
    found = re.search(
        r'<div class="toast[^>]*data-seconds="30".*?action="(/undo/[^"]+)"', page.text
    )
    return found[1] if found else ""


def post(visitor: Visitor, path: str, data: dict[str, Any], *, htmx: bool) -> TestResponse:
    return visitor.post_form(path, data, htmx=htmx)


@pytest.fixture
def task(client: Visitor) -> str:
    project = made(client, "projects", name="Website")
    member = made(client, "team", name="Ana")
    return made(client, "tasks", title="One", project_id=project, assignee_id=member)


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/tasks/{task}/delete", {}),
        ("/tasks/{task}", {"status": "done", "was": "todo"}),
        ("/tasks/{task}/move", {"status": "review", "was": "todo"}),
        ("/tasks/bulk", {"id": "{task}", "priority": "low"}),
        ("/tasks/bulk", {"id": "{task}", "action": "delete"}),
        ("/projects/{project}/delete", {}),
        ("/team/{member}/delete", {}),
    ],
)
def test_what_was_done_can_be_taken_back(
    client: Visitor, task: str, path: str, data: dict[str, str], htmx: bool
) -> None:
    ids = {"task": task}
    for noun, table in (("project", "projects"), ("member", "team_members")):
        ((row_id,),) = client.rows(f"SELECT id::text FROM {table}")
        ids[noun] = row_id
    before = client.rows(ROWS)
    sent = {name: value.format(**ids) for name, value in data.items()}
    answer = post(client, path.format(**ids), sent, htmx=htmx)
    assert answer.status_code in (200, 303), answer.text
    assert client.rows(ROWS) != before
    undo = offered(client, answer)
    assert undo.startswith("/undo/")
    taken = post(client, undo, {}, htmx=htmx)
    if htmx:
        assert taken.status_code == 200
        told = json.loads(taken.headers["HX-Trigger"])
        assert told["undone"] is True
        assert "everything is as it was" in told["toast"]["text"]
    else:
        assert taken.status_code == 303
        assert "everything is as it was" in client.get("/dashboard").text
    assert client.rows(ROWS) == before
    again = post(client, undo, {}, htmx=htmx)
    assert again.status_code == (404 if htmx else 303)
    said = again.headers["HX-Trigger"] if htmx else client.get("/dashboard").text
    assert "cannot be undone any more" in said


def test_newer_work_stays(client: Visitor, task: str) -> None:
    answer = client.post_form(f"/tasks/{task}", {"status": "done", "was": "todo"}, htmx=True)
    client.api("PATCH", f"/api/tasks/{task}", {"title": "Newer"})
    undo = offered(client, answer)
    client.api("PATCH", f"/api/tasks/{task}", {"status": "review"})
    assert client.post_form(undo, htmx=True).status_code == 409
    assert client.rows("SELECT title, status FROM tasks") == [("Newer", "review")]


def test_nobody_else_can_take_it_back(client: Visitor, bob: Visitor, task: str) -> None:
    undo = offered(client, client.post_form(f"/tasks/{task}/delete"))
    assert bob.post_form(undo, htmx=True).status_code == 404
    assert client.rows("SELECT count(*) FROM tasks") == [(0,)]
    assert client.post_form(undo).status_code == 303
    assert client.rows("SELECT count(*) FROM tasks") == [(1,)]


def test_it_goes_back_to_the_page_one_is_on_and_nowhere_else(client: Visitor, task: str) -> None:
    undo = offered(client, client.post_form(f"/tasks/{task}/delete"))
    for referrer, location in (
        ("http://localhost/tasks?view=list", "/tasks?view=list"),
        ("https://elsewhere.example//evil", "/dashboard"),
        ("http://[", "/dashboard"),
    ):
        answer = client.raw(
            "POST", undo, headers={"X-CSRFToken": client.csrf_token(), "Referer": referrer}
        )
        assert answer.location == location


def test_more_than_can_be_undone_is_asked_about_first(client: Visitor, task: str) -> None:
    client.rows(
        "INSERT INTO tasks (user_id, title) SELECT user_id, 'T' FROM tasks,"
        " generate_series(1, 2000) RETURNING 1"
    )
    sent = {"all": "1", "count": "2001", "priority": "low", "at": "/tasks?view=list"}
    asked = client.post_form("/tasks/bulk", sent)
    assert asked.status_code == 409
    assert "2,001 tasks are more than can be undone" in asked.text
    assert 'name="for_good" value="1"' in asked.text
    assert client.rows("SELECT count(*) FROM tasks WHERE priority = 'low'") == [(0,)]
    done = client.post_form("/tasks/bulk", sent | {"for_good": "1"})
    assert done.status_code == 303
    assert offered(client, done) == ""
    assert client.rows("SELECT count(*) FROM tasks WHERE priority = 'low'") == [(2001,)]


def test_a_write_that_is_too_much_says_so(client: Visitor, task: str) -> None:
    client.rows("UPDATE tasks SET description = repeat('x', 2000001) RETURNING 1")
    answer = client.post_form(f"/tasks/{task}/delete")
    assert "One is deleted. This cannot be undone." in client.get(str(answer.location)).text


def test_without_the_column_the_upgrade_is_offered(client: Visitor, task: str) -> None:
    assert client.database is not None
    with client.database.connect() as connection:
        connection.execute("ALTER TABLE provision_workspaces DROP COLUMN undo")
    answer = client.post_form(f"/tasks/{task}/delete")
    assert (answer.status_code, answer.location) == (303, "/auth/setup-database/schema")
    assert client.rows("SELECT count(*) FROM tasks") == [(1,)]
    page = client.get("/auth/setup-database/schema").text
    assert "That was not done: your tables need what is shown here first." in page
    assert "ADD COLUMN undo JSONB" in page
    client.post_form("/auth/setup-database/schema", {"action": "apply"})
    assert offered(client, client.post_form(f"/tasks/{task}/delete")).startswith("/undo/")
