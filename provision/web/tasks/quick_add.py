"""The line above a board or list that adds a task, and the preview of how it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from provision.errors import ValidationError
from provision.nouns.tasks import STATUSES, TASK
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
from provision.web.tasks import answers, listing, quick_many
from provision.web.tasks.frame import LIST, QuickLine, frame
from provision.web.tasks.quick import line as quick_line
from provision.web.tasks.quick import lines
from provision.web.tasks.view import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response
    from werkzeug.datastructures import MultiDict

    from provision.tenant.queries.rows import TaskDetail
    from provision.web.tasks.quick.line import LineReading, Names, Unknown
    from provision.web.tasks.quick.lines import Line
    from provision.web.tasks.quick_many import Many
    from provision.web.tasks.view import TaskView


def create(editor: Editor[TaskDetail], view: TaskView, sent: MultiDict[str, str]) -> Response:
    """Make a task of each line. If a part of it is not understood, say so and make nothing.

    A name that nobody has stays in the title once that was said: `kept` are the names that it was
    said of. `make` is the one of them for which a project or a person is to be made first.
    """
    text = sent.get("title", "")
    found = lines.split(text)
    if len(found) > 1:
        return _create_many(view, sent, found)
    line = found[0].text if found else ""
    if len(line) > lines.LONGEST_LINE:
        long = QuickLine(text, [f"A line may have {lines.LONGEST_LINE:,} characters at most."])
        return answers.show_quick(view, long)
    return _create_one(editor, view, sent, line)


def _create_one(
    editor: Editor[TaskDetail], view: TaskView, sent: MultiDict[str, str], line: str
) -> Response:
    reading = _read(line, _names(line))
    if reading.errors:
        return answers.show_quick(view, QuickLine(line, reading.errors))
    made = _make(sent.get("make"), reading.unknown)
    if isinstance(made, Form):
        return _refuse(view, line, made.errors)
    if made:
        reading = _read(line, _names(line, made))
    if _asks(reading.unknown, sent):
        return answers.show_quick(view, QuickLine(line, (), reading, _values(view, reading)))
    row = editor.create({**sent, **reading.values, "title": _title(reading, line)})
    if isinstance(row, Form):
        return _refuse(view, line, row.errors)
    return answers.show_made(view, row, _words(row, reading), is_quick=True)


def _create_many(view: TaskView, sent: MultiDict[str, str], found: list[Line]) -> Response:
    """Make a task of each of several lines, all or none."""
    text = sent["title"]
    if many := quick_many.too_much(found):
        return answers.show_quick(view, QuickLine(text, many.errors, many=many))
    presets = {name: sent[name] for name in TASK.columns if name in sent}
    read = quick_many.read(found, _names(text), presets)
    many = quick_many.shown(read)
    made = None if many.errors else _make(sent.get("make"), many.unknown)
    if isinstance(made, Form):
        return _refuse(view, text, made.errors)
    if made:
        read = quick_many.read(found, _names(text, made), presets)
        many = quick_many.shown(read)
    if many.errors or _asks(many.unknown, sent):
        many = _preview(view, text, found)
        return answers.show_quick(view, QuickLine(text, many.errors, many=many))
    try:
        rows = quick_many.write(read)
    except ValidationError as error:
        return _refuse(view, text, error.errors)
    shown = [row for row in rows if view.fits(row)]
    hidden = len(rows) - len(shown)
    where = f", {hidden} of them not in this selection" if hidden else ""
    if not shown:
        where = ", not in this selection"
    first_id = shown[0].id if shown else None
    return listing.show_added(view, f"{len(rows)} tasks are added{where}.", first_id)


def show_reading(view: TaskView, text: str) -> Response:
    """Answer with a preview of the tasks that the text would make; empty if it is one title.

    This is not a page of its own. Without script, the toast says afterwards how it was read.
    """
    if not htmx:
        return leave_for(view.url())
    found = lines.split(text)
    if len(found) > 1:
        quick = QuickLine(text, many=_preview(view, text, found))
        return respond(LIST, "quick_reading", **frame(view, quick=quick))
    line = found[0].text[: lines.LONGEST_LINE] if found else ""
    reading = _read(line, _names(line))
    quick = QuickLine()
    is_title = reading.title == " ".join(line.split())
    if reading.values or reading.errors or reading.notes or not is_title:
        _name_presets(view, [reading])
        quick = QuickLine(line, (), reading, _values(view, reading))
    return respond(LIST, "quick_reading", **frame(view, quick=quick))


def _preview(view: TaskView, text: str, found: list[Line]) -> Many:
    if many := quick_many.too_much(found):
        return many
    presets = {"status": "todo", "priority": "medium", **view.presets()}
    many = quick_many.shown(quick_many.read(found, _names(text), presets))
    _name_presets(view, [each.reading for each in many.shown])
    return many


class _Made(NamedTuple):
    """A project or person that was made because a line names it."""

    sign: str
    row: Option


_OF_NAMES: Final[Mapping[str, Editor[Any]]] = {"#": Editor(PROJECTS), "@": Editor(TEAM)}


def _refuse(view: TaskView, text: str, errors: Mapping[str, list[str]]) -> Response:
    messages = [message for texts in errors.values() for message in texts]
    return answers.show_quick(view, QuickLine(text, messages))


def _make(token: str | None, unknown: Sequence[Unknown]) -> _Made | Form | None:
    """Make the project or person that `token` names, if it is one of those that nobody has."""
    wanted = next((each for each in unknown if each.token == token), None)
    if wanted is None:
        return None
    row = _OF_NAMES[wanted.sign].create({"name": wanted.name})
    if isinstance(row, Form):
        return row
    return _Made(wanted.sign, Option(id=row.id, name=row.name))


def _asks(unknown: Sequence[Unknown], sent: MultiDict[str, str]) -> bool:
    """Tell whether there is a name that nobody has of which that was not said yet."""
    return any(each.token not in sent.getlist("kept") for each in unknown)


def _values(view: TaskView, reading: LineReading) -> dict[str, str]:
    return {"status": "todo", "priority": "medium", **view.presets(), **reading.values}


def _name_presets(view: TaskView, readings: Sequence[LineReading]) -> None:
    """Name the project and the person that the filters give the tasks."""
    presets = view.presets()
    missing = [
        (reading, column)
        for reading in readings
        for column in ("project_id", "assignee_id")
        if column in presets and column not in reading.values
    ]
    if not missing:
        return
    choices = workspace.read(options.choices)
    rows = {"project_id": choices.projects, "assignee_id": choices.members}
    for reading, column in missing:
        for each in rows[column]:
            if each.id == presets[column]:
                reading.names[column] = each.name


def _names(text: str, made: _Made | None = None) -> Names | None:
    """Return the names that a text is read with, and the one that was made a moment ago."""
    if not quick_line.asks_for_names(text):
        return None
    choices = workspace.read(options.choices)
    if made:
        # The choices are cut off after some hundreds, so it may not be among them.
        sign, row = made
        projects, members = choices.projects, choices.members
        choices = (
            options.Choices((*(each for each in projects if each.id != row.id), row), members)
            if sign == "#"
            else options.Choices(projects, (*(each for each in members if each.id != row.id), row))
        )
    return quick_line.names_of(choices)


def _read(line: str, names: Names | None) -> LineReading:
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
