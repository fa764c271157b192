"""Tasks, as they are declared."""

from __future__ import annotations

from typing import Final

from provision.nouns.fields import PRIORITIES, Choice, Day, Reference, Text
from provision.nouns.noun import Noun

STATUSES: Final = {
    "todo": "To do",
    "in_progress": "In progress",
    "review": "Review",
    "done": "Done",
}

TASK: Final = Noun(
    "task",
    path="tasks",
    member="task",
    collection="tasks",
    fields=(
        Text(column="title", label="Title", required=True, most=200),
        Text(column="description", label="Description", most=10_000, multiline=True),
        Choice(column="status", label="Status", labels=STATUSES, default="todo"),
        Choice(column="priority", label="Priority", labels=PRIORITIES, default="medium"),
        Day(column="due_date", label="Due date"),
        Reference(column="project_id", label="Project"),
        Reference(column="assignee_id", label="Assignee"),
    ),
)
