"""The sample workspace, as rows in a real database."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, func, select

from provision.tenant import schema
from provision.tenant.queries import sample, workspaces
from provision.tenant.tables import projects, tasks, team_members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from tests.conftest import Database

_NOW = datetime(2026, 11, 23, 14, 32, tzinfo=UTC)
_OPEN = tasks.c.status != "done"


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    engine = create_engine(database.url)
    with engine.begin() as opened:
        schema.apply(opened)
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
