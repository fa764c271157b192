"""Browser sessions: a random id in the cookie, its hash in a row, ended by deleting the row."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import String, bindparam, case, delete, insert, select, update
from sqlalchemy.exc import OperationalError

from provision.control import audit
from provision.control.accounts.entitled import demand
from provision.control.accounts.users import PERSON_COLUMNS, Person, person_from
from provision.control.store.identifiers import digest, is_digest, new_secret
from provision.control.store.tables import sessions, users
from provision.control.workspaces import memberships
from provision.errors import SessionNotFoundError

if TYPE_CHECKING:
    from sqlalchemy import Select

    from provision.control.accounts.entitled import Entitled
    from provision.control.store.store import ControlStore
    from provision.control.workspaces.memberships import Place

# A write for each request would cost more than the request.
_SEEN_EVERY_S: Final = 60
# More browsers than anybody has: signing in over and over fills neither the store nor the page.
MOST: Final = 100
_PERSON_END: Final = 2 + len(PERSON_COLUMNS)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a session belongs to, since when (unix seconds), and where they are."""

    person: Person
    place: Place
    session_id_hash: str = field(repr=False)
    signed_in_at: int


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in. Times are unix seconds; `ends_at` unless it is used before."""

    id_hash: str = field(repr=False)
    address: str
    agent: str
    created_at: int
    last_seen_at: int
    ends_at: int


_RESOLVE: Final = (
    select(
        sessions.c.last_seen_at,
        sessions.c.created_at,
        *PERSON_COLUMNS,
        *memberships.columns_for(users.c.id),
    )
    .select_from(
        memberships.join_to(
            sessions.join(users, users.c.id == sessions.c.user_id),
            users.c.id,
            bindparam("workspace_id", type_=String()),
        )
    )
    .where(
        sessions.c.id_hash == bindparam("id_hash"),
        sessions.c.expires_at > bindparam("now"),
        sessions.c.last_seen_at + sessions.c.idle_s > bindparam("now"),
        users.c.is_enabled,
    )
)


def start(
    store: ControlStore,
    *,
    user_id: str,
    client: audit.Client,
    absolute_s: int,
    idle_s: int,
    entitled: Entitled | None = None,
) -> str:
    """Sign a person in; return the raw id, which is kept nowhere else.

    The session ends `absolute_s` from now, or `idle_s` after its last use; of `MOST` others, the
    one used longest ago ends at once. Raises SignInOverError when the person is not `entitled` to
    it any more.
    """
    raw = new_secret()
    with store.writing() as conn:
        demand(conn, entitled)
        now = store.now()
        conn.execute(delete(sessions).where(sessions.c.expires_at <= now))
        conn.execute(delete(sessions).where(sessions.c.id_hash.in_(_too_many(user_id))))
        conn.execute(
            insert(sessions),
            {
                "id_hash": digest(raw),
                "user_id": user_id,
                **client.as_kept(),
                "idle_s": idle_s,
                "created_at": now,
                "last_seen_at": now,
                "expires_at": now + absolute_s,
            },
        )
        audit.record(conn, at=now, event="signed_in", user_id=user_id, client=client)
    return raw


def resolve(store: ControlStore, raw: str, *, workspace_id: str = "") -> SignedIn | None:
    """Return who is behind a raw id, None when it is unknown, expired, or of a disabled account.

    They are in the workspace `workspace_id`; where that is empty, in the one they opened last.
    """
    id_hash, now = digest(raw), store.now()
    row = store.look_up(_RESOLVE, id_hash=id_hash, now=now, workspace_id=workspace_id)
    if row is None:
        return None
    if row[0] <= now - _SEEN_EVERY_S:
        _note_seen(store, id_hash, now)
    place = memberships.place_from(row[_PERSON_END:])
    return SignedIn(person_from(row[2:_PERSON_END]), place, id_hash, row[1])


def renew(store: ControlStore, *, id_hash: str) -> str:
    """Give a session another raw id; a copy of the former one opens nothing.

    Raises SessionNotFoundError.
    """
    raw = new_secret()
    with store.writing() as conn:
        renewed = conn.execute(
            update(sessions).where(sessions.c.id_hash == id_hash).values(id_hash=digest(raw))
        )
        if renewed.rowcount == 0:
            raise SessionNotFoundError
    return raw


def end(store: ControlStore, raw: str, *, client: audit.Client) -> None:
    """Sign one browser out, unless it was out already."""
    ended = delete(sessions).where(sessions.c.id_hash == digest(raw)).returning(sessions.c.user_id)
    with store.writing() as conn:
        user_id = conn.execute(ended).scalar()
        if user_id is not None:
            audit.record(
                conn,
                at=store.now(),
                event="signed_out",
                user_id=user_id,
                client=client,
            )


def listing(store: ControlStore, *, user_id: str) -> list[Session]:
    """Return the sessions of a person that have not expired, the one used last first."""
    now = store.now()
    columns = sessions.c
    idle_end = columns.last_seen_at + columns.idle_s
    query = (
        select(
            columns.id_hash,
            columns.address,
            columns.agent,
            columns.created_at,
            columns.last_seen_at,
            case((idle_end < columns.expires_at, idle_end), else_=columns.expires_at),
        )
        .where(columns.user_id == user_id, columns.expires_at > now, idle_end > now)
        .order_by(columns.last_seen_at.desc(), columns.created_at.desc(), columns.id_hash)
    )
    with store.reading() as conn:
        return [Session(*row) for row in conn.execute(query)]


def end_one(store: ControlStore, *, user_id: str, id_hash: str, client: audit.Client) -> None:
    """Sign a person out of one browser. Raises SessionNotFoundError."""
    ended = (
        delete(sessions)
        .where(sessions.c.id_hash == id_hash, sessions.c.user_id == user_id)
        .returning(sessions.c.address)
    )
    if not is_digest(id_hash):
        raise SessionNotFoundError
    with store.writing() as conn:
        there = conn.execute(ended).scalar()
        if there is None:
            raise SessionNotFoundError
        audit.record(
            conn,
            at=store.now(),
            event="session_ended",
            user_id=user_id,
            client=client,
            detail={"address": there},
        )


def end_others(store: ControlStore, *, user_id: str, id_hash: str, client: audit.Client) -> int:
    """Sign a person out everywhere but in the session of `id_hash`; return how many ended."""
    ended = delete(sessions).where(sessions.c.user_id == user_id, sessions.c.id_hash != id_hash)
    with store.writing() as conn:
        count = conn.execute(ended).rowcount
        if count:
            audit.record(
                conn,
                at=store.now(),
                event="sessions_ended",
                user_id=user_id,
                client=client,
                detail={"count": count},
            )
    return count


def _too_many(user_id: str) -> Select[str]:
    """Return all but the newest of a person's sessions, so that there is room for one more."""
    columns = sessions.c
    return (
        select(columns.id_hash)
        .where(columns.user_id == user_id)
        .order_by(columns.last_seen_at.desc(), columns.created_at.desc(), columns.id_hash)
        .offset(MOST - 1)
    )


def _note_seen(store: ControlStore, id_hash: str, now: int) -> None:
    # A store that is busy with something else is no reason to refuse a page.
    with suppress(OperationalError), store.writing() as conn:
        conn.execute(
            update(sessions)
            .where(sessions.c.id_hash == id_hash, sessions.c.last_seen_at < now)
            .values(last_seen_at=now)
        )
