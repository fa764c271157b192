"""Answers about one task: its panel, and what a change of it alters on a board or list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from flask import request, url_for

from provision.nouns.tasks import STATUSES, TASK
from provision.tenant.queries import options
from provision.tenant.queries import tasks as queries
from provision.web.answer import htmx as hx
from provision.web.answer.htmx import htmx
from provision.web.answer.partials import done, respond
from provision.web.answer.urls import path_of, safe_next
from provision.web.format import dates
from provision.web.format.names import short
from provision.web.request import workspace
from provision.web.rows import said
from provision.web.tasks import changes
from provision.web.tasks import panel as task_panel
from provision.web.tasks import view as task_view
from provision.web.tasks.frame import DETAIL, LIST, frame
from provision.web.tasks.listing import show_list

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from flask import Response

    from provision.tenant.queries.rows import TaskDetail
    from provision.web.rows.editing import Form
    from provision.web.tasks.changes import CardChange
    from provision.web.tasks.frame import QuickLine
    from provision.web.tasks.panel import Panel
    from provision.web.tasks.view import TaskView


IN_PLACE: Final = ("title", "status", "priority", "project_id", "assignee_id", "due_date")
"""The fields of a task that are edited where they stand."""


def show_new(view: TaskView, form: Form) -> Response:
    """Answer with the form of a new task; a plain request gets the board or list beside it."""
    if not htmx:
        return show_list(view, new=form, status=form.status)
    panel = task_panel.new(workspace.read(options.choices), form, at=view.url())
    block = "task_new" if htmx.is_making else "task_panel"
    return respond(LIST, block, status=form.status, **frame(view, panel=panel))


def show_quick(view: TaskView, quick: QuickLine) -> Response:
    """Answer with the line above the board as it was typed, and what is to be said about it."""
    if not htmx:
        return show_list(view, quick=quick, status=422)
    return respond(LIST, "quick_add", status=422, **frame(view, quick=quick))


def show_made(view: TaskView, row: TaskDetail, words: str, *, is_quick: bool = False) -> Response:
    """Answer with the form emptied, and the new task in its place; `words` have no full stop.

    Where the page does not show it, because of its filters or by its kind, a link does.
    """
    change = changes.made(row, dates.today(), view, request.form)
    is_behind = task_view.behind() is not None
    show = "" if is_behind and change else _shown_at(view, row, is_beside=is_behind)
    text = f"{words}." if change else f"{words}, not in this selection."
    form = "quick_add" if is_quick else "task_new" if htmx.is_making else "task_panel"
    return done(
        safe_next(request.args.get("back")) or view.url(),
        text,
        LIST,
        form,
        *(_changes(change) if is_behind else ()),
        made=hx.Made(f"task-{row.id}", show),
        **frame(view, change=change),
    )


def _shown_at(view: TaskView, row: TaskDetail, *, is_beside: bool) -> str:
    """Return where a task is shown: among all tasks, or over the page that the person is on."""
    if not is_beside:
        return url_for("tasks.detail", task_id=row.id)
    return url_for("tasks.list", view=view.view if not view.is_board else None, task=row.id)


def show_task(
    task_id: str,
    *,
    form_of: Callable[[TaskDetail], Form] | None = None,
    warning: str = "",
) -> Response:
    """Answer with a task.

    `form_of` makes the form to show with it; `warning` says why a change was refused.
    """
    today = dates.today()
    page = workspace.read(queries.detail_page, row_id=task_id, today=today, shell=not htmx)
    panel = _opened(page.task, today, warning=warning)
    form, change = form_of(page.task) if form_of else None, None
    if form:
        panel = task_panel.with_form(panel, page, form)
        change = _change(page.task, today) if form.conflict else None
    response = respond(
        DETAIL,
        "task_panel",
        *_changes(change),
        status=409 if warning else form.status if form else 200,
        shell=page.shell,
        **frame(task_view.present(), panel=panel, change=change),
    )
    # What is wrong with a move is said in the panel, not in the part that asked for it.
    return hx.retarget(response, "#panel") if htmx and request.form else response


def show_field(task_id: str, column: str, form_of: Callable[[TaskDetail], Form]) -> Response:
    """Answer with the form of one field, to be edited where its value stands."""
    today = dates.today()
    page = workspace.read(queries.detail_page, row_id=task_id, today=today, shell=False)
    panel = task_panel.with_form(_opened(page.task, today), page, form_of(page.task))
    view = task_view.present()
    is_page = path_of(htmx.current_url).partition("?")[0] == panel.href
    return respond(
        DETAIL,
        "task_field",
        field=TASK[column],
        is_page=is_page,
        options=_options(column, panel),
        **frame(view, panel=panel),
    )


def _options(column: str, panel: Panel) -> list[tuple[str, str]] | None:
    """Return what may be chosen in a field; None for what is typed."""
    found = {
        "status": list(STATUSES.items()),
        "priority": list(task_view.PRIORITIES.items()),
        "project_id": [("", "No project"), *panel.projects],
        "assignee_id": [("", "Nobody"), *panel.members],
    }
    return found.get(column)


def show_gone(task_id: str, form: Form) -> Response:
    """Answer a change of a task that somebody else deleted: offer to add what was typed as new."""
    view = task_view.present()
    if not htmx:
        return show_list(view, new=form, status=form.status)
    panel = task_panel.new(workspace.read(options.choices), form, at=view.url())
    change = changes.removed(task_id, view, request.form)
    response = respond(
        LIST,
        "task_panel",
        "task_changes",
        status=form.status,
        **frame(view, panel=panel, change=change),
    )
    return hx.retarget(response, "#panel")


def show_saved(row: TaskDetail) -> Response:
    """Answer a saved change: draw the part that asked, and what changed on the board or list."""
    today = dates.today()
    change = _change(row, today)
    only_moved = htmx.target == "task-facts"
    blocks = ["task_facts", "task_moved"] if only_moved else ["task_panel"]
    is_in_place = htmx.target == "task-field"
    if is_in_place:
        asked = dict(parse_qsl(urlsplit(htmx.current_url).query))
        is_open = asked.get("task") == row.id and "edit" not in asked
        parts = ["task_named", "task_stated", "task_moved"] if is_open else []
        blocks = ["task_in_place", *parts]
    was_or_is_done = "done" in (request.form.get("was"), row.status)
    return done(
        url_for("tasks.detail", task_id=row.id),
        said.changed(TASK, row, otherwise=f"{short(row.title)} is saved."),
        DETAIL,
        *blocks,
        *_changes(change),
        # The sidebar counts open and late tasks. A move between two open states changes neither.
        counts_changed=was_or_is_done or not only_moved,
        **frame(task_view.present(), panel=_opened(row, today), change=change),
    )


def show_moved(row: TaskDetail) -> Response:
    """Answer a move: draw the counts of both columns, and the card unless script placed it."""
    view, sent = task_view.present(), request.form
    change = changes.moved(row, dates.today(), view, sent)
    has_status = sent.get("was") != (row.status or "")
    name = STATUSES.get(row.status or "", row.status or "no status")
    where = f" is in {name} now." if has_status else " is moved."
    return done(
        view.url(),
        f"{short(row.title)}{where}",
        LIST,
        *(() if "placed" in sent else ("task_panel",)),
        "task_changes",
        counts_changed="done" in (sent.get("was"), row.status),
        **frame(view, change=change),
    )


def show_removed(task_id: str, behind: TaskView | None, text: str) -> Response:
    """Close the panel, and take the task off the board or list `behind` it, if there is one."""
    view = behind or task_view.asked()
    change = changes.removed(task_id, view, request.form) if behind else None
    blocks = ("task_panel", *_changes(change))
    return done(view.url(), text, LIST, *blocks, **frame(view, change=change))


def _opened(row: TaskDetail, today: date, *, warning: str = "") -> Panel:
    behind = task_view.behind()
    back = behind.home if behind else url_for("tasks.list")
    return task_panel.opened(row, today, back=back, is_beside=bool(htmx), warning=warning)


def _change(row: TaskDetail, today: date) -> CardChange | None:
    """Return what `row` changes on the board or list behind the panel; None without one."""
    behind = task_view.behind()
    return changes.saved(row, today, behind, request.form) if behind else None


def _changes(change: CardChange | None) -> tuple[str, ...]:
    return ("task_changes",) if change else ()
