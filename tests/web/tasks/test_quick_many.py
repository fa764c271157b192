"""Several lines that add several tasks at once."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from provision.web.tasks.quick.lines import Line, split
from tests.web.board import beside, member, project
from tests.web.quick_lines import TAKEN_LINES

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.web.conftest import Visitor

PASTED = "- Draw it #web !high\r\n\r\n  * [x] Print it @ana\r\n2. Send it 15 mar 2027\r\n[ ] Rest"
_ROWS = (
    "SELECT t.title, t.status, t.priority, t.due_date::text, p.name, m.name FROM tasks t"
    " LEFT JOIN projects p ON p.id = t.project_id LEFT JOIN team_members m ON m.id = t.assignee_id"
    " ORDER BY t.position"
)


def _add(client: Visitor, text: str, *, at: str = "/tasks", **fields: str) -> TestResponse:
    return beside(client, at, {"quick": "1", "title": text} | fields, at=at, target="quick-add")


def _read(client: Visitor, text: str, at: str = "/tasks") -> str:
    return beside(client, "/tasks/reading", {"title": text}, at=at, target="quick-reading").text


def _count(client: Visitor) -> int:
    return int(client.rows("SELECT count(*) FROM tasks")[0][0])


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        (" \n\t\n", []),
        ("- One\n", [Line(1, "- One")]),
        ("\n\nOne  two ", [Line(3, "One  two ")]),
        ("a\rb\r\nc\nd", [Line(1, "a"), Line(2, "b"), Line(3, "c"), Line(4, "d")]),
        ("- a\n* b\n12) c\n•\td", [Line(1, "a"), Line(2, "b"), Line(3, "c"), Line(4, "d")]),
        ("- [ ] a\n[x] b\n1. [X] c", [Line(1, "a"), Line(2, "b", True), Line(3, "c", True)]),
        ("a\n-\n- [ ]\n  b", [Line(1, "a"), Line(4, "b")]),
        ("-a\n1.5 b\n[x](y)", [Line(1, "-a"), Line(2, "1.5 b"), Line(3, "[x](y)")]),
        ("- - a\n2026. b", [Line(1, "- a"), Line(2, "2026. b")]),
        ("a\u2028b\vc", [Line(1, "a\u2028b\vc")]),
    ],
)
def test_a_text_is_taken_apart(text: str, lines: list[Line]) -> None:
    assert split(text) == lines


def test_each_line_makes_a_task_without_script(client: Visitor) -> None:
    project(client, "Website")
    member(client, "Ana")
    answer = client.post_form("/tasks", {"quick": "1", "title": PASTED})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tasks")
    assert client.rows(_ROWS) == [
        ("Draw it", "todo", "high", None, "Website", None),
        ("Print it", "done", "medium", None, None, "Ana"),
        ("Send it", "todo", "medium", "2027-03-15", None, None),
        ("Rest", "todo", "medium", None, None, None),
    ]
    assert client.rows(
        "SELECT count(completed_at), count(created_at), count(DISTINCT xmin::text) FROM tasks"
    ) == [(1, 4, 1)]
    page = client.get("/tasks").text
    assert "4 tasks are added." in page
    [undo] = set(re.findall(r'action="(/undo/[^"]+)"', page))
    client.post_form(undo)
    assert _count(client) == 0


def test_htmx_gets_the_list_drawn_anew_and_one_undo(client: Visitor) -> None:
    website = project(client, "Website")
    at = f"/tasks?view=list&project_id={website}&priority=high"
    answer = _add(client, "One\nTwo !low\nThree", at=at, project_id=website, priority="high")
    assert answer.status_code == 200
    assert answer.headers["HX-Retarget"] == "#task-list"
    assert "HX-Push-Url" not in answer.headers
    toast = json.loads(answer.headers["HX-Trigger"])["toast"]
    assert toast["text"] == "3 tasks are added, 1 of them not in this selection."
    assert answer.text.count("<tr id=") == 2
    assert "></textarea>" in answer.text
    assert client.post_form(toast["undo"], htmx=True).status_code == 200
    assert _count(client) == 0
    done = _add(client, "One\nTwo", at="/tasks?status=done")
    assert "2 tasks are added, not in this selection." in done.headers["HX-Trigger"]


def test_an_undo_is_refused_once_one_of_them_was_changed(client: Visitor) -> None:
    undo = json.loads(_add(client, "One\nTwo").headers["HX-Trigger"])["toast"]["undo"]
    client.rows("UPDATE tasks SET title = 'Other' WHERE title = 'One' RETURNING 1")
    assert client.post_form(undo, htmx=True).status_code == 409
    assert _count(client) == 2


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("x" * 201, "Line 4: Title may have 200 characters at most; this has 201."),
        ("x" * 1_001, "Line 4: Title may have 200 characters at most; this has 1,001."),
        ("a\tb", "Line 4: Title goes on one line."),
        ("Call !soon", "Line 4: !soon is no priority"),
        ("Call #web", "Line 4: #web could be #Webshop, #Website."),
        ("#Website", "Line 4: Title is needed."),
        ("Call #Nowhere", "Line 4: There is no project like #Nowhere: it stays in the title."),
        ("Call @nobody", "Line 4: There is no team member like @nobody: it stays in the title."),
    ],
)
def test_a_line_that_cannot_be_taken_is_told_and_all_stay(
    client: Visitor, htmx: bool, line: str, message: str
) -> None:
    for name in ("Website", "Webshop"):
        project(client, name)
    text = f"- One\n\n[x] Two\n- {line}\n"
    answer = client.post_form("/tasks", {"quick": "1", "title": text}, htmx=htmx)
    assert answer.status_code == 422
    assert message in answer.text
    assert f">{text}</textarea>" in answer.text
    assert _count(client) == 0
    assert message in _read(client, text)


def test_names_that_nobody_has_stay_in_the_titles_once_that_was_said(client: Visitor) -> None:
    text = 'Call #Nowhere\nAsk #Nowhere @zoe\nBuy #"New shop"'
    asked = _add(client, text)
    assert asked.status_code == 422
    kept = re.findall(r'name="kept" value="([^"]*)"', asked.text)
    assert kept == ["#Nowhere", "@zoe", "#&#34;New shop&#34;"]
    fields = {"title": text, "quick": "1", "kept": ["#Nowhere", "@zoe", '#"New shop"']}
    assert client.post_form("/tasks", fields | {"make": "#Nowhere"}).status_code == 303
    assert [(row[0], row[4]) for row in client.rows(_ROWS)] == [
        ("Call", "Nowhere"),
        ("Ask @zoe", "Nowhere"),
        ('Buy #"New shop"', None),
    ]


def test_a_project_is_not_made_while_a_line_is_wrong(client: Visitor) -> None:
    fields = {"title": "Call #Nowhere\nAsk !soon", "quick": "1", "make": "#Nowhere"}
    assert client.post_form("/tasks", fields).status_code == 422
    assert client.rows("SELECT count(*) FROM projects") == [(0,)]


def test_a_hundred_are_taken_and_no_more(client: Visitor) -> None:
    text = "\n".join(f"- Task {number}" for number in range(101))
    answer = _add(client, text)
    assert answer.status_code == 422
    assert "These are 101 lines, and 100 may be added at once." in answer.text
    assert '<a class="link" href="/settings/exchange?kind=tasks">Import them instead</a>' in (
        answer.text
    )
    assert f">{text}</textarea>" in answer.text
    assert "101 lines" in _read(client, text)
    long = _read(client, "\n".join(["x" * 999] * 40))
    assert "more than 30,000 characters together" in long
    assert _count(client) == 0
    answer = _add(client, text.partition("\n")[2])
    assert "100 tasks are added." in answer.headers["HX-Trigger"]
    assert _count(client) == 100


def test_the_reading_says_how_many_and_what_of_the_first(client: Visitor) -> None:
    website = project(client, "Website")
    shown = _read(client, PASTED, at=f"/tasks?project_id={website}")
    assert re.findall(r'<strong class="clip" dir="auto">(.+?)</strong>', shown) == [
        "Draw it",
        "Print it @ana",
        "Send it",
    ]
    assert "and 1 more" in shown
    assert shown.count("<bdi>Website</bdi>") == 3
    assert "Add 4 tasks" in shown
    assert "Done" in shown
    assert "Line 3: There is no team member like @ana: it stays in the title." in shown
    wrong = _read(client, "\n".join(["Call !soon"] * 9))
    assert wrong.count("is no priority") == 5
    assert "And 4 more lines that cannot be taken." in wrong
    assert "Add 9 tasks" not in wrong
    plain = client.post_form("/tasks/reading", {"title": PASTED})
    assert plain.headers["Location"] == "/tasks"


_DROPS = """
CREATE FUNCTION drops() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER drops BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION drops()
"""


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "ALTER TABLE tasks ADD CONSTRAINT no_two CHECK (title <> 'Two')",
            "The database refused these rows",
        ),
        (_DROPS, "Your database refused this because of a rule of its own"),
    ],
)
def test_what_the_database_refuses_is_said_and_nothing_is_written(
    client: Visitor, rule: str, message: str
) -> None:
    assert client.database is not None
    with client.database.connect() as connection:
        connection.execute(rule.encode())
    answer = _add(client, "One\nTwo")
    assert answer.status_code == 422
    assert message in answer.text
    assert ">One\nTwo</textarea>" in answer.text
    assert _count(client) == 0


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.generate, Phase.shrink],
)
@given(texts=st.lists(TAKEN_LINES, min_size=2, max_size=5))
def test_the_rows_that_lines_make_are_those_that_were_shown(
    client: Visitor, texts: list[str]
) -> None:
    if not client.rows("SELECT 1 FROM projects LIMIT 1"):
        project(client, "Website")
        member(client, "Ana Lind")
    client.rows("DELETE FROM tasks RETURNING 1")
    text = "\n".join(texts)
    shown = _read(client, text)
    kept = [unescape(each) for each in re.findall(r'name="kept" value="([^"]*)"', shown)]
    answer = client.post_form("/tasks", {"quick": "1", "title": text, "kept": kept})
    rows = client.rows(_ROWS)
    if len(split(text)) < 2:
        assert len(rows) <= 1
        return
    count = re.search(r"Add ([0-9]+) tasks", shown)
    if count is None:
        assert (answer.status_code, rows) == (422, [])
        return
    assert (answer.status_code, len(rows)) == (303, int(count[1]))
    for row, part in zip(rows[:3], shown.split("<li>")[1:], strict=True):
        title, day = re.search(r">(.*?)</strong>", part), re.search('datetime="(.*?)"', part)
        named = re.findall(r"</(?:svg|span)><bdi>(.*?)</bdi></span>", part)
        assert title is not None
        assert (row[0], row[3]) == (unescape(title[1]), day and day[1])
        assert f"priority priority-{row[2]}" in part
        assert [each for each in row[4:] if each] == [unescape(each) for each in named]
