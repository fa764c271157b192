from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.web.board import CARD, beside, foreign, made, member, project, version

if TYPE_CHECKING:
    from tests.web.conftest import Visitor


def _form(client: Visitor, task_id: str, **change: str) -> dict[str, str]:
    """What the edit form of a task holds, with `change`."""
    page = client.get(f"/tasks/{task_id}?edit=1").text
    fields = dict.fromkeys(("description", "due_date", "project_id", "assignee_id"), "")
    for name in ("version", "was", "title", "due_date"):
        found = re.search(rf'value="([^"]*)"[^>]*name="{name}"|name="{name}" value="([^"]*)"', page)
        assert found, name
        fields[name] = unescape(found[1] or found[2] or "")
    for name in ("status", "priority", "project_id", "assignee_id"):
        select = page.partition(f'name="{name}"')[2].partition("</select>")[0]
        chosen = re.search(r'value="([^"]*)" selected', select)
        fields[name] = unescape(chosen[1]) if chosen else ""
    return fields | change


def test_a_task_has_a_page_of_its_own(client: Visitor) -> None:
    task_id = made(client, "Fix <it>", description="One\ntwo", due_date="2026-11-27")
    answer = client.get(f"/tasks/{task_id}")
    assert answer.status_code == 200
    assert "<title>Fix &lt;it&gt; · Provision</title>" in answer.text
    assert '<div class="prose markdown" hx-disable hx-boost="false"><p>One<br>\ntwo' in answer.text
    # Without htmx its forms are plain ones.
    panel = answer.text.partition('<article class="panel"')[2]
    assert "hx-post" not in panel


def test_beside_the_board_htmx_gets_the_panel_alone(client: Visitor) -> None:
    task_id = made(client)
    answer = beside(client, f"/tasks/{task_id}", at="/tasks?priority=medium")
    assert answer.status_code == 200
    assert "HX-Request" in answer.headers["Vary"]
    assert answer.text.strip().startswith('<article class="panel"')
    assert 'href="/tasks?priority=medium" hx-boost="false" data-close-panel' in answer.text
    assert f'hx-post="/tasks/{task_id}"' in answer.text


@pytest.mark.parametrize("path", ["/tasks/{}", "/tasks/{}?edit=1"])
def test_a_task_that_is_not_there_is_a_404(client: Visitor, path: str) -> None:
    assert client.get(path.format(uuid4())).status_code == 404
    assert client.get(path.format("nonsense")).status_code == 404


def test_writing_to_a_task_that_is_not_there_is_a_404(client: Visitor) -> None:
    gone = uuid4()
    assert client.post_form(f"/tasks/{gone}", {"status": "done"}).status_code == 404
    assert client.post_form(f"/tasks/{gone}/delete").status_code == 404
    answer = beside(client, f"/tasks/{gone}", {"status": "done"})
    assert answer.status_code == 404
    assert answer.headers["HX-Retarget"] == "#problem-region"


