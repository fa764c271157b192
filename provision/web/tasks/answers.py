"""Answers about one task: its panel, and what a change of it alters on a board or list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request, url_for

from provision.nouns.tasks import STATUSES
from provision.tenant.queries import options
from provision.tenant.queries import tasks as queries
from provision.web.answer import htmx as hx
from provision.web.answer.htmx import htmx
from provision.web.answer.partials import done, respond
from provision.web.format import dates
from provision.web.format.names import short
from provision.web.request import workspace
from provision.web.tasks import changes
from provision.web.tasks import panel as task_panel
from provision.web.tasks import view as task_view
from provision.web.tasks.frame import DETAIL, LIST, frame
from provision.web.tasks.listing import show_list

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from flask import Response

    from provision.tenant.queries.rows import TaskDetail
    from provision.web.rows.editing import Form
    from provision.web.tasks.changes import Change
    from provision.web.tasks.panel import Panel
    from provision.web.tasks.view import TaskView


def show_new(view: TaskView, form: Form) -> Response:
    """Answer with the form of a new task; a plain request gets the board or list beside it."""
    if not htmx:
        return show_list(view, new=form, status=form.status)
    panel = task_panel.new(workspace.read(options.choices), form, at=view.url())
    return respond(LIST, "task_panel", status=form.status, **frame(view, panel=panel))


def show_quick(view: TaskView, typed: str, errors: Sequence[str]) -> Response:
    """Answer with the line above the board as it was typed, and what is wrong with it."""
    if not htmx:
        return show_list(view, quick=(typed, errors), status=422)
    return respond(LIST, "quick_add", status=422, **frame(view, quick=(typed, errors)))


def show_made(view: TaskView, row: TaskDetail, said: str, *, is_quick: bool = False) -> Response:
    """Answer with the form emptied, and the new task in its place on the board or list."""
    change = changes.made(row, dates.today(), view, request.form)
    blocks = ["quick_add" if is_quick else "task_panel", *_changes(change)]
    return done(view.url(), said, LIST, *blocks, **frame(view, change=change))


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
    if change and (htmx.target or "").startswith("task-") and not only_moved:
        blocks = []  # it was edited in its line of the list, without a panel
    was_or_is_done = "done" in (request.form.get("was"), row.status)
    return done(
        url_for("tasks.detail", task_id=row.id),
        f"{short(row.title)} is saved.",
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


def show_removed(task_id: str, view: TaskView) -> Response:
    """Answer a deletion: close the panel, and take the task off the board or list."""
    change = changes.removed(task_id, view, request.form)
    blocks = ("task_panel", *_changes(change))
    return done(view.url(), "The task is deleted.", LIST, *blocks, **frame(view, change=change))


def _opened(row: TaskDetail, today: date, *, warning: str = "") -> Panel:
    behind = task_view.behind()
    back = behind.home if behind else url_for("tasks.list")
    return task_panel.opened(row, today, back=back, is_beside=bool(htmx), warning=warning)


def _change(row: TaskDetail, today: date) -> Change | None:
    """Return what `row` changes on the board or list behind the panel; None without one."""
    behind = task_view.behind()
    return changes.saved(row, today, behind, request.form) if behind else None


def _changes(change: Change | None) -> tuple[str, ...]:
    return ("task_changes",) if change else ()
