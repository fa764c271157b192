from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings

from tests.web.board import CARD, beside, made, member, project
from tests.web.quick_lines import QUICK_LINES

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

FORM = {
    "title": "Hotel copy",
    "description": "Rooms,\nand suites.",
    "status": "review",
    "priority": "high",
    "due_date": "2026-11-27",
}


def test_a_line_and_enter_make_a_task_in_to_do(client: Visitor) -> None:
    answer = client.post_form("/tasks", {"quick": "1", "title": "  Call the printer "})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tasks")
    assert client.rows("SELECT title, status, priority FROM tasks") == [
        ("Call the printer", "todo", "medium")
    ]
    assert "Call the printer is added." in client.get("/tasks").text


def test_htmx_gets_the_empty_line_and_the_new_card_only(client: Visitor) -> None:
    fields = {"quick": "1", "title": "Call <b>", "count-todo": "7"}
    answer = beside(client, "/tasks", fields, target="quick-add")
    assert answer.status_code == 200
    assert json.loads(answer.headers["HX-Trigger"])["toast"]["text"] == "Call <b> is added."
    assert 'id="quick-add"' in answer.text
    assert "></textarea>" in answer.text
    assert '<div hx-swap-oob="beforeend:#cards-todo">' in answer.text
    assert len(CARD.findall(answer.text)) == 1
    assert "Call &lt;b&gt;" in answer.text
    assert 'id="count-todo" hx-swap-oob="true">8<' in answer.text
    assert "<html" not in answer.text


def test_in_the_list_the_new_line_comes_on_top(client: Visitor) -> None:
    fields = {"quick": "1", "title": "Call"}
    answer = beside(client, "/tasks?view=list", fields, at="/tasks?view=list", target="quick-add")
    assert '<template><tbody hx-swap-oob="afterbegin:#tasks-added"><tr id="task-' in answer.text
    assert "count-" not in answer.text


def test_the_line_adds_to_what_is_looked_at(client: Visitor) -> None:
    website, ana = project(client), member(client)
    at = f"/tasks?project_id={website}&assignee_id={ana}&priority=high"
    page = client.get(at).text
    for name, value in [("project_id", website), ("assignee_id", ana), ("priority", "high")]:
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    assert "Add a task to this selection" in page
    plain = client.post_form(at, {"quick": "1", "title": "One", "project_id": website})
    assert plain.headers["Location"] == at


def test_a_new_task_that_the_filter_hides_is_not_drawn(client: Visitor) -> None:
    at = "/tasks?status=done"
    answer = beside(client, at, {"quick": "1", "title": "Hidden"}, at=at, target="quick-add")
    assert answer.status_code == 200
    assert not CARD.findall(answer.text)
    assert client.rows("SELECT count(*) FROM tasks") == [(1,)]


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("", "Title is needed."),
        ("x" * 300, "Title may have 200 characters at most; this has 300."),
        ("a\tb", "Title goes on one line."),
    ],
)
def test_a_line_that_cannot_be_saved_stays_with_a_message(
    client: Visitor, title: str, message: str
) -> None:
    plain = client.post_form("/tasks", {"quick": "1", "title": title})
    fragment = beside(client, "/tasks", {"quick": "1", "title": title}, target="quick-add")
    for answer in (plain, fragment):
        assert answer.status_code == 422
        assert '<p class="field-error" id="quick-error">' in answer.text
        assert message in answer.text
        assert f">{title}</textarea>" in answer.text
    assert "<html" in plain.text
    assert "<html" not in fragment.text
    assert client.rows("SELECT count(*) FROM tasks") == [(0,)]


KEPT = re.compile(r'name="kept" value="([^"]*)"')


@pytest.mark.parametrize("htmx", [False, True])
def test_a_name_that_nobody_has_is_said_and_the_task_can_be_made(
    client: Visitor, htmx: bool
) -> None:
    fields = {"quick": "1", "title": "Call #Nowhere !high"}
    asked = client.post_form("/tasks", fields, htmx=htmx)
    assert asked.status_code == 422
    assert "There is no project like #Nowhere: it stays in the title." in asked.text
    assert 'name="make" value="#Nowhere"' in asked.text
    assert "Create the project <bdi>Nowhere</bdi>?" in asked.text
    assert client.rows("SELECT count(*) FROM tasks") == [(0,)]
    assert KEPT.findall(asked.text) == ["#Nowhere"]
    made = client.post_form("/tasks", fields | {"kept": "#Nowhere"}, htmx=htmx)
    assert made.status_code == (200 if htmx else 303)
    assert client.rows("SELECT title, priority, project_id FROM tasks") == [
        ("Call #Nowhere", "high", None)
    ]
    assert client.rows("SELECT count(*) FROM projects") == [(0,)]


