"""What can be imported from a spreadsheet, and what its columns can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provision.nouns.fields import Choice, Reference
from provision.nouns.projects import PROJECT
from provision.nouns.tasks import TASK
from provision.nouns.team import TEAM_MEMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.nouns.fields import Field
    from provision.nouns.noun import Noun

REPEATABLE: Final = frozenset({"completed_at", "is_done", "more"})
"""What several columns may be at once."""
INSTANTS: Final = frozenset({"created_at", "completed_at"})
DAYS: Final = frozenset({"due_date"}) | INSTANTS
PROGRESS: Final = frozenset({"status", "stage", "is_done", "progress", "completed_at"})
"""What says how far a task is; all of them are put together."""
AMOUNTS: Final = frozenset({"budget", "spent"})


@dataclass(frozen=True, slots=True)
class Kind:
    """`columns` are (name, label) in the order people are offered them; the first one is needed.

    Names are those of the table or, for what is put together from several columns, our own;
    `project` and `assignee` are named, not given by id.
    """

    key: str
    one: str
    many: str
    noun: Noun
    columns: tuple[tuple[str, str], ...]

    @property
    def fields(self) -> Mapping[str, Field]:
        """Return the rules of what is stored as it is written, by column."""
        return {each.column: each for each in self.noun.fields if not isinstance(each, Reference)}

    @property
    def roles(self) -> frozenset[str]:
        """Return the names of all columns."""
        return frozenset(name for name, _ in self.columns)

    def label(self, name: str) -> str:
        """Return what a column is called."""
        return dict(self.columns)[name]

    def shown(self, name: str, value: object) -> object:
        """Return a value as people read it: a choice by its label."""
        rule = self.fields.get(name)
        return rule.labels.get(str(value), value) if isinstance(rule, Choice) else value


def _labels(noun: Noun) -> tuple[tuple[str, str], ...]:
    return tuple(
        (each.column, each.label) for each in noun.fields if not isinstance(each, Reference)
    )


_MORE: Final = (("id", "Id in Provision"), ("more", "Keep in the description"))
TASKS: Final = Kind(
    "tasks",
    "task",
    "tasks",
    TASK,
    (
        *_labels(TASK),
        ("project", "Project"),
        ("assignee", "Assignee"),
        ("assignee_email", "E-mail of the assignee"),
        ("created_at", "Created"),
        ("completed_at", "Done on"),
        ("is_done", "Done: yes or no"),
        ("progress", "Progress in percent"),
        ("stage", "List, section or column"),
        *_MORE,
    ),
)
PROJECTS: Final = Kind(
    "projects",
    "project",
    "projects",
    PROJECT,
    (*_labels(PROJECT), ("created_at", "Created"), *_MORE),
)
TEAM: Final = Kind(
    "team",
    "person",
    "people",
    TEAM_MEMBER,
    (*_labels(TEAM_MEMBER), ("created_at", "Created"), _MORE[0]),
)
KINDS: Final[Mapping[str, Kind]] = {each.key: each for each in (TASKS, PROJECTS, TEAM)}
