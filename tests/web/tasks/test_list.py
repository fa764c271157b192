from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from markupsafe import Markup

from provision.tenant.queries.rows import TaskDetail
from provision.web.answer.drawn_rows import DrawnRow
from provision.web.format.dates import today
from provision.web.tasks.cards import card, group_of, groups
from tests.web.board import beside, foreign, made

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

TITLE = re.compile(r'href="/tasks/[0-9a-f-]{36}">([^<]+)</a>')
GROUP = re.compile(r'scope="rowgroup"><span[^>]*>([^<]+)</span>(?: <span[^>]*>(\d+)</span>)?')


def _titles(page: str) -> list[str]:
    return TITLE.findall(page)


def test_a_list_is_parted_by_when_tasks_are_due(client: Visitor) -> None:
    now = today()
    for title, days in [("Later", 30), ("Late", -3), ("Today", 0), ("Done long ago", -90)]:
        status = "done" if title.startswith("Done") else "todo"
        made(client, title, due_date=str(now + timedelta(days=days)), status=status)
    made(client, "No date")
    page = client.get("/tasks?view=list").text
    assert GROUP.findall(page) == [
        ("Late", "1"),
        ("This week", "1"),
        ("Later", "1"),
        ("No date", "1"),
        ("Done", "1"),
    ]
    assert _titles(page) == ["Late", "Today", "Later", "No date", "Done long ago"]
    assert "3 days late" in page


@pytest.mark.parametrize(
    ("sort", "first"),
    [("title", "Alpha"), ("-title", "Zulu"), ("-priority", "Zulu"), ("priority", "Alpha")],
)
def test_a_heading_sorts_the_list(client: Visitor, sort: str, first: str) -> None:
    made(client, "Alpha", priority="low")
    made(client, "Zulu", priority="urgent")
    page = client.get(f"/tasks?view=list&sort={sort}").text
    assert _titles(page)[0] == first
    assert not GROUP.findall(page)
    direction = "descending" if sort.startswith("-") else "ascending"
    assert f'aria-sort="{direction}"' in page


def test_an_unknown_order_is_the_usual_one(client: Visitor) -> None:
    made(client)
    page = client.get("/tasks?view=list&sort=user_id")
    assert page.status_code == 200
    assert 'col-due" aria-sort="ascending"' in page.text


def test_the_list_goes_on_where_it_stopped(client: Visitor) -> None:
    client.rows(
        "INSERT INTO tasks (user_id, title, due_date) SELECT p.id, 'Task ' || n,"
        " current_date + n FROM profiles p, generate_series(1, 130) n RETURNING 1"
    )
    foreign(client, "Closed", status="'done'")
    first = client.get("/tasks?view=list").text
    assert len(_titles(first)) == 100
    # It stops in the midst of a group, whose number is not known.
    assert GROUP.findall(first)[-1] == ("Later", "")
    following = re.search(r'class="load-more" href="([^"]+)"', first)
    assert following
    address = following[1].replace("&amp;", "&")
    fragment = beside(client, address, target="more-rows").text
    assert fragment.strip().startswith("<tbody>")
    assert _titles(fragment) == [*(f"Task {n}" for n in range(101, 131)), "Closed"]
    page = client.get(address).text
    assert "<html" in page
    assert _titles(page) == _titles(fragment)


def test_a_made_up_place_in_the_list_is_refused(client: Visitor) -> None:
    assert client.get("/tasks?view=list&cursor=nonsense").status_code == 400


def test_dates_no_calendar_holds_have_their_place(client: Visitor) -> None:
    foreign(client, "Never", due_date="'infinity'")
    foreign(client, "Ages ago", due_date="'-infinity'")
    foreign(client, "Ides", due_date="'0044-03-15 BC'")
    page = client.get("/tasks?view=list")
    assert page.status_code == 200
    assert [name for name, _ in GROUP.findall(page.text)] == ["Late", "Later"]


