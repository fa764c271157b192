"""Two people edit one row: what only one of them changed stands, what both changed is asked."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from tests.web.board import beside, made

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

_INPUT = re.compile(r'<input[^>]*type="hidden" name="([\w-]+)"[^>]*value="([^"]*)"')

# Path, table, first field, and two more with other values than a new row has.
NOUNS = [
    ("projects", "projects", "name", ("status", "on_hold"), ("budget", "1200.50")),
    ("tasks", "tasks", "title", ("status", "review"), ("due_date", "2026-11-20")),
    ("team", "team_members", "name", ("status", "away"), ("workload", "115")),
]


def hidden(page: str, part: str) -> dict[str, str]:
    """The hidden fields of the form that begins with `part`."""
    form = page.partition(part)[2].partition("</form>")[0]
    return {name: unescape(text) for name, text in _INPUT.findall(form)}


def opened(client: Visitor, address: str) -> dict[str, str]:
    """What the edit form of a row says about the row it goes out from."""
    page = client.get(f"{address}?edit=1").text
    found = hidden(page, 'stack" method="post"')
    assert {"version", "seen"} <= found.keys()
    return {name: found[name] for name in ("version", "seen", "was") if name in found}


def new(client: Visitor, path: str, column: str) -> tuple[str, str]:
    """Address and id of a new row."""
    answer = client.api("POST", f"/api/{path}", {column: "As it was"})
    row_id = answer.headers["Location"].rpartition("/")[2]
    return f"/{path}/{row_id}", row_id


@pytest.mark.parametrize(("path", "table", "name", "one", "other"), NOUNS)
def test_changes_of_different_fields_both_stand(
    client: Visitor, path: str, table: str, name: str, one: tuple[str, str], other: tuple[str, str]
) -> None:
    address, _ = new(client, path, name)
    form = opened(client, address)
    assert client.post_form(address, {one[0]: one[1]}).status_code == 303
    answer = client.post_form(address, form | {name: "As it was", other[0]: other[1]})
    assert answer.status_code == 303, answer.text
    found = client.rows(f"SELECT {name}, {one[0]}::text, {other[0]}::text FROM {table}")
    assert found == [("As it was", one[1], other[1])]


@pytest.mark.parametrize(("path", "table", "name", "one", "other"), NOUNS)
@pytest.mark.parametrize("choice", ["mine", "theirs", "fields"])
def test_only_what_both_changed_is_asked_and_the_rest_of_mine_goes_with_the_answer(
    client: Visitor,
    path: str,
    table: str,
    name: str,
    one: tuple[str, str],
    other: tuple[str, str],
    choice: str,
) -> None:
    address, _ = new(client, path, name)
    form = opened(client, address)
    client.post_form(address, {name: "Theirs"})
    stored = f"SELECT {name}, {one[0]}::text, {other[0]}::text FROM {table}"
    before = client.rows(stored)
    mine = {name: "Mine", one[0]: one[1], other[0]: before[0][2] or ""}
    answer = client.post_form(address, form | mine)
    assert answer.status_code == 409
    box = answer.text.partition('<form class="conflict"')[2].partition("</form>")[0]
    assert re.findall(r'<th scope="row">([^<]+)</th>', box) == [name.title()]
    assert client.rows(stored) == before

    kept = hidden(answer.text, '<form class="conflict"') | {
        "choose": choice,
        f"keep-{name}": "theirs",
    }
    assert client.post_form(address, kept).status_code == 303
    wanted = "Mine" if choice == "mine" else "Theirs"
    assert client.rows(stored) == [(wanted, one[1], before[0][2])]


@pytest.mark.parametrize(("path", "table", "name", "one", "other"), NOUNS)
@pytest.mark.parametrize("htmx", [True, False])
def test_what_was_typed_into_a_deleted_row_is_kept_and_becomes_a_new_one(
    client: Visitor,
    path: str,
    table: str,
    name: str,
    one: tuple[str, str],
    other: tuple[str, str],
    htmx: bool,
) -> None:
    address, _ = new(client, path, name)
    form = opened(client, address)
    client.post_form(f"{address}/delete")
    answer = client.post_form(address, form | {name: "Typed <in>", one[0]: one[1]}, htmx=htmx)
    assert answer.status_code == 404
    assert "Deleted elsewhere while you were editing." in answer.text
    assert "Typed &lt;in&gt;" in answer.text
    assert client.rows(f"SELECT 1 FROM {table}") == []
    again = client.post_form(f"/{path}", {name: "Typed <in>", one[0]: one[1]})
    assert again.status_code == 303
    assert client.rows(f"SELECT {name}, {one[0]} FROM {table}") == [("Typed <in>", one[1])]


def test_a_second_change_under_the_answer_to_a_conflict_is_asked_again(client: Visitor) -> None:
    task_id = made(client, "As it was")
    address = f"/tasks/{task_id}"
    form = opened(client, address)
    client.post_form(address, {"title": "Theirs"})
    first = client.post_form(address, form | {"title": "Mine", "priority": "high"})
    client.post_form(address, {"title": "Third", "status": "review"})
    answer = hidden(first.text, '<form class="conflict"') | {"choose": "mine"}
    second = client.post_form(address, answer)
    assert second.status_code == 409
    assert "Third" in second.text
    assert client.rows("SELECT title, priority FROM tasks") == [("Third", "medium")]
    kept = hidden(second.text, '<form class="conflict"') | {"choose": "mine"}
    assert client.post_form(address, kept).status_code == 303
    assert client.rows("SELECT title, priority, status FROM tasks") == [("Mine", "high", "review")]


def test_text_that_only_looks_like_the_same_number_is_another_title(client: Visitor) -> None:
    task_id = made(client, "1.0")
    form = opened(client, f"/tasks/{task_id}")
    client.rows("UPDATE tasks SET priority = 'low' RETURNING 1")
    assert client.post_form(f"/tasks/{task_id}", form | {"title": "1.00"}).status_code == 303
    assert client.rows("SELECT title, priority FROM tasks") == [("1.00", "low")]


@pytest.mark.parametrize("seen", ["", "x", "a b c d e f g", "é " * 7, "\x00 " * 7])
def test_what_a_form_says_it_has_seen_is_not_trusted(client: Visitor, seen: str) -> None:
    task_id = made(client)
    form = opened(client, f"/tasks/{task_id}")
    client.rows("UPDATE tasks SET title = 'Theirs' RETURNING 1")
    answer = beside(client, f"/tasks/{task_id}", form | {"seen": seen, "title": "Mine"})
    assert answer.status_code == 409
    assert client.rows("SELECT title FROM tasks") == [("Theirs",)]
