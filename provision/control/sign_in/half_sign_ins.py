"""Remembers that a browser gave the right password, until it gives the second factor.

That holds for five minutes and is used once. The browser holds a random value, the row its hash;
nothing else is open to it. Ten wrong codes end it as well: then the password is asked for again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, insert, select, update

from provision.control.accounts.users import PERSON_COLUMNS, Person, person_from
from provision.control.store.identifiers import digest, new_secret
from provision.control.store.tables import half_sign_ins, users
from provision.errors import SignInOverError

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

    from provision.control.accounts.users import Recognised
    from provision.control.store.store import ControlStore

LIFE_S: Final = 300
MOST_FAILURES: Final = 10
# More than a person needs; somebody who knows a password could begin them without end.
MOST: Final = 20

_PERSON: Final = (
    select(*PERSON_COLUMNS)
    .join(half_sign_ins, half_sign_ins.c.user_id == users.c.id)
    .where(
        half_sign_ins.c.id_hash == bindparam("id_hash"),
        half_sign_ins.c.expires_at > bindparam("now"),
        users.c.is_enabled,
        users.c.totp_secret_id.is_not(None),
    )
)


def start(store: ControlStore, found: Recognised) -> str:
    """Remember that this person's password was right; return the raw value, kept nowhere else.

    Raises SignInOverError when that does not hold any more.
    """
    raw = new_secret()
    with store.writing() as conn:
        if not found.still_holds(conn):
            raise SignInOverError
        now = store.now()
        conn.execute(delete(half_sign_ins).where(half_sign_ins.c.expires_at <= now))
        conn.execute(
            delete(half_sign_ins).where(half_sign_ins.c.id_hash.in_(_too_many(found.person.id)))
        )
        conn.execute(
            insert(half_sign_ins),
            {
                "id_hash": digest(raw),
                "user_id": found.person.id,
                "failures": 0,
                "created_at": now,
                "expires_at": now + LIFE_S,
            },
        )
    return raw


def person_of(store: ControlStore, raw: str) -> Person | None:
    """Return who is half signed in, None when it is unknown, expired, or the account disabled."""
    with store.reading() as conn:
        row = conn.execute(_PERSON, {"id_hash": digest(raw), "now": store.now()}).first()
    return person_from(row) if row else None


def count_attempt(store: ControlStore, raw: str) -> bool:
    """Count a code before it is looked at; return False where it would be one too many.

    Of codes that are sent at once no more are looked at than of codes sent one after the other.
    """
    return _change_count(store, raw, +1, half_sign_ins.c.failures < MOST_FAILURES)


def withdraw_attempt(store: ControlStore, raw: str) -> None:
    """Take a counted code back that was not compared with anything."""
    _change_count(store, raw, -1, half_sign_ins.c.failures > 0)


def end_after_last(store: ControlStore, raw: str) -> bool:
    """End what has no attempt left; return whether it is over."""
    this = half_sign_ins.c.id_hash == digest(raw)
    with store.writing() as conn:
        conn.execute(delete(half_sign_ins).where(this, half_sign_ins.c.failures >= MOST_FAILURES))
        return conn.execute(select(half_sign_ins.c.id_hash).where(this)).first() is None


def finish(conn: Connection, raw: str, *, now: int) -> bool:
    """Use it up in the caller's transaction; return False when it was used or has expired."""
    ended = delete(half_sign_ins).where(
        half_sign_ins.c.id_hash == digest(raw), half_sign_ins.c.expires_at > now
    )
    return conn.execute(ended).rowcount == 1


def _change_count(store: ControlStore, raw: str, by: int, bound: ColumnElement[bool]) -> bool:
    change = (
        update(half_sign_ins)
        .where(half_sign_ins.c.id_hash == digest(raw), bound)
        .values(failures=half_sign_ins.c.failures + by)
    )
    with store.writing() as conn:
        return conn.execute(change).rowcount == 1


def _too_many(user_id: str) -> Select[str]:
    """Return all but the newest of a person's, so that there is room for one more."""
    columns = half_sign_ins.c
    return (
        select(columns.id_hash)
        .where(columns.user_id == user_id)
        .order_by(columns.created_at.desc(), columns.id_hash)
        .offset(MOST - 1)
    )
