"""The database that the workspace is in: what is kept of it, a look at it, forgetting it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from flask import request, url_for

from provision.control import connections
from provision.control.accounts.naming import name_problems, normalized_name
from provision.errors import (
    AddressRefusedError,
    ConnectionUnreadableError,
    NotConnectedError,
    TenantError,
)
from provision.tenant.failures.translate import not_let_in
from provision.tenant.queries import workspaces
from provision.tls import LEVEL_SENTENCES
from provision.web.answer.partials import leave_for, show_form
from provision.web.format.dates import rfc3339
from provision.web.request import session, workspace
from provision.web.request.prefix import leave
from provision.web.request.services import services
from provision.web.settings.blueprint import bp
from provision.web.settings.frame import frame
from provision.web.setup import checks, connecting
from provision.web.setup.checks import Checks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response

    from provision.control.connections import SavedConnection
    from provision.tenant.pool.traffic import LastFailure, Traffic

_DATABASES = "settings/databases.html"


@bp.get("/databases")
def databases() -> Response:
    """Show the connection, without its password."""
    return _show()


@bp.post("/databases/name", endpoint="rename")
def rename() -> Response:
    """Give the workspace another name, in its own database and here."""
    connection = _connected()
    name = normalized_name(request.form.get("workspace_name", ""))
    if problems := name_problems(name):
        return _show(typed=name, errors={"workspace_name": problems})
    workspace.write(workspaces.rename, name=name)
    connections.rename(services().store, connection.id, name)
    return leave_for(url_for(".databases"), "The workspace has its new name.")


@bp.post("/databases/check")
def check() -> Response:
    """Run the doctor on the string that is kept, and say what it found."""
    return _show(_look(_connected()))


@bp.post("/databases/forget")
def forget() -> Response:
    """Forget the stored string; nothing in the database changes."""
    connecting.forget(_connected())
    leave()
    return leave_for(url_for(".databases"), "The connection string is forgotten.")


def _connected() -> SavedConnection:
    connection = session.connection_or_none()
    if connection is None:
        raise NotConnectedError
    return connection


def _show(
    found: Checks | None = None,
    *,
    typed: str | None = None,
    errors: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Response:
    connection = session.connection_or_none()
    traffic = workspace.traffic(connection) if connection else None
    return show_form(
        _DATABASES,
        "databases",
        errors=errors,
        shell=frame(),
        workspace_name=connection.name if typed is None and connection else typed,
        connection=connection,
        tls=LEVEL_SENTENCES[connection.tls] if connection else "",
        saved=rfc3339(connection.created_at) if connection else None,
        verified=rfc3339(connection.verified_at) if connection else None,
        checks=found,
        idle_s=services().settings.engine_idle_seconds,
        workers=services().settings.workers,
        traffic=traffic,
        refused=_refused(connection, traffic) if connection and traffic else None,
    )


def _refused(connection: SavedConnection, traffic: Traffic) -> TenantError | LastFailure | None:
    """Find what the network policy has against this connection, as far as is known unasked."""
    if traffic.last_failure and traffic.last_failure.code == "blocked_address":
        return traffic.last_failure
    try:
        if connection.kind != "built_in":
            services().policy.judge_literal(connection.host)
    except AddressRefusedError as error:
        return not_let_in(error)
    return None


def _look(connection: SavedConnection) -> Checks:
    try:
        report = connecting.examine(connection)
        found = report.schema
        if report.ok and found:
            workspace.check(connection, seen=found)
    except TenantError as error:
        workspace.note_failure()
        return Checks(detail=error.detail, remedy=error.remedy, code=error.code)
    except ConnectionUnreadableError as error:
        return Checks(detail=str(error), code="connection_unreadable")
    if not report.ok or found is None:
        workspace.note_failure()
        return checks.finished(report)
    if found.state != "ready":
        workspace.remember_unready()
    return checks.finished_with_tables(report, found)
