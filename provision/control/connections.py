"""Where each person's database is: the visible facts in columns, the string itself only sealed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import bindparam, delete, insert, select, update

from provision.control import audit
from provision.control.accounts.users import FORGOTTEN_STEP
from provision.control.secrets.sealed import ROW_COLUMNS, SealedSecrets
from provision.control.store.identifiers import is_id, new_id
from provision.control.store.store import leave_no_trace
from provision.control.store.tables import connections, sealed, users
from provision.errors import (
    ConnectionNotFoundError,
    ConnectionUnreadableError,
    NotFoundError,
    ValidationError,
    VaultError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection as SqlConnection

    from provision.control.store.store import ControlStore

Kind = Literal["pasted", "built_in"]
Tls = Literal["verified", "encrypted", "plain"]

PURPOSE: Final = "connection string"
_IDS_AT_ONCE: Final = 500  # bound values of one statement; old SQLite takes 999


@dataclass(frozen=True, slots=True)
class NewConnection:
    """What is told of a connection to be saved; the string comes apart from it."""

    name: str
    kind: Kind
    host: str
    port: int
    database: str
    username: str
    provider: str
    tls: Tls
    owner_id: str
    server_version: str
    schema_version: int | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """A saved connection. `owner_id` is whose rows in that database it leads to.

    `schema_version` is None until the tables were seen to be ready. Times are unix seconds.
    """

    id: str
    user_id: str
    name: str
    kind: Kind
    host: str
    port: int
    database: str
    username: str
    provider: str
    tls: Tls
    owner_id: str
    server_version: str
    schema_version: int | None
    verified_at: int | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pasted string leads, and the address of the account that uses it."""

    email: str
    host: str
    port: int


CONNECTION_COLUMNS: Final = tuple(connections.c[name] for name in Connection.__slots__)
_ACTIVE: Final = select(*CONNECTION_COLUMNS).where(
    connections.c.user_id == bindparam("user_id"), connections.c.is_active
)
_SEALED: Final = select(
    connections.c.user_id, connections.c.owner_id, connections.c.sealed_id
).where(connections.c.id == bindparam("id"))


_WHOSE: Final = (connections.c.user_id, connections.c.owner_id)


def connection_from(columns: Sequence[Any]) -> Connection:
    """The connection in the values of CONNECTION_COLUMNS."""
    return Connection(*columns)


def name_of(connection: Connection) -> str:
    """What its opened connections are kept under: with whose it is, as its string is sealed.

    A row that was given to another person, or led to another workspace, in the store finds none
    that are open already.
    """
    return _owner(connection.user_id, connection.id, connection.owner_id)


def id_of(name: str) -> str:
    """The connection's id in a name of `name_of`."""
    return name.split("/")[1]


def save(
    store: ControlStore,
    secrets: SealedSecrets,
    *,
    user_id: str,
    new: NewConnection,
    secret: str,
    address: str = "",
    agent: str = "",
    settle: Callable[[SqlConnection, Connection], object] | None = None,
) -> Connection:
    """Make `new` the active connection and drop the one before, its sealed string included.

    What `settle` raises on the same transaction leaves everything as it was. Raises ValidationError
    for a workspace that another account here holds, or NotFoundError when the account was deleted
    while the string was tested.
    """
    connection_id = new_id()
    with store.writing() as conn:
        if conn.execute(select(users.c.id).where(users.c.id == user_id)).first() is None:
            raise NotFoundError("This account is not here any more. Nothing was saved.")
        if _held_by_others(conn, [new.owner_id], user_id):
            raise ValidationError({"workspace": ["Another account here uses this workspace."]})
        at = store.now()
        replaced = conn.execute(_ACTIVE, {"user_id": user_id}).first()
        if replaced is not None:
            _drop(conn, replaced.id)
        values = {
            **asdict(new),
            "id": connection_id,
            "user_id": user_id,
            "verified_at": at,
            "created_at": at,
        }
        owner = _owner(user_id, connection_id, new.owner_id)
        sealed_id = secrets.put(conn, purpose=PURPOSE, owner=owner, plaintext=secret)
        conn.execute(insert(connections), {**values, "is_active": True, "sealed_id": sealed_id})
        audit.record(
            conn,
            at=at,
            event="connection_replaced" if replaced else "connection_saved",
            user_id=user_id,
            address=address,
            agent=agent,
            detail={
                "connection_id": connection_id,
                "host": new.host,
                "port": new.port,
                "database": new.database,
                "replaced": replaced.id if replaced else None,
            },
        )
        saved = Connection(**values)
        if settle is not None:
            settle(conn, saved)
    return saved


def active(store: ControlStore, user_id: str) -> Connection | None:
    """The connection in use, if there is one."""
    with store.reading() as conn:
        row = conn.execute(_ACTIVE, {"user_id": user_id}).first()
    return connection_from(row) if row else None


def places(store: ControlStore) -> list[Place]:
    """Where all pasted strings in use lead, by account; the built-in server's are left out."""
    query = (
        select(users.c.email, connections.c.host, connections.c.port)
        .join(users, users.c.id == connections.c.user_id)
        .where(connections.c.is_active, connections.c.kind == "pasted")
        .order_by(users.c.email)
    )
    with store.reading() as conn:
        return [Place(*row) for row in conn.execute(query)]


