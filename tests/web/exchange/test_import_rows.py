"""A spreadsheet of tasks: looked at, mended, and imported as a whole or not at all."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.exchange.forms import PATH, fields, go_on, upload
from tests.web.exchange.trail import audited

if TYPE_CHECKING:
    from tests.web.conftest import Visitor


def test_rows_are_shown_before_they_are_written_and_then_written(client: Visitor) -> None:
    page = upload(
        client,
        "Task name;Status;Prio;Deadline;Board;Assigned to;Notes\r\n"
        "Write report;In Progress;high;28.11.2026;Website;Ana Lindqvist;"
        '"two\nlines, one ""cell"""\r\n'
        "Café „Früh“;Closed;;;;;\r\n",
    )
    assert page.status_code == 200
    assert "2 tasks can be imported" in page.text
    assert "1 project is not here yet" in page.text
    assert client.rows("SELECT count(*) FROM tasks") == [(0,)]
    done = go_on(client, page)
    assert (done.status_code, done.location) == (303, "/tasks?view=list")
    assert client.rows(
        "SELECT title, t.status, t.priority, t.due_date::text, p.name, m.name, t.description"
        " FROM tasks t LEFT JOIN projects p ON p.id = project_id"
        " LEFT JOIN team_members m ON m.id = assignee_id ORDER BY t.position"
    ) == [
        ("Write report", "in_progress", "high", "2026-11-28", "Website", "Ana Lindqvist",
         'two\nlines, one "cell"'),
        ("Café „Früh“", "done", "medium", None, None, None, None),
    ]  # fmt: skip
    assert client.rows("SELECT status, priority, spent FROM projects") == [
        ("planning", "medium", 0)
    ]
    ((event, detail),) = audited(client)
    assert (event, detail) == ("imported", {"what": "tasks", "rows": 2})


def test_only_the_broken_rows_are_named_and_nothing_is_imported_until_they_are_mended(
    client: Visitor,
) -> None:
    lines = [f"Task {number},todo,medium,2026-12-01" for number in range(2, 5002)]
    for row, line in {
        10: ",todo,medium,2026-12-01",
        500: "Task,todo,medium,31.11.2026",
        501: "Task,todo,medium,2026-13-01",
        2000: "Task,todo,medium,2026-02-30",
        3333: " ,done,medium,",
        4999: "Task,todo,medium,,something more",
        5001: "Task,todo,medium,29.02.2026",
    }.items():
        lines[row - 2] = line
    page = upload(client, "\n".join(["title,status,priority,due", *lines]))
    assert "7 rows cannot be taken as they are" in page.text
    numbers = re.findall(r"<strong>Row (\d+)</strong>", page.text)
    assert numbers == ["10", "500", "501", "2000", "3333", "4999", "5001"]
    refused = go_on(client, page)
    assert refused.status_code == 422
    assert client.rows("SELECT count(*) FROM tasks") == [(0,)]
    mends = {
        "cell-10-0": "Ten",
        "cell-500-3": "30.11.2026",
        "cell-501-3": "2026-12-01",
        "cell-2000-3": "2026-02-28",
        "cell-3333-0": "Short",
        "leave-out-4999": "1",
        "cell-5001-3": "",
    }
    mended = go_on(client, page, do="check", **mends)
    assert "4,999 tasks can be imported" in mended.text
    done = go_on(client, mended)
    assert "4,999 tasks imported, 1 left out." in done.text
    assert client.rows(
        "SELECT count(*), count(*) FILTER (WHERE title = 'Ten'),"
        " count(*) FILTER (WHERE due_date = '2026-02-28') FROM tasks"
    ) == [(4999, 1, 1)]
    assert client.rows(
        "SELECT title FROM tasks ORDER BY position LIMIT 3"
    ) == [("Task 2",), ("Task 3",), ("Task 4",)]  # fmt: skip


@pytest.mark.parametrize("day", ["31.02.2027", "2026-02-30", "31/04/2026", "Feb 30, 2026"])
def test_a_day_that_no_calendar_has_is_named_as_such(client: Visitor, day: str) -> None:
    page = upload(client, f'Title,Due,Created\nReport,"{day}","{day}"\n')
    words = "There is no such day in the calendar. A day is written 2026-02-28, 28.02.2026 or"
    assert page.text.count(words) == 2


