"""The wizard at `/auth/setup-database`: information, connection, schema, success.

Where a person is follows from what is stored (has a string, is connected, tables are ready), so
that a reload or another device goes on there. Earlier steps stay open under their own address.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, make_response, request, url_for

from provision.control import users
from provision.errors import (
    ReauthenticationRequiredError,
    SchemaConflictError,
    SchemaNotReadyError,
    TenantError,
    ValidationError,
)
from provision.tenant.probe import STAGES, Stage
from provision.tenant.providers import cards
from provision.tenant.schema import LATEST, create_sql
from provision.web import connecting, pasted, session, workspace
from provision.web.htmx import htmx
from provision.web.partials import leave_for, respond
from provision.web.services import services
from provision.web.table_states import table_states

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.control.connections import Connection
    from provision.tenant.probe import Report
    from provision.tenant.rows import FoundWorkspace
    from provision.tenant.schema import Problem, SchemaReport

bp = Blueprint("setup", __name__, url_prefix="/auth/setup-database")

_INFORMATION = "setup/information.html"
_CONNECTION = "setup/connection.html"
_SCHEMA = "setup/schema.html"
_SUCCESS = "setup/success.html"

# What the person can have mended at the database, so it is said beside the SQL; the rest is a 503.
_REFUSALS: Final = frozenset({"permission_denied", "read_only"})


@dataclass(frozen=True, slots=True)
class _Typed:
    """What the connection form held."""

    connection_string: str = field(default="", repr=False)
    ca_certificate: str = field(default="", repr=False)
    allow_md5: bool = False
    workspace: str = ""


@dataclass(frozen=True, slots=True)
class _Complaint:
    """Why the tables are not ready after the person asked for them."""

    status: int
    text: str
    detail: str = ""
    code: str = ""
    problems: tuple[Problem, ...] = ()


@bp.route("", methods=["GET", "POST"])
def step() -> Response:
    """The step where this person is; POST says that they have a connection string now."""
    if request.method == "POST":
        users.set_setup_step(services().store, session.person().id, "connection")
        return leave_for(url_for(".connection"))
    connection = session.connection_or_none()
    if "provider" in request.args or request.args.get("step") == "information":
        return _show_information()
    if connection is None:
        begun = session.person().setup_step != users.FIRST_SETUP_STEP
        return _show_connection(_Typed()) if begun else _show_information()
    if connection.schema_version == LATEST:
        return respond(_SUCCESS, "success_step", step="success", sealed=True, connection=connection)
    return _show_schema(connection)


@bp.route("/connection", methods=["GET", "POST"])
def connection() -> Response:
    """Test what was pasted for real; keep it only when every check has passed."""
    if request.method == "GET":
        return _show_connection(_Typed())
    if session.connection_or_none() and session.person().two_factor:
        raise ReauthenticationRequiredError
    if "built_in" in request.form:
        return _take_built_in()
    typed = _typed()
    report = connecting.test(
        typed.connection_string,
        ca_certificate=typed.ca_certificate,
        allow_md5=typed.allow_md5,
    )
    return _take(report, typed)


@bp.post("/connection/read")
def read_string() -> Response:
    """What was pasted so far, taken apart; nothing is connected to, nothing is kept."""
    return _show_connection(_typed(), block="reading")


@bp.route("/schema", methods=["GET", "POST"])
def schema() -> Response:
    """Make the tables, or look whether the person has made them."""
    connection = session.connection_or_none()
    if connection is None:
        return leave_for(url_for(".step"))
    if request.method == "GET":
        return _show_schema(connection)
    action = request.form.get("action")
    if action == "apply":
        return _apply(connection)
    if action == "verify":
        return _show_schema(connection, asked=True)
    return _show_schema(connection, _Complaint(422, "Choose one of the two buttons."))


@bp.get("/schema.sql")
def sql() -> Response:
    """The SQL of the schema step as a file; everything there is, before a database is connected."""
    connection = session.connection_or_none()
    text = workspace.look(connection).sql if connection else ""
    response = make_response(text or create_sql())
    response.content_type = "text/plain; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="provision.sql"'
    return response


def _show_information() -> Response:
    offered = cards(demo=services().make_built_in is not None)
    keys = {card.key for card in offered}
    wanted = request.args.get("provider", "")
    recommended = next(card.key for card in offered if card.recommended)
    return respond(
        _INFORMATION,
        "information_step",
        step="information",
        sealed=session.connection_or_none() is not None,
        cards=offered,
        chosen=wanted if wanted in keys else recommended,
    )


def _typed() -> _Typed:
    form = request.form
    return _Typed(
        connection_string=form.get("connection_string", ""),
        ca_certificate=form.get("ca_certificate", ""),
        allow_md5=bool(form.get("allow_md5")),
        workspace=form.get("workspace", ""),
    )


def _take(report: Report, typed: _Typed) -> Response:
    """Keep the string that passed and go on, or show what is in its way."""
    if not report.ok:
        return _show_connection(typed, report=report, errors=_field_errors(report), status=422)
    found = connecting.found_workspaces(report)
    if found and not typed.workspace:
        return _show_connection(typed, report=report, found=found, status=422)
    before = session.connection_or_none()
    try:
        saved = connecting.save(report, choice=typed.workspace, found=found)
    except ValidationError as error:
        return _show_connection(typed, report=report, found=found, errors=error.errors, status=422)
    except (TenantError, SchemaNotReadyError):
        # The string is kept; entering the workspace failed, which the next step looks into.
        return leave_for(url_for(".schema"))
    text = "The connection is replaced." if before else "Connected. Your string is sealed."
    ready = saved.schema_version == LATEST
    return leave_for(url_for(".step" if ready else ".schema"), text)


def _take_built_in() -> Response:
    make = services().make_built_in
    if make is None:
        errors = {"connection_string": ["This server has no built-in database to offer."]}
        return _show_connection(_Typed(), errors=errors, status=422)
    present = session.connection_or_none()
    if present and present.kind == "built_in":
        return leave_for(url_for(".step"))
    report = connecting.test(make(), ca_certificate=None, allow_md5=False)
    return _take(report, _Typed(workspace=connecting.NEW_WORKSPACE))


def _field_errors(report: Report) -> dict[str, list[str]]:
    # The string reads well and yet there is no target: then it is the certificate beside it.
    is_certificate = report.reading is not None and report.target is None
    return {"ca_certificate" if is_certificate else "connection_string": [report.detail]}


def _show_connection(
    typed: _Typed,
    *,
    block: str = "connection_step",
    report: Report | None = None,
    found: Sequence[FoundWorkspace] = (),
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
) -> Response:
    present = session.connection_or_none()
    owner_ids = {each.owner_id for each in found}
    chosen = typed.workspace or (present.owner_id if present else "")
    if chosen not in owner_ids and chosen != connecting.NEW_WORKSPACE:
        chosen = found[0].owner_id if found else ""
    blocks = (block,) if block == "reading" else (block, "connection_submit")
    return respond(
        _CONNECTION,
        *blocks,
        status=status,
        step="connection",
        sealed=present is not None,
        present=present,
        typed=typed,
        reading=pasted.read(typed.connection_string, services().policy),
        doctor=_doctor(report),
        found=found,
        chosen=chosen,
        errors=errors or {},
        oob=bool(htmx),
    )


def _doctor(report: Report | None) -> dict[str, Any]:
    """The nine rows, what the failing one says when it is opened, and what its owner could run."""
    if report is None or report.ok:
        stages = report.stages if report else [Stage(each, None, None, "") for each in STAGES]
        note = f"{_sum_ms(stages)} ms in all" if report else ""
        words = {"detail": "", "remedy": "", "code": ""}
        return words | {"stages": stages, "note": note, "sql": "", "problems": ()}
    failed = next(n for n, each in enumerate(report.stages, 1) if each.ok is False)
    tables = report.schema if report.code == "permission_denied" else None
    return {
        # The words of the failing row stand below it, in full.
        "stages": [each if each.ok else replace(each, detail="") for each in report.stages],
        "note": f"stopped at {failed} of 9, after {_sum_ms(report.stages)} ms",
        "detail": report.detail,
        "remedy": report.remedy,
        "code": report.code,
        "sql": tables.sql if tables else "",
        "problems": tables.problems if tables and not tables.sql else (),
    }


def _sum_ms(stages: Sequence[Stage]) -> int:
    return sum(each.ms or 0 for each in stages)


def _apply(connection: Connection) -> Response:
    try:
        report = connecting.apply_schema(connection)
    except SchemaConflictError as error:
        return _show_schema(connection, _conflict(error.problems))
    except TenantError as error:
        if error.code not in _REFUSALS:
            raise
        return _show_schema(connection, _refused(error, workspace.look(connection)))
    if report.state == "ready":
        return leave_for(url_for(".step"), "The tables are there.")
    return _show_schema(connection, asked=True)


def _show_schema(
    connection: Connection, complaint: _Complaint | None = None, *, asked: bool = False
) -> Response:
    """The tables as they are now; once they are ready, on to the last step.

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
        _SCHEMA,
        "schema_step",
        status=complaint.status if complaint and request.method == "POST" else 200,
        step="schema",
        sealed=True,
        connection=connection,
        report=report,
        lines=len(report.sql.splitlines()),
        tables=table_states(list(dict.fromkeys((*named, *report.problems)))),
        complaint=complaint,
    )


def _refused(error: TenantError, report: SchemaReport) -> _Complaint:
    """What the database does not let us do, and who can mend it."""
    if report.state == "ready" and report.problems:
        detail = "The tables are there, but rights on them are missing."
        return _Complaint(422, detail, "Each is named beside this, with a remedy.", error.code)
    remedy = f"{error.remedy} Or ask whoever owns the database to run the SQL below."
    return _Complaint(422, error.detail, remedy, error.code)


def _conflict(problems: Sequence[Problem]) -> _Complaint:
    return _Complaint(
        409,
        SchemaConflictError.message,
        "Rename or move that table, or connect another database, and try again.",
        "schema_conflict",
        tuple(problems),
    )


def _missing(report: SchemaReport) -> _Complaint:
    count = len(report.problems)
    if report.state == "outdated":
        text = f"The tables are still at version {report.version}."
    else:
        text = "One thing is still missing." if count == 1 else f"{count} things are still missing."
    return _Complaint(422, text, "Each is named beside the SQL.", "schema_not_ready")