def forget(
    store: ControlStore,
    *,
    user_id: str,
    connection_id: str,
    address: str = "",
    agent: str = "",
) -> None:
    """Drop a connection of this person and its sealed string. Raises ConnectionNotFoundError."""
    with store.writing() as conn:
        row = conn.execute(_SEALED, {"id": connection_id}).first() if is_id(connection_id) else None
        if row is None or row.user_id != user_id:
            raise ConnectionNotFoundError
        _forget(store, conn, user_id, connection_id, address=address, agent=agent)


def forget_sealed(store: ControlStore, conn: SqlConnection, sealed_id: str, *, reason: str) -> bool:
    """Drop the connection whose string this is, by the operator; False when there is none."""
    row = conn.execute(
        select(connections.c.id, connections.c.user_id).where(connections.c.sealed_id == sealed_id)
    ).first()
    if row is None:
        return False
    detail = {"reason": reason}
    _forget(store, conn, row.user_id, row.id, detail=detail, address=audit.OPERATOR)
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


def mark_unready(store: ControlStore, connection_id: str) -> None:
    """Remember that the tables were seen missing or outdated. Raises ConnectionNotFoundError."""
    _update(store, connection_id, {"schema_version": None})


def held_by_others(store: ControlStore, owner_ids: Iterable[str], *, user_id: str) -> set[str]:
    """Those of `owner_ids` whose workspace another account here is connected to."""
    with store.reading() as conn:
        return _held_by_others(conn, list(owner_ids), user_id)


def forgotten(store: ControlStore, connection_ids: list[str]) -> set[str]:
    """Those of some connection ids that are none any more."""
    gone = set(connection_ids)
    with store.reading() as conn:
        for at in range(0, len(connection_ids), _IDS_AT_ONCE):
            ids = connection_ids[at : at + _IDS_AT_ONCE]
            gone.difference_update(
                conn.execute(select(connections.c.id).where(connections.c.id.in_(ids))).scalars()
            )
    return gone


def open_secret(
    store: ControlStore, secrets: SealedSecrets, connection_id: str, *, name: str | None = None
) -> str:
    """The string itself, if it is still that of `name`, where one is given.

    Raises ConnectionNotFoundError, or ConnectionUnreadableError.
    """
    with store.reading() as conn:
        row = conn.execute(_SEALED, {"id": connection_id}).first()
        if row is None:
            raise ConnectionNotFoundError
        owner = _owner(row.user_id, connection_id, row.owner_id)
        if name not in (None, owner):
            raise ConnectionNotFoundError
        try:
            return secrets.get(conn, row.sealed_id, purpose=PURPOSE, owner=owner)
        except VaultError as error:
            raise ConnectionUnreadableError from error


def replace_secret(
    store: ControlStore, secrets: SealedSecrets, connection_id: str, *, before: str, after: str
) -> None:
    """Seal `after` in place of `before`; nothing happens if that is not what is kept any more."""
    with store.writing() as conn:
        row = conn.execute(_SEALED, {"id": connection_id}).first()
        if row is None:
            return
        owner = _owner(row.user_id, connection_id, row.owner_id)
        if secrets.get(conn, row.sealed_id, purpose=PURPOSE, owner=owner) != before:
            return
        sealed_id = secrets.put(conn, purpose=PURPOSE, owner=owner, plaintext=after)
        conn.execute(
            update(connections).where(connections.c.id == connection_id).values(sealed_id=sealed_id)
        )
        secrets.delete(conn, row.sealed_id)
        leave_no_trace(conn)


def bind_workspaces(secrets: SealedSecrets) -> None:
    """Seal again what an earlier build sealed without the workspace it leads to."""
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
                with suppress(VaultError):  # whoever it is of is asked for it again
                    owner = _owner(found.user_id, found.id, found.owner_id)
                    secrets.reseal(conn, row, owner=owner)
        leave_no_trace(conn)


def _owner(user_id: str, connection_id: str, owner_id: str) -> str:
    """Whom the string is sealed for: no row can be given to another person or workspace."""
    return f"{user_id}/{connection_id}/{owner_id}"


def _forget(
    store: ControlStore,
    conn: SqlConnection,
    user_id: str,
    connection_id: str,
    *,
    detail: Mapping[str, str] = MappingProxyType({}),
    **client: str,
) -> None:
    _drop(conn, connection_id)
    conn.execute(update(users).where(users.c.id == user_id).values(setup_step=FORGOTTEN_STEP))
    audit.record(
        conn,
        at=store.now(),
        event="connection_forgotten",
        user_id=user_id,
        detail={"connection_id": connection_id, **detail},
        **client,
    )


def _drop(conn: SqlConnection, connection_id: str) -> None:
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


def _held_by_others(conn: SqlConnection, owner_ids: list[str], user_id: str) -> set[str]:
    held: set[str] = set()
    for start in range(0, len(owner_ids), _IDS_AT_ONCE):
        some = owner_ids[start : start + _IDS_AT_ONCE]
        query = select(connections.c.owner_id).where(
            connections.c.owner_id.in_(some), connections.c.user_id != user_id
        )
        held.update(conn.execute(query).scalars())
    return held
