"""Taking back: every row is what it was, once, in time, and never over what somebody did since."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine

from provision.tenant.queries import bulk, moving, undo
from provision.tenant.queries.bulk import ChosenTasks
from provision.tenant.queries.projects import PROJECTS
from provision.tenant.queries.statements.undo_notes import MOST_ROWS, Note
from provision.tenant.queries.tasks import TASKS
from provision.tenant.queries.team import TEAM
from provision.tenant.transfer import importing
from provision.tenant.transfer.arriving import Rows
from tests.tenant.queries.conftest import MONDAY

if TYPE_CHECKING:
    from tests.conftest import Database
    from tests.tenant.queries.conftest import Person

TABLES = ("projects", "team_members", "tasks")
Write = Callable[["Person", dict[str, Any], Note], Any]


def everything(person: Person) -> list[Any]:
    return [
        tuple(row)
        for table in TABLES
        for row in person.conn.exec_driver_sql(f"SELECT to_jsonb(t) FROM {table} t ORDER BY id")
    ]


def filled(alice: Person) -> dict[str, Any]:
    """A project and a member with two tasks, one of them with odd values, and a third task."""
    ids: dict[str, Any] = {
        "project": alice.project("Website", budget=5).id,
        "member": alice.member("Ana").id,
    }
    both = {"project_id": ids["project"], "assignee_id": ids["member"]}
    ids["tasks"] = [alice.task(title, **both).id for title in ("One", "Two")]
    ids["other"] = alice.task("Three").id
    alice.run("ALTER TABLE tasks ADD COLUMN theirs bytea DEFAULT '\\x00ff'")
    alice.run("ALTER TABLE team_members ADD COLUMN tags text[] DEFAULT '{a,\"b c\"}'")
    alice.run(
        "UPDATE tasks SET status = 'somewhere', due_date = 'infinity', created_at = NULL,"
        " position = 1764302400.12345678901234567890 WHERE title = 'Two'"
    )
    return ids


WRITES: dict[str, Write] = {
    "delete a task": lambda who, ids, note: TASKS.delete(
        who.conn, owner_id=who.owner_id, row_id=ids["tasks"][1], note=note
    ),
    "delete a project": lambda who, ids, note: PROJECTS.delete(
        who.conn, owner_id=who.owner_id, row_id=ids["project"], note=note
    ),
    "delete a member": lambda who, ids, note: TEAM.delete(
        who.conn, owner_id=who.owner_id, row_id=ids["member"], note=note
    ),
    "change a task": lambda who, ids, note: TASKS.update(
        who.conn,
        owner_id=who.owner_id,
        row_id=ids["tasks"][1],
        values={"status": "done", "project_id": None},
        note=note,
    ),
    "change a project": lambda who, ids, note: PROJECTS.update(
        who.conn, owner_id=who.owner_id, row_id=ids["project"], values={"spent": 3}, note=note
    ),
    "move a task": lambda who, ids, note: moving.move(
        who.conn,
        owner_id=who.owner_id,
        row_id=ids["tasks"][1],
        was="somewhere",
        status="todo",
        below=ids["tasks"][0],
        today=MONDAY,
        note=note,
    ),
    "change many": lambda who, ids, note: bulk.change_many(
        who.conn,
        owner_id=who.owner_id,
        chosen=ChosenTasks(3),
        values={"status": "done", "assignee_id": None},
        note=note,
    ),
    "delete many": lambda who, ids, note: bulk.delete_many(
        who.conn, owner_id=who.owner_id, chosen=ChosenTasks(2, ids=ids["tasks"]), note=note
    ),
}


def back(who: Person, note: Note, account: str = "alice") -> undo.Outcome:
    return undo.take_back(who.conn, owner_id=who.owner_id, account=account, note_id=note.id)


@pytest.mark.parametrize("name", WRITES)
def test_every_row_is_what_it_was(name: str, alice: Person, statements: list[str]) -> None:
    ids, note = filled(alice), Note("alice")
    before = everything(alice)
    statements.clear()
    WRITES[name](alice, ids, note)
    assert len(statements) == 1
    assert note.is_kept
    assert everything(alice) != before
    statements.clear()
    assert back(alice, note) == "done"
    assert len(statements) == 1
    assert everything(alice) == before


@pytest.mark.parametrize("name", WRITES)
def test_it_is_good_once_for_one_account_and_one_owner(
    name: str, alice: Person, bob: Person
) -> None:
    ids, note = filled(alice), Note("alice")
    WRITES[name](alice, ids, note)
    after = everything(alice)
    assert back(alice, note, "mallory") == "gone"
    assert back(bob, note) == "gone"
    assert back(alice, Note("alice")) == "gone"
    assert everything(alice) == after
    assert back(alice, note) == "done"
    before = everything(alice)
    assert back(alice, note) == "gone"
    assert everything(alice) == before


@pytest.mark.parametrize("name", WRITES)
def test_it_ends_by_the_clock_of_the_database(name: str, alice: Person) -> None:
    ids, note = filled(alice), Note("alice")
    WRITES[name](alice, ids, note)
    after = everything(alice)
    alice.run(
        "UPDATE provision_workspaces SET undo = jsonb_set(undo, '{0,expires}',"
        " to_jsonb(extract(epoch FROM clock_timestamp()) - 1))"
    )
    assert back(alice, note) == "gone"
    assert everything(alice) == after


SINCE = {
    "delete a task": "INSERT INTO tasks (id, user_id, title) VALUES ('{tasks[1]}', '{owner}', '')",
    "delete a project": "INSERT INTO projects (id, user_id, name)"
    " VALUES ('{project}', '{owner}', '')",
    "delete a member": "DELETE FROM tasks WHERE id = '{tasks[0]}'",
    "change a task": "UPDATE tasks SET status = 'review' WHERE id = '{tasks[1]}'",
    "change a project": "DELETE FROM projects WHERE id = '{project}'",
    "move a task": "UPDATE tasks SET position = 1 WHERE id = '{tasks[1]}'",
    "change many": "DELETE FROM tasks WHERE id = '{other}'",
    "delete many": "DELETE FROM projects WHERE id = '{project}'",
}


@pytest.mark.parametrize("name", WRITES)
def test_newer_work_is_never_written_over(name: str, alice: Person) -> None:
    ids, note = filled(alice), Note("alice")
    WRITES[name](alice, ids, note)
    alice.run(SINCE[name].format(**ids, owner=alice.owner_id))
    after = everything(alice)
    assert back(alice, note) == "changed"
    assert everything(alice) == after


def test_changes_of_one_row_are_taken_back_in_any_order(alice: Person) -> None:
    task = alice.task("One", priority="low")
    before = everything(alice)
    notes = [Note("alice") for _ in range(3)]
    written: list[dict[str, Any]] = [
        {"priority": "high"},
        {"due_date": MONDAY},
        {"priority": "urgent", "description": "Newer"},
    ]
    for note, values in zip(notes, written, strict=True):
        TASKS.update(alice.conn, owner_id=alice.owner_id, row_id=task.id, values=values, note=note)
    assert notes[1].changes["due_date"] == (None, MONDAY.isoformat())
    # What the third changed again is not the first's to take back yet; the day is.
    assert back(alice, notes[0]) == "changed"
    assert back(alice, notes[1]) == "done"
    state = "SELECT priority, due_date, description FROM tasks"
    assert alice.conn.exec_driver_sql(state).one() == ("urgent", None, "Newer")
    assert back(alice, notes[2]) == "done"
    assert back(alice, notes[0]) == "done"
    (now,) = everything(alice)
    (then,) = before
    assert now[0] | {"updated_at": None} == then[0] | {"updated_at": None}


def test_newer_work_on_other_columns_stays(alice: Person) -> None:
    ids, note = filled(alice), Note("alice")
    TEAM.delete(alice.conn, owner_id=alice.owner_id, row_id=ids["member"], note=note)
    alice.run(f"UPDATE tasks SET title = 'Newer' WHERE id = '{ids['tasks'][0]}'")
    assert back(alice, note) == "done"
    state = f"SELECT title, assignee_id IS NULL FROM tasks WHERE id = '{ids['tasks'][0]}'"
    assert alice.conn.exec_driver_sql(state).one() == ("Newer", False)


def test_a_write_that_found_nothing_notes_nothing(alice: Person) -> None:
    ids, note = filled(alice), Note("alice")
    outcome = bulk.delete_many(
        alice.conn, owner_id=alice.owner_id, chosen=ChosenTasks(9, ids=ids["tasks"]), note=note
    )
    assert outcome.done == 0
    assert not note.is_kept
    (kept,) = alice.conn.exec_driver_sql("SELECT undo FROM provision_workspaces").scalars()
    assert kept is None


def test_what_is_too_much_is_done_and_cannot_be_taken_back(alice: Person) -> None:
    alice.run(
        f"INSERT INTO tasks (user_id, title) SELECT '{alice.owner_id}', 'T'"
        f" FROM generate_series(1, {MOST_ROWS + 1})"
    )
    note = Note("alice")
    outcome = bulk.change_many(
        alice.conn,
        owner_id=alice.owner_id,
        chosen=ChosenTasks(MOST_ROWS + 1),
        values={"priority": "low"},
        note=note,
    )
    assert outcome.done == MOST_ROWS + 1
    assert not note.is_kept
    assert back(alice, note) == "gone"


def test_only_a_few_are_kept_and_what_others_wrote_there_harms_nothing(alice: Person) -> None:
    alice.run(
        """UPDATE provision_workspaces SET undo = '[1, null, "x", {"expires": "soon"},"""
        """ {"expires": 99999999999, "id": "theirs"}]'"""
    )
    notes = [Note("alice") for _ in range(12)]
    for note in notes:
        task = alice.task("T")
        TASKS.delete(alice.conn, owner_id=alice.owner_id, row_id=task.id, note=note)
    (kept,) = alice.conn.exec_driver_sql(
        "SELECT jsonb_array_length(undo) FROM provision_workspaces"
    ).scalars()
    assert kept == 10
    assert [back(alice, note) for note in notes] == ["gone"] * 2 + ["done"] * 10
    alice.run("""UPDATE provision_workspaces SET undo = '{"not": "a list"}'""")
    task = alice.task("T")
    note = Note("alice")
    TASKS.delete(alice.conn, owner_id=alice.owner_id, row_id=task.id, note=note)
    assert back(alice, note) == "done"


