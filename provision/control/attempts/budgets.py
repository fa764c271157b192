"""Budgets of attempts: at most so many in so much time, counted where all who share them see it.

Whoever tries something takes a place in one or more budgets first, so that many at once cannot
slip through between counting and trying, and may give it back when it was no failure. A place is
gone by itself after the window; what is refused takes none, so that waiting always helps.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import OperationalError

from provision.control.store.identifiers import new_id
from provision.control.store.tables import attempts
from provision.errors import TooManyAttemptsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from provision.control.store.store import ControlStore

# Far more than people make; an attacker with more addresses than this shortens the memory.
_MOST_BUDGETS: Final = 20_000


@dataclass(frozen=True, slots=True)
class AttemptBudget:
    """At most `most` places within `window_s` seconds; `key` is a digest of whose it is."""

    key: str
    most: int
    window_s: int


class Attempts(Protocol):
    """A place where budgets are counted."""

    def take(self, budgets: Sequence[AttemptBudget]) -> Callable[[], None]:
        """Take a place in each budget, or in none; return what gives them back.

        Raises TooManyAttemptsError with the seconds until all of them have room again.
        """

    def close(self) -> None:
        """Close the connections that there are."""


class AttemptsInMemory:
    """Counts in this process alone, and forgets the budgets unused for longest first."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, most_budgets: int = _MOST_BUDGETS
    ) -> None:
        self._clock = clock
        self._most_budgets = most_budgets
        self._lock = threading.Lock()
        # By budget the moments at which its places are free again, the next one first.
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, budgets: Sequence[AttemptBudget]) -> Callable[[], None]:
        with self._lock:
            now = self._clock()
            wait_s = max(self._wait_s(budget, now) for budget in budgets)
            if wait_s > 0:
                raise TooManyAttemptsError(math.ceil(wait_s))
            for budget in budgets:
                self._taken.setdefault(budget.key, deque()).append(now + budget.window_s)
                self._taken.move_to_end(budget.key)
            while len(self._taken) > self._most_budgets:
                self._taken.popitem(last=False)

        def give_back() -> None:
            with self._lock:
                for budget in budgets:
                    places = self._taken.get(budget.key, deque())
                    with suppress(ValueError):  # when it is gone by itself already
                        places.remove(now + budget.window_s)
                    if not places:
                        self._taken.pop(budget.key, None)

        return give_back

    def close(self) -> None:
        pass

    def _wait_s(self, budget: AttemptBudget, now: float) -> float:
        places = self._taken.get(budget.key)
        while places and places[0] <= now:
            places.popleft()
        return places[0] - now if places and len(places) >= budget.most else 0


class AttemptsInStore:
    """Counts in the control store: one budget for every process and machine that shares it."""

    def __init__(self, store: ControlStore) -> None:
        self._store = store

    def take(self, budgets: Sequence[AttemptBudget]) -> Callable[[], None]:
        # Looked at first without the lock for writing: a flood of refusals holds up nobody.
        with self._store.reading() as conn:
            self._raise_if_full(conn, budgets)
        with self._store.writing() as conn:
            self._raise_if_full(conn, budgets)
            now = self._store.shared_now(conn)
            conn.execute(delete(attempts).where(attempts.c.expires_at <= now))
            rows = [
                {"id": new_id(), "budget": each.key, "expires_at": now + each.window_s}
                for each in budgets
            ]
            conn.execute(insert(attempts), rows)

        def give_back() -> None:
            ids = [row["id"] for row in rows]
            # A store that is busy is no reason to take places back.
            with suppress(OperationalError), self._store.writing() as conn:
                conn.execute(delete(attempts).where(attempts.c.id.in_(ids)))

        return give_back

    def close(self) -> None:
        pass  # the store is not ours

    def _raise_if_full(self, conn: Connection, budgets: Sequence[AttemptBudget]) -> None:
        now = self._store.shared_now(conn)
        counted = (
            select(attempts.c.budget, func.count(), func.min(attempts.c.expires_at))
            .where(attempts.c.budget.in_([each.key for each in budgets]))
            .where(attempts.c.expires_at > now)
            .group_by(attempts.c.budget)
        )
        taken = {key: (count, free_at) for key, count, free_at in conn.execute(counted)}
        waits = [
            taken[each.key][1] - now
            for each in budgets
            if taken.get(each.key, (0, 0))[0] >= each.most
        ]
        if waits:
            raise TooManyAttemptsError(max(waits))