def test_the_preview_reads_as_the_lists_do(client: Visitor) -> None:
    page = upload(client, "Title,Status,Priority\nReport,in_progress,urgent\n")
    preview = page.text.partition('id="preview-title"')[2]
    assert "In progress" in preview
    assert "Urgent" in preview
    assert "in_progress" not in preview


def test_all_broken_rows_can_be_left_out_at_once(client: Visitor) -> None:
    page = upload(client, "title,due\nGood,2026-12-01\nBad,2026-02-30\n,2026-12-01\n")
    left = go_on(client, page, do="check", leave_out_all="1")
    assert "1 task can be imported" in left.text
    done = go_on(client, left)
    assert "1 task imported, 2 left out." in done.text
    assert client.rows("SELECT title FROM tasks") == [("Good",)]
    file = client.post_form(PATH, fields(done) | {"do": "left_out"})
    assert file.headers["Content-Disposition"].endswith('filename="provision-tasks-left-out.csv"')
    heads, bad, worse = file.data.decode("utf-8-sig").splitlines()
    assert heads == "title,due,Row,Why it was left out"
    assert bad.startswith('Bad,2026-02-30,3,"Due date: There is no such day')
    assert worse == ",2026-12-01,4,Title: Title is needed."


def test_a_row_that_is_left_out_makes_no_project_and_no_person(client: Visitor) -> None:
    page = upload(
        client, "title,due,project,assignee\nGood,,Website,Ana\nBad,2026-02-30,Shop,Ben\n"
    )
    assert "2 projects are not here yet" in page.text
    left = go_on(client, page, do="check", leave_out_all="1")
    assert "1 project is not here yet" in left.text
    assert "1 left out" in go_on(client, left).text
    assert client.rows("SELECT name FROM projects") == [("Website",)]
    assert client.rows("SELECT name FROM team_members") == [("Ana",)]


def test_columns_can_be_taken_otherwise(client: Visitor) -> None:
    page = upload(client, "A,B,Status\nx,First,todo\ny,Second,todo\n")
    assert "Choose the column that holds the title" in page.text
    chosen = go_on(client, page, do="check", **{"column-1": "title", "column-0": "description"})
    assert "2 tasks can be imported" in chosen.text
    assert go_on(client, chosen).status_code == 303
    assert client.rows("SELECT title, description FROM tasks ORDER BY title") == [
        ("First", "x"),
        ("Second", "y"),
    ]


def test_dates_that_could_be_two_are_asked_about(client: Visitor) -> None:
    page = upload(client, "title,due\nOne,03/04/2026\nTwo,05/06/2026\n")
    assert "Say above how these are meant: due: 03/04/2026 is" in page.text
    assert page.text.count("3 April 2026: the day comes first") == 1
    assert go_on(client, page).status_code == 422
    chosen = go_on(client, page, do="check", **{"order-1": "day"})
    assert go_on(client, chosen).status_code == 303
    assert client.rows("SELECT due_date::text FROM tasks ORDER BY 1") == [
        ("2026-04-03",),
        ("2026-06-05",),
    ]


def test_names_that_are_known_are_found_and_unknown_ones_left_out_by_choice(
    client: Visitor,
) -> None:
    made = client.api("POST", "/api/projects", {"name": "Website"}).json
    assert made is not None
    client.api("POST", "/api/team", {"name": "Ana", "email": "ana@example.org"})
    client.api("POST", "/api/team", {"name": "Twin"})
    client.api("POST", "/api/team", {"name": "Twin"})
    page = upload(
        client,
        "title,project,assignee\nOne,website,ANA@example.org\nTwo,Nowhere,Nobody\nThree,,Twin\n",
    )
    assert "More than one person is called Twin" in unescape(page.text)
    left = go_on(
        client,
        page,
        do="check",
        leave_out_all="1",
        missing_project="leave",
        missing_assignee="leave",
    )
    assert "1 left out" in go_on(client, left).text
    assert client.rows(
        "SELECT title, project_id::text, (SELECT name FROM team_members m WHERE m.id = assignee_id)"
        " FROM tasks ORDER BY title"
    ) == [("One", made["project"]["id"], "Ana"), ("Two", None, None)]
    assert client.rows("SELECT count(*) FROM projects") == [(1,)]


