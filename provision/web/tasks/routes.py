"""The routes of tasks: board and list, the panel and page of a task, and their forms."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, request, url_for

from provision.errors import StaleVersionError
from provision.nouns.tasks import STATUSES
from provision.tenant.queries.tasks import TASKS
from provision.web.answer.htmx import htmx
from provision.web.answer.partials import leave_for
from provision.web.format.names import named, short
from provision.web.request import undo_note, workspace
from provision.web.rows.editing import Editor, Form
from provision.web.tasks import (
    answers,
    moving,
    quick_add,
)
from provision.web.tasks import (
    bulk as task_bulk,
)
from provision.web.tasks import (
    listing as task_lists,
)
from provision.web.tasks import (
    view as task_view,
)

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
    """Show board or list; `?new` opens the form of a new task, with the status it names."""
    if "new" not in request.args:
        return task_lists.show_list(task_view.asked())
    view = task_view.present()
    given = view.presets()
    if request.args["new"] in STATUSES:
        given["status"] = request.args["new"]
    return answers.show_new(view, editor.new_form(given))


@bp.post("")
def create() -> Response:
    """Make a task, from the line above the board (`quick`) or from the whole form."""
    view, sent = task_view.present(), request.form
    if "quick" in sent:
        return quick_add.create(editor, view, sent)
    made = editor.create(sent)
    if isinstance(made, Form):
        return answers.show_new(view, made)
    return answers.show_made(view, made, f"{short(made.title)} is added")


@bp.get("/reading")
def reading() -> Response:
    """Show how the line above the board is read, while it is typed."""
    return quick_add.show_reading(task_view.present(), request.args.get("title", ""))


@bp.post("/reading")
def reading_of_lines() -> Response:
    """Show how several lines are read, which an address would be too short for."""
    return quick_add.show_reading(task_view.present(), request.form.get("title", ""))


@bp.post("/bulk")
def bulk() -> Response:
    """Change or delete the tasks chosen in the list, or all that it shows."""
    return task_bulk.carry_out(request.form)


@bp.get("/<uuid:task_id>")
def detail(task_id: UUID) -> Response:
    """Show a task, beside the board or on its page; `?edit` opens its form, `?field` one field."""
    if htmx and request.args.get("field") in answers.IN_PLACE:
        return answers.show_field(str(task_id), request.args["field"], editor.form_of)
    form_of = editor.form_of if "edit" in request.args else None
    return answers.show_task(str(task_id), form_of=form_of)


@bp.post("/<uuid:task_id>")
def edit(task_id: UUID) -> Response:
    """Change the fields the form carries."""
    saved = editor.update(task_id, request.form)
    if not isinstance(saved, Form):
        return answers.show_saved(saved)
    if saved.is_gone:
        return answers.show_gone(str(task_id), saved)
    return answers.show_task(str(task_id), form_of=lambda _: saved)


@bp.get("/<uuid:task_id>/move")
def move_form(task_id: UUID) -> Response:
    """Show where a task can be moved to: a column, and a place in it."""
    return moving.show_form(str(task_id), request.args.get("status"))


@bp.post("/<uuid:task_id>/move")
def move(task_id: UUID) -> Response:
    """Move a task on the board."""
    moved = moving.move(editor, str(task_id), request.form)
    if isinstance(moved, Form):
        return answers.show_task(str(task_id), form_of=lambda _: moved)
    return answers.show_moved(moved)


@bp.post("/<uuid:task_id>/delete")
def delete(task_id: UUID) -> Response:
    """Delete a task."""
    key, behind = str(task_id), task_view.behind()
    try:
        title = workspace.write(
            TASKS.delete,
            row_id=key,
            version=request.form.get("version") or None,
            note=undo_note.note(),
        )
    except StaleVersionError:
        warning = "Changed elsewhere since you opened it. Nothing was deleted."
        return answers.show_task(key, warning=warning)
    text = f"{short(named(title))} is deleted."
    if behind is None and htmx.target != "panel":
        return leave_for(url_for(".list"), text)
    return answers.show_removed(key, behind, text)
