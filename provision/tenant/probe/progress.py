"""How far each person's connection test has come, so that its rows fill in while it runs.

Kept in this process alone and only while the test runs; another worker knows nothing of it, and
the page then simply waits for the answer. What is kept is what the answer will say anyway.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from provision.errors import TooManyTestsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provision.tenant.probe.report import Stage


_MOST_OF_ONE_PERSON: Final = 2


class Progress:
    """The stages that ended so far, by person; of several tests at once the last to begin.

    At most `most` tests run at the same time, and two of one person: a test waits for a server that
    may never answer, and its thread is lost to everybody else meanwhile.
    """

    def __init__(self, most: int) -> None:
        if most < 1:
            raise ValueError("at least one test must be able to run")
        self._most = most
        self._lock = threading.Lock()
        self._running: dict[str, list[Stage]] = {}
        self._tests: Counter[str] = Counter()

    @contextmanager
    def test_of(self, person_id: str) -> Iterator[Callable[[Stage], None]]:
        """Yield what is to be told of each stage as it ends. Raises TooManyTestsError."""
        stages: list[Stage] = []
        with self._lock:
            if self._tests.total() >= self._most or self._tests[person_id] >= _MOST_OF_ONE_PERSON:
                raise TooManyTestsError
            self._tests[person_id] += 1
            self._running[person_id] = stages
        try:
            yield stages.append
        finally:
            with self._lock:
                self._tests -= Counter({person_id: 1})
                if self._running.get(person_id) is stages:
                    del self._running[person_id]

    def of(self, person_id: str) -> tuple[Stage, ...] | None:
        """Return the stages so far of the person's running test; None if none runs."""
        with self._lock:
            stages = self._running.get(person_id)
        return None if stages is None else tuple(stages)
