"""How far each person's connection test has come, so that its rows fill in while it runs.

Kept in this process alone and only while the test runs; another worker knows nothing of it, and
the page then simply waits for the answer. What is kept is what the answer will say anyway.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provision.tenant.probe import Stage


class Progress:
    """The stages that ended so far, by person; of several tests at once the last to begin."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, list[Stage]] = {}

    @contextmanager
    def test_of(self, person_id: str) -> Iterator[Callable[[Stage], None]]:
        """Yield what is to be told of each stage as it ends."""
        stages: list[Stage] = []
        with self._lock:
            self._running[person_id] = stages
        try:
            yield stages.append
        finally:
            with self._lock:
                if self._running.get(person_id) is stages:
                    del self._running[person_id]

    def of(self, person_id: str) -> tuple[Stage, ...] | None:
        """The stages of the test that is running; None where none is."""
        with self._lock:
            stages = self._running.get(person_id)
        return None if stages is None else tuple(stages)
