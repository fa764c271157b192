"""Saves and forgets connections, and remembers what was seen of their databases."""

from __future__ import annotations

from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from provision.control import audit
from provision.control.connections.saved import (
    CONNECTION_COLUMNS,
    SavedConnection,
    SavedPlace,
    connection_from,
    name_of,
)
from provision.control.connections.strings import PURPOSE, SEALED
from provision.control.secrets.sealed import SealedSecrets
from provision.control.store.identifiers import is_id, new_id
from provision.control.store.store import leave_no_trace
from provision.control.store.tables import connections, memberships, users
from provision.errors import ConnectionNotFoundError, NotFoundError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Connection

    from provision.control.connections.saved import NewConnection
    from provision.control.store.store import ControlStore

CONNECTION_STEP: Final = "connection"
FORGOTTEN_STEP: Final = "forgotten"
"""The step in the wizard of a person who took a database away: a next one takes its place."""

MOST: Final = 100
"""More workspaces than anybody keeps apart."""

_MEANWHILE: Final = (
    "What is connected has changed meanwhile. Nothing was saved: load the page again and look."
)
_IDS_AT_ONCE: Final = 500  # bound values of one statement; old SQLite takes 999

_OWN: Final = (
    select(*CONNECTION_COLUMNS)
    .where(connections.c.user_id == bindparam("user_id"), connections.c.is_active)
    .order_by(connections.c.created_at, connections.c.id)
)


def save(
    store: ControlStore,
    secrets: SealedSecrets,
    *,
    user_id: str,
    new: NewConnection,
    secret: str,
    client: audit.Client,
    instead_of: str | None = None,
    adding: bool = False,
    settle: Callable[[Connection, SavedConnection], object] | None = None,
) -> SavedConnection:
    """Keep `new`, whose person owns its workspace; delete the one before with its sealed string.

    The one before is `instead_of`, by its id; `adding` leaves all there. Without either it is the
    person's first: one that came meanwhile is not touched, and this one is refused.
    `settle` runs in the same transaction: what it raises leaves everything as it was. Raises
    ValidationError for a workspace that another connection here leads to, or NotFoundError when
    the account was deleted while the string was tested.
    """
    with store.writing() as conn:
        replaced = _make_room(conn, user_id, new.owner_id, instead_of=instead_of, adding=adding)
        at = store.now()
        _become_owner(
            conn, user_id, new.owner_id, at, before=replaced.owner_id if replaced else None
        )
        saved = SavedConnection(
            **asdict(new), id=new_id(), user_id=user_id, verified_at=at, created_at=at
        )
        conn.execute(
            update(users)
            .where(users.c.id == user_id, users.c.setup_step == FORGOTTEN_STEP)
            .values(setup_step=CONNECTION_STEP)
        )
        sealed_id = secrets.put(conn, purpose=PURPOSE, owner=name_of(saved), plaintext=secret)
        conn.execute(
            insert(connections), {**asdict(saved), "is_active": True, "sealed_id": sealed_id}
        )
        audit.record(
            conn,
            at=at,
            event="connection_replaced" if replaced else "connection_saved",
            user_id=user_id,
            client=client,
            detail={
                "connection_id": saved.id,
                "host": new.host,
                "port": new.port,
                "database": new.database,
                "replaced": replaced.id if replaced else None,
            },
        )
        if settle is not None:
            settle(conn, saved)
    return saved


def active(store: ControlStore, user_id: str) -> SavedConnection | None:
    """Return the first connection that a person has saved, None where there is none."""
    return next(iter(listing(store, user_id)), None)


def listing(store: ControlStore, user_id: str) -> list[SavedConnection]:
    """Return the connections that a person has saved, the oldest first."""
    with store.reading() as conn:
        return _own(conn, user_id)


def places(store: ControlStore) -> list[SavedPlace]:
    """Return where the pasted strings in use lead, by account, without the built-in server's."""
    query = (
        select(users.c.email, connections.c.host, connections.c.port)
        .join(users, users.c.id == connections.c.user_id)
        .where(connections.c.is_active, connections.c.kind == "pasted")
        .order_by(users.c.email)
    )
    with store.reading() as conn:
        return [SavedPlace(*row) for row in conn.execute(query)]


def forget(
    store: ControlStore,
    *,
    user_id: str,
    connection_id: str,
    client: audit.Client,
) -> None:
    """Delete a person's connection and its sealed string. Raises ConnectionNotFoundError."""
    with store.writing() as conn:
        row = conn.execute(SEALED, {"id": connection_id}).first() if is_id(connection_id) else None
        if row is None or row.user_id != user_id:
            raise ConnectionNotFoundError
        _forget(store, conn, user_id, connection_id, client=client)


def forget_sealed(store: ControlStore, conn: Connection, sealed_id: str, *, reason: str) -> bool:
    """Delete the connection of a sealed string, by the operator; return False if there is none."""
    row = conn.execute(
        select(connections.c.id, connections.c.user_id).where(connections.c.sealed_id == sealed_id)
    ).first()
    if row is None:
        return False
    detail = {"reason": reason}
    _forget(store, conn, row.user_id, row.id, detail=detail, client=audit.OPERATOR)
    return True


def mark_verified(
    store: ControlStore,
    connection_id: str,
    *,
    schema_version: int,
    server_version: str | None = None,
) -> None:
    """Remember that the tables were seen ready just now. Raises ConnectionNotFoundError."""
    values: dict[str, Any] = {"schema_version": schema_version, "verified_at": store.now()}
    if server_version is not None:
        values["server_version"] = server_version
    _update(store, connection_id, values)


