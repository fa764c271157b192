"""Lists in pages: every order, through to the end, and cursors that are not ours."""

from __future__ import annotations

import base64
import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from provision.errors import InvalidCursorError, ValidationError
from provision.tenant.queries import tasks
from provision.tenant.queries.projects import PROJECTS
from provision.tenant.queries.statements.filters import (
    ALL_TASKS,
    ProjectFilters,
    TaskFilters,
    TeamFilters,
)
from provision.tenant.queries.tasks import TASKS
from provision.tenant.queries.team import TEAM
from tests.tenant.queries.conftest import MONDAY

if TYPE_CHECKING:
    from provision.tenant.queries.statements.collection import Collection
    from tests.tenant.queries.conftest import Person


def through(person: Person, noun: Collection[Any, Any], **given: Any) -> list[dict[str, Any]]:
    """All rows, a page of two at a time."""
    rows: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = noun.page(person.conn, owner_id=person.owner_id, limit=2, cursor=cursor, **given)
        rows += json.loads(page.rows)
        cursor = page.next_cursor
        if cursor is None:
            return rows


def titles(person: Person, **given: Any) -> list[str]:
    return [row["title"] for row in through(person, TASKS, **given)]


def strange_tasks(alice: Person) -> None:
    """Ordinary tasks, and rows as only other programs write them."""
    alice.task("b", priority="low", due_date=date(2026, 11, 20))
    alice.task("A", priority="urgent", due_date=date(2026, 12, 1), status="done")
    alice.task("c", priority="high", status="review")
    alice.task("d", priority="medium", due_date=date(2026, 11, 20))
    alice.run(
        f"""
        INSERT INTO tasks (user_id, title, status, priority, due_date, created_at, updated_at,
                           completed_at, position)
        VALUES
          ('{alice.owner_id}', 'e', 'blocked', 'whenever', 'infinity', 'infinity', NULL,
           'infinity', 'NaN'),
          ('{alice.owner_id}', 'f', NULL, NULL, '-infinity', '-infinity', '-infinity',
           '0044-03-15 BC', -1),
          ('{alice.owner_id}', 'g', 'todo', 'low', '0044-03-15 BC', NULL, '0044-03-15 BC', NULL,
           0.000000000000000000001)
        """
    )


@pytest.mark.parametrize("sort", [sign + key for key in sorted(TASKS.sorts) for sign in ("", "-")])
def test_every_order_of_tasks_goes_through_to_the_end(sort: str, alice: Person) -> None:
    strange_tasks(alice)
    in_pages = titles(alice, sort=sort)
    assert sorted(in_pages) == ["A", "b", "c", "d", "e", "f", "g"]
    at_once = TASKS.page(alice.conn, owner_id=alice.owner_id, sort=sort)
    assert [row["title"] for row in json.loads(at_once.rows)] == in_pages
    assert at_once.next_cursor is None
    on_page = tasks.list_page_with_counts(
        alice.conn, owner_id=alice.owner_id, today=MONDAY, shell=False, sort=sort
    )
    assert [task.title for task in on_page.tasks] == in_pages


@pytest.mark.parametrize("noun", [PROJECTS, TEAM])
def test_every_order_of_the_other_nouns_goes_through_to_the_end(
    noun: Collection[Any, Any], alice: Person
) -> None:
    for name in "abcde":
        alice.project(name, budget=Decimal(ord(name) % 3))
        alice.member(name, workload=ord(name) % 3)
    alice.run(
        "UPDATE projects SET budget = 'NaN', status = 'x', due_date = 'infinity' WHERE name = 'a'"
    )
    alice.run("UPDATE team_members SET workload = NULL, status = 'x', role = NULL WHERE name = 'a'")
    for key in noun.sorts:
        for sort in (key, f"-{key}"):
            names = [row["name"] for row in through(alice, noun, sort=sort)]
            assert sorted(names) == list("abcde"), sort


def test_the_newest_come_first_unless_told_otherwise(alice: Person) -> None:
    for title in "abc":
        alice.task(title)
    assert titles(alice) == ["c", "b", "a"]


def test_values_sort_by_meaning_and_unknown_ones_last(alice: Person) -> None:
    strange_tasks(alice)
    assert titles(alice, sort="-priority")[:2] == ["A", "c"]
    assert set(titles(alice, sort="-priority")[-2:]) == {"e", "f"}
    assert set(titles(alice, sort="priority")[-2:]) == {"e", "f"}
    assert titles(alice, sort="title") == ["A", "b", "c", "d", "e", "f", "g"]


def test_names_too_long_for_a_cursor_are_gone_through_as_well(alice: Person) -> None:
    for number in range(5):
        alice.task("ß" * 9000 + str(number))
    for sort in ("title", "-title"):
        assert len(set(titles(alice, sort=sort))) == 5


def test_rows_that_come_in_between_neither_repeat_nor_hide_others(alice: Person) -> None:
    for title in "abcd":
        alice.task(title)
    first = TASKS.page(alice.conn, owner_id=alice.owner_id, limit=2)
    alice.task("new")
    second = TASKS.page(alice.conn, owner_id=alice.owner_id, limit=2, cursor=first.next_cursor)
    assert [row["title"] for row in json.loads(second.rows)] == ["b", "a"]
    assert second.next_cursor is None


def test_an_empty_list_is_an_empty_array(alice: Person) -> None:
    page = TASKS.page(alice.conn, owner_id=alice.owner_id)
    assert (page.rows, page.next_cursor) == ("[]", None)


