"""What can be imported from a spreadsheet, and by which headings its columns are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provision.nouns.fields import Choice, Reference
from provision.nouns.projects import PROJECT
from provision.nouns.tasks import TASK
from provision.nouns.team import TEAM_MEMBER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provision.nouns.fields import Field
    from provision.nouns.noun import Noun


@dataclass(frozen=True, slots=True)
class Kind:
    """`columns` are (name, label) in the order people are offered them; the first one is needed.

    Names are those of the table; `project` and `assignee` are named, not given by id.
    """

    key: str
    one: str
    many: str
    noun: Noun
    columns: tuple[tuple[str, str], ...]

    @property
    def fields(self) -> Mapping[str, Field]:
        """The rules of what is stored as it is written."""
        return {each.column: each for each in self.noun.fields if not isinstance(each, Reference)}

    def label(self, name: str) -> str:
        return dict(self.columns)[name]

    def shown(self, name: str, value: object) -> object:
        """A value as people read it: a choice by its label."""
        rule = self.fields.get(name)
        return rule.labels.get(str(value), value) if isinstance(rule, Choice) else value


def _labels(noun: Noun) -> tuple[tuple[str, str], ...]:
    return tuple(
        (each.column, each.label) for each in noun.fields if not isinstance(each, Reference)
    )


TASKS: Final = Kind(
    "tasks",
    "task",
    "tasks",
    TASK,
    (
        *_labels(TASK),
        ("project", "Project"),
        ("assignee", "Assignee"),
        ("created_at", "Created"),
        ("completed_at", "Done on"),
    ),
)
PROJECTS: Final = Kind(
    "projects", "project", "projects", PROJECT, (*_labels(PROJECT), ("created_at", "Created"))
)
TEAM: Final = Kind(
    "team", "person", "people", TEAM_MEMBER, (*_labels(TEAM_MEMBER), ("created_at", "Created"))
)
KINDS: Final[Mapping[str, Kind]] = {each.key: each for each in (TASKS, PROJECTS, TEAM)}

# Headings of our own exports and of the tools people come from, letters and digits only.
_HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title", "task", "taskname", "name", "summary", "subject", "cardname", "todo"),
    "name": ("name", "project", "projectname", "person", "fullname", "member", "title"),
    "description": ("description", "notes", "note", "details", "body", "content"),
    "status": ("status", "state", "list", "listname", "column", "section", "sectioncolumn"),
    "priority": ("priority", "importance", "prio"),
    "due_date": ("duedate", "due", "deadline", "dueon", "dueat", "enddate", "finish"),
    "project": ("project", "projectname", "projects", "board", "boardname"),
    "assignee": ("assignee", "assigneename", "assignedto", "owner", "members", "person"),
    "created_at": ("createdat", "created", "createdon", "createddate", "datecreated"),
    "completed_at": ("completedat", "completed", "doneon", "resolved", "closedat"),
    "budget": ("budget", "planned", "estimate", "plannedcost"),
    "spent": ("spent", "cost", "actual", "actualcost", "costs"),
    "email": ("email", "emailaddress", "mail", "emails"),
    "role": ("role", "jobtitle", "position", "title", "function"),
    "workload": ("workload", "load", "capacity", "utilisation", "utilization", "allocation"),
}


def guess(kind: Kind, headings: Sequence[str]) -> list[str]:
    """For each heading the column it names, empty for none; no column is named twice.

    A heading that is the best known for a column goes before one that is known less well.
    """
    plain = ["".join(filter(str.isalnum, each.casefold())) for each in headings]
    guessed = [""] * len(headings)
    wanted = sorted(
        (known.index(heading), number, name)
        for name, _ in kind.columns
        for known in (_HEADINGS[name],)
        for number, heading in enumerate(plain)
        if heading in known
    )
    for _, number, name in wanted:
        if not guessed[number] and name not in guessed:
            guessed[number] = name
    return guessed
