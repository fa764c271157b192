"""Alice and Bob, who share one database; the queries must not let one see the other's rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Self

import psycopg
import pytest

from provision.tenant.connection.decoding import decode
from provision.tenant.queries import dashboard, rows, workspaces
from provision.tenant.queries.projects import PROJECTS
from provision.tenant.queries.tasks import TASKS
from provision.tenant.queries.team import TEAM
from provision.tenant.schema import state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

MONDAY = date(2026, 11, 23)


def weeks_to(first: date, begin: timedelta = timedelta(0)) -> list[tuple[date, datetime]]:
    """The weeks shown where this one starts on `first`; days begin `begin` before midnight UTC."""
    days = [first + timedelta(weeks=number) for number in range(1 - dashboard.WEEKS, 2)]
    return [(day, datetime.combine(day, time()) - begin) for day in days]


@dataclass(frozen=True)
class Person:
    """Somebody with a workspace in the database of the test."""

    conn: Connection
    owner_id: str

    def project(self, name: str = "Website", **values: Any) -> rows.Project:
        made = PROJECTS.create(self.conn, owner_id=self.owner_id, values={"name": name, **values})
        return decode(made, rows.Project)

    def task(self, title: str = "Fix booking form", **values: Any) -> rows.Task:
        made = TASKS.create(self.conn, owner_id=self.owner_id, values={"title": title, **values})
        return decode(made, rows.Task)

    def member(self, name: str = "Ana Lindqvist", **values: Any) -> rows.TeamMember:
        made = TEAM.create(self.conn, owner_id=self.owner_id, values={"name": name, **values})
        return decode(made, rows.TeamMember)

    def run(self, statement: str) -> None:
        """Another program's SQL."""
        self.conn.exec_driver_sql(statement)


def _person(conn: Connection, number: int, name: str) -> Person:
    owner_id = f"6f2d6c3e-4a0e-4a55-8f0e-00000000000{number}"
    workspaces.claim(conn, owner_id=owner_id, email=f"{name}@halden.example", name=name)
    return Person(conn, owner_id)


@pytest.fixture
def ready(conn: Connection) -> Connection:
    state.apply(conn)
    return conn


@pytest.fixture
def alice(ready: Connection) -> Person:
    return _person(ready, 1, "alice")


@pytest.fixture
def bob(ready: Connection) -> Person:
    return _person(ready, 2, "bob")


@pytest.fixture
def statements(ready: Connection) -> list[str]:
    """Every statement sent from here on."""
    sent: list[str] = []

    class Noting(psycopg.Cursor[Any]):
        """What every statement goes through, those that go past SQLAlchemy as well."""

        def execute(self, query: Any, *arguments: Any, **options: Any) -> Self:
            sent.append(query.decode() if isinstance(query, bytes) else query)
            return super().execute(query, *arguments, **options)

        def stream(self, query: Any, *arguments: Any, **options: Any) -> Iterator[Any]:
            sent.append(query)
            yield from super().stream(query, *arguments, **options)

    driver = ready.connection.driver_connection
    assert driver is not None
    driver.cursor_factory = Noting
    return sent
