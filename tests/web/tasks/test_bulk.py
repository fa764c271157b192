"""Many tasks changed from the list: by ticks, or all that match."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.board import beside, made, member, project

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

AT = "/tasks?view=list"


def _titles(client: Visitor, where: str) -> str:
    rows = client.rows(f"SELECT title FROM tasks WHERE {where} ORDER BY title")
    return "".join(title for (title,) in rows)


def _again(page: str) -> dict[str, list[str]]:
    """The fields of the form that asks once more."""
    form = page.partition('bulk-question"')[2].partition("<form")[2].partition("</form>")[0]
    fields: dict[str, list[str]] = {}
    for name, text in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form):
        fields.setdefault(name, []).append(unescape(text))
    assert fields
    return fields


@pytest.fixture
def ids(client: Visitor) -> dict[str, str]:
    return {title: made(client, title, priority="low") for title in "abcd"}


def test_the_list_holds_the_form_and_a_tick_for_each_task(
    client: Visitor, ids: dict[str, str]
) -> None:
    page = client.get(f"{AT}&priority=low").text
    for task_id in ids.values():
        assert f'<input type="checkbox" name="id" value="{task_id}" form="bulk"' in page
    assert 'name="at" value="/tasks?view=list&amp;priority=low"' in page
    assert 'name="count" value="4"' in page
    assert "All 4 that match" in page


def test_ticks_and_a_choice_change_the_tasks(client: Visitor, ids: dict[str, str]) -> None:
    website, ana = project(client), member(client)
    fields = {
        "at": AT,
        "count": "4",
        "id": [ids["a"], ids["c"]],
        "status": "review",
        "priority": "",
        "assignee_id": ana,
        "project_id": website,
        "due_date": "2031-12-01",
    }
    answer = client.post_form("/tasks/bulk", fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, AT)
    assert (
        "2 tasks: Status → Review, Due → 1 Dec 2031, Project → Website, Assignee → Ana Lindqvist"
        in client.get(AT).text
    )
    where = "status = 'review' AND priority = 'low' AND due_date = '2031-12-01'"
    assert _titles(client, f"{where} AND project_id = '{website}'") == "ac"
    cleared = {"at": AT, "id": [ids["a"]], "due_date": ["", "none"], "assignee_id": "none"}
    client.post_form("/tasks/bulk", cleared | {"project_id": "none"})
    assert _titles(client, "project_id IS NULL AND due_date IS NULL") == "abd"
    assert "1 task: Due → none, Project taken off, Assignee taken off" in client.get(AT).text


def test_htmx_gets_the_list_as_it_is_then(client: Visitor, ids: dict[str, str]) -> None:
    fields = {"at": AT, "id": list(ids.values()), "status": "done", "count": "4"}
    answer = beside(client, "/tasks/bulk", fields, at=AT, target="task-list")
    assert answer.status_code == 200
    told = json.loads(answer.headers["HX-Trigger"])
    assert told["toast"]["text"] == "4 tasks: Status → Done"
    assert told["counts-changed"]
    assert '<section class="sheet-body task-list" id="task-list"' in answer.text
    assert "<html" not in answer.text


def test_all_that_match_are_changed_also_those_on_other_pages(client: Visitor) -> None:
    client.rows(
        "INSERT INTO tasks (user_id, title, priority) SELECT p.id, 't' || n,"
        " CASE WHEN n > 12 THEN 'low' ELSE 'high' END"
        " FROM profiles p, generate_series(1, 324) n RETURNING 1"
    )
    at = f"{AT}&priority=low"
    assert "All 312 that match" in client.get(at).text
    fields = {"at": at, "all": "1", "count": "312", "priority": "urgent"}
    assert client.post_form("/tasks/bulk", fields).status_code == 303
    assert client.rows("SELECT priority, count(*)::int FROM tasks GROUP BY 1 ORDER BY 2") == [
        ("high", 12),
        ("urgent", 312),
    ]


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize("action", ["", "delete"])
def test_another_number_than_was_seen_is_said_and_asked(
    client: Visitor, ids: dict[str, str], htmx: bool, action: str
) -> None:
    at = f"{AT}&priority=low"
    fields = {"at": at, "all": "1", "count": "3", "status": "done", "action": action}
    answer = client.post_form("/tasks/bulk", fields, htmx=htmx)
    assert answer.status_code == 409
    assert "The list had 3 tasks when you chose them; 4 match now." in answer.text
    assert _titles(client, "status = 'todo'") == "abcd"
    again = _again(answer.text)
    assert again["count"] == ["4"]
    assert client.post_form("/tasks/bulk", again).status_code == 303
    left = "" if action else "abcd"
    assert _titles(client, "status = 'done'") == left


def test_those_that_are_gone_are_said_and_the_others_offered(
    client: Visitor, ids: dict[str, str]
) -> None:
    client.post_form(f"/tasks/{ids['b']}/delete")
    fields = {"at": AT, "id": [ids["a"], ids["b"]], "priority": "high"}
    answer = client.post_form("/tasks/bulk", fields)
    assert answer.status_code == 409
    assert "1 of the 2 chosen tasks is gone." in answer.text
    assert _titles(client, "priority = 'high'") == ""
    assert client.post_form("/tasks/bulk", _again(answer.text)).status_code == 303
    assert _titles(client, "priority = 'high'") == "a"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "Choose at least one task."),
        ({"id": "nonsense", "status": "done"}, "Choose at least one task."),
        ({"all": "1", "count": "²"}, "Choose at least one task."),
        ({"id": "A"}, "Choose what to change in the bar below."),
        ({"id": "A", "status": "parked"}, "Status is one of"),
        ({"id": "A", "due_date": "2026-02-31"}, "not a day of the calendar"),
        ({"id": "A", "due_date": ["2026-02-28", "none"]}, "a day or no date, not both"),
        ({"id": "A", "project_id": "00000000-0000-4000-8000-000000000000"}, "no such project"),
    ],
)
def test_what_cannot_be_done_is_said(
    client: Visitor, ids: dict[str, str], fields: dict[str, Any], message: str
) -> None:
    given = {name: ids["a"] if text == "A" else text for name, text in fields.items()}
    answer = client.post_form("/tasks/bulk", {"at": AT} | given)
    assert answer.status_code == 422
    assert message in answer.text
    assert _titles(client, "status = 'todo' AND project_id IS NULL") == "abcd"


def test_ticks_on_tasks_of_somebody_else_are_none(
    client: Visitor, bob: Visitor, ids: dict[str, str]
) -> None:
    theirs = made(bob, "z")
    fields = {"at": AT, "id": [ids["a"], theirs], "status": "done"}
    assert client.post_form("/tasks/bulk", fields).status_code == 409
    assert _titles(client, "status = 'done'") == ""