def test_nothing_is_imported_twice(client: Visitor) -> None:
    page = upload(client, "title\nOnce\nand once\n")
    assert go_on(client, page).status_code == 303
    again = go_on(client, page)
    assert again.status_code == 422
    assert "All of it is here already" in again.text
    assert client.rows("SELECT count(*) FROM tasks") == [(2,)]


def test_a_plain_list_of_lines_is_a_list_of_titles(client: Visitor) -> None:
    page = client.post_form(PATH, {"kind": "tasks", "text": "Buy paper\nCall Ana\n"})
    assert "2 tasks can be imported" in page.text
    assert go_on(client, page).status_code == 303
    assert client.rows("SELECT title FROM tasks ORDER BY position") == [
        ("Buy paper",),
        ("Call Ana",),
    ]


@pytest.mark.parametrize(
    ("kind", "text", "statement", "expected"),
    [
        (
            "projects",
            "Project;Budget;Spent;Status;Due\nWebsite;1.234,50 €;12;On hold;31.12.2026\n",
            "SELECT name, budget::text, spent::text, status, due_date::text FROM projects",
            ("Website", "1234.50", "12.00", "on_hold", "2026-12-31"),
        ),
        (
            "team",
            "Name,E-mail,Job title,Load\nAna,ana@example.org,Designer,80%\n",
            "SELECT name, email, role, workload, status FROM team_members",
            ("Ana", "ana@example.org", "Designer", 80, "available"),
        ),
    ],
)
def test_projects_and_people_can_be_imported_too(
    client: Visitor, kind: str, text: str, statement: str, expected: tuple[Any, ...]
) -> None:
    page = upload(client, text, kind)
    assert go_on(client, page).status_code == 303
    assert client.rows(statement) == [expected]


@pytest.mark.parametrize("data", ["", "x", "AAAA", "eJyLjgUAARUAuQ==", "eJxLTErmAgADkgEx"])
def test_what_comes_back_broken_is_refused_in_words(client: Visitor, data: str) -> None:
    answer = client.post_form(PATH, {"kind": "tasks", "data": data, "do": "import"})
    assert answer.status_code == 422
    assert client.rows("SELECT count(*) FROM tasks") == [(0,)]


def test_an_odd_form_is_no_fault_of_ours(client: Visitor) -> None:
    page = upload(client, "title,due\nOne,2026-01-01\n")
    odd = {
        "cell-99999999-99": "x",
        "cell-2-9": "x",
        "cell-a-b": "x",
        "cell-0-0": "x",
        "column-0": "user_id",
        "leave-out-x": "1",
        "batch": "none",
        "kind": "spaceships",
        "order": "year",
    }
    assert go_on(client, page, **odd).status_code == 422


def test_a_character_that_cannot_be_stored_is_said_beside_its_cell(client: Visitor) -> None:
    page = upload(client, "title\nOne\nTwo\n")
    answer = go_on(client, page, **{"cell-2-0": "a\0b"})
    assert answer.status_code == 422
    assert "cannot be stored" in answer.text


def test_the_page_and_its_steps_are_fragments_for_htmx(client: Visitor) -> None:
    answer = client.post_form(PATH, {"kind": "tasks", "text": "title\nOne\n"}, htmx=True)
    assert answer.text.lstrip().startswith("<form")
    done = client.post_form(PATH, fields(answer) | {"do": "import"}, htmx=True)
    assert done.headers["HX-Redirect"] == "/tasks?view=list"


def test_samples_are_looked_for_near_the_top_only(client: Visitor) -> None:
    page = upload(
        client, "title,notes\nOne,\n" + ",-\n" * 150 + "Two,\n" + ",-\n" * 100 + "Three,\n"
    )
    assert "One, Two" in page.text
    assert "Two, Three" not in page.text


def test_a_time_in_a_column_of_utc_is_the_day_that_it_is_for_the_person(client: Visitor) -> None:
    client.api("PATCH", "/api/user", {"time_zone": "America/Los_Angeles"})
    sheet = "Title,Due (UTC)\nEvening before,2026-12-09 01:00\nSame day,2026-12-09 18:00\n"
    assert go_on(client, upload(client, sheet)).status_code == 303
    assert client.rows("SELECT title, due_date::text FROM tasks ORDER BY title") == [
        ("Evening before", "2026-12-08"),
        ("Same day", "2026-12-09"),
    ]