@pytest.mark.parametrize("htmx", [False, True])
def test_one_press_makes_the_project_or_person_that_is_not_there(
    client: Visitor, htmx: bool
) -> None:
    line = 'Call #"New shop" fri'
    fields = {"quick": "1", "title": line, "make": '#"New shop"', "kept": '#"New shop"'}
    client.post_form("/tasks", fields, htmx=htmx)
    person = {"quick": "1", "title": "Ask @Zoe", "make": "@Zoe"}
    client.post_form("/tasks", person, htmx=htmx)
    assert client.rows(
        "SELECT t.title, p.name, m.name FROM tasks t LEFT JOIN projects p ON p.id = t.project_id"
        " LEFT JOIN team_members m ON m.id = t.assignee_id ORDER BY t.title"
    ) == [("Ask", None, "Zoe"), ("Call", "New shop", None)]


def test_a_name_too_long_to_be_made_is_said(client: Visitor) -> None:
    token = f"#{'x' * 300}"
    fields = {"quick": "1", "title": f"Call {token}", "make": token}
    answer = client.post_form("/tasks", fields)
    assert answer.status_code == 422
    assert client.rows("SELECT count(*) FROM projects") == [(0,)]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
@given(line=QUICK_LINES)
@example(line="Buy paint every friday")
@example(line="Pay 3/4 !low")
@example(line="Call #web @ana 24.12.")
@example(line="Ask @Nobody in 3 days")
@example(line=r"Read \friday")
@example(line="Plain")
def test_what_is_saved_is_what_was_shown(client: Visitor, line: str) -> None:
    if not client.rows("SELECT 1 FROM projects LIMIT 1"):
        for name in ("Website", "New shop"):
            project(client, name=name)
        member(client, name="Ana Lind")
    client.rows("DELETE FROM tasks RETURNING 1")
    shown = client.get(f"/tasks/reading?{urlencode({'title': line})}", htmx=True).text
    kept = {"kept": [unescape(each) for each in KEPT.findall(shown)]}
    answer = client.post_form("/tasks", {"quick": "1", "title": line} | kept)
    title = re.search(r'<strong class="clip" dir="auto">(.*?)</strong>', shown, re.DOTALL)
    rows = client.rows(
        "SELECT t.title, t.priority, t.due_date::text, p.name, m.name FROM tasks t"
        " LEFT JOIN projects p ON p.id = t.project_id"
        " LEFT JOIN team_members m ON m.id = t.assignee_id"
    )
    if "field-error" in shown or (title and not title[1].strip()):
        assert (answer.status_code, rows) == (422, [])
        return
    if answer.status_code == 422:
        # Blanks alone, or a sign that ends a line.
        assert 'id="quick-error"' in answer.text
        assert rows == []
        return
    [row] = rows
    day, label = re.search(r'datetime="(.*?)"', shown), re.search(r"priority priority-(\w+)", shown)
    named = re.findall(r"</(?:svg|span)><bdi>(.*?)</bdi></span>", shown)
    if title is None:
        assert row == (" ".join(line.split()), "medium", None, None, None)
        return
    assert (row[0], row[2]) == (unescape(title[1]), day and day[1])
    assert [each for each in row[3:] if each] == [unescape(each) for each in named]
    assert (label[1] if label else "medium") == row[1]


def test_the_whole_form_opens_beside_the_board_with_and_without_htmx(client: Visitor) -> None:
    ana = member(client)
    plain = client.get("/tasks?new=review").text
    fragment = beside(client, "/tasks?new=review").text
    for text in (plain, fragment):
        assert '<option value="review" selected dir="auto">Review</option>' in text
        assert f'<option value="{ana}" dir="auto">Ana Lindqvist</option>' in text
        assert "Create task" in text
    assert 'id="task-list"' in plain
    assert fragment.strip().startswith('<article class="panel"')


