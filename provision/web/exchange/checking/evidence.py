"""Work out the status of a task from all columns that say something about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from provision.web.exchange.words import folding

_GENERAL: Final = frozenset(
    folding.word(each)
    for each in ("open", "opened", "offen", "active", "reopened", "incomplete", "unresolved", "")
)
"""Words that only say that a task is not closed: its list or column says more."""


@dataclass(slots=True)
class Evidence:
    """`completed_at` are moments in UTC; `percent` is 0 to 100; None and empty say nothing."""

    status: str = ""
    status_word: str = ""
    stage: str = ""
    completed_at: list[str] = field(default_factory=list)
    is_done: list[bool] = field(default_factory=list)
    percent: float | None = None

    @property
    def is_closed(self) -> bool:
        """Return whether any column says that the task is done."""
        return (
            bool(self.completed_at)
            or any(self.is_done)
            or (self.percent is not None and self.percent >= 100)
            or "done" in (self.status, self.stage)
        )

    @property
    def is_contradictory(self) -> bool:
        """Return whether the status says that a task is open which another column says is done."""
        return self.is_closed and self.status not in ("", "done") and bool(self.status_word)

    def settled(self, usual: str) -> str:
        """Return the status; `usual` where nothing says anything."""
        if self.is_closed:
            return "done"
        says_little = self.status_word in _GENERAL or not self.status
        if self.stage and says_little:
            return self.stage
        if self.status and not (says_little and self.percent):
            return self.status
        if self.percent:
            return "in_progress"
        return self.status or usual