@pytest.mark.parametrize(
    "other",
    [
        {"sort": "title"},
        {"sort": "-created_at", "filters": TaskFilters(status="todo")},
        {"sort": "created_at"},
    ],
)
def test_a_cursor_is_good_only_for_the_list_it_came_from(
    other: dict[str, Any], alice: Person
) -> None:
    for name in "abc":
        alice.task(name)
        alice.project(name)
    cursor = TASKS.page(alice.conn, owner_id=alice.owner_id, limit=1).next_cursor
    with pytest.raises(InvalidCursorError):
        TASKS.page(alice.conn, owner_id=alice.owner_id, limit=1, cursor=cursor, **other)
    with pytest.raises(InvalidCursorError):
        PROJECTS.page(alice.conn, owner_id=alice.owner_id, limit=1, cursor=cursor)


def forged(cursor: str, **changes: Any) -> str:
    fingerprint, key, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    content = {"fingerprint": fingerprint, "key": key, "row_id": row_id} | changes
    return base64.urlsafe_b64encode(json.dumps(list(content.values())).encode()).decode()


def test_a_forged_cursor_is_refused(alice: Person) -> None:
    for name in "abc":
        alice.task(name)
    cursor = TASKS.page(alice.conn, owner_id=alice.owner_id, limit=1).next_cursor
    assert cursor is not None
    for wrong in (
        "",
        "x",
        "é",
        "%00",
        "a" * 9000,
        cursor[:-3],
        cursor + "AAAA",
        base64.urlsafe_b64encode(b"{}").decode(),
        base64.urlsafe_b64encode(b"[1,2,3]").decode(),
        forged(cursor, key="yesterday's"),
        forged(cursor, key="2026-02-31T00:00:00"),
        forged(cursor, key="2026-01-01\0"),
        forged(cursor, key="\ud800"),
        forged(cursor, row_id="1 OR 1=1"),
        forged(cursor, fingerprint="0"),
    ):
        with pytest.raises(InvalidCursorError):
            TASKS.page(alice.conn, owner_id=alice.owner_id, limit=1, cursor=wrong)
        with pytest.raises(InvalidCursorError):
            tasks.list_page_with_counts(
                alice.conn,
                owner_id=alice.owner_id,
                today=MONDAY,
                shell=True,
                sort="-created_at",
                limit=1,
                cursor=wrong,
            )


@pytest.mark.parametrize(
    "given", [{"sort": "user_id"}, {"sort": "--title"}, {"limit": 0}, {"limit": 201}]
)
def test_an_order_or_size_that_is_not_offered_is_refused(
    given: dict[str, Any], alice: Person
) -> None:
    with pytest.raises(ValidationError) as caught:
        TASKS.page(alice.conn, owner_id=alice.owner_id, **given)
    assert caught.value.errors.keys() == given.keys()


def test_tasks_are_narrowed_by_each_filter_and_all_together(alice: Person) -> None:
    project, member = alice.project(), alice.member()
    alice.task("a", project_id=project.id, status="done", due_date=date(2026, 11, 1))
    alice.task("b", assignee_id=member.id, priority="urgent", due_date=date(2026, 11, 10))
    alice.task("c", description="50% _off_ \\ Sale", due_date=date(2026, 11, 20))
    for filters, expected in (
        (ALL_TASKS, "abc"),
        (TaskFilters(status="done"), "a"),
        (TaskFilters(priority="urgent"), "b"),
        (TaskFilters(project_id=project.id), "a"),
        (TaskFilters(assignee_id=member.id), "b"),
        (TaskFilters(due_before=date(2026, 11, 10)), "a"),
        (TaskFilters(due_after=date(2026, 11, 10)), "c"),
        (TaskFilters(is_open=True), "bc"),
        (TaskFilters(is_open=False), "a"),
        (TaskFilters(is_unassigned=True), "ac"),
        (TaskFilters(is_unassigned=False), "b"),
        (TaskFilters(q="SALE"), "c"),
        (TaskFilters(q="0%"), "c"),
        (TaskFilters(q="_o"), "c"),
        (TaskFilters(q="\\"), "c"),
        (TaskFilters(q="%"), "c"),
        (TaskFilters(q="5_%"), ""),
        (TaskFilters(status="todo", priority="urgent", is_open=True, q="b"), "b"),
        (TaskFilters(status="done", priority="urgent"), ""),
    ):
        assert titles(alice, filters=filters, sort="title") == list(expected), filters


def test_projects_and_team_are_narrowed_too(alice: Person) -> None:
    alice.project("Website", status="active", due_date=date(2026, 12, 1))
    alice.project("Rebrand", priority="high")
    alice.member("Ana", role="Design lead")
    alice.member("Tomás", status="busy")
    for filters, expected in (
        (ProjectFilters(status="active"), ["Website"]),
        (ProjectFilters(priority="high"), ["Rebrand"]),
        (ProjectFilters(q="bran"), ["Rebrand"]),
        (ProjectFilters(due_before=date(2027, 1, 1)), ["Website"]),
        (ProjectFilters(due_after=date(2027, 1, 1)), []),
    ):
        assert [row["name"] for row in through(alice, PROJECTS, filters=filters)] == expected
    for narrowed, name in ((TeamFilters(status="busy"), "Tomás"), (TeamFilters(q="LEAD"), "Ana")):
        assert [row["name"] for row in through(alice, TEAM, filters=narrowed)] == [name]


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_cannot_be_stored_is_no_filter(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TaskFilters(q=text)
    assert caught.value.errors.keys() == {"q"}
