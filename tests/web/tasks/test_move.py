"""Moving a task on the board: dragged or carried by script, or by the form."""

from __future__ import annotations

import gzip
import json
import re
from html import unescape
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.web.board import beside, column, foreign, made

if TYPE_CHECKING:
    from tests.web.conftest import Visitor


def _dragged(client: Visitor, task_id: str, **fields: str) -> str:
    counts = {"count-todo": "3", "count-review": "1", "count-done": "0"}
    answer = beside(
        client, f"/tasks/{task_id}/move", {"placed": "1"} | counts | fields, target="task-x"
    )
    assert answer.status_code == 200, answer.text
    # The answer itself, as it travels; its headers hold the toast besides.
    assert len(gzip.compress(answer.data)) <= 1024
    assert "HX-Redirect" not in answer.headers
    return str(answer.text)


def test_a_card_that_was_dragged_changes_counts_and_nothing_else(client: Visitor) -> None:
    first, second, third = (made(client, title) for title in "abc")
    text = _dragged(client, first, was="todo", above=second, below=third)
    assert text.strip() == ""
    assert column(client.get("/tasks").text, "todo") == [second, first, third]
    text = _dragged(client, first, was="todo", status="review")
    assert 'id="count-todo" hx-swap-oob="true">2<' in text
    assert 'id="count-review" hx-swap-oob="true">2<' in text
    assert "<article" not in text
    assert column(client.get("/tasks").text, "review") == [first]


def test_a_card_dragged_to_done_is_drawn_anew(client: Visitor) -> None:
    task_id = made(client)
    text = _dragged(client, task_id, was="todo", status="done")
    assert f'<article class="card card-done" id="task-{task_id}" hx-swap-oob="true">' in text
    assert client.rows("SELECT completed_at IS NULL FROM tasks") == [(False,)]


def test_the_toast_says_where_it_is(client: Visitor) -> None:
    task_id = made(client, "Draw it")
    fields = {"placed": "1", "was": "todo", "status": "review"}
    answer = beside(client, f"/tasks/{task_id}/move", fields)
    told = json.loads(answer.headers["HX-Trigger"])
    assert told["toast"]["text"] == "Draw it is in Review now."
    assert "counts-changed" not in told


def test_out_of_the_filter_the_card_is_taken_away(client: Visitor) -> None:
    task_id = made(client)
    fields = {"placed": "1", "was": "todo", "status": "done", "count-todo": "1"}
    answer = beside(client, f"/tasks/{task_id}/move", fields, at="/tasks?due=none&status=todo")
    assert f'<div id="task-{task_id}" hx-swap-oob="delete"></div>' in answer.text


def test_a_card_that_somebody_else_moved_shows_both(client: Visitor) -> None:
    task_id = made(client)
    client.post_form(f"/tasks/{task_id}", {"status": "done"})
    fields = {"placed": "1", "was": "todo", "status": "review", "count-todo": "1"}
    answer = beside(client, f"/tasks/{task_id}/move", fields)
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#panel"
    assert '<form class="conflict"' in answer.text
    assert f'<div id="task-{task_id}" hx-swap-oob="delete"></div>' in answer.text
    assert '<div hx-swap-oob="afterbegin:#cards-done">' in answer.text
    assert client.rows("SELECT status FROM tasks") == [("done",)]


def test_two_who_move_it_to_one_place_agree(client: Visitor) -> None:
    task_id = made(client)
    client.post_form(f"/tasks/{task_id}", {"status": "review"})
    answer = client.post_form(f"/tasks/{task_id}/move", {"was": "todo", "status": "review"})
    assert answer.status_code == 303
    # A new place in a column it left is no wish to have it back there.
    stale = client.post_form(f"/tasks/{task_id}/move", {"was": "todo", "on_top": "1"})
    assert stale.status_code == 303
    assert client.rows("SELECT status FROM tasks") == [("review",)]


@pytest.mark.parametrize(
    "fields",
    [
        {"was": "todo", "status": "parked"},
        {"was": "todo", "above": "the first"},
        {"was": "todo", "status": "\x00"},
    ],
)
def test_what_makes_no_sense_moves_nothing(client: Visitor, fields: dict[str, str]) -> None:
    task_id = made(client)
    before = client.rows("SELECT xmin::text FROM tasks")
    assert client.post_form(f"/tasks/{task_id}/move", fields).status_code == 422
    assert client.rows("SELECT xmin::text FROM tasks") == before


def test_a_status_that_no_database_holds_is_another_than_it_has(client: Visitor) -> None:
    task_id = made(client)
    for htmx in (False, True):
        fields = {"was": "\0", "status": "done"}
        answer = client.post_form(f"/tasks/{task_id}/move", fields, htmx=htmx)
        assert answer.status_code == 409, answer.text
    assert client.rows("SELECT status FROM tasks") == [("todo",)]


def test_a_task_that_is_not_there_cannot_be_moved(client: Visitor, bob: Visitor) -> None:
    theirs = made(bob)
    for task_id in (uuid4(), theirs):
        assert client.get(f"/tasks/{task_id}/move").status_code == 404
        fields = {"was": "todo", "status": "done"}
        assert client.post_form(f"/tasks/{task_id}/move", fields).status_code == 404


def _form(page: str, button: str) -> dict[str, str]:
    """The fields of the form with that button; of its select the last option."""
    form = next(part for part in page.split("<form")[1:] if f">{button}</button>" in part)
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    if 'name="above"' in form:
        fields["above"] = re.findall(r'<option value="([^"]+)"', form)[-1]
    return {name: unescape(text) for name, text in fields.items()}


def test_the_form_moves_to_every_place(client: Visitor) -> None:
    first, second, third = (made(client, title) for title in ("One <1>", "Two", "Three"))
    address = f"/tasks/{first}/move"
    page = client.get(address).text
    assert "<html" in page
    assert "One &lt;1&gt;" in page
    client.post_form(address, _form(page, "Move here"))
    assert column(client.get("/tasks").text, "todo") == [second, third, first]
    client.post_form(address, _form(client.get(address).text, "Move to the top"))
    assert column(client.get("/tasks").text, "todo") == [first, second, third]
    answer = client.post_form(address, _form(client.get(address).text, "Move to the end"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tasks")
    assert column(client.get("/tasks").text, "todo") == [second, third, first]
    page = client.get(f"{address}?status=done").text
    client.post_form(address, _form(page, "Move to Done"))
    assert client.rows(f"SELECT status FROM tasks WHERE id = '{first}'") == [("done",)]


def test_the_form_beside_the_board_puts_the_card_in_its_place(client: Visitor) -> None:
    first, second = made(client, "One"), made(client, "Two")
    panel = beside(client, f"/tasks/{first}/move").text
    assert "<html" not in panel
    fields = _form(panel, "Move here") | {"count-todo": "2"}
    answer = beside(client, f"/tasks/{first}/move", fields)
    assert f'<div id="task-{first}" hx-swap-oob="delete"></div>' in answer.text
    assert f'<div hx-swap-oob="afterend:#task-{second}">' in answer.text
    assert '<article class="panel"' not in answer.text


def test_a_card_leaves_a_column_of_another_program(client: Visitor) -> None:
    blocked = foreign(client, "Waits", status="'blocked by <legal>'")
    nothing = foreign(client, "Lost", status="NULL")
    for task_id in (blocked, nothing):
        page = client.get(f"/tasks/{task_id}/move?status=todo").text
        fields = _form(page, "Move to the end")
        assert client.post_form(f"/tasks/{task_id}/move", fields).status_code == 303
    assert column(client.get("/tasks").text, "todo") == [blocked, nothing]
