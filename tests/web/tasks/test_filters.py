"""What is looked at stands in the address: ranges of days, chips that take a filter off, counts."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest

from provision.web.format.dates import today
from provision.web.tasks.view import due_range, is_within
from tests.web.board import beside, foreign, made, project

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

TITLE = re.compile(r'href="/tasks/[0-9a-f-]{36}">([^<]+)</a>')
MONDAY = date(2026, 11, 23)


def _days(client: Visitor) -> None:
    for title, days in [("yesterday", -1), ("today", 0), ("in ten days", 10)]:
        made(client, title, due_date=str(today() + timedelta(days=days)))
    made(client, "done late", due_date=str(today() - timedelta(days=2)), status="done")
    made(client, "some day")


@pytest.mark.parametrize("view", ["board", "list"])
@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("due=late", {"yesterday"}),
        ("due=today", {"today"}),
        ("due=none", {"some day"}),
        ("due=soon&status=done", set[str]()),
        ("due=nonsense", {"yesterday", "today", "in ten days", "done late", "some day"}),
        ("due_after={today}", {"in ten days"}),
        ("due_before={today}&due_after=x", {"yesterday", "done late"}),
    ],
)
def test_due_dates_narrow_board_and_list(
    client: Visitor, view: str, query: str, titles: set[str]
) -> None:
    _days(client)
    page = client.get(f"/tasks?view={view}&{query.format(today=today())}")
    assert page.status_code == 200
    assert set(TITLE.findall(page.text)) == titles


def test_each_filter_is_taken_off_by_its_chip(client: Visitor) -> None:
    website = project(client)
    made(client, "One", project_id=website, priority="high")
    made(client, "Two")
    at = f"/tasks?view=list&project_id={website}&priority=high&q=one"
    page = client.get(at).text
    assert "1 of 2 tasks" in page
    off = [unescape(each) for each in re.findall(r'class="chip chip-on" href="([^"]+)"', page)]
    assert off == [
        "/tasks?view=list&priority=high&q=one",
        f"/tasks?view=list&project_id={website}&q=one",
        f"/tasks?view=list&project_id={website}&priority=high",
    ]
    for address in off:
        assert client.get(address).status_code == 200
    assert 'href="/tasks?view=list">Clear</a>' in page


def test_a_new_task_outside_the_days_looked_at_is_not_drawn(client: Visitor) -> None:
    at = "/tasks?due=late"
    answer = beside(client, "/tasks", {"quick": "1", "title": "Some day"}, at=at)
    assert answer.status_code == 200
    assert "<article" not in answer.text
    late = {"quick": "1", "title": f"Late {today() - timedelta(days=1)}"}
    assert "<article" in beside(client, "/tasks", late, at=at).text


@pytest.mark.parametrize("sort", ["project", "-project", "assignee", "-assignee", "-due_date"])
def test_every_heading_sorts_both_ways(client: Visitor, sort: str) -> None:
    made(client, "Loose")
    foreign(client, "Never", due_date="'infinity'")
    made(client, "Mine", project_id=project(client, "Alpha"))
    page = client.get(f"/tasks?view=list&sort={sort}").text
    assert len(TITLE.findall(page)) == 3
    direction = "descending" if sort.startswith("-") else "ascending"
    assert f'aria-sort="{direction}"' in page
    if sort == "project":
        assert TITLE.findall(page)[0] == "Mine"


@pytest.mark.parametrize(
    ("name", "stored", "fits"),
    [
        ("late", "2026-11-22", True),
        ("late", "2026-11-23", False),
        ("late", None, False),
        ("late", "-infinity", True),
        ("late", "infinity", False),
        ("late", "0044-03-15 BC", True),
        ("week", "2026-11-29", True),
        ("week", "2026-11-30", False),
        ("week", "2026-11-22", False),
        ("none", None, True),
        ("none", "2026-11-22", False),
        ("", None, True),
    ],
)
def test_a_day_fits_into_a_range_as_the_database_says(
    name: str, stored: str | None, fits: bool
) -> None:
    try:
        day = date.fromisoformat(stored or "")
    except ValueError:
        day = None
    assert is_within(due_range(name, MONDAY), day, stored) is fits
