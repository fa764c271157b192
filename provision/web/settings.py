"""Settings of the person: profile, appearance, and the database their workspace is in.

The pages stand without the database, so that a string that fails can be replaced here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request, url_for

from provision.control import users
from provision.errors import (
    ConnectionUnreadableError,
    NotConnectedError,
    SchemaConflictError,
    TenantError,
    ValidationError,
    WorkspaceError,
)
from provision.tenant.queries import shell
from provision.tenant.schema import LATEST
from provision.web import connecting, filters, session, workspace
from provision.web.api.times import rfc3339
from provision.web.htmx import htmx
from provision.web.partials import done, leave_for, respond
from provision.web.services import services
from provision.web.table_states import TableState, table_states

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.control.connections import Connection
    from provision.tenant.rows import Shell

bp = Blueprint("settings", __name__, url_prefix="/settings")

_PROFILE = "settings/profile.html"
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


@bp.get("")
def page() -> Response:
    """Name and e-mail address."""
    return _show_profile(session.person().name)


@bp.post("")
def rename() -> Response:
    """Change the name."""
    name = request.form.get("name", "")
    try:
        users.rename(services().store, session.person().id, name=name)
    except ValidationError as error:
        return _show_profile(name, error.errors, status=422)
    return done(
        url_for(".page"),
        "Your name is saved.",
        _PROFILE,
        "profile_form",
        counts_changed=False,
        name=name.strip(),
        errors={},
    )


@bp.get("/appearance")
def appearance() -> Response:
    """Light, dark, or as the system says."""
    return respond("settings/appearance.html", "appearance", shell=_frame())


@bp.get("/databases")
def databases() -> Response:
    """What is connected; never its password."""
    return _show_databases()


@bp.post("/databases/check")
def check() -> Response:
    """Look at the database now and say what is found."""
    return _show_databases(_look(_connected()))


@bp.post("/databases/forget")
def forget() -> Response:
    """Drop the stored string; nothing in the database is touched."""
    connecting.forget(_connected())
    return leave_for(url_for(".databases"), "The connection string is forgotten.")


def _connected() -> Connection:
    connection = session.connection_or_none()
    if connection is None:
        raise NotConnectedError
    return connection


def _frame() -> Shell | None:
    """What the sidebar counts, where the database answers; no settings page fails for it."""
    connection = session.connection_or_none()
    if htmx or connection is None or connection.schema_version != LATEST:
        return None
    try:
        return workspace.read(shell.frame, today=filters.today())
    except TenantError:
        workspace.note_failure()
    except WorkspaceError:
        workspace.remember_unready()
    return None


def _show_profile(
    name: str, errors: dict[str, list[str]] | None = None, *, status: int = 200
) -> Response:
    return respond(
        _PROFILE, "profile_form", status=status, shell=_frame(), name=name, errors=errors or {}
    )


def _show_databases(found: Check | None = None) -> Response:
    connection = session.connection_or_none()
    return respond(
        _DATABASES,
        "databases",
        shell=_frame(),
        connection=connection,
        tls=_TLS_WORDS[connection.tls] if connection else "",
        saved=rfc3339(connection.created_at) if connection else None,
        verified=rfc3339(connection.verified_at) if connection else None,
        check=found,
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