def test_a_plain_form_saves_and_shows_the_page_again(client: Visitor) -> None:
    website, ana = project(client), member(client)
    task_id = made(client)
    form = _form(client, task_id, title="Better", project_id=website, assignee_id=ana)
    answer = client.post_form(f"/tasks/{task_id}", form | {"description": "Why"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/tasks/{task_id}")
    page = client.get(f"/tasks/{task_id}").text
    assert "Better: Title Write report → Better, Description, 2 more" in page
    assert all(text in page for text in ("Better", "Website", "Ana Lindqvist", "Why"))


def test_saving_beside_the_board_answers_the_panel_and_the_card_in_its_place(
    client: Visitor,
) -> None:
    task_id = made(client)
    answer = beside(client, f"/tasks/{task_id}", _form(client, task_id, title="Better"))
    assert answer.status_code == 200
    assert f'<article class="card" id="task-{task_id}" hx-swap-oob="true">' in answer.text
    assert "count-" not in re.sub(r'hx-include="[^"]*"', "", answer.text)
    listed = beside(
        client, f"/tasks/{task_id}", _form(client, task_id, title="Best"), at="/tasks?view=list"
    )
    assert f'<template><tr id="task-{task_id}" hx-swap-oob="true"' in listed.text


def test_a_move_is_a_post_of_the_status_alone(client: Visitor) -> None:
    task_id = made(client)
    before = client.rows("SELECT position FROM tasks")
    answer = client.post_form(f"/tasks/{task_id}", {"status": "in_progress"})
    assert answer.status_code == 303
    assert client.rows("SELECT title, status FROM tasks") == [("Write report", "in_progress")]
    assert client.rows("SELECT position FROM tasks") > before


def test_a_move_beside_the_board_answers_only_what_changed(client: Visitor) -> None:
    task_id = made(client)
    fields = {
        "status": "done",
        "was": "todo",
        "version": version(client, task_id),
        "count-todo": "3",
        "count-done": "0",
    }
    answer = beside(client, f"/tasks/{task_id}", fields, target="task-facts")
    assert answer.status_code == 200
    assert 'id="task-facts"' in answer.text
    assert "panel-title" not in answer.text
    assert f'<div id="task-{task_id}" hx-swap-oob="delete"></div>' in answer.text
    assert (
        '<div hx-swap-oob="afterbegin:#cards-done"><article class="card card-done"' in answer.text
    )
    assert 'id="count-todo" hx-swap-oob="true">2<' in answer.text
    assert 'id="count-done" hx-swap-oob="true">1<' in answer.text
    assert len(answer.data) < 4500
    [(status, completed)] = client.rows("SELECT status, completed_at FROM tasks")
    assert status == "done"
    assert completed is not None


def test_a_move_out_of_what_is_looked_at_takes_the_card_away(client: Visitor) -> None:
    task_id = made(client)
    fields = {"status": "done", "was": "todo", "count-todo": "1"}
    answer = beside(client, f"/tasks/{task_id}", fields, at="/tasks?status=not_done")
    assert f'<div id="task-{task_id}" hx-swap-oob="delete"></div>' in answer.text
    assert not CARD.findall(answer.text)
    assert 'id="count-todo" hx-swap-oob="true">0<' in answer.text


@pytest.mark.parametrize("page", ["http://[", "//", "/tasks?%00=%ff&view=list&sort=x", "x" * 5000])
def test_what_the_browser_says_of_its_page_is_not_trusted(client: Visitor, page: str) -> None:
    task_id = made(client)
    headers = {"HX-Request": "true", "HX-Current-URL": page}
    assert client.raw("GET", f"/tasks/{task_id}", headers=headers).status_code == 200


def test_counts_that_make_no_sense_are_not_sent_back(client: Visitor) -> None:
    task_id = made(client)
    fields = {"status": "done", "was": "todo", "count-todo": "²", "count-done": "9" * 40}
    answer = beside(client, f"/tasks/{task_id}", fields)
    assert answer.status_code == 200
    assert 'class="count"' not in answer.text


def test_a_move_stands_where_somebody_changed_other_fields(client: Visitor) -> None:
    task_id = made(client)
    old = version(client, task_id)
    client.rows("UPDATE tasks SET title = 'Theirs' RETURNING 1")
    answer = client.post_form(
        f"/tasks/{task_id}", {"status": "review", "was": "todo", "version": old}
    )
    assert answer.status_code == 303
    assert client.rows("SELECT title, status FROM tasks") == [("Theirs", "review")]


def test_a_move_against_another_move_shows_both(client: Visitor) -> None:
    task_id = made(client)
    old = version(client, task_id)
    client.rows("UPDATE tasks SET status = 'done' RETURNING 1")
    fields = {"status": "review", "was": "todo", "version": old, "count-todo": "1"}
    answer = beside(client, f"/tasks/{task_id}", fields, target="task-facts")
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#panel"
    assert "Changed elsewhere while you were editing." in answer.text
    # The board behind shows what is stored meanwhile.
    assert '<div hx-swap-oob="afterbegin:#cards-done">' in answer.text
    assert client.rows("SELECT status FROM tasks") == [("done",)]


@pytest.mark.parametrize("htmx", [True, False])
def test_a_stale_form_shows_mine_and_theirs_and_keeps_neither_silently(
    client: Visitor, htmx: bool
) -> None:
    ana = member(client)
    task_id = made(client, due_date="2026-11-20")
    form = _form(client, task_id, title="Mine", assignee_id=ana)
    client.rows("UPDATE tasks SET title = 'Theirs', due_date = '2026-11-25' RETURNING 1")
    path = f"/tasks/{task_id}"
    answer = beside(client, path, form) if htmx else client.post_form(path, form)
    assert answer.status_code == 409
    box = answer.text.partition('<form class="conflict"')[2].partition("</form>")[0]
    labels = re.findall(r'<th scope="row">([^<]+)</th>', box)
    assert labels == ["Title", "Due date", "Assignee"]
    assert "Ana Lindqvist" in box
    assert "nobody" in box
    assert client.rows("SELECT title FROM tasks") == [("Theirs",)]
    # "Keep mine" sends the same form over the version there is now.
    kept = dict(re.findall(r'type="hidden" name="(\w+)"[^>]* value="([^"]*)"', box))
    assert kept["version"] == version(client, task_id)
    assert kept["title"] == "Mine"
    assert client.post_form(path, kept).status_code == 303
    assert client.rows("SELECT title, due_date::text FROM tasks") == [("Mine", "2026-11-20")]


def test_a_stale_form_that_says_what_is_stored_is_no_conflict(client: Visitor) -> None:
    task_id = made(client)
    form = _form(client, task_id, title="Same")
    client.rows("UPDATE tasks SET title = 'Same' RETURNING 1")
    assert client.post_form(f"/tasks/{task_id}", form).status_code == 303


@pytest.mark.parametrize("htmx", [True, False])
def test_an_edit_that_cannot_be_saved_keeps_what_was_typed(client: Visitor, htmx: bool) -> None:
    task_id = made(client)
    form = _form(client, task_id, title="", description="Still <here>", due_date="2026-02-31")
    path = f"/tasks/{task_id}"
    answer = beside(client, path, form) if htmx else client.post_form(path, form)
    assert answer.status_code == 422
    assert "Title is needed." in answer.text
    assert "2026-02-31 is not a day of the calendar." in answer.text
    assert "Still &lt;here&gt;" in answer.text
    assert f'name="version" value="{form["version"]}"' in answer.text
    assert client.rows("SELECT title FROM tasks") == [("Write report",)]


def test_somebody_elses_member_gets_a_message_beside_the_field(
    client: Visitor, bob: Visitor
) -> None:
    theirs = member(bob, "Bob's own")
    task_id = made(client)
    answer = client.post_form(f"/tasks/{task_id}", {"assignee_id": theirs})
    assert answer.status_code == 422
    assert 'id="task-assignee-error"' in answer.text
    assert "There is no such team member." in answer.text


def test_a_task_is_deleted_by_a_plain_form(client: Visitor) -> None:
    task_id = made(client)
    assert "#delete-task" in client.get(f"/tasks/{task_id}").text
    answer = client.post_form(f"/tasks/{task_id}/delete")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tasks")
    assert client.rows("SELECT count(*) FROM tasks") == [(0,)]
    assert " is deleted.<" in client.get("/tasks").text


def test_deleting_beside_the_board_takes_the_card_away(client: Visitor) -> None:
    task_id = made(client)
    fields = {"was": "todo", "count-todo": "5"}
    answer = beside(client, f"/tasks/{task_id}/delete", fields)
    assert answer.status_code == 200
    assert f'<div id="task-{task_id}" hx-swap-oob="delete"></div>' in answer.text
    assert 'id="count-todo" hx-swap-oob="true">4<' in answer.text
    assert "<article" not in answer.text
    assert client.rows("SELECT count(*) FROM tasks") == [(0,)]


def test_a_delete_of_an_older_version_deletes_nothing(client: Visitor) -> None:
    task_id = made(client)
    old = version(client, task_id)
    client.rows("UPDATE tasks SET title = 'Newer' RETURNING 1")
    answer = client.post_form(f"/tasks/{task_id}/delete", {"version": old})
    assert answer.status_code == 409
    assert "Nothing was deleted." in answer.text
    assert client.rows("SELECT title FROM tasks") == [("Newer",)]


def test_a_row_of_another_program_is_shown_and_edited(client: Visitor) -> None:
    task_id = foreign(
        client,
        "x" * 5000,
        status="'blocked'",
        priority="'P1 \"now\"'",
        due_date="'infinity'",
        created_at="'-infinity'",
        updated_at="NULL",
        position="'NaN'",
        description="NULL",
    )
    for path in (f"/tasks/{task_id}", "/tasks", "/tasks?view=list", "/tasks?view=list&sort=status"):
        assert client.get(path).status_code == 200
    form = _form(client, task_id)
    assert form["status"] == "blocked"
    assert form["due_date"] == "infinity"
    answer = client.post_form(f"/tasks/{task_id}", form | {"description": "Now said"})
    assert answer.status_code == 303, answer.text
    assert client.rows("SELECT status, due_date::text, description FROM tasks") == [
        ("blocked", "infinity", "Now said")
    ]
    assert client.post_form(f"/tasks/{task_id}", {"status": "done"}).status_code == 303
