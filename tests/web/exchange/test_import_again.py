"""The same file again, rows with our own ids, and the way back."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from tests.web.exchange.forms import fields, go_on, upload

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

SHEET = "Title,Project,Assignee,Due,Status\nOne,Site,Ana,2026-12-01,todo\nTwo,Site,,,done\n"
COUNTS = (
    "SELECT (SELECT count(*) FROM tasks), (SELECT count(*) FROM projects),"
    " (SELECT count(*) FROM team_members)"
)


def _undo(visitor: Visitor) -> int:
    """Press Undo beside the last import on the page."""
    page = visitor.get("/settings/exchange")
    found = re.search(r'action="(/undo/[^"]+)"', page.text)
    assert found, "no import to undo"
    return visitor.post_form(found[1]).status_code


def test_the_same_file_twice_doubles_nothing(client: Visitor) -> None:
    go_on(client, upload(client, SHEET))
    client.rows("UPDATE tasks SET title = 'One, renamed', due_date = NULL WHERE title = 'One'"
                " RETURNING 1")  # fmt: skip
    again = upload(client, SHEET)
    assert "All of it is here already" in again.text
    assert go_on(client, again).status_code == 422
    assert client.rows(COUNTS) == [(2, 1, 1)]
    more = upload(client, f"{SHEET}Three,Site,,,todo\n")
    assert "1 here already" in more.text
    assert go_on(client, more).status_code == 303
    once_more = go_on(client, upload(client, SHEET), do="check", again="again")
    assert go_on(client, once_more).status_code == 303
    assert client.rows(COUNTS) == [(6, 1, 1)]


def test_an_import_can_be_undone_whole(client: Visitor) -> None:
    client.api("POST", "/api/tasks", {"title": "Mine"})
    go_on(client, upload(client, SHEET))
    assert client.rows(COUNTS) == [(3, 1, 1)]
    assert (
        "2 tasks imported, 1 project made, 1 person made." in client.get("/settings/exchange").text
    )
    assert _undo(client) == 303
    assert client.rows(COUNTS) == [(1, 0, 0)]
    assert "Imports of the last hour" not in client.get("/settings/exchange").text
    assert go_on(client, upload(client, SHEET)).status_code == 303
    assert client.rows(COUNTS) == [(3, 1, 1)]


def test_what_was_changed_since_is_not_undone(client: Visitor) -> None:
    go_on(client, upload(client, SHEET))
    client.rows("UPDATE tasks SET title = 'Mine now' WHERE title = 'One' RETURNING 1")
    _undo(client)
    assert client.rows(COUNTS) == [(2, 1, 1)]
    go_on(client, upload(client, "Title,Project\nX,Other\n"))
    site = client.rows("SELECT id::text FROM projects WHERE name = 'Other'")[0][0]
    client.api("POST", "/api/tasks", {"title": "In it", "project_id": site})
    _undo(client)
    assert client.rows(COUNTS) == [(4, 2, 1)]


def test_rows_with_our_ids_are_updated_and_can_be_undone(client: Visitor) -> None:
    go_on(client, upload(client, SHEET))
    before = client.rows("SELECT * FROM tasks ORDER BY id")
    sheet = client.get("/exports/tasks.csv").data.decode("utf-8-sig")
    assert "All of it is here already" in upload(client, sheet).text
    edited = sheet.replace("One,,todo", "One,,done").replace("Two,", "Two and a half,")
    page = upload(client, edited)
    assert "Change 2 tasks" in page.text
    done = go_on(client, page)
    assert done.status_code == 303
    assert client.rows(
        "SELECT title, status, completed_at IS NOT NULL FROM tasks ORDER BY title"
    ) == [("One", "done", True), ("Two and a half", "done", False)]
    assert client.rows(COUNTS) == [(2, 1, 1)]
    assert _undo(client) == 303
    assert client.rows("SELECT * FROM tasks ORDER BY id") == before


def test_ids_of_somebody_else_are_new_rows(client: Visitor, bob: Visitor) -> None:
    made = bob.api("POST", "/api/tasks", {"title": "Bob's"}).json
    assert made is not None
    page = upload(client, f"Title,Id\nMine,{made['task']['id']}\n")
    assert go_on(client, page).status_code == 303
    assert client.rows("SELECT title FROM tasks ORDER BY title") == [("Bob's",), ("Mine",)]


def test_a_word_is_decided_once_and_remembered(client: Visitor) -> None:
    rows = "".join(f"Task {number},Frobnicated\n" for number in range(300))
    page = upload(client, f"Title,Status\n{rows}")
    assert "Say above what these words mean: Frobnicated." in page.text
    assert page.text.count('name="word-status-frobnicated"') == 1
    assert go_on(client, page).status_code == 422
    chosen = {"word-status-frobnicated": "review"}
    assert go_on(client, page, **chosen).status_code == 303
    assert client.rows("SELECT status, count(*) FROM tasks GROUP BY 1") == [("review", 300)]
    assert go_on(client, upload(client, "Title,Status\nNext,frobnicated\n")).status_code == 303
    assert client.rows("SELECT status FROM tasks WHERE title = 'Next'") == [("review",)]


def test_another_encoding_sheet_and_heading_row_can_be_chosen(client: Visitor) -> None:
    page = upload(client, "Titel;Ort\nGröße;x\n".encode("mac_roman"))
    assert fields(page)["encoding"] == "mac_roman"
    assert "Grš§e" in go_on(client, page, do="check", encoding="cp1252").text
    other = go_on(client, page, do="check", heading_row="0")
    assert "Choose the column that holds the title" in other.text
    assert fields(go_on(client, other, do="check", heading_row="1"))["column-0"] == "title"


def test_a_mended_cell_keeps_its_lines(client: Visitor) -> None:
    page = upload(client, 'Title,Notes,Due\nOne,"a\nb",2026-02-30\n')
    mended = go_on(client, page, do="check", **{"cell-2-2": "1.3.2026", "cell-2-1": "c\r\nd"})
    assert go_on(client, go_on(client, mended, do="check")).status_code == 303
    assert client.rows("SELECT description, due_date::text FROM tasks") == [("c\nd", "2026-03-01")]


def test_templates_and_a_line_for_each_tool(client: Visitor) -> None:
    page = unescape(client.get("/settings/exchange").text)
    for tool in ("Trello", "Asana", "Monday", "ClickUp", "Notion", "Jira", "Linear", "Todoist",
                 "Microsoft Planner", "Microsoft To Do", "Basecamp", "Airtable", "GitHub",
                 "GitLab", "Wrike", "Smartsheet", "Excel, Google Sheets"):  # fmt: skip
        assert f"<dt>{tool}</dt>" in page
    for kind, count in (("team", 2), ("projects", 2), ("tasks", 2)):
        file = client.get(f"/settings/exchange/template-{kind}.csv")
        assert file.status_code == 200
        assert go_on(client, upload(client, file.data, kind)).status_code == 303
        table = "team_members" if kind == "team" else kind
        assert client.rows(f"SELECT count(*) >= {count} FROM {table}") == [(True,)]
    assert client.get("/settings/exchange/template-x.csv").status_code == 404


def test_what_has_no_column_is_added_to_the_description_that_is_here_and_once(
    client: Visitor,
) -> None:
    for name in ("Eva Lind", "Karl Noe"):
        client.api("POST", "/api/team", {"name": name})
    client.api("POST", "/api/tasks", {"title": "Paint", "description": "Two coats."})
    [(task_id,)] = client.rows("SELECT id::text FROM tasks")
    sheet = f"Id,Title,Assignee\n{task_id},Paint,Eva Lind;Karl Noe\n"
    assert go_on(client, upload(client, sheet)).status_code == 303
    [(once,)] = client.rows("SELECT description FROM tasks")
    assert once.startswith("Two coats.\n\n")
    assert "Karl Noe" in once
    assert "All of it is here already" in upload(client, sheet).text


def _exported(client: Visitor, *titles: str) -> str:
    for title in titles:
        client.api("POST", "/api/tasks", {"title": title, "priority": "low"})
    return str(client.get("/exports/tasks.csv").data, "utf-8-sig")


def test_what_a_colleague_changed_in_another_column_stays(client: Visitor) -> None:
    _exported(client, "One")
    [(task_id,)] = client.rows("SELECT id::text FROM tasks")
    page = upload(client, f"Id,Title\n{task_id},One again\n")
    client.rows("UPDATE tasks SET description = 'Theirs', assignee_id = NULL RETURNING 1")
    asked = go_on(client, page)
    assert asked.status_code == 409
    assert go_on(client, asked).status_code == 303
    assert client.rows("SELECT title, description FROM tasks") == [("One again", "Theirs")]
    assert _undo(client) == 303
    assert client.rows("SELECT title, description FROM tasks") == [("One", "Theirs")]


def test_rows_changed_between_the_preview_and_the_press_are_shown_before_anything_is_written(
    client: Visitor,
) -> None:
    sheet = _exported(client, "One", "Two", "Three")
    page = upload(client, sheet.replace(",low,", ",high,") + "\n")
    client.rows("UPDATE tasks SET priority = 'medium' WHERE title = 'Two' RETURNING 1")
    client.rows("UPDATE tasks SET priority = 'high' WHERE title = 'Three' RETURNING 1")
    before = client.rows("SELECT * FROM tasks ORDER BY id")
    asked = go_on(client, page)
    assert asked.status_code == 409
    assert client.rows("SELECT * FROM tasks ORDER BY id") == before
    section = unescape(asked.text.partition('id="moved-title"')[2].partition("</section>")[0])
    assert "Two" in section
    assert 'here <bdi class="clip">Medium</bdi>, in the file <bdi class="clip">High' in section
    # Three is as the file says by now, and One as it was shown.
    assert "Three" not in section
    assert "One" not in section
    [leave_out] = re.findall(r'name="(leave-out-\d+)"', section)
    done = go_on(client, asked, **{leave_out: "1"})
    assert done.status_code == 200
    assert "1 task changed" in done.text
    assert client.rows("SELECT title, priority FROM tasks ORDER BY title") == [
        ("One", "high"), ("Three", "high"), ("Two", "medium"),
    ]  # fmt: skip


def test_a_row_deleted_since_the_preview_does_not_come_back_unasked(client: Visitor) -> None:
    sheet = _exported(client, "One", "Two")
    page = upload(client, sheet.replace(",low,", ",high,"))
    client.rows("DELETE FROM tasks WHERE title = 'Two' RETURNING 1")
    asked = go_on(client, page)
    assert asked.status_code == 409
    assert "1 row was deleted" in asked.text
    assert client.rows("SELECT title, priority FROM tasks") == [("One", "low")]
    assert go_on(client, asked).status_code == 303
    assert client.rows(COUNTS) == [(2, 0, 0)]


def test_rows_are_shown_before_another_column_says_which_they_are(client: Visitor) -> None:
    _exported(client, "One")
    [(task_id,)] = client.rows("SELECT id::text FROM tasks")
    page = upload(client, f"Title,Key\nOne again,{task_id}\n")
    asked = go_on(client, page, **{"column-1": "id"})
    assert asked.status_code == 422
    assert "Look at what will be changed" in asked.text
    assert go_on(client, asked).status_code == 303
    assert client.rows("SELECT title FROM tasks") == [("One again",)]
    page = upload(client, f"Title,Id\nOne more,{task_id}\n")
    assert go_on(client, page, seen="1.AAA!").status_code == 409
    assert go_on(client, page, seen="").status_code == 422
