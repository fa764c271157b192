"""Move a task on the board: by dragging its card, by keys, or by a form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from provision.errors import StaleVersionError, ValidationError
from provision.nouns.fields import FieldError, Reference
from provision.nouns.tasks import STATUSES, TASK
from provision.tenant.connection.decoding import decode
from provision.tenant.queries import moving
from provision.tenant.queries.places import places
from provision.tenant.queries.rows import TaskDetail
from provision.web.answer.htmx import htmx
from provision.web.answer.partials import respond
from provision.web.format import dates
from provision.web.format.names import named
from provision.web.request import undo_note, workspace
from provision.web.tasks import cards
from provision.web.tasks import view as task_view
from provision.web.tasks.frame import frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

    from provision.web.rows.editing import Editor, Form

_NEIGHBOURS = tuple(Reference(column=name, label="This card") for name in ("above", "below"))


def move(editor: Editor[TaskDetail], row_id: str, sent: Mapping[str, str]) -> TaskDetail | Form:
    """Move one task; return the refused form if somebody else moved it before.

    In `sent`, `was` is the status that the card had, and `status` the one it gets. `above` or
    `below` is its new neighbour; `on_top` puts it first.
    """
    was = sent.get("was", "").replace("\0", "")  # no status in a database holds it
    given = {"status": sent["status"]} if sent.get("status", was) != was else {}
    status = TASK.read(given, creating=False).get("status")
    neighbours = _neighbours(sent)
    try:
        text = workspace.write(
            moving.move,
            row_id=row_id,
            was=was,
            on_top="on_top" in sent,
            note=undo_note.note(),
            today=dates.today(),
            status=status,
            above=neighbours.get("above"),
            below=neighbours.get("below"),
        )
    except StaleVersionError as error:
        return editor.against({"was": was, **given}, error.current)
    return decode(text, TaskDetail)


def show_form(row_id: str, status: str | None) -> Response:
    """Answer with the form that moves a task: all columns, and the places in one of them.

    That one is the column of `status`, or else the one that the task is in.
    """
    today, view = dates.today(), task_view.present()
    known = status if status in STATUSES else None
    page = workspace.read(
        places,
        row_id=row_id,
        today=today,
        shell=not htmx,
        status=known,
        filters=replace(view.filters(), status=None, is_open=None),
        limit=cards.CARDS_A_COLUMN,
    )
    into = known or page.task.status
    context: dict[str, Any] = {
        "task": cards.card(page.task, today),
        "into": into,
        # Done tasks are sorted by when they were done, so there is no place to choose.
        "places": ()
        if into == "done"
        else [(each.id, named(each.name)) for each in page.neighbours],
        "beside": bool(htmx),
        "shell": page.shell,
    }
    return respond("tasks/move.html", "move_panel", **context, **frame(view))


def _neighbours(sent: Mapping[str, str]) -> dict[str, Any]:
    found, wrong = {}, {}
    for each in _NEIGHBOURS:
        try:
            found[each.column] = each.read(sent.get(each.column))
        except FieldError as error:
            wrong[each.column] = [str(error)]
    if wrong:
        raise ValidationError(wrong)
    return found
