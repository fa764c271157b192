"""The line above a board or list that adds a task, and the preview of how it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from provision.nouns.tasks import STATUSES
from provision.tenant.queries import options
from provision.tenant.queries.projects import PROJECTS
from provision.tenant.queries.rows import Option
from provision.tenant.queries.team import TEAM
from provision.web.answer.htmx import htmx
from provision.web.answer.partials import leave_for, respond
from provision.web.format import dates
from provision.web.format.dates import short_day
from provision.web.format.names import short
from provision.web.format.viewer import formats
from provision.web.request import workspace
from provision.web.rows.editing import Editor, Form
from provision.web.tasks import answers
from provision.web.tasks.frame import LIST, QuickLine, frame
from provision.web.tasks.quick import line as quick_line
from provision.web.tasks.view import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from werkzeug.datastructures import MultiDict

    from provision.tenant.queries.rows import TaskDetail
    from provision.web.tasks.quick.line import LineReading
    from provision.web.tasks.view import TaskView

# Reading takes time by the square of the length.
_LONGEST_LINE: Final = 1_000


def create(editor: Editor[TaskDetail], view: TaskView, sent: MultiDict[str, str]) -> Response:
    """Make a task of the line. If a part of it is not understood, say so and make nothing.

    A name that nobody has stays in the title once that was said: `kept` are the names that it was
    said of. `make` is the one of them for which a project or a person is to be made first.
    """
    line = sent.get("title", "")
    if len(line) > _LONGEST_LINE:
        long = QuickLine(line, ["A line may have 1,000 characters at most."])
        return answers.show_quick(view, long)
    reading = _read(line)
    if wanted := next((each for each in reading.unknown if each.token == sent.get("make")), None):
        added = _OF_NAMES[wanted.sign].create({"name": wanted.name})
        if isinstance(added, Form):
            return _refuse(view, line, added)
        reading = _read(line, (wanted.sign, Option(id=added.id, name=added.name)))
    if reading.errors:
        return answers.show_quick(view, QuickLine(line, reading.errors))
    if any(each.token not in sent.getlist("kept") for each in reading.unknown):
        return answers.show_quick(view, QuickLine(line, (), reading, _values(view, reading)))
    made = editor.create({**sent, **reading.values, "title": _title(reading, line)})
    if isinstance(made, Form):
        return _refuse(view, line, made)
    return answers.show_made(view, made, _words(made, reading), is_quick=True)


def show_reading(view: TaskView, given: Mapping[str, str]) -> Response:
    """Answer with a preview of the task that the line would make; empty if it is all title.

    This is not a page of its own. Without script, the toast says afterwards how it was read.
    """
    if not htmx:
        return leave_for(view.url())
    line = given.get("title", "")[:1000]
    reading = _read(line)
    quick = QuickLine()
    is_title = reading.title == " ".join(line.split())
    if reading.values or reading.errors or reading.notes or not is_title:
        _name_presets(view, reading)
        quick = QuickLine(line, (), reading, _values(view, reading))
    return respond(LIST, "quick_reading", **frame(view, quick=quick))


_OF_NAMES: Final[Mapping[str, Editor[Any]]] = {"#": Editor(PROJECTS), "@": Editor(TEAM)}


def _refuse(view: TaskView, line: str, form: Form) -> Response:
    messages = [text for texts in form.errors.values() for text in texts]
    return answers.show_quick(view, QuickLine(line, messages))


def _values(view: TaskView, reading: LineReading) -> dict[str, str]:
    return {"status": "todo", "priority": "medium", **view.presets(), **reading.values}


def _name_presets(view: TaskView, reading: LineReading) -> None:
    """Name the project and the person that the filters give the task."""
    presets = view.presets()
    missing = [
        column
        for column in ("project_id", "assignee_id")
        if column in presets and column not in reading.values
    ]
    if not missing:
        return
    choices = workspace.read(options.choices)
    rows = {"project_id": choices.projects, "assignee_id": choices.members}
    for column in missing:
        for each in rows[column]:
            if each.id == presets[column]:
                reading.names[column] = each.name


def _read(line: str, added: tuple[str, Option] | None = None) -> LineReading:
    """Read the line; `added` is the sign and the row of a name that was made a moment ago."""
    choices = workspace.read(options.choices) if quick_line.asks_for_names(line) else None
    if choices and added:
        # The choices are cut off after some hundreds, so it may not be among them.
        sign, row = added
        projects, members = choices.projects, choices.members
        choices = (
            options.Choices((*(each for each in projects if each.id != row.id), row), members)
            if sign == "#"
            else options.Choices(projects, (*(each for each in members if each.id != row.id), row))
        )
    names = quick_line.names_of(choices) if choices else None
    return quick_line.read(line, names, dates.today(), formats().date_format)


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
    text = f"{title} is added: {where}, {said}" if said else f"{title} is added"
    return ". ".join([text, *(note.rstrip(".") for note in reading.notes)])
