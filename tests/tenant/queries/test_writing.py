"""Creating, changing and deleting rows of every noun."""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text

from provision.errors import NotFoundError, StaleVersionError, TaskNotFoundError, ValidationError
from provision.tenant.connection.decoding import decode
from provision.tenant.queries import rows, workspaces
from provision.tenant.queries.projects import PROJECTS
from provision.tenant.queries.tasks import TASKS
from provision.tenant.queries.team import TEAM
from tests.tenant.queries.conftest import MONDAY, Person

if TYPE_CHECKING:
    from provision.tenant.queries.statements.collection import Collection
    from tests.conftest import Database

NOBODY = "00000000-0000-4000-8000-000000000000"
NOUNS: list[tuple[Collection[Any, Any], dict[str, Any]]] = [
    (PROJECTS, {"name": "Website"}),
    (TASKS, {"title": "Fix booking form"}),
    (TEAM, {"name": "Ana"}),
]


def change(person: Person, task: rows.Task, **values: Any) -> rows.Task:
    made = TASKS.update(person.conn, owner_id=person.owner_id, row_id=task.id, values=values)
    return decode(made, rows.Task)


def test_a_project_is_stored_as_given_and_filled_up_with_defaults(alice: Person) -> None:
    made = alice.project(budget=Decimal("24000.50"), due_date=date(2026, 12, 18))
    assert made.budget == Decimal("24000.50")
    assert made.due == date(2026, 12, 18)
    assert (made.status, made.priority, made.spent) == ("planning", "medium", Decimal("0.00"))
    assert made.description is None
    stored = alice.conn.execute(text("SELECT name, budget, user_id::text FROM projects")).one()
    assert tuple(stored) == ("Website", Decimal("24000.50"), alice.owner_id)


def test_timestamps_are_the_present_in_utc_whatever_the_sessions_time_zone(alice: Person) -> None:
    alice.run("SET TimeZone TO 'Asia/Kathmandu'; SET DateStyle TO 'German'")
    made = alice.task(status="done", due_date=date(2026, 12, 3))
    assert made.due == date(2026, 12, 3)
    for instant in (made.created, rows.read_instant(made.updated_at), made.completed):
        assert instant is not None
        assert abs(instant - datetime.now(UTC)) < timedelta(minutes=1)
    assert str(made.created_at).endswith("Z")


@pytest.mark.parametrize(("noun", "values"), NOUNS)
def test_what_is_written_is_answered_and_found_again(
    noun: Collection[Any, Any], values: dict[str, Any], alice: Person
) -> None:
    who: dict[str, Any] = {"conn": alice.conn, "owner_id": alice.owner_id}
    answer = noun.create(**who, values=values)
    made = json.loads(answer)
    assert noun.get(**who, row_id=made["id"]) == answer
    changed = json.loads(noun.update(**who, row_id=made["id"], values={"status": "odd"}))
    assert changed["status"] == "odd"
    assert changed["version"] != made["version"]
    assert json.loads(noun.get(**who, row_id=made["id"])) == changed
    noun.delete(**who, row_id=made["id"], version=changed["version"])
    with pytest.raises(NotFoundError):
        noun.get(**who, row_id=made["id"])


@pytest.mark.parametrize(("noun", "values"), NOUNS)
def test_a_stale_version_changes_nothing_and_shows_what_is_there(
    noun: Collection[Any, Any], values: dict[str, Any], alice: Person
) -> None:
    who: dict[str, Any] = {"conn": alice.conn, "owner_id": alice.owner_id}
    made = json.loads(noun.create(**who, values=values))
    current = noun.update(**who, row_id=made["id"], values={"status": "theirs"})
    stale: dict[str, Any] = {"row_id": made["id"], "version": made["version"]}
    for values_now in ({"status": "mine"}, {}):
        with pytest.raises(StaleVersionError) as caught:
            noun.update(**who, **stale, values=values_now)
        assert caught.value.current == current
    with pytest.raises(StaleVersionError) as caught:
        noun.delete(**who, **stale)
    assert caught.value.current == current
    assert noun.get(**who, row_id=made["id"]) == current