@pytest.mark.parametrize("column", ["project_id", "assignee_id"])
@pytest.mark.parametrize("part", ["deleted", "changed"])
def test_a_forged_note_leads_to_no_row_of_another_owner(
    part: str, column: str, alice: Person, bob: Person
) -> None:
    theirs = bob.project().id if column == "project_id" else bob.member().id
    task, note = alice.task("One"), Note("alice")
    if part == "deleted":
        TASKS.delete(alice.conn, owner_id=alice.owner_id, row_id=task.id, note=note)
    else:
        TASKS.update(
            alice.conn, owner_id=alice.owner_id, row_id=task.id, values={"title": "2"}, note=note
        )
    place = (
        f"0,{part},tasks,0,{column}" if part == "deleted" else f"0,changed,tasks,0,before,{column}"
    )
    alice.run(
        f"UPDATE provision_workspaces SET undo ="
        f""" jsonb_set(undo, '{{{place}}}', '"{theirs}"')"""
        f" WHERE owner_id = '{alice.owner_id}'"
    )
    before = everything(alice)
    assert back(alice, note) == "changed"
    assert everything(alice) == before


def test_a_forged_note_adds_nothing_to_another_owner(alice: Person, bob: Person) -> None:
    task, note = alice.task("One"), Note("alice")
    TASKS.delete(alice.conn, owner_id=alice.owner_id, row_id=task.id, note=note)
    alice.run(
        f"UPDATE provision_workspaces SET undo ="
        f""" jsonb_set(undo, '{{0,deleted,tasks,0,user_id}}', '"{bob.owner_id}"')"""
        f" WHERE owner_id = '{alice.owner_id}'"
    )
    back(alice, note)
    assert everything(alice) == []


