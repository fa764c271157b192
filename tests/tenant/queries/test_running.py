"""A statement that goes past SQLAlchemy's execution gives what it would give there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import Text, bindparam, cast, func, literal, literal_column, select

from provision.errors import UnreachableError
from provision.tenant.queries.statements import running
from provision.tenant.queries.statements.columns import OWNER, TODAY
from tests.tenant.queries.conftest import MONDAY

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.tenant.queries.conftest import Person

_ASKED: Any = select(
    cast(OWNER, Text).label("owner"),
    cast(TODAY, Text).label("day"),
    func.concat(bindparam("word", type_=Text), literal("é%s"), type_=Text).label("word"),
    literal_column("'100 %'", Text).label("share"),
    cast(bindparam("nothing", type_=Text), Text).label("nothing"),
)


def test_the_values_are_those_of_sqlalchemy(alice: Person) -> None:
    asked = {"owner_id": alice.owner_id, "today": MONDAY, "word": "ü'", "nothing": None}
    for _ in range(2):
        found = running.the_row(alice.conn, _ASKED, asked)
        expected = alice.conn.execute(_ASKED, asked).one()
        assert found._asdict() == expected._asdict()
        assert running.rows(alice.conn, _ASKED, asked) == [tuple(expected)]
        assert found.word == "ü'é%s"


def test_each_call_has_values_of_its_own(alice: Person, bob: Person) -> None:
    for person in (alice, bob, alice):
        asked = {"owner_id": person.owner_id, "today": MONDAY, "word": "", "nothing": None}
        assert running.the_row(person.conn, _ASKED, asked).owner == person.owner_id


def test_a_missing_value_is_not_taken_from_the_call_before(alice: Person) -> None:
    asked = {"owner_id": alice.owner_id, "today": MONDAY, "word": "", "nothing": None}
    running.rows(alice.conn, _ASKED, asked)
    del asked["owner_id"]
    with pytest.raises(KeyError):
        running.rows(alice.conn, _ASKED, asked)


def test_no_row_is_told(conn: Connection) -> None:
    nothing: Any = select(literal_column("'a'", Text)).where(literal_column("false"))
    assert running.first_row(conn, nothing, {}) is None
    with pytest.raises(UnreachableError):
        running.the_row(conn, nothing, {})


def test_what_the_server_refuses_is_an_error_of_the_driver(conn: Connection) -> None:
    broken: Any = select(cast(literal_column("1 / 0"), Text))
    with pytest.raises(psycopg.DataError):
        running.rows(conn, broken, {})
