"""The nouns of the API and the bounds of their lists: read by the calls and by the description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from provision.tenant.queries.projects import PROJECTS
from provision.tenant.queries.tasks import TASKS
from provision.tenant.queries.team import TEAM

if TYPE_CHECKING:
    from provision.tenant.queries.statements.collection import Collection

DEFAULT_LIMIT: Final = 50
MOST_ROWS: Final = 200
LONGEST_WORDS: Final = 300
"""As many characters as fit into an address of 4,000 bytes whatever they are."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A noun in the API; `filters` are the names that a list may be filtered by."""

    of: Collection[Any, Any]
    filters: tuple[str, ...]


RESOURCES: Final = (
    Resource(PROJECTS, ("status", "priority", "q", "due_before", "due_after")),
    Resource(
        TASKS, ("status", "priority", "q", "project_id", "assignee_id", "due_before", "due_after")
    ),
    Resource(TEAM, ("status", "q")),
)
