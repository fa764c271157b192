"""Checks again, in the transaction that writes, whether what let a person in still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import select

from provision.control.store.tables import sessions
from provision.errors import SignInOverError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    Entitled: TypeAlias = Callable[[Connection], bool]


def demand(conn: Connection, entitled: Entitled | None) -> None:
    """Raise SignInOverError unless the person is still entitled to what is about to be written."""
    if entitled is not None and not entitled(conn):
        raise SignInOverError


def session_stands(conn: Connection, id_hash: str) -> bool:
    """Return whether a session was not ended since it was resolved; writers wait for each other."""
    there = select(sessions.c.user_id).where(sessions.c.id_hash == id_hash)
    return conn.execute(there).first() is not None
