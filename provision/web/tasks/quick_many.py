"""Tasks of several lines at once: how they are read, and one statement that writes all of them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

from provision.errors import RowRefusedError, ValidationError
from provision.nouns.tasks import TASK
from provision.tenant.transfer import importing
from provision.tenant.transfer.arriving import Rows
from provision.web.format import dates
from provision.web.format.viewer import formats
from provision.web.request import undo_note, workspace
from provision.web.tasks.quick import line as quick_line
from provision.web.tasks.quick import lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provision.web.tasks.quick.line import LineReading, Names, Unknown
    from provision.web.tasks.quick.lines import Line

_SHOWN: Final = 3
_MOST_ERRORS: Final = 5
# Below each other in the order of the lines, all of them within the moment they are written in.
_STEP_S: Final = Decimal("0.00001")


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line as it is read; `fields` are those of the task, as a form would send them."""

    number: int
    reading: LineReading
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Many:
    """Several lines as they are read: how many, the first few, and what is wrong with which.

    `is_too_much` if they are too many, so that none was read.
    """

    count: int
    shown: Sequence[ReadLine] = ()
    errors: Sequence[str] = ()
    notes: Sequence[str] = ()
    unknown: Sequence[Unknown] = ()
    is_too_much: bool = False

    @property
    def rest(self) -> int:
        """Return how many lines are not among those shown."""
        return self.count - len(self.shown)


class Written(NamedTuple):
    """A task that was written: its id, and what the filters of a view look at."""

    id: str
    title: str
    description: str | None
    status: str | None
    priority: str | None
    due_date: str | None
    project_id: str | None
    assignee_id: str | None
    completed_at: str | None


def too_much(found: Sequence[Line]) -> Many | None:
    """Return what is said of more lines than are taken at once; None if they are not too many."""
    text = ""
    if len(found) > lines.MOST_LINES:
        text = f"These are {len(found):,} lines, and {lines.MOST_LINES} may be added at once."
    elif sum(len(each.text) for each in found) > lines.MOST_CHARACTERS:
        text = f"These lines have more than {lines.MOST_CHARACTERS:,} characters together."
    return Many(len(found), errors=[text], is_too_much=True) if text else None


def read(found: Sequence[Line], names: Names | None, presets: Mapping[str, str]) -> list[ReadLine]:
    """Read each line; `presets` are the fields of a task of which a line says nothing."""
    today, order = dates.today(), formats().date_format
    read_lines = []
    for each in found:
        reading = quick_line.read(each.text[: lines.LONGEST_LINE], names, today, order)
        status = {"status": "done"} if each.is_done else {}
        title = each.text if _cannot_be_read(each.text) else reading.title
        fields = {**presets, **status, **reading.values, "title": title}
        read_lines.append(ReadLine(each.number, reading, fields))
    return read_lines


def shown(read_lines: Sequence[ReadLine]) -> Many:
    """Return what is said of lines: the first few as they are read, of all what is wrong."""
    errors, notes = [], []
    unknown: dict[str, Unknown] = {}
    for each in read_lines:
        errors += [f"Line {each.number}: {text}" for text in _errors(each)]
        notes += [f"Line {each.number}: {text}" for text in each.reading.notes]
        unknown |= {one.token: one for one in each.reading.unknown}
    return Many(
        len(read_lines),
        read_lines[:_SHOWN],
        _first(errors, "lines that cannot be taken"),
        _first(notes, "notes"),
        list(unknown.values()),
    )


def write(read_lines: Sequence[ReadLine]) -> list[Written]:
    """Write a task for each line in one statement, with one note that takes all of them back.

    Raises ValidationError with what the database refused.
    """
    now, second = datetime.now(UTC).replace(tzinfo=None).isoformat(), time.time()
    rows = [
        _row(each, now, Decimal(f"{second:.6f}") + place * _STEP_S)
        for place, each in enumerate(read_lines)
    ]
    try:
        workspace.write(
            importing.add,
            rows=Rows(tasks=rows),
            changed=Rows(),
            what=f"{len(rows)} tasks of pasted lines",
            note=undo_note.note(),
        )
    except RowRefusedError as error:
        raise ValidationError({"title": [str(error)]}) from None
    return [Written(**{name: row[name] for name in Written._fields}) for row in rows]


def _row(line: ReadLine, now: str, position: Decimal) -> dict[str, Any]:
    values = {**TASK.defaults, **TASK.read(line.fields, creating=True)}
    if due := values["due_date"]:
        values["due_date"] = due.isoformat()
    return {
        **values,
        "id": str(uuid4()),
        "created_at": now,
        "updated_at": now,
        "completed_at": now if values["status"] == "done" else None,
        "position": position,
    }


def _errors(line: ReadLine) -> list[str]:
    try:
        TASK.read(line.fields, creating=True)
    except ValidationError as error:
        refused = [text for texts in error.errors.values() for text in texts]
        return [*line.reading.errors, *refused]
    return line.reading.errors


def _cannot_be_read(text: str) -> bool:
    """Tell whether a line is too long to be read, or has control characters.

    The check of titles then refuses it, as in the form.
    """
    return len(text) > lines.LONGEST_LINE or any(ord(letter) < 32 for letter in text)


def _first(texts: Sequence[str], what: str) -> list[str]:
    more = len(texts) - _MOST_ERRORS
    return [*texts[:_MOST_ERRORS], f"And {more} more {what}."] if more > 0 else list(texts)
