"""Rows that were drawn before are shown as they would be drawn now, and as this person wants."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from provision.tenant.connection.decoding import Texts
from provision.tenant.queries.rows import TaskCard
from provision.web.format import viewer
from provision.web.format.dates import today
from provision.web.request.services import EXTENSION, Services
from provision.web.tasks.drawing import board_cards, list_lines
from tests.web.board import beside, made, member, project, version

if TYPE_CHECKING:
    from flask import Flask

    from tests.web.conftest import Visitor

# 25 hours apart: it is never the same day in both.
EAST, WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"
DUE = re.compile(r'<time class="due[^"]*"[^>]*>(?:<svg.*?</svg>)?([^<]+)')
CHANGED = re.compile(r'<td class="col-changed number quiet">([^<]*)</td>')
PAGES = ("/tasks", "/tasks?view=list")


def _choose(person: Visitor, **formats: str) -> None:
    assert person.api("PATCH", "/api/user", formats).status_code == 200


def test_the_same_rows_are_drawn_for_the_day_of_who_asks(client: Visitor) -> None:
    _choose(client, time_zone=EAST)
    form = client.get("/tasks?new=1&due=today").text
    [eastern_day] = set(re.findall(r'name="due_date" value="([\d-]+)"', form))
    made(client, "Now", due_date=eastern_day)
    for _ in range(2):
        for page in PAGES:
            _choose(client, time_zone=EAST)
            assert DUE.findall(client.get(page).text) == ["Today"]
            _choose(client, time_zone=WEST)
            assert DUE.findall(client.get(page).text) not in ([], ["Today"])


def test_a_clock_is_that_of_the_person_asking(client: Visitor) -> None:
    task_id = made(client)
    client.rows(
        "UPDATE tasks SET updated_at = (now() AT TIME ZONE 'utc')::date - 3 + time '12:00'"
        f" WHERE id = '{task_id}' RETURNING id"
    )
    for _ in range(2):
        for zone, clock in (("Asia/Kathmandu", " 17:45"), ("UTC", " 12:00")):
            _choose(client, time_zone=zone)
            assert CHANGED.findall(client.get(PAGES[1]).text)[0].endswith(clock)


def test_another_choice_of_formats_holds_at_once(client: Visitor) -> None:
    soon = today() + timedelta(days=5)
    made(client, due_date=str(soon))
    for page in PAGES:
        _choose(client, date_format="day_month")
        assert f"{soon:%a} {soon.day} {soon:%b}" in client.get(page).text
        _choose(client, date_format="month_day")
        assert f"{soon:%a} {soon:%b} {soon.day}" in client.get(page).text


def test_a_new_day_draws_what_was_drawn_yesterday(app: Flask) -> None:
    text = _card(due_date="2026-11-23")
    with app.test_request_context("/tasks"):
        for day, words in (
            (date(2026, 11, 22), "Mon 23 Nov"),
            (date(2026, 11, 23), "Today"),
            (date(2026, 11, 24), "1 day late"),
            (date(2026, 11, 23), "Today"),
        ):
            for draw in (board_cards, list_lines):
                [row] = draw(Texts([text], TaskCard), day)
                assert words in row.html


def test_a_new_week_parts_the_list_anew(app: Flask) -> None:
    rows = Texts([_card(due_date="2026-11-30")], TaskCard)
    with app.test_request_context("/tasks"):
        viewer.write_for(None)
        assert list_lines(rows, date(2026, 11, 29))[0].place == "next_week"
        assert list_lines(rows, date(2026, 11, 30))[0].place == "this_week"
        assert list_lines(rows, date(2026, 11, 29))[0].place == "next_week"


def test_all_the_formats_of_a_person_are_in_the_key(client: Visitor, app: Flask) -> None:
    made(client)
    kept = cast("Services", app.extensions[EXTENSION]).drawn_rows
    size = 0
    for choice in (
        {"time_zone": EAST},
        {"week_start": "sunday"},
        {"date_format": "year_month_day"},
        {"number_format": "point_comma"},
    ):
        _choose(client, **choice)
        client.get("/tasks")
        before, size = size, kept.size_bytes()
        assert size > before
        client.get("/tasks")
        assert kept.size_bytes() == size


def test_a_change_by_another_program_is_seen(client: Visitor) -> None:
    task_id = made(client, "Sketch")
    for page in PAGES:
        assert "Sketch" in client.get(page).text
    client.rows(f"UPDATE tasks SET title = 'Final' WHERE id = '{task_id}' RETURNING id")
    for page in PAGES:
        text = client.get(page).text
        assert "Final" in text
        assert "Sketch" not in text
    assert version(client, task_id) in client.get(PAGES[1]).text


def test_another_name_of_project_or_person_is_seen(client: Visitor) -> None:
    project_id, member_id = project(client, "Old house"), member(client, "Ana Old")
    made(client, project_id=project_id, assignee_id=member_id)
    for page in PAGES:
        assert "#Old house" in client.get(page).text
    client.api("PATCH", f"/api/projects/{project_id}", {"name": "New house"})
    client.api("PATCH", f"/api/team/{member_id}", {"name": "Ana New"})
    for page in PAGES:
        text = client.get(page).text
        assert "#New house" in text
        assert "Ana New" in text
        assert "Ana Old" not in text.partition('id="task-list"')[2].partition('id="bulk"')[0]


def test_the_same_row_of_another_workspace_is_drawn_for_it(client: Visitor, bob: Visitor) -> None:
    for page in PAGES:
        made(client, "Hers alone")
        assert "Hers alone" in client.get(page).text
        assert "Hers alone" not in bob.get(page).text


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "\"><script>'", "&lt;b&gt;"])
def test_markup_in_rows_stays_text_however_often_it_is_shown(client: Visitor, text: str) -> None:
    made(
        client,
        text,
        project_id=project(client, text),
        assignee_id=member(client, text),
        status="todo",
    )
    for page in PAGES:
        seen = [client.get(page).text.partition('id="task-list"')[2] for _ in range(2)]
        for each in seen:
            assert text not in each
        assert _rows(seen[0]) == _rows(seen[1]) != []


def test_a_change_beside_the_panel_is_drawn_as_the_page_would(client: Visitor) -> None:
    task_id = made(client, "Plan", due_date=str(today()))
    for page in PAGES:
        fields = {"status": "review", "was": "todo"}
        part = beside(client, f"/tasks/{task_id}", fields, at=page, target="task-facts").text
        shown = client.get(page).text
        [row] = [each for each in _rows(shown) if task_id in each]
        assert row.partition(">")[2] in part
        client.api("PATCH", f"/api/tasks/{task_id}", {"status": "todo"})


def _rows(page: str) -> list[str]:
    return re.findall(r'<(?:article|tr)[^>]* id="task-.*?</(?:article|tr)>|<tr id="task-.*?</tr>',
                      page, re.DOTALL)  # fmt: skip


def _card(**columns: str) -> bytes:
    nothing = dict.fromkeys(TaskCard.__struct_fields__, "null")
    given = {"id": "1", "title": "T", "version": "1", "status": "todo"} | columns
    shown = nothing | {name: f'"{text}"' for name, text in given.items()}
    return ("{" + ",".join(f'"{name}":{value}' for name, value in shown.items()) + "}").encode()
