"""Many tasks at once: all of them, or none."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from provision.errors import ValidationError
from provision.tenant.queries import bulk
from provision.tenant.queries.bulk import ChosenTasks, Outcome
from provision.tenant.queries.statements.filters import TaskFilters
from tests.tenant.queries.test_moving import column, four

if TYPE_CHECKING:
    from tests.tenant.queries.conftest import Person

NOBODY = "00000000-0000-4000-8000-000000000000"


def change(person: Person, chosen: ChosenTasks, **values: Any) -> Outcome:
    return bulk.change_many(person.conn, owner_id=person.owner_id, chosen=chosen, values=values)


def found(person: Person, columns: str) -> list[tuple[Any, ...]]:
    rows = person.conn.execute(text(f"SELECT {columns} FROM tasks ORDER BY title"))
    return [tuple(row) for row in rows]


def test_the_chosen_ones_get_every_value_in_one_statement(
    alice: Person, statements: list[str]
) -> None:
    made = four(alice)
    project, member = alice.project(), alice.member()
    statements.clear()
    outcome = change(
        alice,
        ChosenTasks(2, ids=[made["a"].id, made["c"].id]),
        priority="urgent",
        due_date=date(2026, 12, 1),
        project_id=project.id,
        assignee_id=member.id,
    )
    names = {"project_id": "Website", "assignee_id": "Ana Lindqvist"}
    assert outcome == Outcome(2, 2, names)
    assert len(statements) == 1
    told = found(alice, "title, priority, due_date::text, project_id::text, assignee_id::text")
    assert told[0] == ("a", "urgent", "2026-12-01", project.id, member.id)
    assert told[1] == ("b", "medium", None, None, None)


def test_a_status_takes_them_to_the_end_of_its_column_in_the_order_they_had(
    alice: Person,
) -> None:
    made = four(alice)
    alice.task("z", status="review")
    change(alice, ChosenTasks(3, ids=[made["c"].id, made["a"].id, made["b"].id]), status="review")
    assert (column(alice, "review"), column(alice)) == ("zabc", "d")
    change(alice, ChosenTasks(2, ids=[made["a"].id, made["d"].id]), status="done")
    assert all(at for (at,) in found(alice, "completed_at")[::3])
    change(alice, ChosenTasks(5, filters=TaskFilters()), status="todo")
    assert found(alice, "DISTINCT completed_at, 1 AS title") == [(None, 1)]


@pytest.mark.parametrize("expected", [3, 5, 0])
def test_another_number_than_was_seen_changes_and_deletes_nothing(
    alice: Person, expected: int
) -> None:
    four(alice)
    before = found(alice, "title, xmin::text")
    everything = ChosenTasks(expected, filters=TaskFilters(status="todo"))
    assert change(alice, everything, priority="low") == Outcome(4, 0)
    deleted = bulk.delete_many(alice.conn, owner_id=alice.owner_id, chosen=everything)
    assert deleted == Outcome(4, 0)
    assert found(alice, "title, xmin::text") == before


def test_one_that_is_gone_keeps_the_others_as_they_are(alice: Person) -> None:
    made = four(alice)
    chosen = ChosenTasks(2, ids=[made["a"].id, NOBODY])
    assert change(alice, chosen, status="done") == Outcome(1, 0)
    assert column(alice) == "abcd"


def test_a_reference_that_is_not_found_changes_nothing(alice: Person, bob: Person) -> None:
    four(alice)
    with pytest.raises(ValidationError) as caught:
        change(alice, ChosenTasks(4), project_id=bob.project().id, priority="low")
    assert caught.value.errors.keys() == {"project_id"}
    assert {row[0] for row in found(alice, "priority, title")} == {"medium"}


def test_all_that_match_are_deleted_and_no_others(alice: Person) -> None:
    four(alice)
    alice.task("x", priority="low")
    chosen = ChosenTasks(1, filters=TaskFilters(priority="low", q="X"))
    deleted = bulk.delete_many(alice.conn, owner_id=alice.owner_id, chosen=chosen)
    assert deleted == Outcome(1, 1)
    assert column(alice) == "abcd"
