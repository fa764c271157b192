"""The page "Import and export", and the steps of an import."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from flask import Response, request, url_for

from provision.control import import_words
from provision.errors import ValidationError
from provision.tenant.transfer import arriving, importing, workspace_file
from provision.web.answer import undo_offer
from provision.web.answer.htmx import htmx
from provision.web.answer.partials import leave_for, respond
from provision.web.exchange import templates
from provision.web.exchange.blueprint import bp, note
from provision.web.exchange.checking import versions
from provision.web.exchange.checking.check import Here, check
from provision.web.exchange.checking.draft import Draft, begin, resume
from provision.web.exchange.checking.writing import rows as rows_of
from provision.web.exchange.columns.choices import SKIPPED
from provision.web.exchange.columns.kinds import KINDS, TASKS, Kind
from provision.web.exchange.reading.csv_text import beginning, line
from provision.web.exchange.reading.encodings import NAMES as ENCODINGS
from provision.web.format import dates
from provision.web.request import session, undo_note, workspace
from provision.web.request.services import services
from provision.web.settings.frame import frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provision.tenant.queries.statements import Shell
    from provision.tenant.transfer.importing import Import
    from provision.web.exchange.checking.result import Checked, Meanwhile

_PAGE: Final = "exchange/page.html"
_ROWS: Final = "exchange/rows.html"
_RESULT: Final = "exchange/result.html"
# More rows than this are easier to correct in the file than in a form.
_MOST_SHOWN: Final = 50
_TABLES: Final = {"tasks": "tasks", "projects": "projects", "team": "team_members"}

_LOOK_FIRST: Final = (
    "Another column says now which rows are here already. Look at what will be changed, then "
    "import. Nothing has been written."
)

_Errors = dict[str, list[str]]


@bp.get("/settings/exchange")
def page() -> Response:
    """Show what can be exported and imported."""
    return _show_page(KINDS.get(request.args.get("kind", ""), TASKS))


@bp.post("/settings/exchange/rows")
def rows() -> Response:
    """Read rows of a spreadsheet, show what was understood, and write them when asked to."""
    kind = KINDS.get(request.form.get("kind", ""), TASKS)
    place = _place()
    try:
        if "data" in request.form:
            draft = resume(kind, request.form, place)
        else:
            draft = begin(kind, _sent(), place)
    except ValidationError as error:
        return _show_page(kind, rows_errors=error.errors, status=422)
    here = _here(draft)
    checked = check(draft, here)
    wanted = request.form.get("do")
    if wanted == "left_out":
        return _left_out(draft, checked)
    if wanted != "import":
        return _show_rows(draft, checked)
    if checked.lacks or checked.bad or not checked.count:
        return _show_rows(draft, checked, status=422)
    return _import(draft, checked, here)


@bp.post("/settings/exchange/workspace")
def restore() -> Response:
    """Import a whole workspace into this one, which has to be empty."""
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


@bp.get("/settings/exchange/template-<kind>.csv")
def template(kind: str) -> Response:
    """Send a template to fill in: the headings that are read, and two example rows."""
    return _csv(templates.content(kind), f"provision-{kind}-template")


def counted(count: int, kind: Kind) -> str:
    """Return a number of rows in words: `1 task`, `5,000 tasks`."""
    return f"{count:,} {kind.one if count == 1 else kind.many}"


def _import(draft: Draft, checked: Checked, here: Here) -> Response:
    """Write what is ready, and say what came in, what was changed and what was left out.

    Where rows here were changed since they were shown, nothing is written, and they are shown.
    """
    if not versions.are_shown(draft, checked):
        return _show_rows(draft, checked, {"file": [_LOOK_FIRST]}, status=422)
    moved = versions.meanwhile(draft, checked, here.known)
    if moved or versions.deleted(draft, checked):
        return _ask_again(draft, checked, moved)
    added, changed = rows_of(draft, checked)
    said = _outcome(draft, checked)
    try:
        is_written = workspace.write(
            importing.add, rows=added, changed=changed, what=said, note=undo_note.note()
        )
    except ValidationError as error:
        return _show_rows(draft, checked, error.errors, status=422)
    if not is_written:
        here = _here(draft)
        checked = check(draft, here)
        return _ask_again(draft, checked, versions.meanwhile(draft, checked, here.known))
    note("imported", what=draft.kind.key, rows=checked.count)
    import_words.remember(
        services().store,
        session.person().id,
        {
            (draft.kind.key, each.role, each.word): each.value
            for each in checked.words
            if not each.is_sure or each.is_said
        },
    )
    if not checked.dropped:
        return leave_for(_list_of(draft.kind), said)
    offer = undo_offer.toast(said)
    return respond(
        _RESULT,
        "exchange",
        shell=frame(),
        active="settings",
        kind=draft.kind,
        draft=draft,
        carried=_carried(draft),
        said=said,
        undo=offer.undo,
        list=_list_of(draft.kind),
    )


def _ask_again(draft: Draft, checked: Checked, moved: Sequence[Meanwhile]) -> Response:
    """Show the rows as they are here by now; nothing is written before the person has seen them."""
    return _show_rows(
        draft, checked, moved=moved, gone=versions.deleted(draft, checked), status=409
    )


def _outcome(draft: Draft, checked: Checked) -> str:
    """Return in words what an import did."""
    kind = draft.kind
    parts = [f"{counted(len(checked.ready), kind)} imported"] if checked.ready else []
    if checked.changed:
        parts.append(f"{counted(len(checked.changed), kind)} changed")
    if checked.present:
        parts.append(f"{checked.present:,} here already")
    if checked.dropped:
        parts.append(f"{len(checked.dropped):,} left out")
    made = [
        f"{len(checked.unknown[noun]):,} {one if len(checked.unknown[noun]) == 1 else many} made"
        for noun, one, many in (
            ("project", "project", "projects"),
            ("assignee", "person", "people"),
        )
        if noun in draft.makes and checked.unknown.get(noun)
    ]
    return f"{', '.join([*parts, *made])}."


def _left_out(draft: Draft, checked: Checked) -> Response:
    """Send the rows that an import leaves out as a file, with the reasons."""
    content = beginning([*draft.headings, "Row", "Why it was left out"])
    records = dict(draft.body)
    width = len(draft.headings)
    for row in sorted((*checked.dropped, *checked.bad), key=lambda each: each.number):
        record = [*records[row.number], *[""] * (width - len(records[row.number]))]
        content += line([*record[:width], str(row.number), row.why or "You left it out."])
    return _csv(content, f"provision-{draft.kind.key}-left-out")


def _csv(content: bytes, name: str) -> Response:
    response = Response(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _sent() -> bytes:
    """Return the content of the chosen file, or the pasted text."""
    file = request.files.get("file")
    content = file.read() if file else b""
    return content or request.form.get("text", "").encode(errors="replace")


def _place() -> str:
    """Return what names the workspace; the ids of imported rows are made from it."""
    connection = session.connection_or_none()
    return f"{connection.id}:{connection.owner_id}" if connection else ""


def _here(draft: Draft) -> Here:
    table = _TABLES[draft.kind.key]
    formats = session.person().formats
    known: Mapping[str, Sequence[arriving.Names]] = {}
    if draft.kind is TASKS:
        projects, people = workspace.read(arriving.names)
        known = {"project": projects, "assignee": people}
    meanings = import_words.known(services().store, session.person().id)
    return Here(
        known,
        formats.zone,
        lambda ids, names: workspace.read(importing.present, table=table, ids=ids, names=names),
        words={
            (column, word): value
            for (kind, column, word), value in meanings.items()
            if kind == draft.kind.key
        },
        language="en-us" if formats.date_format == "month_day" else _language(),
    )


def _language() -> str:
    return request.headers.get("Accept-Language", "")


def _list_of(kind: Kind) -> str:
    return url_for("tasks.list", view="list") if kind is TASKS else url_for(f"{kind.key}.list")


def _recent() -> tuple[Shell | None, list[tuple[Import, str]]]:
    """Read the shell, and the imports that can be undone, each with its time of day."""
    shell, found = workspace.read(
        importing.recent, account=session.person().id, today=dates.today(), shell=not htmx
    )
    return shell, [
        (
            each,
            dates.moment(
                datetime.fromtimestamp(int(each.at), UTC).replace(tzinfo=None).isoformat()
            ),
        )
        for each in found
        if each.at.isdigit() and len(each.at) < 12
    ]


def _show_page(
    kind: Kind = TASKS,
    *,
    rows_errors: _Errors | None = None,
    workspace_errors: _Errors | None = None,
    status: int = 200,
) -> Response:
    shell, recent = _recent()
    return respond(
        _PAGE,
        "exchange",
        status=status,
        shell=shell,
        active="settings",
        kind=kind,
        kinds=list(KINDS.values()),
        recent=recent,
        tools=templates.TOOLS,
        text=request.form.get("text", "") if rows_errors else "",
        rows_errors=rows_errors or {},
        workspace_errors=workspace_errors or {},
    )


def _show_rows(
    draft: Draft,
    checked: Checked,
    errors: _Errors | None = None,
    *,
    moved: Sequence[Meanwhile] | None = None,
    gone: int = 0,
    status: int = 200,
) -> Response:
    """Show what was read; `moved` and `gone` rows stop an import that was asked for."""
    roles = [name for name, _ in draft.kind.columns if name in draft.columns]
    hidden = ("completed_at", "is_done", "progress", "stage", "assignee_email", "more", "id")
    shown = [(name, draft.kind.label(name)) for name in roles if name not in hidden]
    if "assignee_email" in draft.columns and "assignee" not in draft.columns:
        shown.append(("assignee", draft.kind.label("assignee")))
    if draft.kind is TASKS:
        has = {name for name, _ in shown}
        shown += [(n, draft.kind.label(n)) for n in ("status", "project") if n not in has]
    context: dict[str, Any] = {
        "draft": draft,
        "kind": draft.kind,
        "checked": checked,
        "columns": _columns(draft),
        "choices": [("", "Leave it out"), *draft.kind.columns],
        "shown": shown,
        "bad": checked.bad[:_MOST_SHOWN],
        "ready": counted(len(checked.ready), draft.kind),
        "does": _deed(draft, checked),
        "words": [each for each in checked.words if not each.is_sure],
        "sure": [each for each in checked.words if each.is_sure],
        "meanings": _meanings(draft),
        "encodings": list(ENCODINGS.items()) if draft.source.is_text else [],
        "mended": sorted(draft.mends.items()),
        "errors": errors or {},
        "seen": versions.shown(draft, checked),
        "is_stale": moved is not None,
        "moved": (moved or [])[:_MOST_SHOWN],
        "moved_count": len(moved or []),
        "gone": gone,
    }
    return respond(
        _ROWS,
        "exchange",
        status=status,
        shell=frame(),
        active="settings",
        **context,
    )


def _deed(draft: Draft, checked: Checked) -> str:
    """Return the label of the button, such as `Import 14 tasks, change 3`."""
    if not checked.changed:
        return f"Import {counted(len(checked.ready), draft.kind)}"
    if not checked.ready:
        return f"Change {counted(len(checked.changed), draft.kind)}"
    return f"Import {counted(len(checked.ready), draft.kind)}, change {len(checked.changed):,}"


def _columns(draft: Draft) -> list[tuple[int, str, str, str]]:
    """Return place, heading, meaning and examples of each column that holds something."""
    return [
        (place, heading, draft.columns[place], sample)
        for place, heading in enumerate(draft.headings)
        if (sample := draft.samples(place)) or draft.columns[place]
    ]


def _meanings(draft: Draft) -> dict[str, list[tuple[str, str]]]:
    """Return the choices for the words of a column, by column."""
    noun = draft.kind.noun
    found = {"status": list(noun.labels("status").items())}
    if "priority" in noun.columns:
        found["priority"] = list(noun.labels("priority").items())
    nothing = (SKIPPED, "Nothing")
    if draft.kind is TASKS:
        found["status"].append(nothing)
        found["stage"] = found["status"]
    return found


def _carried(draft: Draft) -> list[tuple[str, str]]:
    """Return the form fields that make the same draft again: the file and all choices."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("csrf_token", "do")
    ]
