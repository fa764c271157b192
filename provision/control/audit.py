"""What happened to accounts, told in the transaction in which it happened. Never a secret."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import insert, select

from provision.control.tables import audit_events

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from provision.control.store import ControlStore

EventName = Literal[
    "registered",
    "signed_in",
    "sign_in_failed",
    "signed_out",
    "session_ended",
    "sessions_ended",
    "password_changed",
    "account_enabled",
    "account_disabled",
    "connection_saved",
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
]

_MAX_CLIENT_CHARACTERS: Final = 300


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


def listing(
    store: ControlStore, *, user_id: str | None = None, since: int = 0, limit: int = 1000
) -> list[Event]:
    """Events from `since` on, newest first; of one person, or of all and nobody when None."""
    query = (
        select(audit_events)
        .where(audit_events.c.at >= since)
        .order_by(audit_events.c.at.desc(), audit_events.c.id.desc())
        .limit(limit)
    )
    if user_id is not None:
        query = query.where(audit_events.c.user_id == user_id)
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


def client_text(text: str) -> str:
    """What a client says of itself, cut, and without what a terminal or a database chokes on."""
    return "".join(each for each in text[:_MAX_CLIENT_CHARACTERS] if each.isprintable())
