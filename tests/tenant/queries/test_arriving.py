"""Rows that arrive refer to rows of their owner, whoever says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from provision.errors import ValidationError
from provision.tenant.queries.statements.undo_notes import Note
from provision.tenant.transfer import arriving, importing
from provision.tenant.transfer.arriving import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from tests.tenant.queries.conftest import Person


def _task(**values: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "title": "One", "status": "todo", **values}


def _count(person: Person) -> int:
    found = person.conn.exec_driver_sql(
        f"SELECT count(*) FROM tasks WHERE user_id = '{person.owner_id}'"
    )
    return int(found.scalar_one())


def _add(conn: Connection, owner_id: str, *, rows: Rows) -> None:
    note = Note(str(uuid4()))
    importing.add(conn, owner_id, rows=rows, changed=Rows(), what="", note=note)


def _write_over(conn: Connection, owner_id: str, *, rows: Rows) -> None:
    note = Note(str(uuid4()))
    importing.add(conn, owner_id, rows=Rows(), changed=rows, what="", note=note)


@pytest.mark.parametrize("column", ["project_id", "assignee_id"])
@pytest.mark.parametrize("door", [_add, _write_over, arriving.restore])
def test_a_row_of_another_owner_is_unknown(
    door: Callable[..., object], column: str, alice: Person, bob: Person
) -> None:
    theirs = bob.project().id if column == "project_id" else bob.member().id
    for reference in (theirs, str(uuid4())):
        with pytest.raises(ValidationError) as caught:
            door(
                alice.conn,
                owner_id=alice.owner_id,
                rows=Rows(tasks=[_task(), _task(**{column: reference})]),
            )
        assert "not in this workspace" in caught.value.errors["file"][0]
    assert _count(alice) == 0


def test_rows_may_refer_to_those_that_are_there_and_to_those_that_arrive_too(alice: Person) -> None:
    here = alice.project().id
    project, person = {"id": str(uuid4()), "name": "New"}, {"id": str(uuid4()), "name": "Ana"}
    rows = Rows(
        projects=[project],
        team_members=[person],
        tasks=[
            _task(project_id=here),
            _task(project_id=project["id"], assignee_id=person["id"]),
            _task(),
        ],
    )
    _add(alice.conn, alice.owner_id, rows=rows)
    assert _count(alice) == 3


def _versions(person: Person, *ids: str) -> list[str]:
    found = importing.present(person.conn, person.owner_id, table="tasks", ids=list(ids), names=[])
    versions = {row["id"]: row["version"] for row in found}
    return [versions[each] for each in ids]


def _over(person: Person, *rows: Mapping[str, object]) -> bool:
    return importing.add(
        person.conn,
        person.owner_id,
        rows=Rows(tasks=[_task(title="New")]),
        changed=Rows(tasks=rows),
        what="",
        note=Note(str(uuid4())),
    )


def test_only_the_columns_that_are_given_are_written_over(alice: Person) -> None:
    one, two = alice.task("One"), alice.task("Two")
    first, second = _versions(alice, one.id, two.id)
    # Another program's rule, so that a column that is written at all is seen.
    alice.conn.exec_driver_sql(
        "CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RAISE EXCEPTION $$description is written$$; END';"
        "CREATE TRIGGER refuse BEFORE UPDATE OF description ON tasks"
        " FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse()"
    )
    assert _over(
        alice,
        {"id": one.id, "version": first, "title": "One again"},
        {"id": two.id, "version": second, "priority": "high", "due_date": None},
    )
    rows = alice.conn.exec_driver_sql("SELECT title, priority FROM tasks ORDER BY title")
    assert [tuple(row) for row in rows] == [
        ("New", None), ("One again", one.priority), ("Two", "high"),
    ]  # fmt: skip


def test_nothing_is_written_over_a_row_that_was_changed_since_it_was_read(alice: Person) -> None:
    one, two = alice.task("One"), alice.task("Two")
    first, second = _versions(alice, one.id, two.id)
    alice.conn.exec_driver_sql(f"UPDATE tasks SET description = 'Mine' WHERE id = '{two.id}'")
    row = {"id": one.id, "version": first, "title": "One again"}
    assert not _over(alice, row, {"id": two.id, "version": second, "title": "Two again"})
    assert not _over(alice, row, {"id": str(uuid4()), "version": second, "title": "Gone"})
    rows = alice.conn.exec_driver_sql("SELECT title FROM tasks ORDER BY title")
    assert [row.title for row in rows] == ["One", "Two"]
    assert _over(alice, row)
