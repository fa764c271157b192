from __future__ import annotations

import re
from datetime import date, timedelta
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
