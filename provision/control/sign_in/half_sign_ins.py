"""Password given, second factor still to come: known to one browser, for five minutes, good once.

What the browser holds is a random value; its hash is the row. Nothing else is open to it meanwhile.
Ten wrong codes end it as well: whoever types on gives the password again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, insert, select, update

from provision.control.accounts.users import PERSON_COLUMNS, Person, person_from
from provision.control.store.identifiers import digest, new_secret
from provision.control.store.tables import half_sign_ins, users
from provision.errors import SignInOverError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

    from provision.control.accounts.users import Recognised
    from provision.control.store.store import ControlStore

LIFE_S: Final = 300
MOST_FAILURES: Final = 10
# More than a person has under way; who knows a password may begin them without end.
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
    """Remember that this person's password was right; returns the raw value, kept nowhere else.

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
    """Who is half signed in; None when it is unknown, over, or the account is closed."""
    with store.reading() as conn:
        row = conn.execute(_PERSON, {"id_hash": digest(raw), "now": store.now()}).first()
    return person_from(row) if row else None


def failed(store: ControlStore, raw: str) -> bool:
    """Count a wrong code; whether it was one too many, and all is over."""
    this = half_sign_ins.c.id_hash == digest(raw)
    counted = update(half_sign_ins).where(this).values(failures=half_sign_ins.c.failures + 1)
    with store.writing() as conn:
        failures = conn.execute(counted.returning(half_sign_ins.c.failures)).scalar()
        if failures is not None and failures < MOST_FAILURES:
            return False
        conn.execute(delete(half_sign_ins).where(this))
    return True


def finish(conn: Connection, raw: str, *, now: int) -> bool:
    """Use it up, with what it is used for; False when somebody has, or when it is over."""
    ended = delete(half_sign_ins).where(
        half_sign_ins.c.id_hash == digest(raw), half_sign_ins.c.expires_at > now
    )
    return conn.execute(ended).rowcount == 1


def _too_many(user_id: str) -> Select[str]:
    """All but the newest of a person's that leave room for one more."""
    columns = half_sign_ins.c
    return (
        select(columns.id_hash)
        .where(columns.user_id == user_id)
        .order_by(columns.created_at.desc(), columns.id_hash)
        .offset(MOST - 1)
    )
