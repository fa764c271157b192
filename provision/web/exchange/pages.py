"""The page "Import and export", and the steps of an import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, request, url_for

from provision.errors import ValidationError
from provision.tenant.transfer import arriving, workspace_file
from provision.web.answer.partials import leave_for, respond
from provision.web.exchange import checking
from provision.web.exchange.blueprint import bp, note
from provision.web.exchange.draft import Draft, begin, resume
from provision.web.exchange.kinds import KINDS, TASKS, Kind
from provision.web.request import workspace
from provision.web.settings.frame import frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PAGE = "exchange/page.html"
_ROWS = "exchange/rows.html"
# Mending more than this by hand in a form is no help; the file is.
_MOST_SHOWN = 50

_Errors = dict[str, list[str]]


@bp.get("/settings/exchange")
def page() -> Response:
    """What can be taken along, and what can be brought."""
    return _show_page(KINDS.get(request.args.get("kind", ""), TASKS))


@bp.post("/settings/exchange/rows")
def rows() -> Response:
    """Rows of a spreadsheet: read them, show what was understood, and write them when told so."""
    kind = KINDS.get(request.form.get("kind", ""), TASKS)
    try:
        draft = resume(kind, request.form) if "data" in request.form else begin(kind, _sent())
    except ValidationError as error:
        return _show_page(kind, rows_errors=error.errors, status=422)
    known = _known(kind)
    checked = checking.check(draft, known)
    if request.form.get("do") != "import":
        return _show_rows(draft, checked)
    if checked.lacks or checked.bad or not checked.values:
        return _show_rows(draft, checked, status=422)
    try:
        workspace.write(arriving.add, rows=checking.rows(draft, checked))
    except ValidationError as error:
        return _show_rows(draft, checked, error.errors, status=422)
    count = len(checked.values)
    note("imported", what=kind.key, rows=count)
    return leave_for(_list_of(kind), f"{counted(count, kind)} imported.")


@bp.post("/settings/exchange/workspace")
def restore() -> Response:
    """Bring a whole workspace into this one, which has to be empty."""
    try:
        found = workspace_file.read(_sent())
        if not workspace.write(arriving.restore, rows=found):
            raise ValidationError({"file": [arriving.NOT_EMPTY]})
    except ValidationError as error:
        return _show_page(workspace_errors=error.errors, status=422)
    counts = {name: len(getattr(found, name)) for name in ("projects", "team_members", "tasks")}
    note("imported", what="workspace", rows=sum(counts.values()))
    return leave_for(
        url_for("dashboard.page"),
        f"The workspace is imported: {counts['projects']:,} projects, {counts['tasks']:,} tasks, "
        f"{counts['team_members']:,} people.",
    )


def counted(count: int, kind: Kind) -> str:
    """`1 task`, `5,000 tasks`."""
    return f"{count:,} {kind.one if count == 1 else kind.many}"


def _sent() -> bytes:
    """The file chosen, or the text pasted."""
    file = request.files.get("file")
    content = file.read() if file else b""
    return content or request.form.get("text", "").encode(errors="replace")


def _known(kind: Kind) -> Mapping[str, Sequence[arriving.Names]]:
    if kind is not TASKS:
        return {}
    projects, people = workspace.read(arriving.names)
    return {"project": projects, "assignee": people}


def _list_of(kind: Kind) -> str:
    return url_for("tasks.list", view="list") if kind is TASKS else url_for(f"{kind.key}.list")


def _show_page(
    kind: Kind = TASKS,
    *,
    rows_errors: _Errors | None = None,
    workspace_errors: _Errors | None = None,
    status: int = 200,
) -> Response:
    return respond(
        _PAGE,
        "exchange",
        status=status,
        shell=frame(),
        active="settings",
        kind=kind,
        kinds=list(KINDS.values()),
        text=request.form.get("text", "") if rows_errors else "",
        rows_errors=rows_errors or {},
        workspace_errors=workspace_errors or {},
    )


def _show_rows(
    draft: Draft, checked: checking.Checked, errors: _Errors | None = None, *, status: int = 200
) -> Response:
    context: dict[str, Any] = {
        "draft": draft,
        "kind": draft.kind,
        "checked": checked,
        "columns": [
            (number, heading, draft.columns[number], checking.samples(draft, number))
            for number, heading in enumerate(draft.headings)
        ],
        "choices": [("", "Leave it out"), *draft.kind.columns],
        "shown": [(name, label) for name, label in draft.kind.columns if name in draft.columns],
        "bad": checked.bad[:_MOST_SHOWN],
        "ready": counted(len(checked.values), draft.kind),
        "errors": errors or {},
    }
    return respond(
        _ROWS,
        "exchange",
        status=status,
        shell=frame(),
        active="settings",
        **context,
    )