def rename(store: ControlStore, connection_id: str, name: str) -> None:
    """Remember what the workspace is called now. Raises ConnectionNotFoundError."""
    _update(store, connection_id, {"name": name})


def mark_unready(store: ControlStore, connection_id: str) -> None:
    """Remember that the tables were seen missing or outdated. Raises ConnectionNotFoundError."""
    _update(store, connection_id, {"schema_version": None})


def held_by_others(store: ControlStore, owner_ids: Iterable[str], *, user_id: str) -> set[str]:
    """Return those of `owner_ids` whose workspace another account here is connected to."""
    with store.reading() as conn:
        return _held_by_others(conn, list(owner_ids), user_id)


def forgotten(store: ControlStore, connection_ids: list[str]) -> set[str]:
    """Return those of `connection_ids` that are in the store no more."""
    gone = set(connection_ids)
    with store.reading() as conn:
        for at in range(0, len(connection_ids), _IDS_AT_ONCE):
            ids = connection_ids[at : at + _IDS_AT_ONCE]
            gone.difference_update(
                conn.execute(select(connections.c.id).where(connections.c.id.in_(ids))).scalars()
            )
    return gone


def _forget(
    store: ControlStore,
    conn: Connection,
    user_id: str,
    connection_id: str,
    *,
    client: audit.Client,
    detail: Mapping[str, str] = MappingProxyType({}),
) -> None:
    of_it = select(connections.c.owner_id).where(connections.c.id == connection_id)
    conn.execute(delete(memberships).where(memberships.c.workspace_id == of_it.scalar_subquery()))
    _drop(conn, connection_id)
    conn.execute(update(users).where(users.c.id == user_id).values(setup_step=FORGOTTEN_STEP))
    audit.record(
        conn,
        at=store.now(),
        event="connection_forgotten",
        user_id=user_id,
        detail={"connection_id": connection_id, **detail},
        client=client,
    )


def _own(conn: Connection, user_id: str) -> list[SavedConnection]:
    return [connection_from(row) for row in conn.execute(_OWN, {"user_id": user_id})]


def _make_room(
    conn: Connection, user_id: str, owner_id: str, *, instead_of: str | None, adding: bool
) -> SavedConnection | None:
    """Delete the connection that another takes the place of; return it, None where none is."""
    own = _own(conn, user_id)
    replaced = next((each for each in own if each.id == instead_of), None)
    if replaced is None and own and not adding:
        raise ValidationError({"workspace": [_MEANWHILE]})
    _check_may_save(conn, user_id, owner_id, [each for each in own if each != replaced])
    if replaced is not None:
        _drop(conn, replaced.id)
    return replaced


def _check_may_save(
    conn: Connection, user_id: str, owner_id: str, beside: list[SavedConnection]
) -> None:
    if conn.execute(select(users.c.id).where(users.c.id == user_id)).first() is None:
        raise NotFoundError("This account is not here any more. Nothing was saved.")
    if _held_by_others(conn, [owner_id], user_id):
        raise ValidationError({"workspace": ["Another account here uses this workspace."]})
    if len(beside) >= MOST:
        raise ValidationError(
            {"workspace": [f"You have {MOST} workspaces, and more are not kept. Forget one first."]}
        )
    if any(each.owner_id == owner_id for each in beside):
        raise ValidationError({"workspace": ["You are connected to this workspace already."]})


def _become_owner(
    conn: Connection, user_id: str, workspace_id: str, at: int, *, before: str | None
) -> None:
    """Let the person into the workspace as its owner, instead of into the one `before`."""
    if before == workspace_id:
        return
    for left in {before, workspace_id} - {None}:
        conn.execute(
            delete(memberships).where(
                memberships.c.user_id == user_id, memberships.c.workspace_id == left
            )
        )
    # Later than any other, also within one second, so that which is first and last is certain.
    latest = select(func.max(memberships.c.opened_at), func.max(memberships.c.joined_at))
    of_theirs = conn.execute(latest.where(memberships.c.user_id == user_id)).one()
    joined_at = max(at, *(1 + (each or 0) for each in of_theirs))
    conn.execute(
        insert(memberships),
        {
            "id": new_id(),
            "user_id": user_id,
            "workspace_id": workspace_id,
            "role": "owner",
            "joined_at": joined_at,
            "opened_at": joined_at,
        },
    )


def _drop(conn: Connection, connection_id: str) -> None:
    sealed_id = conn.execute(
        delete(connections)
        .where(connections.c.id == connection_id)
        .returning(connections.c.sealed_id)
    ).scalar_one()
    SealedSecrets.delete(conn, sealed_id)
    leave_no_trace(conn)


def _update(store: ControlStore, connection_id: str, values: dict[str, Any]) -> None:
    with store.writing() as conn:
        changed = conn.execute(
            update(connections).where(connections.c.id == connection_id).values(**values)
        )
        if changed.rowcount == 0:
            raise ConnectionNotFoundError


def _held_by_others(conn: Connection, owner_ids: list[str], user_id: str) -> set[str]:
    held: set[str] = set()
    for start in range(0, len(owner_ids), _IDS_AT_ONCE):
        some = owner_ids[start : start + _IDS_AT_ONCE]
        query = select(connections.c.owner_id).where(
            connections.c.owner_id.in_(some), connections.c.user_id != user_id
        )
        held.update(conn.execute(query).scalars())
    return held
