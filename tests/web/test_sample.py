"""Sample data by the pages: filled in, looked at, taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

COUNTS = "SELECT (SELECT count(*) FROM projects), (SELECT count(*) FROM tasks)"


def test_it_comes_and_goes(client: Visitor) -> None:
    assert 'action="/sample"' in client.get("/dashboard").text
    assert client.post_form("/sample").location == "/dashboard"
    assert client.rows(COUNTS) == [(6, 64)]
    page = client.get("/sample")
    assert "6 projects, 64 tasks and 6 people of the sample are here" in page.text
    assert client.post_form("/sample/remove").location == "/dashboard"
    assert client.rows(COUNTS) == [(0, 0)]
    assert "76 sample rows are removed." in client.get("/dashboard").text
    assert "There is no sample data here" in client.get("/sample").text


def test_a_workspace_with_work_in_it_is_not_filled(client: Visitor) -> None:
    client.api("POST", "/api/tasks", {"title": "Mine"})
    client.post_form("/sample")
    assert "holds work already" in client.get("/dashboard").text
    assert client.rows(COUNTS) == [(0, 1)]


def test_what_was_changed_or_added_is_named_and_stays_by_default(
    client: Visitor, bob: Visitor
) -> None:
    client.post_form("/sample")
    bob.post_form("/sample")
    ((project,),) = client.rows(
        "SELECT id::text FROM projects WHERE name = 'Website' AND user_id ="
        " (SELECT id FROM profiles WHERE email LIKE 'alice%')"
    )
    client.api("POST", "/api/tasks", {"title": "My own task", "project_id": project})
    client.api("PATCH", f"/api/projects/{project}", {"name": "My website"})
    page = client.get("/sample")
    assert "My own task" in page.text
    assert "My website" in page.text
    client.post_form("/sample/remove", {"what": "untouched"})
    answer = client.api("GET", "/api/projects").json
    assert answer is not None
    assert [each["name"] for each in answer["projects"]] == ["My website"]
    assert client.rows(COUNTS) == [(7, 65)]
    client.post_form("/sample/remove", {"what": "all"})
    assert client.rows(COUNTS) == [(6, 65)]
    tasks = client.api("GET", "/api/tasks").json
    assert tasks is not None
    assert [(each["title"], each["project_id"]) for each in tasks["tasks"]] == [
        ("My own task", None)
    ]
