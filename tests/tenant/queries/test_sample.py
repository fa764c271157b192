"""The sample workspace, as rows in a real database."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, func, select

from provision.tenant.queries import workspaces
from provision.tenant.schema import state
from provision.tenant.schema.tables import projects, tasks, team_members
from provision.tenant.transfer import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from tests.conftest import Database
    from tests.tenant.queries.conftest import Person

_NOW = datetime(2026, 11, 23, 14, 32, tzinfo=UTC)
_OPEN = tasks.c.status != "done"


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    engine = create_engine(database.url)
    with engine.begin() as opened:
        state.apply(opened)
        yield opened
    engine.dispose()


@pytest.fixture
def owner_id(connection: Connection) -> str:
    return _owner(connection)


def _owner(connection: Connection) -> str:
    owner_id = str(uuid4())
    workspaces.claim(
        connection, owner_id=owner_id, email=f"{owner_id}@example.org", name="A studio"
    )
    return owner_id


def _count(connection: Connection, table: object, owner_id: str) -> int:
    statement = select(func.count()).where(table.c.user_id == owner_id)  # type: ignore[attr-defined]
    return int(connection.execute(statement).scalar_one())


def test_it_is_as_large_as_promised(connection: Connection, owner_id: str) -> None:
    assert sample.fill(connection, owner_id=owner_id, now=_NOW)
    found = [_count(connection, table, owner_id) for table in (projects, tasks, team_members)]
    assert found == [6, 64, 6]


def test_every_status_is_there_and_only_done_tasks_are_completed(
    connection: Connection, owner_id: str
) -> None:
    sample.fill(connection, owner_id=owner_id, now=_NOW)
    rows = connection.execute(select(tasks.c.status, tasks.c.completed_at)).all()
    assert Counter(row.status for row in rows) == {
        "todo": 21,
        "in_progress": 11,
        "review": 7,
        "done": 25,
    }
    assert all((row.status == "done") == (row.completed_at is not None) for row in rows)


def test_dates_lie_around_today(connection: Connection, owner_id: str) -> None:
    sample.fill(connection, owner_id=owner_id, now=_NOW)
    due = connection.execute(select(tasks.c.due_date).where(_OPEN)).scalars().all()
    today = date(2026, 11, 23)
    assert sum(each < today for each in due if each) == 4
    assert sum(each == today for each in due if each) == 2
    assert sum(today < each <= today + timedelta(days=7) for each in due if each) > 10
    done = connection.execute(
        select(tasks.c.completed_at).where(tasks.c.completed_at.is_not(None))
    ).scalars()
    weeks = Counter((_NOW.replace(tzinfo=None) - each).days // 7 for each in done)
    assert set(weeks) == set(range(8))


def test_nothing_was_made_or_changed_in_the_future(connection: Connection, owner_id: str) -> None:
    sample.fill(connection, owner_id=owner_id, now=_NOW)
    now = _NOW.replace(tzinfo=None)
    for row in connection.execute(select(tasks.c.created_at, tasks.c.updated_at)):
        assert row.created_at < row.updated_at < now


def test_one_is_over_capacity_and_one_project_over_its_budget(
    connection: Connection, owner_id: str
) -> None:
    sample.fill(connection, owner_id=owner_id, now=_NOW)
    over = select(team_members.c.name).where(team_members.c.workload > 100)
    assert connection.execute(over).scalars().all() == ["Ana Lindqvist"]
    spent = select(projects.c.name).where(projects.c.spent > projects.c.budget)
    assert connection.execute(spent).scalars().all() == ["Website"]


def test_every_task_has_its_own_place_below_which_a_new_one_goes(
    connection: Connection, owner_id: str
) -> None:
    sample.fill(connection, owner_id=owner_id, now=_NOW)
    places = connection.execute(select(tasks.c.position)).scalars().all()
    assert len(set(places)) == 64
    assert max(place for place in places if place is not None) < _NOW.timestamp()


def test_a_workspace_that_holds_something_is_left_alone(
    connection: Connection, owner_id: str
) -> None:
    connection.execute(projects.insert().values(user_id=owner_id, name="Mine"))
    assert not sample.fill(connection, owner_id=owner_id, now=_NOW)
    assert _count(connection, projects, owner_id) == 1
    assert _count(connection, tasks, owner_id) == 0


def test_a_neighbour_in_the_same_database_is_neither_counted_nor_touched(
    connection: Connection, owner_id: str
) -> None:
    sample.fill(connection, owner_id=owner_id, now=_NOW)
    neighbour = _owner(connection)
    assert _count(connection, projects, neighbour) == 0
    assert sample.fill(connection, owner_id=neighbour, now=_NOW)
    assert _count(connection, projects, owner_id) == 6


def _rows(connection: Connection) -> list[object]:
    return [
        connection.execute(select(table).order_by(table.c.id)).all()
        for table in (projects, tasks, team_members)
    ]


def test_untouched_it_goes_as_it_came(connection: Connection, owner_id: str) -> None:
    neighbour = _owner(connection)
    sample.fill(connection, owner_id=neighbour, now=_NOW)
    before = _rows(connection)
    sample.fill(connection, owner_id=owner_id, now=_NOW.replace(microsecond=120_300))
    found = sample.look(connection, owner_id=owner_id)
    assert (found.count, found.changed, found.own_tasks) == (76, frozenset(), ())
    assert sample.remove(connection, owner_id=owner_id, sample=found, keeps=True) == 76
    assert _rows(connection) == before
    assert sample.fill(connection, owner_id=owner_id, now=_NOW)


@pytest.mark.parametrize("keeps", [True, False], ids=["keep", "all"])
def test_what_is_the_persons_own_stays(connection: Connection, owner_id: str, keeps: bool) -> None:
    sample.fill(connection, owner_id=owner_id, now=_NOW)
    mine = connection.execute(
        projects.insert().values(user_id=owner_id, name="Mine").returning(projects.c.id)
    ).scalar_one()
    by_name = {row.name: row.id for row in connection.execute(select(projects))}
    ana = connection.execute(
        select(team_members.c.id).where(team_members.c.name == "Ana Lindqvist")
    ).scalar_one()
    for title, project in (("In the sample", by_name["Website"]), ("In mine", mine)):
        connection.execute(
            tasks.insert().values(
                user_id=owner_id, title=title, project_id=project, assignee_id=ana
            )
        )
    changed = connection.execute(
        tasks.update()
        .where(tasks.c.title == "Business cards, stock samples")
        .values(title="Cards", status="done")
        .returning(tasks.c.id)
    ).scalar_one()
    before = connection.execute(
        select(tasks).where(tasks.c.title.in_(["In the sample", "In mine", "Cards"]))
    ).all()
    found = sample.look(connection, owner_id=owner_id)
    assert found.changed == {changed}
    assert {task.title for task in found.own_tasks} == {"In the sample", "In mine"}
    gone = sample.remove(connection, owner_id=owner_id, sample=found, keeps=keeps)
    left = connection.execute(select(tasks)).all()
    names = set(connection.execute(select(projects.c.name)).scalars())
    people = set(connection.execute(select(team_members.c.name)).scalars())
    if keeps:
        assert sorted(left) == sorted(before)
        assert names == {"Mine", "Website", "Rebrand"}
        assert {name.split()[0] for name in people} == {"Ana", "Oskar"}
        assert gone == 76 - len(found.kept())
    else:
        assert {(row.title, row.project_id, row.assignee_id) for row in left} == {
            ("In the sample", None, None),
            ("In mine", mine, None),
        }
        assert (names, people, gone) == ({"Mine"}, set(), 76)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE projects SET spent = spent + 0.01 WHERE name = 'Website'",
        "UPDATE projects SET due_date = 'infinity' WHERE name = 'Website'",
        "UPDATE team_members SET workload = NULL WHERE name = 'Ana Lindqvist'",
        "UPDATE tasks SET position = position + 1 WHERE title = 'Cover options, round two'",
        "UPDATE tasks SET created_at = NULL WHERE title = 'Cover options, round two'",
        "UPDATE tasks SET description = '' WHERE title = 'Cover options, round two'",
    ],
)
def test_any_change_is_noticed(connection: Connection, owner_id: str, change: str) -> None:
    sample.fill(connection, owner_id=owner_id, now=_NOW)
    connection.exec_driver_sql(change)
    assert len(sample.look(connection, owner_id=owner_id).changed) == 1


def test_what_is_changed_after_the_look_stays(alice: Person) -> None:
    sample.fill(alice.conn, owner_id=alice.owner_id, now=_NOW)
    found = sample.look(alice.conn, owner_id=alice.owner_id)
    alice.run("UPDATE tasks SET title = 'New' WHERE title = 'Flat plan, 64 pages'")
    gone = sample.remove(alice.conn, owner_id=alice.owner_id, sample=found, keeps=False)
    assert gone == 75
    left = alice.conn.execute(select(tasks.c.title, tasks.c.project_id)).all()
    assert left == [("New", None)]
