"""What the check of a draft found, as pages show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.web.exchange.columns.people import Named
    from provision.web.exchange.columns.questions import Question, WordChoice

_PREVIEWED: Final = 5


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that cannot be taken; `column` is its place in the row."""

    column: int
    label: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """`number` as the spreadsheet counts; a row may be too long as well as hold bad cells."""

    number: int
    cells: tuple[BadCell, ...]
    message: str = ""

    @property
    def why(self) -> str:
        """Return all that is wrong with it, in one text."""
        return " ".join(
            filter(None, [*(f"{c.label}: {c.message}" for c in self.cells), self.message])
        )


@dataclass(frozen=True, slots=True)
class ReadyRow:
    """A row that can be written; `values` by column, `project` and `assignee` as Named."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that is here, as it is `stored`, with the `values` that the file gives it."""

    number: int
    stored: Mapping[str, Any]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """A row to change that somebody has changed since it was shown.

    `differences` are a label, what is here now, and what the file says.
    """

    number: int
    name: str
    differences: tuple[tuple[str, str, str], ...]


@dataclass(slots=True)
class Checked:
    """`ready` are rows that are new, `changed` those that are here and get other values.

    `present` counts rows that are here already. `unknown` are the names that no project or person
    here has, by `project` and `assignee`. `lacks` says what has to be chosen before anything can be
    read. `said` are the losses. `bad` are rows to mend, `dropped` those that are left out.
    `by_id` are the rows here that the file names by their ids.
    """

    ready: list[ReadyRow] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    present: int = 0
    bad: list[BadRow] = field(default_factory=list)
    dropped: list[BadRow] = field(default_factory=list)
    unknown: dict[str, tuple[Named, ...]] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    words: list[WordChoice] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    by_id: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lacks: str = ""

    @property
    def count(self) -> int:
        """Return how many rows would be written."""
        return len(self.ready) + len(self.changed)

    @property
    def preview(self) -> list[ReadyRow]:
        """Return the first rows that are new."""
        return self.ready[:_PREVIEWED]
