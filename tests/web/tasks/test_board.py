from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.web.board import CARD, beside, column, foreign, made, member, project

if TYPE_CHECKING:
    from tests.web.conftest import Visitor


def test_a_board_has_a_column_for_each_status_of_ours(client: Visitor) -> None:
    made(client, "One", status="review")
    page = client.get("/tasks").text
    assert "<html" in page
    assert re.findall(r'id="cards-(\w+)"', page) == ["todo", "in_progress", "review", "done"]
    assert len(column(page, "review")) == 1
    assert not column(page, "todo")


def test_an_empty_board_says_what_will_be_there(client: Visitor) -> None:
    page = client.get("/tasks").text
    assert "No tasks yet" in page
    assert "No tasks yet" in client.get("/tasks?view=list").text


def test_statuses_of_other_programs_get_columns_of_their_own(client: Visitor) -> None:
    blocked = foreign(client, "Waits", status="'blocked by <legal>'")
    nothing = foreign(client, "Lost", status="NULL")
    page = client.get("/tasks").text
    assert "<em>blocked by &lt;legal&gt;</em>" in page
    assert "<em>none</em>" in page
    assert {blocked, nothing} <= set(CARD.findall(page))
    assert page.count('class="board board-6"') == 1


def test_many_statuses_do_not_make_many_columns(client: Visitor) -> None:
    for number in range(12):
        foreign(client, f"Task {number}", status=f"'state {number}'")
    page = client.get("/tasks").text
    assert page.count('<section class="board-column') == 12
    assert "Tasks of 4 more statuses are in" in page


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("status=done", ["Done thing"]),
        ("status=not_done", ["Ana's", "Loose"]),
        ("priority=urgent", ["Ana's"]),
        ("q=LOOSE", ["Loose"]),
        ("q=%25", []),
        ("assignee_id=nobody", ["Done thing", "Loose"]),
        ("project_id=not-an-id", ["Ana's", "Done thing", "Loose"]),
        ("project_id=00000000-0000-4000-8000-000000000000", []),
    ],
)
@pytest.mark.parametrize("view", ["board", "list"])
def test_filters_narrow_board_and_list_alike(
    client: Visitor, view: str, query: str, titles: list[str]
) -> None:
    made(client, "Ana's", priority="urgent", assignee_id=member(client))
    made(client, "Loose")
    made(client, "Done thing", status="done")
    page = client.get(f"/tasks?view={view}&{query}")
    assert page.status_code == 200
    found = re.findall(r'href="/tasks/[0-9a-f-]{36}">([^<]+)</a>', page.text)
    assert sorted(title.replace("&#39;", "'") for title in found) == titles


def test_a_filter_by_project_and_person_finds_what_has_both(client: Visitor) -> None:
    website, ana = project(client), member(client)
    wanted = made(client, "Both", project_id=website, assignee_id=ana)
    made(client, "One", project_id=website)
    page = client.get(f"/tasks?project_id={website}&assignee_id={ana}").text
    assert CARD.findall(page) == [wanted]
    assert f'<option value="{website}" selected dir="auto">Website</option>' in page


def test_htmx_gets_the_board_alone_and_a_clean_address(client: Visitor) -> None:
    made(client)
    answer = beside(client, "/tasks?project_id=&status=todo&q=&priority=", target="task-list")
    assert answer.status_code == 200
    assert answer.headers["HX-Push-Url"] == "/tasks?status=todo"
    assert "<html" not in answer.text
    assert '<form class="filters' not in answer.text
    assert '<section class="sheet-body task-list" id="task-list"' in answer.text
    assert '<span class="filters-note" id="task-note" hx-swap-oob="true"' in answer.text


def test_text_that_cannot_be_stored_is_refused_with_words(client: Visitor) -> None:
    assert client.get("/tasks?q=%00").status_code == 422
    assert client.get("/tasks?status=%00").status_code == 422


def test_a_column_loads_in_pages_with_and_without_htmx(client: Visitor) -> None:
    client.rows(
        "INSERT INTO tasks (user_id, title, status, created_at)"
        " SELECT p.id, 'Task ' || n, 'todo', now() - interval '1 day' + n * interval '1 second'"
        " FROM profiles p, generate_series(1, 120) n RETURNING 1"
    )
    first = client.get("/tasks").text
    assert len(column(first, "todo")) == 25
    assert "95 more" in first
    following = re.search(r'class="load-more" href="([^"]+)"', first)
    assert following
    address = following[1].replace("&amp;", "&")
    fragment = beside(client, address, target="")
    assert len(CARD.findall(fragment.text)) == 50
    assert "<section" not in fragment.text
    assert "45 more" in fragment.text
    page = client.get(address).text
    assert "<html" in page
    assert CARD.findall(page) == CARD.findall(fragment.text)
    assert "Back to the first page" in page


def test_small_screens_choose_a_column_by_a_link(client: Visitor) -> None:
    page = client.get("/tasks?column=review").text
    assert re.search(r'board-column-current" aria-labelledby="column-review"', page)
    assert 'href="/tasks?column=done"' in page
    unknown = client.get("/tasks?column=nonsense").text
    assert re.search(r'board-column-current" aria-labelledby="column-todo"', unknown)


def test_another_person_in_the_same_database_sees_nothing_of_it(
    client: Visitor, bob: Visitor
) -> None:
    task_id = made(client, "Only Alice's")
    assert "Only Alice" not in bob.get("/tasks").text
    assert "Only Alice" not in bob.get("/tasks?view=list").text
    assert bob.get(f"/tasks/{task_id}").status_code == 404
    assert bob.post_form(f"/tasks/{task_id}", {"title": "Mine"}).status_code == 404
    assert bob.post_form(f"/tasks/{task_id}/delete").status_code == 404
    assert client.rows("SELECT title FROM tasks") == [("Only Alice's",)]


def test_strangers_go_to_the_sign_in(stranger: Visitor) -> None:
    answer = stranger.get("/tasks?view=list")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login?next=")


def test_an_offset_of_thousands_of_digits_is_no_fault(client: Visitor) -> None:
    assert client.get("/tasks?offset=" + "9" * 5000).status_code == 200
