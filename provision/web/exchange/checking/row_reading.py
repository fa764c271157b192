"""One row of a draft: its cells read by the columns they are in."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from provision.nouns import day_text
from provision.nouns.day_text import Written
from provision.nouns.fields import Choice, Day, FieldError, Money, Percent
from provision.web.exchange.checking.evidence import Evidence
from provision.web.exchange.checking.result import BadCell
from provision.web.exchange.columns.choices import key_of
from provision.web.exchange.columns.kinds import PROGRESS, TASKS
from provision.web.exchange.words import folding, yes_no

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from provision.nouns.fields import Field
    from provision.web.exchange.columns.amounts import AmountColumn
    from provision.web.exchange.columns.choices import ChoiceColumn
    from provision.web.exchange.columns.days import DayColumn
    from provision.web.exchange.columns.kinds import Kind
    from provision.web.exchange.columns.people import Named, PeopleColumn, ProjectColumn
    from provision.web.exchange.columns.questions import Aside

_MOST_TITLE: Final = 200
_ARCHIVED: Final = frozenset({"archived", "archiviert", "archive", "archivado"})
_CLOSED_WORDS: Final = (
    "cancel",
    "annul",
    "abgebroch",
    "storn",
    "reject",
    "wont",
    "won t",
    "duplic",
)


@dataclass(slots=True)
class Readers:
    """What reads the columns, by their place in the row."""

    days: dict[int, DayColumn] = field(default_factory=dict)
    amounts: dict[int, AmountColumn] = field(default_factory=dict)
    choices: dict[int, ChoiceColumn] = field(default_factory=dict)
    people: dict[int, PeopleColumn] = field(default_factory=dict)
    projects: dict[int, ProjectColumn] = field(default_factory=dict)
    zone: tzinfo = UTC
    is_of_one: bool = False
    """Whether progress is a part of 1, not of 100."""


@dataclass(slots=True)
class RowReading:
    """`values` by column; `people` and `projects` in the order they are named; `wrong` cells."""

    values: dict[str, Any] = field(default_factory=dict)
    people: list[Named] = field(default_factory=list)
    projects: list[Named] = field(default_factory=list)
    email: str = ""
    wrong: list[BadCell] = field(default_factory=list)
    evidence: Evidence = field(default_factory=Evidence)


@dataclass(slots=True)
class RowReader:
    """Reads rows; what is not stored as it stands goes to `aside`."""

    kind: Kind
    columns: Sequence[str]
    headings: Sequence[str]
    readers: Readers
    aside: Aside
    rules: Mapping[str, Field]

    def read(self, record: Sequence[str]) -> RowReading:
        """Return what a row says."""
        found = RowReading()
        for place, role in enumerate(self.columns):
            if not role:
                continue
            cell = record[place] if place < len(record) else ""
            try:
                self._cell(found, place, role, cell)
            except FieldError as error:
                label = self.kind.label(role)
                found.wrong.append(BadCell(place, label, cell, str(error)))
        return found

    def _cell(self, found: RowReading, place: int, role: str, cell: str) -> None:
        if role in PROGRESS and self.kind is TASKS:
            self._progress(found.evidence, place, role, cell)
        elif role == "more":
            if cell.strip():
                self.aside.keep(self.headings[place], cell)
        elif role == "assignee":
            found.people = self.readers.people[place].read(cell)
        elif role == "assignee_email":
            found.email = _address(cell)
        elif role == "project":
            found.projects = self.readers.projects[place].read(cell)
        elif role == "id":
            found.values["id"] = cell.strip().lower()
        elif role == "created_at":
            found.values[role] = self.readers.days[place].instant(cell, self.aside)
        else:
            found.values[role] = self._value(place, role, cell)

    def _value(self, place: int, role: str, cell: str) -> Any:
        """Return what is stored for a cell; the default for an empty one."""
        rule = self.rules[role]
        if not cell.strip() and not rule.required:
            return rule.default
        if isinstance(rule, Day):
            return self.readers.days[place].due(cell, self.aside)
        if isinstance(rule, Choice):
            return self.readers.choices[place].read(cell)
        if isinstance(rule, Money):
            return rule.read(self.readers.amounts[place].read(cell, self.aside))
        if isinstance(rule, Percent):
            return rule.read(cell)
        if role in ("title", "name"):
            cell = self._title(place, cell)
        return rule.read(cell)

    def _title(self, place: int, cell: str) -> str:
        heading = self.headings[place]
        line = " ".join(cell.split()) if any(each in cell.strip() for each in "\r\n\t") else cell
        if line != cell:
            self.aside.note("title_lines", heading, cell)
        line = line.strip()
        if len(line) > _MOST_TITLE and self.kind.key != "team":
            self.aside.note("title_cut", heading)
            self.aside.keep(heading, line)
            line = f"{line[: _MOST_TITLE - 1].rstrip()}…"
        return line

    def _progress(self, evidence: Evidence, place: int, role: str, cell: str) -> None:
        if role == "completed_at":
            if instant := self.readers.days[place].instant(cell, self.aside):
                evidence.completed_at.append(instant)
        elif role == "is_done":
            self._is_done(evidence, place, cell)
        elif role == "progress":
            evidence.percent = yes_no.percent(cell, of_one=self.readers.is_of_one)
            if cell.strip() and evidence.percent is None:
                raise FieldError("Progress is a number of percent, such as 40 %.")
        elif role == "stage":
            evidence.stage = self.readers.choices[place].read(cell)
            self._note_closing(evidence.stage, place, cell)
        elif cell.strip():
            evidence.status = self.readers.choices[place].read(cell)
            evidence.status_word = key_of(cell)
            self._note_closing(evidence.status, place, cell)

    def _is_done(self, evidence: Evidence, place: int, cell: str) -> None:
        heading = folding.heading(self.headings[place])
        if yes_no.is_resolution(self.headings[place]):
            # Whatever an issue was resolved as, it is closed.
            said: bool | None = bool(cell.strip()) and yes_no.read(cell) is not False
        else:
            said = yes_no.read(cell)
        if said is None and (moment := self._moment(cell)):
            evidence.completed_at.append(moment)
            said = True
        if said is None:
            raise FieldError("This is yes or no.")
        if said and heading in _ARCHIVED:
            self.aside.note("archived", self.headings[place])
        evidence.is_done.append(said)

    def _moment(self, cell: str) -> str:
        """Return the moment in a cell that should hold a tick; empty for none."""
        found = day_text.read(cell, of_program=True)
        if not isinstance(found, Written):
            return ""
        with suppress(OverflowError):
            return found.instant(self.readers.zone).replace(tzinfo=None).isoformat()
        return ""

    def _note_closing(self, value: str, place: int, cell: str) -> None:
        if value == "done" and folding.word(cell).startswith(_CLOSED_WORDS):
            self.aside.note("closed_word", self.headings[place], cell)


def _address(cell: str) -> str:
    """Return the first e-mail address in a cell; empty for none."""
    first = cell.replace("mailto:", "").replace(";", ",").split(",")[0].strip(" <>")
    return first if "@" in first and " " not in first else ""