@pytest.mark.parametrize(("noun", "values"), NOUNS)
def test_a_version_of_another_epoch_is_stale_though_the_row_s_part_agrees(
    noun: Collection[Any, Any], values: dict[str, Any], alice: Person
) -> None:
    """The numbers of two servers collide: here the row keeps its own, and only the epoch is new."""
    who: dict[str, Any] = {"conn": alice.conn, "owner_id": alice.owner_id}
    made = json.loads(noun.create(**who, values=values))
    workspaces.claim(alice.conn, owner_id=alice.owner_id, email="a@x.example", name="A")
    current = json.loads(noun.get(**who, row_id=made["id"]))
    assert current["version"].partition("-")[2] == made["version"].partition("-")[2]
    stale: dict[str, Any] = {"row_id": made["id"], "version": made["version"]}
    for values_now in ({"status": "mine"}, {}):
        with pytest.raises(StaleVersionError):
            noun.update(**who, **stale, values=values_now)
    with pytest.raises(StaleVersionError):
        noun.delete(**who, **stale)
    assert json.loads(noun.get(**who, row_id=made["id"])) == current
    noun.update(**who, row_id=made["id"], version=current["version"], values={"status": "mine"})


@pytest.mark.parametrize(("noun", "values"), NOUNS)
def test_what_is_not_there_is_not_found(
    noun: Collection[Any, Any], values: dict[str, Any], alice: Person
) -> None:
    who: dict[str, Any] = {"conn": alice.conn, "owner_id": alice.owner_id, "row_id": NOBODY}
    for version in (None, "1"):
        for written in (values, {}):
            with pytest.raises(NotFoundError):
                noun.update(**who, values=written, version=version)
        with pytest.raises(NotFoundError):
            noun.delete(**who, version=version)


@pytest.mark.parametrize(("noun", "values"), NOUNS)
def test_writing_nothing_leaves_the_row_and_its_version(
    noun: Collection[Any, Any], values: dict[str, Any], alice: Person
) -> None:
    who: dict[str, Any] = {"conn": alice.conn, "owner_id": alice.owner_id}
    made = noun.create(**who, values=values)
    row = json.loads(made)
    assert noun.update(**who, row_id=row["id"], values={}, version=row["version"]) == made


@pytest.mark.parametrize(("noun", "values"), NOUNS)
def test_only_what_is_writable_is_written(
    noun: Collection[Any, Any], values: dict[str, Any], alice: Person
) -> None:
    with pytest.raises(ValueError, match="user_id"):
        noun.create(alice.conn, owner_id=alice.owner_id, values=values | {"user_id": NOBODY})
    with pytest.raises(ValueError, match="created_at"):
        noun.update(alice.conn, owner_id=alice.owner_id, row_id=NOBODY, values={"created_at": None})


def test_a_write_answers_with_the_card_where_a_day_is_given(alice: Person) -> None:
    who: dict[str, Any] = {"conn": alice.conn, "owner_id": alice.owner_id, "today": MONDAY}
    project, member = alice.project(), alice.member()
    given = {"title": "A", "project_id": project.id, "assignee_id": member.id}
    late = decode(
        TASKS.create(**who, values=given | {"due_date": date(2026, 11, 20), "description": "d"}),
        rows.TaskDetail,
    )
    assert (late.project_name, late.assignee_name) == (project.name, member.name)
    assert late.description == "d"
    card = decode(
        PROJECTS.update(**who, row_id=project.id, values={"status": "active"}), rows.ProjectCard
    )
    assert (card.tasks_total, card.tasks_done, card.tasks_late) == (1, 0, 1)
    person = decode(TEAM.update(**who, row_id=member.id, values={"workload": 90}), rows.TeamCard)
    assert (person.open_tasks, person.late_tasks) == (1, 1)
    assert [task.title for task in person.next_tasks] == ["A"]


