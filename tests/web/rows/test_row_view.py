"""Projects and people as cards or as a table, sorted and filtered by the address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

_NAMES = re.compile(r'<tr id="(?:project|member)-.*?<a class="clip"[^>]*>([^<]+)</a>', re.DOTALL)


@pytest.fixture
def studio(client: Visitor) -> Visitor:
    """Three projects and three people."""
    for name, budget, spent in [("Beta", "300", "10"), ("Alpha", "100", "140"), ("Gamma", "", "5")]:
        client.post_form("/projects", {"name": name, "budget": budget, "spent": spent})
    for name, load in [("Cleo", "60"), ("Ana", "115"), ("Bo", "90")]:
        client.post_form("/team", {"name": name, "workload": load, "status": "available"})
    return client


def _names(page: str) -> list[str]:
    return _NAMES.findall(page)


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("/projects?view=table", ["Gamma", "Alpha", "Beta"]),
        ("/projects?view=table&sort=name", ["Alpha", "Beta", "Gamma"]),
        ("/projects?view=table&sort=-spent", ["Alpha", "Beta", "Gamma"]),
        ("/projects?view=table&sort=nothing", ["Gamma", "Alpha", "Beta"]),
        ("/projects?view=table&q=alp", ["Alpha"]),
        ("/team?view=table", ["Ana", "Bo", "Cleo"]),
        ("/team?view=table&sort=-workload", ["Ana", "Bo", "Cleo"]),
        ("/team?view=table&sort=workload", ["Cleo", "Bo", "Ana"]),
    ],
)
def test_a_table_comes_in_the_order_asked_for(
    studio: Visitor, address: str, names: list[str]
) -> None:
    page = studio.get(address)
    assert page.status_code == 200
    assert _names(page.text) == names
    assert "</html>" in page.text


def test_a_heading_sorts_and_turns_the_order_round(studio: Visitor) -> None:
    first = studio.get("/projects?view=table&status=planning").text
    assert 'href="/projects?status=planning&amp;view=table&amp;sort=name"' in first
    sorted_page = studio.get("/projects?view=table&status=planning&sort=name").text
    assert 'aria-sort="ascending"' in sorted_page
    assert 'href="/projects?status=planning&amp;view=table&amp;sort=-name"' in sorted_page


def test_a_filter_keeps_the_view_and_the_view_keeps_the_filter(studio: Visitor) -> None:
    part = studio.get("/projects?view=table&sort=name&q=a", htmx=True).text
    assert "</html>" not in part
    lasting = part.partition('id="project-lasting"')[2].partition("</div>")[0]
    assert 'name="view" value="table"' in lasting
    assert 'name="sort" value="name"' in lasting
    views = part.partition('id="project-views"')[2].partition("</div>")[0]
    assert 'href="/projects?q=a"' in views


@pytest.mark.parametrize(
    ("path", "rows", "cells"),
    [("projects", "#project-rows", "#project-cells"), ("team", "#member-rows", "#member-cells")],
)
def test_what_is_new_is_put_where_the_person_looks(
    client: Visitor, path: str, rows: str, cells: str
) -> None:
    token = client.csrf_token()
    for address, target in [(f"/{path}?view=table", rows), (f"/{path}", cells)]:
        made = client.raw(
            "POST",
            f"/{path}",
            data={"name": "New", "csrf_token": token},
            headers={"HX-Request": "true", "HX-Current-URL": f"http://localhost{address}"},
        )
        assert made.status_code == 200, made.text
        assert f':{target}"' in made.text


def test_who_has_too_much_is_said_with_who_has_room(studio: Visitor) -> None:
    page = studio.get("/team").text
    strip = re.sub(r"<[^>]+>", "", page.partition('<p class="strip">')[2].partition("</p>")[0])
    assert "Ana is 15 % over. Cleo has 40 % free, Bo 10 %." in strip
    assert "Show Ana\N{RIGHT SINGLE QUOTATION MARK}s tasks" in strip
    assert 'class="strip"' not in studio.get("/team?q=Bo").text


def test_removing_somebody_says_first_what_becomes_of_their_tasks(studio: Visitor) -> None:
    people = studio.api("GET", "/api/team").get_json()["team_members"]
    ana, bo = (next(one["id"] for one in people if one["name"] == name) for name in ("Ana", "Bo"))
    for title, status in [("One", "todo"), ("Two", "done")]:
        task = {"title": title, "status": status, "assignee_id": ana}
        assert studio.api("POST", "/api/tasks", task).status_code == 201
    said = studio.get(f"/team/{ana}").text.partition('id="delete-member-text">')[2]
    assert said.startswith("2 tasks of theirs, 1 of them open, stay and belong to nobody.")
    said = studio.get(f"/team/{bo}").text.partition('id="delete-member-text">')[2]
    assert said.startswith("No task is given to Bo; nothing else changes.")


def test_a_projects_page_sets_what_is_spent_against_what_is_done(studio: Visitor) -> None:
    projects = studio.api("GET", "/api/projects").get_json()["projects"]
    alpha = next(each["id"] for each in projects if each["name"] == "Alpha")
    studio.api("POST", "/api/tasks", {"title": "Draw", "project_id": alpha, "status": "review"})
    page = studio.get(f"/projects/{alpha}").text
    assert "140 % spent at 0 % done" in page
    column = page.partition('id="column-review"')[2].partition("</section>")[0]
    assert "Draw" in column
