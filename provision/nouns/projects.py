"""Projects, as they are declared."""

from __future__ import annotations

from typing import Final

from provision.nouns.fields import PRIORITIES, Choice, Day, Money, Text
from provision.nouns.noun import Noun

STATUSES: Final = {
    "planning": "Planning",
    "active": "Active",
    "on_hold": "On hold",
    "completed": "Completed",
    "cancelled": "Cancelled",
}

PROJECT: Final = Noun(
    "project",
    path="projects",
    member="project",
    collection="projects",
    fields=(
        Text(column="name", label="Name", required=True, most=200),
        Text(column="description", label="Description", most=10_000, multiline=True),
        Money(column="budget", label="Budget"),
        Money(column="spent", label="Spent", default=0),
        Choice(column="status", label="Status", labels=STATUSES, default="planning"),
        Choice(column="priority", label="Priority", labels=PRIORITIES, default="medium"),
        Day(column="due_date", label="Due date"),
    ),
)
