"""What happened to accounts, told in the transaction in which it happened. Never a secret.

Nobody can fill the disk with it: of each kind of event no more than so many are kept for a person,
and where nobody was recognised, for all of them together. Each kind has room of its own, so that a
flood of one leaves the others to be read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from secrets import randbelow
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import and_, delete, insert, or_, select, update

from provision.control.store.tables import audit_events

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from provision.control.store.store import ControlStore

EventName = Literal[
    "registered",
    "signed_in",
    "sign_in_failed",
    "signed_out",
    "session_ended",
    "sessions_ended",
    "password_changed",
    "password_reset_issued",
    "password_reset",
    "email_changed",
    "account_enabled",
    "account_disabled",
    "connection_saved",
    "connection_replaced",
    "connection_forgotten",
    "token_created",
    "token_revoked",
    "two_factor_on",
    "two_factor_off",
    "two_factor_reset",
    "second_factor_failed",
    "recovery_codes_made",
    "recovery_codes_saved",
    "recovery_code_used",
    "reauthentication_failed",
    "data_exported",
    "account_deleted",
    "keys_rotated",
    "exported",
    "imported",
]

# In place of a network address, which no client can choose, where an operator's command acts.
OPERATOR: Final = "operator"

MAX_CLIENT_CHARACTERS: Final = 300
# At about 400 bytes each: under 1 MB a person and kind, 4 MB for strangers.
MOST_OF_A_PERSON: Final = 2_000
_MOST_OF_NOBODY: Final = 10_000
_LOOKED_AT_ONCE_IN: Final = 50
_PURGED_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Event:
    """`at` is unix seconds; `user_id` is None where nobody was recognised."""

    id: int
    at: int
    event: str
    user_id: str | None
    address: str
    agent: str
    detail: dict[str, Any]


def record(
    conn: Connection,
    *,
    at: int,
    event: EventName,
    user_id: str | None,
    address: str = "",
    agent: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    conn.execute(
        insert(audit_events),
        {
            "at": at,
            "event": event,
            "user_id": user_id,
            "address": client_text(address),
            "agent": client_text(agent),
            "detail": json.dumps(dict(detail or {}), sort_keys=True),
        },
    )
    # By chance and not by counting, so that nobody can time what they do between two looks.
    if randbelow(_LOOKED_AT_ONCE_IN) == 0:
        _drop_oldest(conn, event, user_id)


def note(
    store: ControlStore,
    *,
    event: EventName,
    user_id: str,
    address: str,
    agent: str,
    detail: Mapping[str, Any],
) -> None:
    """Record what concerns nothing else in the control store."""
    with store.writing() as conn:
        record(
            conn,
            at=store.now(),
            event=event,
            user_id=user_id,
            address=address,
            agent=agent,
            detail=detail,
        )


def listing(
    store: ControlStore,
    *,
    user_id: str | None = None,
    since: int = 0,
    before: int | None = None,
    limit: int = 1000,
) -> list[Event]:
    """Events from `since` on, newest first; of one person, or of all and nobody when None.

    `before` is the id of an event of that person; the list goes on with what came before it.
    """
    query = (
        select(audit_events)
        .where(audit_events.c.at >= since)
        .order_by(audit_events.c.at.desc(), audit_events.c.id.desc())
        .limit(limit)
    )
    if user_id is not None:
        query = query.where(audit_events.c.user_id == user_id)
    if before is not None:
        at, known = audit_events.c.at, audit_events.c.id == before
        place = select(at).where(known, audit_events.c.user_id == user_id).scalar_subquery()
        query = query.where(or_(at < place, and_(at == place, audit_events.c.id < before)))
    with store.reading() as conn:
        return [
            Event(
                id=row.id,
                at=row.at,
                event=row.event,
                user_id=row.user_id,
                address=row.address,
                agent=row.agent,
                detail=json.loads(row.detail),
            )
            for row in conn.execute(query)
        ]


def purge(store: ControlStore, *, days: int) -> int:
    """Drop a lot of what is older than `days`; returns how many, 0 when there was none."""
    oldest = store.now() - days * 86_400
    some = select(audit_events.c.id).where(audit_events.c.at < oldest).limit(_PURGED_AT_ONCE)
    with store.reading() as conn:
        if conn.execute(some.limit(1)).first() is None:
            return 0
    with store.writing() as conn:
        return conn.execute(delete(audit_events).where(audit_events.c.id.in_(some))).rowcount


def strip(conn: Connection, user_id: str) -> None:
    """Leave of a person's events only what happened and when, nothing that tells of the person."""
    conn.execute(
        update(audit_events)
        .where(audit_events.c.user_id == user_id)
        .values(address="", agent="", detail="{}")
    )


def _drop_oldest(conn: Connection, event: EventName, user_id: str | None) -> None:
    most = _MOST_OF_NOBODY if user_id is None else MOST_OF_A_PERSON
    these = and_(audit_events.c.event == event, audit_events.c.user_id == user_id)
    first_too_many = (
        select(audit_events.c.id)
        .where(these)
        .order_by(audit_events.c.id.desc())
        .offset(most)
        .limit(1)
        .scalar_subquery()
    )
    conn.execute(delete(audit_events).where(these, audit_events.c.id <= first_too_many))


def client_text(text: str) -> str:
    """What a client says of itself, cut, and without what a terminal or a database chokes on."""
    return "".join(each for each in text[:MAX_CLIENT_CHARACTERS] if each.isprintable())