def test_what_another_program_made_a_row_refer_to_does_not_keep_a_change_from_being_undone(
    alice: Person, bob: Person
) -> None:
    theirs, task, note = bob.project().id, alice.task("One"), Note("alice")
    alice.run(f"UPDATE tasks SET project_id = '{theirs}'")
    before = everything(alice)
    TASKS.update(
        alice.conn, owner_id=alice.owner_id, row_id=task.id, values={"title": "2"}, note=note
    )
    assert back(alice, note) == "done"
    assert everything(alice) == before


def test_a_column_that_the_database_computes_comes_back_by_itself(alice: Person) -> None:
    alice.run("ALTER TABLE tasks ADD COLUMN large text GENERATED ALWAYS AS (upper(title)) STORED")
    task = alice.task("One", due_date=MONDAY)
    before = everything(alice)
    note = Note("alice")
    TASKS.delete(alice.conn, owner_id=alice.owner_id, row_id=task.id, note=note)
    assert back(alice, note) == "done"
    assert everything(alice) == before


def test_many_at_once_each_note_their_own(alice: Person, database: Database) -> None:
    ids = [alice.task(f"T{number}").id for number in range(24)]
    before = everything(alice)
    notes = {row_id: Note("alice") for row_id in ids}
    engine = create_engine(database.url, isolation_level="AUTOCOMMIT")

    def delete(mine: list[str]) -> None:
        with engine.connect() as conn:
            for row_id in mine:
                TASKS.delete(conn, owner_id=alice.owner_id, row_id=row_id, note=notes[row_id])
                outcomes.append(
                    undo.take_back(
                        conn, owner_id=alice.owner_id, account="alice", note_id=notes[row_id].id
                    )
                )

    outcomes: list[str] = []
    threads = [threading.Thread(target=delete, args=(ids[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    assert outcomes == ["done"] * 24
    assert everything(alice) == before


def test_the_same_note_taken_back_twice_at_once_counts_once(
    alice: Person, database: Database
) -> None:
    ids = filled(alice)
    before = everything(alice)
    engine = create_engine(database.url, isolation_level="AUTOCOMMIT")
    for _ in range(5):
        note = Note("alice")
        WRITES["delete many"](alice, ids, note)
        outcomes: list[str] = []

        def take_back(note: Note = note, outcomes: list[str] = outcomes) -> None:
            with engine.connect() as conn:
                outcomes.append(
                    undo.take_back(conn, owner_id=alice.owner_id, account="alice", note_id=note.id)
                )

        threads = [threading.Thread(target=take_back) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes.count("done") == 1
        assert everything(alice) == before
    engine.dispose()


def test_undo_of_an_import_keeps_a_task_that_was_put_into_its_project(alice: Person) -> None:
    """Its import changed the task, but not which project it is in: deleting that took it along."""
    who: dict[str, Any] = {"conn": alice.conn, "owner_id": alice.owner_id}
    task, note = alice.task("Paint"), Note("ana")
    [over] = importing.present(**who, table="tasks", ids=[task.id], names=[])
    project_id = "6f2d6c3e-4a0e-4a55-8f0e-0000000000aa"
    importing.add(
        **who,
        rows=Rows(projects=[{"id": project_id, "name": "Harbour"}]),
        changed=Rows(tasks=[{"id": task.id, "version": over["version"], "title": "Paint again"}]),
        what="tasks.csv",
        note=note,
    )
    TASKS.update(**who, row_id=task.id, values={"project_id": project_id})
    assert undo.take_back(**who, account="ana", note_id=note.id) == "changed"
    assert [row.title for row in alice.conn.exec_driver_sql("SELECT title FROM tasks")] == [
        "Paint again"
    ]
    TASKS.update(**who, row_id=task.id, values={"project_id": None})
    assert undo.take_back(**who, account="ana", note_id=note.id) == "done"
    assert [row.title for row in alice.conn.exec_driver_sql("SELECT title FROM tasks")] == ["Paint"]
