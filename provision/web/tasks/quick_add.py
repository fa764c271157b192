"""The line above a board or list that adds a task, and the preview of how it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.nouns.tasks import STATUSES
from provision.tenant.queries import options
from provision.web.answer.htmx import htmx
from provision.web.answer.partials import leave_for, respond
from provision.web.format import dates
from provision.web.format.dates import short_day
from provision.web.format.names import short
from provision.web.request import workspace
from provision.web.rows.editing import Editor, Form
from provision.web.tasks import answers, quick_line
from provision.web.tasks.frame import LIST, frame
from provision.web.tasks.view import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

    from provision.tenant.queries.rows import TaskDetail
    from provision.web.tasks.quick_line import LineReading
    from provision.web.tasks.view import TaskView


def create(editor: Editor[TaskDetail], view: TaskView, sent: Mapping[str, str]) -> Response:
    """Make a task of the line. If a part of it is not understood, say so and make nothing."""
    line = sent.get("title", "")
    reading = _read(line)
    if reading.errors:
        return answers.show_quick(view, line, reading.errors)
    made = editor.create({**sent, **reading.values, "title": _title(reading, line)})
    if isinstance(made, Form):
        messages = [text for texts in made.errors.values() for text in texts]
        return answers.show_quick(view, line, messages)
    return answers.show_made(view, made, _words(made, reading), is_quick=True)


def show_reading(view: TaskView, given: Mapping[str, str]) -> Response:
    """Answer with a preview of the task that the line would make; empty if it names no field.

    This is not a page of its own. Without script, the toast says afterwards how it was read.
    """
    if not htmx:
        return leave_for(view.url())
    line = given.get("title", "")[:1000]
    reading = _read(line)
    values = {"status": "todo", "priority": "medium", **view.presets(), **reading.values}
    return respond(
        LIST,
        "quick_reading",
        reading=reading if reading.values or reading.errors else None,
        values=values,
        **frame(view),
    )


def _read(line: str) -> LineReading:
    choices = workspace.read(options.choices) if quick_line.asks_for_names(line) else None
    return quick_line.read(line, choices, dates.today())


def _title(reading: LineReading, line: str) -> str:
    """Return the title that was read; the whole text if it has control characters.

    The check of titles then refuses it, as in the form.
    """
    return line if any(ord(letter) < 32 for letter in line.strip()) else reading.title


def _words(made: TaskDetail, reading: LineReading) -> str:
    """Return the text of the toast: the title, and the fields that the line filled."""
    texts: list[Any] = [
        reading.names.get("project_id"),
        reading.names.get("assignee_id"),
        PRIORITIES.get(reading.values.get("priority", "")),
        short_day(reading.values.get("due_date", "")),
    ]
    said = ", ".join(text for text in texts if text)
    title = short(made.title)
    where = STATUSES.get(made.status or "", "")
    return f"{title} is added: {where}, {said}" if said else f"{title} is added"
