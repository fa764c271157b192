"""Where a moved task comes to stand, over columns of ours and of other programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from provision.errors import StaleVersionError, TaskNotFoundError
from provision.tenant.connection.decoding import decode
from provision.tenant.queries import moving, rows, tasks
from provision.tenant.queries.statements.filters import TaskFilters
from tests.tenant.queries.conftest import MONDAY

if TYPE_CHECKING:
    from tests.tenant.queries.conftest import Person

NOBODY = "00000000-0000-4000-8000-000000000000"


def column(person: Person, status: str = "todo") -> str:
    """The titles in a column of the board, of one letter each."""
    page = tasks.board_page(
        person.conn,
        owner_id=person.owner_id,
        today=MONDAY,
        shell=False,
        filters=TaskFilters(status=status),
    )
    return "".join(task.title for task in page.tasks)


def move(person: Person, task: rows.Task, **how: Any) -> rows.TaskDetail:
    how.setdefault("was", task.status or "")
    answer = moving.move(person.conn, owner_id=person.owner_id, row_id=task.id, today=MONDAY, **how)
    return decode(answer, rows.TaskDetail)


def four(person: Person) -> dict[str, rows.Task]:
    return {title: person.task(title) for title in "abcd"}


@pytest.mark.parametrize(
    ("moved", "how", "order"),
    [
        ("a", {"above": "b"}, "bacd"),
        ("a", {"above": "d"}, "bcda"),
        ("d", {"above": "a", "below": "b"}, "adbc"),
        ("d", {"below": "a"}, "dabc"),
        ("d", {"below": "c"}, "abdc"),
        ("d", {"on_top": True}, "dabc"),
        ("a", {}, "bcda"),
        ("b", {"above": "a"}, "abcd"),
    ],
)
def test_a_task_goes_between_its_new_neighbours(
    alice: Person, moved: str, how: dict[str, Any], order: str
) -> None:
    made = four(alice)
    given = {name: made[title].id if title in made else title for name, title in how.items()}
    before = alice.conn.execute(text("SELECT count(DISTINCT xmin::text) FROM tasks")).scalar()
    after = move(alice, made[moved], **given)
    assert column(alice) == order
    assert before == 4
    numbers = {each: row.version.partition("-")[2] for each, row in made.items()}
    unmoved = {number for each, number in numbers.items() if each != moved}
    kept = {row[0] for row in alice.conn.execute(text("SELECT xmin::text FROM tasks"))}
    assert unmoved | {after.version.partition("-")[2]} == kept
    # Nothing was changed that people would call a change.
    assert after.updated_at == made[moved].updated_at


def test_into_another_column_it_takes_its_status_along(alice: Person) -> None:
    made = four(alice)
    moved = move(alice, made["b"], status="review")
    assert (moved.status, moved.completed_at) == ("review", None)
    assert moved.updated_at != made["b"].updated_at
    move(alice, made["c"], status="review", below=moved.id)
    assert (column(alice), column(alice, "review")) == ("ad", "cb")
    done = move(alice, made["a"], status="done")
    assert done.completed is not None
    assert datetime.now(UTC) - done.completed < timedelta(minutes=1)
    assert move(alice, done, status="todo").completed_at is None


def test_what_was_moved_meanwhile_is_not_moved_again(alice: Person) -> None:
    made = four(alice)
    move(alice, made["a"], status="done")
    with pytest.raises(StaleVersionError) as caught:
        move(alice, made["a"], status="review")
    assert decode(caught.value.current, rows.TaskDetail).status == "done"
    with pytest.raises(TaskNotFoundError):
        moving.move(alice.conn, owner_id=alice.owner_id, row_id=NOBODY, was="todo", today=MONDAY)


def test_neighbours_that_left_the_column_or_never_were_do_not_matter(alice: Person) -> None:
    made = four(alice)
    move(alice, made["b"], status="review")
    move(alice, made["a"], above=made["b"].id, below=made["d"].id)
    assert column(alice) == "cad"
    move(alice, made["a"], above=NOBODY)
    assert column(alice) == "cda"


def test_a_task_can_be_put_between_the_same_two_for_ever(alice: Person) -> None:
    made = four(alice)
    for number in range(150):
        task = made["cd"[number % 2]]
        move(alice, task, above=made["a"].id)
    assert column(alice) == "adcb"
    longest = alice.conn.execute(text("SELECT max(scale(position)) FROM tasks")).scalar()
    assert longest is not None
    assert longest <= 41


def test_rows_of_one_moment_make_room_for_each_other(alice: Person) -> None:
    made = four(alice)
    alice.run("UPDATE tasks SET position = NULL, created_at = '2026-11-01 08:00'")
    order = column(alice)
    first, last = made[order[0]], made[order[3]]
    move(alice, last, above=first.id)
    assert column(alice) == order[0] + order[3] + order[1:3]
    move(alice, first, above=made[order[2]].id)
    assert column(alice) == order[3] + order[1:3] + order[0]


def test_columns_of_other_programs_are_put_in_order_and_emptied(alice: Person) -> None:
    made = four(alice)
    alice.run("UPDATE tasks SET status = 'blocked' WHERE title IN ('a', 'b')")
    alice.run("UPDATE tasks SET status = NULL WHERE title = 'c'")
    move(alice, made["a"], was="blocked", above=made["b"].id)
    assert column(alice, "blocked") == "ba"
    move(alice, made["b"], was="blocked", status="todo", above=made["d"].id)
    move(alice, made["c"], was="", status="todo", on_top=True)
    assert (column(alice), column(alice, "blocked")) == ("cdb", "a")


@pytest.mark.parametrize("position", ["'NaN'", "1e300", "-1e300"])
def test_numbers_that_cannot_be_counted_with_stop_nobody(alice: Person, position: str) -> None:
    made = four(alice)
    alice.run(f"UPDATE tasks SET position = {position} WHERE title = 'b'")
    for how in ({"above": made["b"].id}, {"below": made["b"].id}, {"on_top": True}, {}):
        move(alice, made["d"], **how)
    assert set(column(alice)) == set("abcd")
