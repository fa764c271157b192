"""The connection strings: sealed for one person, connection and workspace, opened by name."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select, update

from provision.control.connections.saved import owner_of
from provision.control.secrets.sealed import ROW_COLUMNS
from provision.control.store.store import leave_no_trace
from provision.control.store.tables import connections, sealed
from provision.errors import ConnectionNotFoundError, ConnectionUnreadableError, VaultError

if TYPE_CHECKING:
    from provision.control.secrets.sealed import SealedSecrets
    from provision.control.store.store import ControlStore

PURPOSE: Final = "connection string"

_WHOSE: Final = (connections.c.user_id, connections.c.owner_id)
SEALED: Final = select(*_WHOSE, connections.c.sealed_id).where(connections.c.id == bindparam("id"))


def open_secret(
    store: ControlStore, secrets: SealedSecrets, connection_id: str, *, name: str | None = None
) -> str:
    """Return the string, where `name` is given only if it is still the string of that name.

    Raises ConnectionNotFoundError, or ConnectionUnreadableError.
    """
    with store.reading() as conn:
        row = conn.execute(SEALED, {"id": connection_id}).first()
        if row is None:
            raise ConnectionNotFoundError
        owner = owner_of(row.user_id, connection_id, row.owner_id)
        if name not in (None, owner):
            raise ConnectionNotFoundError
        try:
            return secrets.get(conn, row.sealed_id, purpose=PURPOSE, owner=owner)
        except VaultError as error:
            raise ConnectionUnreadableError from error


def replace_secret(
    store: ControlStore, secrets: SealedSecrets, connection_id: str, *, before: str, after: str
) -> None:
    """Seal `after` in place of `before`, unless another string is kept by now."""
    with store.writing() as conn:
        row = conn.execute(SEALED, {"id": connection_id}).first()
        if row is None:
            return
        owner = owner_of(row.user_id, connection_id, row.owner_id)
        if secrets.get(conn, row.sealed_id, purpose=PURPOSE, owner=owner) != before:
            return
        sealed_id = secrets.put(conn, purpose=PURPOSE, owner=owner, plaintext=after)
        conn.execute(
            update(connections).where(connections.c.id == connection_id).values(sealed_id=sealed_id)
        )
        secrets.delete(conn, row.sealed_id)
        leave_no_trace(conn)


def bind_workspaces(secrets: SealedSecrets) -> None:
    """Seal again the strings that an earlier build sealed without their workspace."""
    whole = sealed.c.owner.like("%/%/%")
    earlier = select(*ROW_COLUMNS).where(sealed.c.purpose == PURPOSE, ~whole)
    with secrets.store.reading() as conn:
        if conn.execute(earlier.limit(1)).first() is None:
            return
    with secrets.store.writing() as conn:
        for row in conn.execute(earlier).all():
            of = select(connections.c.id, *_WHOSE).where(connections.c.sealed_id == row.id)
            found = conn.execute(of).first()
            if found is not None:
                with suppress(VaultError):  # its person is asked for it again
                    owner = owner_of(found.user_id, found.id, found.owner_id)
                    secrets.reseal(conn, row, owner=owner)
        leave_no_trace(conn)
