"""Writes and reads the audit log: a line is written in the transaction of what it is about.

A line never holds a secret. The log cannot fill the disk: of each kind of event a bounded number is
kept for each person, and for all strangers together. So a flood of one kind does not push
out lines of another.
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

    from provision.control.audit.client import Client
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

# At about 400 bytes each: under 1 MB a person and kind, 4 MB for strangers.
MOST_OF_A_PERSON: Final = 2_000
_MOST_OF_NOBODY: Final = 10_000
_CLEARED_ONCE_IN: Final = 50
_PURGED_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the log. `at` is unix seconds; `user_id` is None where nobody was recognised."""

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
    client: Client,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write a line, and now and then delete what is too many of its kind."""
    conn.execute(
        insert(audit_events),
        {
            "at": at,
            "event": event,
            "user_id": user_id,
            **client.as_kept(),
            "detail": json.dumps(dict(detail or {}), sort_keys=True),
        },
    )
    # At random, so that nobody can time what they do between two clearings.
    if randbelow(_CLEARED_ONCE_IN) == 0:
        _drop_oldest(conn, event, user_id)


def note(
    store: ControlStore,
    *,
    event: EventName,
    user_id: str,
    client: Client,
    detail: Mapping[str, Any],
) -> None:
    """Write a line about what changes nothing else in the control store."""
    with store.writing() as conn:
        record(
            conn,
            at=store.now(),
            event=event,
            user_id=user_id,
            client=client,
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
    """Return events from `since` on, newest first: of one person, or all where `user_id` is None.

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
    """Delete at most 1,000 lines older than `days`; return how many it were."""
    oldest = store.now() - days * 86_400
    some = select(audit_events.c.id).where(audit_events.c.at < oldest).limit(_PURGED_AT_ONCE)
    with store.reading() as conn:
        if conn.execute(some.limit(1)).first() is None:
            return 0
    with store.writing() as conn:
        return conn.execute(delete(audit_events).where(audit_events.c.id.in_(some))).rowcount


def strip(conn: Connection, user_id: str) -> None:
    """Delete from a person's lines all but what happened and when."""
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
