"""The wizard's connection step: what was pasted is tested for real, kept only if it passed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from flask import Response, make_response, request, url_for

from provision.errors import (
    RateLimitedError,
    ReauthenticationRequiredError,
    ValidationError,
)
from provision.tenant.schema.state import LATEST
from provision.web.answer.htmx import htmx
from provision.web.answer.partials import leave_for, respond
from provision.web.request import session
from provision.web.request.prefix import in_workspace, wanted
from provision.web.request.services import services
from provision.web.setup import checks, connecting, pasted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.control.second_factor.checking import Accepted
    from provision.tenant.probe.report import Report
    from provision.tenant.queries.rows import FoundWorkspace
    from provision.web.setup.checks import Checks

_PAGE = "setup/connection.html"
_POINTER: Final = "This string did not pass. The failed row under Checks says why and what to do."


@dataclass(frozen=True, slots=True)
class TypedConnection:
    """What the connection form held."""

    connection_string: str = field(default="", repr=False)
    ca_certificate: str = field(default="", repr=False)
    allow_md5: bool = False
    workspace: str = ""
    adding: bool = False
    """Whether it is one more, beside what the person has."""


def typed_fields(*, adding: bool = False) -> TypedConnection:
    """Read the form of this request; its address tells whether it is `adding`."""
    form = request.form
    return TypedConnection(
        connection_string=form.get("connection_string", ""),
        ca_certificate=form.get("ca_certificate", ""),
        allow_md5=bool(form.get("allow_md5")),
        workspace=form.get("workspace", ""),
        adding=adding,
    )


def take(typed: TypedConnection) -> Response:
    """Test what was pasted; keep it and go on, or show what is in its way."""
    try:
        confirmed = connecting.confirm(request.form, adding=typed.adding)
    except ReauthenticationRequiredError as error:
        return show(typed, errors=error.errors, status=422)
    except RateLimitedError as error:
        return _show_refusal(typed, "password", error)
    try:
        report = connecting.test(
            typed.connection_string, ca_certificate=typed.ca_certificate, allow_md5=typed.allow_md5
        )
    except RateLimitedError as error:
        return _show_refusal(typed, "connection_string", error)
    return _keep(report, typed, confirmed)


def take_built_in(*, adding: bool = False) -> Response:
    """Take this person's database in the built-in server, and the workspace in it if one is.

    One more workspace there is a new one.
    """
    make = services().make_built_in
    if make is None:
        errors = {"connection_string": ["This server has no built-in database to offer."]}
        return show(TypedConnection(adding=adding), errors=errors, status=422)
    present = connecting.before(adding=adding)
    if present and present.kind == "built_in":
        return leave_for(url_for(".step"))
    try:
        confirmed = connecting.confirm(request.form, adding=adding)
    except ReauthenticationRequiredError as error:
        # A button alone asked for this, so that there is no form yet to be wrong.
        asked = "password" in request.form
        return _ask_for_built_in(error.errors if asked else {})
    target = make(session.person().id)
    report = connecting.test(target, ca_certificate=None, allow_md5=False)
    found = connecting.found_workspaces(report, adding=adding)
    first = found[0].owner_id if found and not adding else connecting.NEW_WORKSPACE
    typed = TypedConnection(workspace=first, adding=adding)
    return _keep(report, typed, confirmed)


def show_progress() -> Response:
    """Show the rows of the test that runs, as far as it has come."""
    done = services().progress.of(session.person().id)
    if done is None:
        return make_response("", 204)
    return show(TypedConnection(), block="connection_checks", running=checks.running(done))


def show(
    typed: TypedConnection,
    *,
    block: str = "connection_step",
    report: Report | None = None,
    running: Checks | None = None,
    found: Sequence[FoundWorkspace] = (),
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
) -> Response:
    """Show the step as a page, or its `block` for htmx."""
    present = connecting.before(adding=typed.adding)
    blocks = {
        "connection_step": (block, "connection_submit"),
        # Results for the text before do not hold for the new one.
        "reading": (block, "connection_checks", "connection_submit"),
    }.get(block, (block,))
    return respond(
        _PAGE,
        *blocks,
        status=status,
        step="connection",
        sealed=present is not None,
        present=present,
        asks_again=connecting.asks_again(adding=typed.adding),
        typed=typed,
        reading=_reading(typed, report),
        checks=checks.finished(report) if report else running or checks.NOT_RUN,
        found=found,
        chosen=_chosen(typed.workspace or (present.owner_id if present else ""), found),
        errors=errors or {},
        oob=bool(htmx),
        offers_built_in=typed.adding and services().make_built_in is not None,
        is_reading=block == "reading",
    )


def _reading(
    typed: TypedConnection, report: Report | None
) -> pasted.ReadAs | pasted.Unreadable | None:
    """Return what is understood of the string; None if a failing check says it already."""
    if report and report.reading:
        return pasted.shown(report.reading)
    reading = pasted.read(typed.connection_string, services().policy)
    is_said = report is not None and not report.ok and isinstance(reading, pasted.Unreadable)
    return None if is_said else reading


def _chosen(wanted: str, found: Sequence[FoundWorkspace]) -> str:
    """Return the owner id of the workspace to preselect; empty for none."""
    if wanted == connecting.NEW_WORKSPACE or any(wanted == each.owner_id for each in found):
        return wanted
    # One may be offered; among several only the person knows which is theirs.
    return found[0].owner_id if len(found) == 1 else ""


def _show_refusal(typed: TypedConnection, field: str, error: RateLimitedError) -> Response:
    response = show(typed, errors={field: [str(error)]}, status=429)
    response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _ask_for_built_in(errors: dict[str, list[str]]) -> Response:
    return respond(
        "setup/built_in.html",
        "built_in_form",
        status=422,
        step="connection",
        sealed=True,
        present=session.connection_or_none(),
        errors=errors,
    )


def _keep(report: Report, typed: TypedConnection, confirmed: Accepted | None) -> Response:
    if report.target is None and not typed.connection_string.strip():
        return show(typed, errors={"connection_string": [report.detail]}, status=422)
    again = partial(show, typed, report=report, status=422)
    if not report.ok:
        return again(errors=_field_errors(report))
    found = connecting.found_workspaces(report, adding=typed.adding)
    if found and not typed.workspace:
        return again(found=found)
    before = connecting.before(adding=typed.adding)
    try:
        saved = connecting.save(
            report,
            choice=typed.workspace,
            found=found,
            confirmed=confirmed,
            adding=typed.adding,
        )
    except ReauthenticationRequiredError as error:
        return again(found=found, errors=error.errors)
    except ValidationError as error:
        # Without a list to choose from, the message goes to the field of the string.
        errors = error.errors if found else {"connection_string": [*error.errors["workspace"]]}
        return again(found=found, errors=errors)
    text = "The connection is replaced." if before else "Connected. Your string is sealed."
    if connecting.is_shared(report):
        text += " Another account here works in this database too; your workspace is apart from it."
    ready = saved.schema_version == LATEST
    page = url_for("setup.step" if ready else "setup.schema")
    if typed.adding or wanted() not in ("", saved.owner_id):
        page = in_workspace(saved.owner_id, page)
    return leave_for(page, text)


def _field_errors(report: Report) -> dict[str, list[str]]:
    # The string reads well and yet there is no target: then it is the certificate beside it.
    if report.reading is not None and report.target is None:
        return {"ca_certificate": [report.detail]}
    return {"connection_string": [_POINTER]}
