"""The database that the workspace is in: what is kept of it, a look at it, forgetting it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import url_for

from provision.errors import (
    ConnectionUnreadableError,
    NotConnectedError,
    SchemaConflictError,
    TenantError,
)
from provision.web import connecting, session, workspace
from provision.web.api.times import rfc3339
from provision.web.partials import leave_for, respond
from provision.web.services import services
from provision.web.settings.frame import frame
from provision.web.table_states import TableState, table_states

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Blueprint, Response

    from provision.control.connections import Connection

_DATABASES = "settings/databases.html"

_TLS_WORDS: Final[Mapping[str, str]] = {
    "verified": "Encrypted, and the server's certificate was verified",
    "encrypted": "Encrypted; the server's certificate was not verified",
    "plain": "Not encrypted",
}
_STATE_WORDS: Final[Mapping[str, str]] = {
    "ready": "Everything is there.",
    "missing": "The tables are not there.",
    "partial": "Some of the tables, columns or indexes are missing.",
    "outdated": "The tables are at an earlier version.",
    "conflict": SchemaConflictError.message,
}


@dataclass(frozen=True, slots=True)
class Check:
    """What a look at the database gave: `kind` is green, amber or red."""

    kind: str
    text: str
    detail: str
    code: str = ""
    ms: int | None = None
    tables: tuple[TableState, ...] = ()
    mends: bool = False
    """Whether the wizard's schema step can mend it."""


def register(bp: Blueprint) -> None:
    """Add the routes to `bp`."""
    bp.add_url_rule("/databases", "databases", databases, methods=["GET"])
    bp.add_url_rule("/databases/check", "check", check, methods=["POST"])
    bp.add_url_rule("/databases/forget", "forget", forget, methods=["POST"])


def databases() -> Response:
    """What is connected; never its password."""
    return _show()


def check() -> Response:
    """Look at the database now and say what is found."""
    return _show(_look(_connected()))


def forget() -> Response:
    """Drop the stored string; nothing in the database is touched."""
    connecting.forget(_connected())
    return leave_for(url_for(".databases"), "The connection string is forgotten.")


def _connected() -> Connection:
    connection = session.connection_or_none()
    if connection is None:
        raise NotConnectedError
    return connection


def _show(found: Check | None = None) -> Response:
    connection = session.connection_or_none()
    return respond(
        _DATABASES,
        "databases",
        shell=frame(),
        connection=connection,
        tls=_TLS_WORDS[connection.tls] if connection else "",
        saved=rfc3339(connection.created_at) if connection else None,
        verified=rfc3339(connection.verified_at) if connection else None,
        check=found,
        idle_s=services().settings.engine_idle_seconds,
        workers=services().settings.workers,
        traffic=workspace.traffic(connection) if connection else None,
    )


def _look(connection: Connection) -> Check:
    started = time.perf_counter()
    try:
        report = workspace.check(connection)
    except TenantError as error:
        workspace.note_failure()
        return Check("red", error.detail, error.remedy, code=error.code)
    except ConnectionUnreadableError as error:
        return Check("red", str(error), "", code="connection_unreadable")
    ms = max(1, round((time.perf_counter() - started) * 1000))
    ready = report.state == "ready"
    if not ready:
        workspace.remember_unready()
    return Check(
        kind="green"
        if ready and not report.problems
        else "red"
        if report.state == "conflict"
        else "amber",
        text=_STATE_WORDS[report.state],
        detail=f"Version {report.version}." if report.version else "",
        ms=ms,
        tables=tuple(each for each in table_states(report.problems) if each.problems),
        mends=not ready,
    )
