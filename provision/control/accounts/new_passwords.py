"""Sets a new password of an account: by its person, or by the operator's one-time link.

Whatever the old one opened is closed with it: other sessions, sign-ins that wait for their code,
links to reset it. The second factor stays as it is; to take it away is another decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, bindparam, delete, insert, select, update

from provision.control import audit
from provision.control.accounts.entitled import session_stands
from provision.control.accounts.users import PERSON_COLUMNS, Person, by_id, person_from
from provision.control.store.identifiers import digest, new_secret
from provision.control.store.store import leave_no_trace
from provision.control.store.tables import half_sign_ins, password_resets, sessions, users
from provision.credentials.passwords import password_problems
from provision.errors import (
    NotFoundError,
    ResetLinkNotFoundError,
    SignInOverError,
    ValidationError,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from provision.control.store.store import ControlStore
    from provision.credentials.passwords import PasswordHasher

RESET_LIFE_S: Final = 86_400

_HOLDER: Final = (
    select(*PERSON_COLUMNS)
    .join(password_resets, password_resets.c.user_id == users.c.id)
    .where(
        password_resets.c.id_hash == bindparam("id_hash"),
        password_resets.c.expires_at > bindparam("now"),
        users.c.is_enabled,
    )
)


def check(person: Person, password: str) -> None:
    """Raise ValidationError when this cannot be the person's new password."""
    if problems := password_problems(password, (person.name, person.email)):
        raise ValidationError({"new_password": problems})


def change(
    store: ControlStore,
    hasher: PasswordHasher,
    user_id: str,
    *,
    password: str,
    except_id_hash: str | None = None,
    client: audit.Client,
) -> int:
    """Replace the password; return how many sessions ended, all but `except_id_hash`.

    Raises ValidationError, NotFoundError, or SignInOverError when that one was ended meanwhile.
    """
    person = by_id(store, user_id)
    if person is None:
        raise NotFoundError
    check(person, password)
    password_hash = hasher.hash(password)
    with store.writing() as conn:
        if except_id_hash is not None and not session_stands(conn, except_id_hash):
            raise SignInOverError
        now = store.now()
        ended = _replace(conn, user_id, password_hash, now, except_id_hash=except_id_hash)
        audit.record(
            conn,
            at=now,
            event="password_changed",
            user_id=user_id,
            client=client,
        )
    return ended


def new_reset(store: ControlStore, user_id: str) -> str:
    """Return the secret of a one-time link for this account; end links made before."""
    raw = new_secret()
    with store.writing() as conn:
        now = store.now()
        # Those of everybody that are over, too: nobody else clears them away.
        conn.execute(
            delete(password_resets).where(
                (password_resets.c.user_id == user_id) | (password_resets.c.expires_at <= now)
            )
        )
        conn.execute(
            insert(password_resets),
            {
                "id_hash": digest(raw),
                "user_id": user_id,
                "created_at": now,
                "expires_at": now + RESET_LIFE_S,
            },
        )
        audit.record(
            conn, at=now, event="password_reset_issued", user_id=user_id, client=audit.OPERATOR
        )
    return raw


def holder(store: ControlStore, raw: str) -> Person:
    """Return whose password a link resets. Raises ResetLinkNotFoundError when it has expired."""
    with store.reading() as conn:
        row = conn.execute(_HOLDER, {"id_hash": digest(raw), "now": store.now()}).first()
    if row is None:
        raise ResetLinkNotFoundError
    return person_from(row)


def reset(
    store: ControlStore,
    hasher: PasswordHasher,
    raw: str,
    *,
    password: str,
    client: audit.Client,
) -> None:
    """Set the password by a link, which is used up by it; every session ends.

    Raises ValidationError, or ResetLinkNotFoundError.
    """
    check(holder(store, raw), password)
    password_hash = hasher.hash(password)
    with store.writing() as conn:
        now = store.now()
        used = (
            delete(password_resets)
            .where(
                and_(
                    password_resets.c.id_hash == digest(raw),
                    password_resets.c.expires_at > now,
                )
            )
            .returning(password_resets.c.user_id)
        )
        user_id = conn.execute(used).scalar()
        if user_id is None:  # by the same link in another tab, a moment ago
            raise ResetLinkNotFoundError
        _replace(conn, user_id, password_hash, now)
        audit.record(
            conn,
            at=now,
            event="password_reset",
            user_id=user_id,
            client=client,
        )


def _replace(
    conn: Connection,
    user_id: str,
    password_hash: str,
    now: int,
    *,
    except_id_hash: str | None = None,
) -> int:
    changed = conn.execute(
        update(users)
        .where(users.c.id == user_id)
        .values(password_hash=password_hash, password_changed_at=now)
    )
    if changed.rowcount == 0:
        raise NotFoundError
    leave_no_trace(conn)
    for table in (half_sign_ins, password_resets):
        conn.execute(delete(table).where(table.c.user_id == user_id))
    ended = delete(sessions).where(sessions.c.user_id == user_id)
    if except_id_hash is not None:
        ended = ended.where(sessions.c.id_hash != except_id_hash)
    return conn.execute(ended).rowcount
