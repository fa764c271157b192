"""Tasks: board and list over the same filters, a task's panel and page, and the forms in them."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request, url_for

from provision.errors import RowRefusedError, StaleVersionError, ValidationError
from provision.tenant.queries import tasks as queries
from provision.tenant.queries.bundle import decode
from provision.tenant.rows import TaskDetail
from provision.web import filters, task_pages, task_view, workspace
from provision.web.editing import refusals
from provision.web.forms import TASK
from provision.web.partials import leave_for
from provision.web.task_panel import NEW, typed_fields
from provision.web.task_view import STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

bp = Blueprint("tasks", __name__, url_prefix="/tasks")


@bp.get("", endpoint="list")
def listing() -> Response:
    """Board or list; `?new` opens the form of a new task, in the status it names or in To do."""
    if "new" not in request.args:
        return task_pages.show_list(task_view.asked())
    view = task_view.present()
    typed = {**NEW, **view.presets()}
    if request.args["new"] in STATUSES:
        typed["status"] = request.args["new"]
    return task_pages.show_new(view, typed, {})


@bp.post("")
def create() -> Response:
    """Make a task, from the line above the board (`quick`) or from the whole form."""
    view, sent = task_view.present(), request.form
    is_quick = "quick" in sent
    try:
        values = TASK.read(sent, creating=True)
        text = workspace.write(queries.create, values=values, today=filters.today())
    except (ValidationError, RowRefusedError) as error:
        errors = refusals(TASK, error)
        if is_quick:
            messages = [text for texts in errors.values() for text in texts]
            return task_pages.show_quick(view, sent.get("title", ""), messages)
        typed = typed_fields(sent, NEW)
        return task_pages.show_new(view, typed, errors, status=422)
    return task_pages.show_made(view, decode(text, TaskDetail), is_quick=is_quick)


@bp.get("/<uuid:task_id>")
def detail(task_id: UUID) -> Response:
    """One task, beside the board or on its own page; `?edit` opens its form."""
    return task_pages.show_task(str(task_id), with_form="edit" in request.args)


@bp.post("/<uuid:task_id>")
def edit(task_id: UUID) -> Response:
    """Change the fields the form carries."""
    key, sent = str(task_id), request.form

    def stored() -> Mapping[str, object]:
        return decode(workspace.read(queries.get, row_id=key), dict[str, object])

    try:
        values = TASK.read(sent, creating=False, stored=stored)
        row = _save(key, values, sent)
    except (ValidationError, RowRefusedError) as error:
        errors = refusals(TASK, error)
        return task_pages.show_task(key, with_form=True, errors=errors, status=422)
    except StaleVersionError:
        return task_pages.show_task(key, is_late=True, status=409)
    return task_pages.show_saved(row, only_moved="title" not in sent)


@bp.post("/<uuid:task_id>/delete")
def delete(task_id: UUID) -> Response:
    """Delete a task."""
    key, behind = str(task_id), task_view.behind()
    try:
        workspace.write(queries.delete, row_id=key, version=request.form.get("version") or None)
    except StaleVersionError:
        warning = "Changed elsewhere since you opened it. Nothing was deleted."
        return task_pages.show_task(key, warning=warning, status=409)
    if behind is None:
        return leave_for(url_for(".list"), "The task is deleted.")
    return task_pages.show_removed(key, behind)


def _save(key: str, values: dict[str, Any], sent: Mapping[str, str]) -> TaskDetail:
    """Write `values`; a task whose status is not what it `was` goes to the end of its new column.

    A move stands also where somebody changed other fields meanwhile. Raises StaleVersionError.
    """
    is_move, was = values.keys() == {"status"}, sent.get("was")
    if values.get("status", was) != was:
        values["position"] = Decimal(f"{time.time():.6f}")  # as `queries.columns.rank` counts
    version: str | None = sent.get("version") or None
    arguments = {"row_id": key, "values": values, "today": filters.today()}
    try:
        text = workspace.write(queries.update, **arguments, version=version)
    except StaleVersionError as stale:
        current = decode(stale.current, TaskDetail)
        if not is_move or (current.status or "") != was:
            raise
        text = workspace.write(queries.update, **arguments, version=current.version)
    return decode(text, TaskDetail)
