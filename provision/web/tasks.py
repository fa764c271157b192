"""Tasks: board and list over the same filters, a task's panel and page, and the forms in them."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, request, url_for

from provision.errors import StaleVersionError
from provision.nouns.tasks import STATUSES
from provision.tenant.queries.tasks import TASKS
from provision.web import task_pages, task_view, workspace
from provision.web.editing import Editor, Form
from provision.web.partials import leave_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

bp = Blueprint("tasks", __name__, url_prefix="/tasks")


def _to_the_end(values: dict[str, Any], sent: Mapping[str, str]) -> None:
    """Put a task whose status is not what it `was` at the end of its new column."""
    was = sent.get("was")
    if values.get("status", was) != was:
        values["position"] = Decimal(f"{time.time():.6f}")  # as `queries.columns.rank` counts


editor: Final = Editor(TASKS, complete=_to_the_end)


@bp.get("", endpoint="list")
def listing() -> Response:
    """Board or list; `?new` opens the form of a new task, in the status it names or in To do."""
    if "new" not in request.args:
        return task_pages.show_list(task_view.asked())
    view = task_view.present()
    given = view.presets()
    if request.args["new"] in STATUSES:
        given["status"] = request.args["new"]
    return task_pages.show_new(view, editor.new_form(given))


@bp.post("")
def create() -> Response:
    """Make a task, from the line above the board (`quick`) or from the whole form."""
    view, sent = task_view.present(), request.form
    made, is_quick = editor.create(sent), "quick" in sent
    if not isinstance(made, Form):
        return task_pages.show_made(view, made, is_quick=is_quick)
    if is_quick:
        messages = [text for texts in made.errors.values() for text in texts]
        return task_pages.show_quick(view, sent.get("title", ""), messages)
    return task_pages.show_new(view, made)


@bp.get("/<uuid:task_id>")
def detail(task_id: UUID) -> Response:
    """One task, beside the board or on its own page; `?edit` opens its form."""
    form_of = editor.form_of if "edit" in request.args else None
    return task_pages.show_task(str(task_id), form_of=form_of)


@bp.post("/<uuid:task_id>")
def edit(task_id: UUID) -> Response:
    """Change the fields the form carries."""
    saved = editor.update(task_id, request.form)
    if not isinstance(saved, Form):
        return task_pages.show_saved(saved, only_moved="title" not in request.form)
    if saved.is_gone:
        return task_pages.show_gone(str(task_id), saved)
    return task_pages.show_task(str(task_id), form_of=lambda _: saved)


@bp.post("/<uuid:task_id>/delete")
def delete(task_id: UUID) -> Response:
    """Delete a task."""
    key, behind = str(task_id), task_view.behind()
    try:
        workspace.write(TASKS.delete, row_id=key, version=request.form.get("version") or None)
    except StaleVersionError:
        warning = "Changed elsewhere since you opened it. Nothing was deleted."
        return task_pages.show_task(key, warning=warning)
    if behind is None:
        return leave_for(url_for(".list"), "The task is deleted.")
    return task_pages.show_removed(key, behind)
