"""What every request looks up, on both backends; on SQLite it goes past SQLAlchemy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import DBAPIError

from provision.control.store.tables import users

if TYPE_CHECKING:
    from provision.control.accounts.users import Person
    from provision.control.store.store import ControlStore

_BY_EMAIL = select(
    users.c.id, users.c.is_enabled, users.c.totp_secret_id.is_not(None), users.c.totp_secret_id
).where(users.c.email == bindparam("email"), users.c.created_at <= bindparam("now"))


def test_finds_the_same_values_as_sqlalchemy(store: ControlStore, alice: Person) -> None:
    asked = {"email": alice.email, "now": store.now()}
    with store.reading() as conn:
        expected = conn.execute(_BY_EMAIL, asked).one()
    found = store.look_up(_BY_EMAIL, **asked)
    assert found is not None
    assert [(type(each), each) for each in found] == [(type(each), each) for each in expected]


def test_finds_nothing_where_there_is_nothing(store: ControlStore) -> None:
    assert store.look_up(_BY_EMAIL, email="nobody@example.org", now=store.now()) is None


def test_sees_at_once_what_another_connection_committed(store: ControlStore, alice: Person) -> None:
    assert store.look_up(_BY_EMAIL, email=alice.email, now=store.now())
    with store.writing() as conn:
        conn.execute(users.update().values(is_enabled=False))
    found = store.look_up(_BY_EMAIL, email=alice.email, now=store.now())
    assert found is not None
    assert found[1] is False


def test_fails_as_sqlalchemy_does_and_shows_no_value(store: ControlStore, alice: Person) -> None:
    with store.writing() as conn:
        conn.execute(text("ALTER TABLE users RENAME TO elsewhere"))
    try:
        with pytest.raises(DBAPIError) as failed:
            store.look_up(_BY_EMAIL, email=alice.email, now=store.now())
    finally:
        with store.writing() as conn:
            conn.execute(text("ALTER TABLE elsewhere RENAME TO users"))
    assert alice.email not in str(failed.value)
    assert store.look_up(_BY_EMAIL, email=alice.email, now=store.now())