def test_unknown_references_are_told_together_and_write_nothing(alice: Person) -> None:
    with pytest.raises(ValidationError) as caught:
        alice.task(project_id=NOBODY, assignee_id=NOBODY)
    assert caught.value.errors.keys() == {"project_id", "assignee_id"}
    assert alice.conn.execute(text("SELECT count(*) FROM tasks")).scalar() == 0


def test_references_are_set_and_cleared(alice: Person) -> None:
    project, member = alice.project(), alice.member()
    task = alice.task(project_id=project.id)
    task = change(alice, task, assignee_id=member.id, project_id=None)
    assert (task.project_id, task.assignee_id) == (None, member.id)


def test_deleting_a_project_deletes_its_tasks_and_a_member_unassigns(alice: Person) -> None:
    project, member = alice.project(), alice.member()
    gone = alice.task(project_id=project.id)
    kept = alice.task(assignee_id=member.id)
    who: dict[str, Any] = {"conn": alice.conn, "owner_id": alice.owner_id}
    PROJECTS.delete(**who, row_id=project.id)
    TEAM.delete(**who, row_id=member.id)
    with pytest.raises(TaskNotFoundError):
        TASKS.get(**who, row_id=gone.id)
    assert decode(TASKS.get(**who, row_id=kept.id), rows.Task).assignee_id is None


def test_becoming_done_is_dated_once_and_leaving_done_clears_it(alice: Person) -> None:
    task = alice.task()
    assert task.completed_at is None
    done = change(alice, task, status="done")
    assert done.completed is not None
    assert change(alice, done, status="done").completed_at == done.completed_at
    assert change(alice, done, title="Renamed").completed_at == done.completed_at
    assert change(alice, done, status="review").completed_at is None


def test_a_task_done_before_the_column_was_there_gets_no_invented_date(alice: Person) -> None:
    task = alice.task(status="done")
    alice.run("UPDATE tasks SET completed_at = NULL")
    assert change(alice, task, status="done").completed_at is None


def test_a_new_task_comes_after_those_that_are_there(alice: Person) -> None:
    first, second = alice.task("1"), alice.task("2")
    assert first.position is not None
    assert second.position is not None
    assert first.position < second.position
    assert alice.task("3", position=Decimal("7.5")).position == Decimal("7.5")


def test_two_writers_with_one_version_cannot_both_win(alice: Person, database: Database) -> None:
    task = alice.task()
    engine = create_engine(database.url, isolation_level="AUTOCOMMIT")
    results: list[object] = []

    def write(title: str) -> None:
        with engine.connect() as conn:
            try:
                TASKS.update(
                    conn,
                    owner_id=alice.owner_id,
                    row_id=task.id,
                    values={"title": title},
                    version=task.version,
                )
                results.append(title)
            except StaleVersionError as stale:
                results.append(stale)

    threads = [threading.Thread(target=write, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    winners = [result for result in results if isinstance(result, str)]
    assert len(winners) == 1
    stored = TASKS.get(alice.conn, owner_id=alice.owner_id, row_id=task.id)
    assert decode(stored, rows.Task).title == winners[0]


def test_a_project_that_is_being_deleted_takes_no_new_task(
    alice: Person, database: Database
) -> None:
    project = alice.project()
    engine = create_engine(database.url)
    caught: list[BaseException] = []

    def create() -> None:
        try:
            alice.task(project_id=project.id)
        except ValidationError as error:
            caught.append(error)

    with engine.connect() as other:
        PROJECTS.delete(other, owner_id=alice.owner_id, row_id=project.id)
        thread = threading.Thread(target=create)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        other.commit()
    thread.join()
    engine.dispose()
    (error,) = caught
    assert isinstance(error, ValidationError)
    assert error.errors.keys() == {"project_id"}
