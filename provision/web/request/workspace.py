"""Run queries in the workspace of the person asking: `read` and `write`.

Counts the calls and their time, which the foot of each page shows.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from flask import g, request

from provision.control import connections
from provision.errors import (
    CharacterRefusedError,
    ConnectionNotFoundError,
    NotConnectedError,
    RowRefusedError,
    SchemaNotReadyError,
)
from provision.tenant.access import Workspace
from provision.tenant.queries import workspaces
from provision.tenant.schema import state
from provision.web.format.viewer import formats
from provision.web.request import session
from provision.web.request.services import services

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy
    from flask import Response

    from provision.control.connections import SavedConnection
    from provision.tenant.pool.traffic import Traffic

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trip:
    """What the tenant's database took for this answer: calls, milliseconds, when it answered."""

    trips: int
    ms: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """Id, name, place and last known health (`ok`, `down`, `unknown`) of a workspace."""

    id: str
    name: str
    place: str
    health: str


def read(
    query: Callable[Concatenate[sqlalchemy.Connection, str, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run a reading query in the present workspace, whose connection and owner are added."""
    return _timed(lambda here: services().access.read(here, query, *args, **kwargs))


def write(
    query: Callable[Concatenate[sqlalchemy.Connection, str, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run a writing query in the present workspace, whose connection and owner are added."""
    return _timed(lambda here: services().access.write(here, query, *args, **kwargs))


def of(connection: SavedConnection) -> Workspace:
    """Return the workspace that a stored connection leads to."""
    return Workspace(connections.name_of(connection), connection.owner_id)


def shown() -> Shown | None:
    """Return the workspace as the frame of a page names it; None before one is connected."""
    connection = session.connection_or_none()
    if connection is None:
        return None
    health = "down" if g.get("database_failed") else "ok" if last_trip() else "unknown"
    place = connection.provider or connection.host
    return Shown(connection.owner_id, connection.name, place, health)


def tell_health(response: Response) -> Response:
    """Tell script, in a header, whether the database answered this time; nothing if not asked."""
    if "HX-Request" in request.headers:
        if g.get("database_failed"):
            response.headers["Provision-Health"] = "down"
        elif last_trip():
            response.headers["Provision-Health"] = "ok"
    return response


def note_failure() -> None:
    """Remember for this answer that the database failed."""
    g.database_failed = True


def last_trip() -> Trip | None:
    """Return what `read` and `write` have taken so far in this request."""
    trip: Trip | None = g.get("trip")
    return trip


def connection_id_or_none() -> str | None:
    """Return the id of the active connection, for logs."""
    connection = session.connection_or_none()
    return connection.id if connection else None


def remember_unready() -> None:
    """Note that the tables are not ready, so that the next page checks them first."""
    connection = session.connection_or_none()
    if connection and connection.schema_version is not None:
        with suppress(ConnectionNotFoundError):  # forgotten meanwhile
            connections.mark_unready(services().store, connection.id)


def traffic(connection: SavedConnection) -> Traffic:
    """Return the connections that this process has open to the database now."""
    return services().access.traffic_of(of(connection))


def look(connection: SavedConnection) -> state.SchemaReport:
    """Look at the tables and change nothing."""
    return services().access.read(of(connection), _inspect)


def check(
    connection: SavedConnection, *, seen: state.SchemaReport | None = None
) -> state.SchemaReport:
    """Look at the tables; when they are ready, enter the workspace's own rows and remember it.

    `seen` is what a look just found.
    """
    report = seen or look(connection)
    if report.state == "ready":
        who = session.person()
        try:
            _claim(connection, who.email, who.name)
        except SchemaNotReadyError:
            # Ours were seen: a trigger there misses a table of its own. As "not ready" the wizard
            # would send people here again, and again.
            raise RowRefusedError from None
        connections.mark_verified(
            services().store, connection.id, schema_version=report.version or state.LATEST
        )
    return report


def _claim(connection: SavedConnection, email: str, name: str) -> None:
    """Enter the workspace's own rows; keep the plain letters of names at least."""
    # A string whose tables were seen to be ready before leads to the rows it led to then.
    is_new = connection.schema_version is None

    def claim(name: str, workspace_name: str) -> None:
        services().access.write(
            of(connection),
            workspaces.claim,
            email=email,
            name=name,
            workspace_name=workspace_name,
            begins_epoch=is_new,
        )

    try:
        claim(name, connection.name)
    except CharacterRefusedError:
        claim(_plain(name), _plain(connection.name))


def _plain(name: str) -> str:
    return name.encode("ascii", "replace").decode()


def _present() -> Workspace:
    connection = session.connection_or_none()
    if connection is None:
        raise NotConnectedError
    if connection.schema_version != state.LATEST:
        report = check(connection)
        if report.state != "ready":
            raise SchemaNotReadyError(report.state)
    return of(connection)


def _timed(run: Callable[[Workspace], T]) -> T:
    here = _present()
    started = time.perf_counter()
    result = run(here)
    ms = max(1, round((time.perf_counter() - started) * 1000))
    before = last_trip()
    now = datetime.now(formats().zone)
    g.trip = Trip(before.trips + 1, before.ms + ms, now) if before else Trip(1, ms, now)
    return result


def _inspect(connection: sqlalchemy.Connection, _owner_id: str) -> state.SchemaReport:
    """Inspect the catalogue, which belongs to no owner."""
    return state.inspect(connection)
