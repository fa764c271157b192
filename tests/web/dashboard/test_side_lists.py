"""What stays right beside the page while htmx changes the page itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

FROM_PROJECTS = {"HX-Request": "true", "HX-Current-URL": "http://localhost/projects?new=1"}


def test_a_write_makes_the_sidebar_count_anew(client: Visitor) -> None:
    made = client.post_form("/projects", {"name": "Website"}, htmx=True)
    assert json.loads(made.headers["HX-Trigger"])["counts-changed"] is True
    lists = client.raw("GET", "/dashboard/side-lists?active=projects", headers=FROM_PROJECTS)
    assert lists.status_code == 200
    assert "<html" not in lists.text
    assert '<div class="side-lists" id="side-lists"' in lists.text
    assert "<span>Projects</span><small>1</small>" in lists.text
    assert re.search(r"<span[^>]*>Website<", lists.text)
    assert lists.text.count('aria-current="page"') == 1


def test_beside_a_board_the_number_of_its_tasks_comes_along(client: Visitor) -> None:
    for title in ("One", "Two", "Other"):
        client.api("POST", "/api/tasks", {"title": title, "due_date": "2020-01-31"})

    def beside(query: str) -> str:
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://localhost/tasks{query}"}
        return client.raw("GET", "/dashboard/side-lists?active=tasks", headers=headers).text

    assert re.search(r'id="task-totals"[^>]* hx-swap-oob="true">3 tasks, 3 late<', beside(""))
    assert ">1 of 3 tasks, 1 late<" in beside("?q=Two")
    assert 'id="side-lists"' in beside("?q=Two")


def test_a_change_on_the_board_counts_on_the_tabs_of_small_screens(client: Visitor) -> None:
    task = client.api("POST", "/api/tasks", {"title": "One"}).get_json()["task"]
    page = client.get("/tasks").text
    assert '<span class="quiet" id="tab-todo">1</span>' in page
    fields = {
        "csrf_token": client.csrf_token(),
        "status": "review",
        "was": "todo",
        "count-todo": "1",
        "count-review": "0",
    }
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/tasks"}
    moved = client.raw("POST", f"/tasks/{task['id']}", data=fields, headers=headers).text
    assert '<span class="quiet" id="tab-todo" hx-swap-oob="true">0</span>' in moved
    assert '<span class="quiet" id="tab-review" hx-swap-oob="true">1</span>' in moved


def test_the_address_asks_no_more_for_a_form_that_was_sent(client: Visitor) -> None:
    fields = {"csrf_token": client.csrf_token(), "name": "Website"}
    made = client.raw("POST", "/projects", data=fields, headers=FROM_PROJECTS)
    assert made.headers["HX-Replace-Url"] == "/projects"
    made = client.post_form("/projects", {"name": "Other"}, htmx=True)
    assert "HX-Replace-Url" not in made.headers


def test_an_address_that_is_none_keeps_the_persons_own_frame(client: Visitor) -> None:
    page = client.get("/nonsense")
    assert page.status_code == 404
    assert "To the dashboard" in page.text
    assert "Sign in" not in page.text


def test_a_done_task_shows_when_it_was_done_not_when_it_is_due(client: Visitor) -> None:
    project = client.api("POST", "/api/projects", {"name": "P"}).get_json()["project"]["id"]
    done = {"title": "Proof", "status": "done", "due_date": "2099-12-31", "project_id": project}
    client.api("POST", "/api/tasks", done)
    client.api("POST", "/api/tasks", {"title": "Open one", "project_id": project})
    page = client.get(f"/projects/{project}").text
    assert "2099" not in page
    assert page.index("Open one") < page.index("Proof")
