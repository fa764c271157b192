"""The wizard's schema step: the tables as they are, and making them or finding them made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import Response, request, url_for

from provision.errors import SchemaConflictError, TenantError
from provision.tenant.failures.translate import quoted
from provision.web.answer.partials import leave_for, respond
from provision.web.request import workspace
from provision.web.setup import connecting
from provision.web.setup.table_states import table_states

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.control.connections import SavedConnection
    from provision.tenant.schema.state import Problem, SchemaReport

_PAGE = "setup/schema.html"

# What the person can have mended at the database, so it is said beside the SQL; the rest is a 503.
_REFUSALS: Final = frozenset({"permission_denied", "read_only"})


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why the tables are not ready after the person asked for them."""

    status: int
    text: str
    detail: str = ""
    code: str = ""
    problems: tuple[Problem, ...] = ()


def apply(connection: SavedConnection) -> Response:
    """Make what is missing, in one transaction."""
    try:
        report = connecting.apply_schema(connection)
    except SchemaConflictError as error:
        return show(connection, _conflict(error.problems))
    except TenantError as error:
        if error.code not in _REFUSALS:
            raise
        return show(connection, _refused(error, workspace.look(connection)))
    if report.state == "ready":
        return leave_for(url_for(".step"), "The tables are there.")
    return show(connection, asked=True)


def show(
    connection: SavedConnection, complaint: Complaint | None = None, *, asked: bool = False
) -> Response:
    """Show the tables as they are now; if they are ready, go on to the last step.

    `asked` when the person says that they are ready: then what is missing is an error.
    """
    try:
        report = workspace.check(connection)
    except TenantError as error:
        if error.code not in _REFUSALS:
            raise
        report = workspace.look(connection)
        complaint = complaint or _refused(error, report)
    if report.state == "ready" and complaint is None:
        return leave_for(url_for(".step"))
    if complaint is None and asked:
        complaint = _conflict(report.problems) if report.state == "conflict" else _missing(report)
    named = complaint.problems if complaint else ()
    return respond(
        _PAGE,
        "schema_step",
        status=complaint.status if complaint and request.method == "POST" else 200,
        step="schema",
        sealed=True,
        connection=connection,
        report=report,
        lines=len(report.sql.splitlines()),
        tables=table_states(list(dict.fromkeys((*named, *report.problems)))),
        complaint=complaint,
        way_out=_way_out(connection),
    )


def _way_out(connection: SavedConnection) -> str:
    """Return the SQL that gives our tables a schema of their own, beside those in the way."""
    role = quoted(connection.username)
    return (
        f"CREATE SCHEMA provision AUTHORIZATION {role};\n"
        f"ALTER ROLE {role} SET search_path = provision;"
    )


def _refused(error: TenantError, report: SchemaReport) -> Complaint:
    """Say what the database does not let us do, and who can change that."""
    if report.state == "ready" and report.problems:
        detail = "The tables are there, but rights on them are missing."
        return Complaint(422, detail, "Each is named beside this, with a remedy.", error.code)
    remedy = f"{error.remedy} Or ask whoever owns the database to run the SQL below."
    return Complaint(422, error.detail, remedy, error.code)


def _conflict(problems: Sequence[Problem]) -> Complaint:
    return Complaint(
        409,
        SchemaConflictError.message,
        "Connect another database, or give this app's tables a schema of their own, and try again.",
        "schema_conflict",
        tuple(problems),
    )


def _missing(report: SchemaReport) -> Complaint:
    count = len(report.problems)
    if report.state == "outdated":
        text = f"The tables are still at version {report.version}."
    else:
        text = "One thing is still missing." if count == 1 else f"{count} things are still missing."
    return Complaint(422, text, "Each is named beside the SQL.", "schema_not_ready")