@pytest.mark.parametrize(
    ("now", "due", "group"),
    [
        ("2026-11-23", "2026-11-23", "This week"),
        ("2026-11-23", "2026-11-29", "This week"),
        ("2026-11-23", "2026-11-30", "Next week"),
        ("2026-11-29", "2026-11-29", "This week"),
        ("2026-11-29", "2026-11-30", "Next week"),
        ("2026-11-29", "2026-12-07", "Later"),
        ("2026-11-29", "2026-11-28", "Late"),
    ],
)
def test_weeks_end_on_sunday(now: str, due: str, group: str) -> None:
    day = date.fromisoformat(now)
    line = DrawnRow(group_of(card(_row(due), day), day), Markup())
    [found] = groups([line], is_first_page=True, has_more=False)
    assert found.title == group


def _row(due_date: str) -> TaskDetail:
    nothing: dict[str, Any] = dict.fromkeys(TaskDetail.__struct_fields__)
    return TaskDetail(**nothing | {"id": "1", "title": "T", "due_date": due_date, "version": "1"})


@pytest.mark.parametrize("view", ["list", "board"])
def test_a_list_of_several_pages_can_be_had_whole_to_be_printed(client: Visitor, view: str) -> None:
    client.rows(
        "INSERT INTO tasks (user_id, title, priority)"
        " SELECT user_id, 'Task ' || n, CASE WHEN n % 2 = 0 THEN 'low' ELSE 'high' END"
        " FROM (SELECT owner_id AS user_id FROM provision_workspaces LIMIT 1) AS w,"
        " generate_series(1, 230) AS n RETURNING 1"
    )
    page = client.get(f"/tasks?view={view}&priority=low")
    assert len(set(_titles(page.text))) < 115
    address = re.search(r'href="([^"]*print=1[^"]*)"[^>]*>Print all</a>', page.text)
    assert address, page.text
    whole = client.get(unescape(address[1]))
    shown = re.findall(r'dir="auto" href="/tasks/[0-9a-f-]{36}">([^<]+)</a>', whole.text)
    assert sorted(shown) == sorted(f"Task {n}" for n in range(2, 231, 2))
    assert "All 115 tasks are on this page." in whole.text
    assert "Print all" not in whole.text
    assert "More tasks" not in whole.text


def test_one_page_has_nothing_more_to_print(client: Visitor) -> None:
    made(client, "One")
    for path in ("/tasks", "/tasks?view=list", "/projects", "/team"):
        assert "Print all" not in client.get(path).text


def test_a_list_longer_than_a_page_to_print_says_that_it_is_cut(client: Visitor) -> None:
    client.rows(
        "INSERT INTO tasks (user_id, title) SELECT owner_id, 'Task ' || n"
        " FROM provision_workspaces, generate_series(1, 2002) AS n RETURNING 1"
    )
    page = client.get("/tasks?view=list&print=1")
    assert "The first 2,000 of 2,002 tasks are on this page" in page.text
    assert page.text.count("<tr id=") == 2_000
    board = client.get("/tasks?print=1")
    assert "The first 500 of 2,002 tasks are on this page" in board.text


@pytest.mark.parametrize(("path", "table"), [("projects", "projects"), ("team", "team_members")])
def test_projects_and_people_can_be_printed_whole(client: Visitor, path: str, table: str) -> None:
    client.rows(
        f"INSERT INTO {table} (user_id, name) SELECT owner_id, 'Row ' || n"
        " FROM provision_workspaces, generate_series(1, 60) AS n RETURNING 1"
    )
    for view in ("", "&view=table"):
        page = client.get(f"/{path}?q=Row{view}").text
        address = re.search(r'href="([^"]*print=1[^"]*)"[^>]*>Print all</a>', page)
        assert address
        whole = client.get(unescape(address[1])).text
        assert len(set(re.findall(r">(Row \d+)<", whole))) == 60
        assert f"All 60 {'people' if path == 'team' else 'projects'} are on this page." in whole
