"""Gathers everything that is kept about one person, and erases it.

Their work is not among it: that is in their own database, which nothing here touches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from provision.control import audit, idempotency, import_words
from provision.control.accounts import tokens
from provision.control.accounts.entitled import demand
from provision.control.second_factor import recovery_codes
from provision.control.secrets.sealed import SealedSecrets
from provision.control.sign_in import sessions
from provision.control.store.store import leave_no_trace
from provision.control.store.tables import connections as connection_rows
from provision.control.store.tables import (
    half_sign_ins,
    idempotency_keys,
    password_resets,
    two_factor_setups,
    users,
)
from provision.control.workspaces import memberships
from provision.errors import NotFoundError

if TYPE_CHECKING:
    from sqlalchemy import Row

    from provision.control.accounts.entitled import Entitled
    from provision.control.store.store import ControlStore

_MOST_EVENTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is kept; of secrets only that they are. Times are unix seconds."""

    account: dict[str, Any]
    sessions: list[sessions.Session]
    tokens: list[tokens.Token]
    workspaces: list[memberships.Listed]
    half_sign_ins: list[dict[str, int]]
    password_resets: list[dict[str, int]]
    idempotency_keys: list[dict[str, int]]
    import_words: list[dict[str, str]]
    events: list[audit.Event]


def gather(store: ControlStore, user_id: str, *, client: audit.Client) -> Dossier:
    """Note the request in the audit log, and return everything. Raises NotFoundError."""
    with store.writing() as conn:
        audit.record(
            conn,
            at=store.now(),
            event="data_exported",
            user_id=user_id,
            client=client,
        )
    with store.reading() as conn:
        person = conn.execute(select(users).where(users.c.id == user_id)).first()
        if person is None:
            raise NotFoundError
        account = _account(person) | {"recovery_codes_left": recovery_codes.left(conn, user_id)}
        pending = [
            [
                {"created_at": row.created_at, "expires_at": row.expires_at}
                for row in conn.execute(select(table).where(table.c.user_id == user_id))
            ]
            for table in (half_sign_ins, password_resets)
        ]
        keys = idempotency.listing(conn, user_id)
        words = import_words.listing(conn, user_id)
    return Dossier(
        account=account,
        sessions=sessions.listing(store, user_id=user_id),
        tokens=tokens.listing(store, user_id=user_id),
        workspaces=memberships.listing(store, user_id=user_id),
        half_sign_ins=pending[0],
        password_resets=pending[1],
        idempotency_keys=keys,
        import_words=words,
        events=audit.listing(store, user_id=user_id, limit=_MOST_EVENTS),
    )


def erase(store: ControlStore, user_id: str, *, entitled: Entitled | None = None) -> None:
    """Delete the account with all that belongs to it.

    Raises NotFoundError, or SignInOverError where the person is not `entitled` any more.

    Of its audit lines stays what happened and when, under an id that leads to nobody.
    """
    with store.writing() as conn:
        demand(conn, entitled)
        idempotency.delete_where(conn, idempotency_keys.c.user_id == user_id)
        sealed_ids = [
            *conn.execute(
                delete(connection_rows)
                .where(connection_rows.c.user_id == user_id)
                .returning(connection_rows.c.sealed_id)
            ).scalars(),
            *conn.execute(
                delete(two_factor_setups)
                .where(two_factor_setups.c.user_id == user_id)
                .returning(two_factor_setups.c.sealed_id)
            ).scalars(),
        ]
        # Sessions, tokens and codes go with the row of their person.
        gone = (
            delete(users).where(users.c.id == user_id).returning(users.c.id, users.c.totp_secret_id)
        )
        person = conn.execute(gone).first()
        if person is None:
            raise NotFoundError
        for sealed_id in {*sealed_ids, person.totp_secret_id} - {None}:
            SealedSecrets.delete(conn, sealed_id)
        leave_no_trace(conn)
        audit.record(
            conn, at=store.now(), event="account_deleted", user_id=user_id, client=audit.NOBODY
        )
        audit.strip(conn, user_id)


def _account(person: Row[Any]) -> dict[str, Any]:
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "is_enabled": person.is_enabled,
        "two_factor": person.totp_secret_id is not None,
        "setup_step": person.setup_step,
        "created_at": person.created_at,
        "password_changed_at": person.password_changed_at,
    }