def test_the_whole_form_makes_a_task_of_everything(client: Visitor) -> None:
    website, ana = project(client), member(client)
    fields = FORM | {"project_id": website, "assignee_id": ana}
    answer = client.post_form("/tasks", fields)
    assert answer.status_code == 303
    [row] = client.rows(
        "SELECT title, description, status, priority, due_date::text, project_id::text,"
        " assignee_id::text FROM tasks"
    )
    assert row == (*FORM.values(), website, ana)
    beside_it = beside(client, "/tasks", fields)
    assert beside_it.status_code == 200
    assert "panel" not in beside_it.text
    assert '<div hx-swap-oob="beforeend:#cards-review">' in beside_it.text


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("due_date", "2026-02-31", "2026-02-31 is not a day of the calendar."),
        ("status", "blocked", "Status is one of"),
        ("priority", "", "Priority is one of"),
        ("project_id", "7", "Project is not one of those in this workspace."),
        ("assignee_id", "00000000-0000-4000-8000-000000000000", "There is no such team member."),
        ("title", "", "Title is needed."),
    ],
)
def test_a_form_that_cannot_be_saved_keeps_what_was_typed(
    client: Visitor, field: str, value: str, message: str
) -> None:
    plain = client.post_form("/tasks", FORM | {field: value})
    fragment = beside(client, "/tasks", FORM | {field: value})
    for answer in (plain, fragment):
        assert answer.status_code == 422
        assert message in answer.text
        assert "Rooms,\nand suites." in answer.text
        assert 'aria-invalid="true"' in answer.text
    assert "<html" in plain.text
    assert "<html" not in fragment.text
    assert client.rows("SELECT count(*) FROM tasks") == [(0,)]


def test_somebody_elses_project_is_not_one_of_mine(client: Visitor, bob: Visitor) -> None:
    theirs = project(bob, "Bob's")
    answer = client.post_form("/tasks", FORM | {"project_id": theirs})
    assert answer.status_code == 422
    assert "There is no such project." in answer.text
    assert "Bob" not in answer.text
    assert client.rows("SELECT count(*) FROM tasks") == [(0,)]
    made(client)


def test_the_line_names_project_person_priority_and_day(client: Visitor) -> None:
    website, ana = project(client), member(client)
    line = {"quick": "1", "title": "Write report #web @Ana !high 15 mar 2027"}
    answer = client.post_form("/tasks", line)
    assert answer.status_code == 303
    [row] = client.rows(
        "SELECT title, project_id::text, assignee_id::text, priority, due_date::text FROM tasks"
    )
    assert row == ("Write report", website, ana, "high", "2027-03-15")
    told = "Write report is added: To do, Website, Ana Lindqvist, High, 15 Mar 2027."
    assert told in client.get("/tasks").text


def test_the_line_wins_over_what_is_looked_at(client: Visitor) -> None:
    website, rebrand = project(client), project(client, "Rebrand")
    at = f"/tasks?project_id={website}"
    line = {"quick": "1", "title": "One #rebrand", "project_id": website}
    beside(client, at, line, at=at, target="quick-add")
    assert client.rows("SELECT project_id::text FROM tasks") == [(rebrand,)]


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize("line", ["Call #web", "Call @nobody !soon", "Call #12 !soon"])
def test_a_line_that_is_not_understood_stays_with_the_reason(
    client: Visitor, htmx: bool, line: str
) -> None:
    project(client, "Website")
    project(client, "Webshop")
    answer = client.post_form("/tasks", {"quick": "1", "title": line}, htmx=htmx)
    assert answer.status_code == 422
    assert f">{line}</textarea>" in answer.text
    assert 'aria-describedby="quick-error"' in answer.text
    assert client.rows("SELECT 1 FROM tasks") == []


def test_the_reading_is_shown_while_it_is_typed(client: Visitor) -> None:
    project(client)
    answer = beside(client, "/tasks/reading?title=Call+%23web+!high+today", target="quick-reading")
    assert answer.status_code == 200
    for words in ("reads as", "To do", "Website", "High", "Today"):
        assert words in answer.text
    assert "<html" not in answer.text
    assert beside(client, "/tasks/reading?title=Call", target="quick-reading").text.strip() == ""
    assert client.get("/tasks/reading?title=Call").headers["Location"] == "/tasks"
    wrong = beside(client, "/tasks/reading?title=Call+%23nope", target="quick-reading").text
    assert "There is no project like #nope: it stays in the title." in wrong


def test_the_address_keeps_what_is_looked_at_when_the_form_is_done(client: Visitor) -> None:
    website = project(client)
    at = f"/tasks?view=list&project_id={website}&new=1"
    answer = beside(client, at, FORM | {"project_id": website}, at=at)
    assert answer.headers["HX-Replace-Url"] == f"/tasks?view=list&project_id={website}"
    assert "<tbody hx-swap-oob" in answer.text
