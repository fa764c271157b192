"""Declares what is kept of a connection in columns; `strings` keeps the string, sealed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from provision.control.store.tables import connections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.tls import Level

Kind = Literal["pasted", "built_in"]


@dataclass(frozen=True, slots=True)
class NewConnection:
    """A connection that is to be saved, without its string."""

    name: str
    kind: Kind
    host: str
    port: int
    database: str
    username: str
    provider: str
    tls: Level
    owner_id: str
    server_version: str
    schema_version: int | None = None


@dataclass(frozen=True, slots=True)
class SavedConnection:
    """A connection that is saved. `owner_id` is whose rows in that database it leads to.

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
    tls: Level
    owner_id: str
    server_version: str
    schema_version: int | None
    verified_at: int | None
    created_at: int


@dataclass(frozen=True, slots=True)
class SavedPlace:
    """Where a pasted string leads, and the address of the account that uses it."""

    email: str
    host: str
    port: int


CONNECTION_COLUMNS: Final = tuple(connections.c[name] for name in SavedConnection.__slots__)


def connection_from(columns: Sequence[Any]) -> SavedConnection:
    """Return the connection whose values of CONNECTION_COLUMNS these are."""
    return SavedConnection(*columns)


def name_of(connection: SavedConnection) -> str:
    """Return the name under which the pool keeps its connections; its string is sealed for that.

    If somebody changes the person or the workspace of a row in the store, its name changes: it
    finds no connection that is open already.
    """
    return owner_of(connection.user_id, connection.id, connection.owner_id)


def id_of(name: str) -> str:
    """Return the connection's id in a name of `name_of`."""
    return name.split("/")[1]


def owner_of(user_id: str, connection_id: str, owner_id: str) -> str:
    """Return whom a string is sealed for; a row of another person or workspace cannot open it."""
    return f"{user_id}/{connection_id}/{owner_id}"
