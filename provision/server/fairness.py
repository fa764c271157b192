"""Decides whose request goes to a thread next, so that nobody's take the threads of others.

A requester is known by the credential sent, a stranger by the address. At most some of the
threads serve what one of them just asked for, and who is being refused is served at a slower pace.
Whatever has to wait waits here, in the hands of the worker's one event loop, and holds no thread.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Request = TypeVar("Request")

# Older ones count no more: how many threads wait for a slow database is bounded by the app.
_JUST_BEGUN_S: Final = 1.0
# 100 a second take a few percent of the processor, a refusal being well below a millisecond.
_REFUSED_EVERY_S: Final = 0.01


@dataclass(slots=True, eq=False)
class _Requester(Generic[Request]):
    at_work: dict[Request, float] = field(default_factory=dict)
    """What is being served, longest first, and since when."""
    waiting: deque[Request] = field(default_factory=deque)
    is_refused: bool = False
    not_before: float = -math.inf


class FairQueue(Generic[Request]):
    """At most `most` of one requester's requests are begun within a while and not yet done.

    Used by one thread alone. `while_s` is infinite where they count until they are done.
    """

    def __init__(
        self, most: int, *, clock: Callable[[], float], while_s: float = _JUST_BEGUN_S
    ) -> None:
        self._most: Final = most
        self._while_s: Final = while_s
        self._clock: Final = clock
        self._requesters: Final[dict[bytes, _Requester[Request]]] = {}
        self._queues: Final[dict[bytes, _Requester[Request]]] = {}

    def ask(self, key: bytes, request: Request) -> bool:
        """Return whether it may begin at once; if not, `next_ones` yields it later."""
        now = self._clock()
        requester = self._requesters.setdefault(key, _Requester())
        if not requester.waiting and self._may_begin_at(requester, now) <= now:
            self._begin(requester, request, now)
            return True
        requester.waiting.append(request)
        self._queues[key] = requester
        return False

    def next_ones(self) -> Iterator[Request]:
        """Yield the requests that may begin now."""
        now = self._clock()
        for key, requester in list(self._queues.items()):
            while requester.waiting and self._may_begin_at(requester, now) <= now:
                request = requester.waiting.popleft()
                self._begin(requester, request, now)
                yield request
            if not requester.waiting:
                del self._queues[key]

    def next_in(self) -> float:
        """Return the seconds until a request may begin; infinite where time alone frees none."""
        now = self._clock()
        starts = (self._may_begin_at(each, now) for each in self._queues.values())
        return max(0.0, min(starts, default=math.inf) - now)

    def forget(self, key: bytes, request: Request) -> None:
        """Let a request that waits wait no more: nobody is there for its answer."""
        requester = self._requesters[key]
        requester.waiting.remove(request)
        if not requester.waiting:
            self._queues.pop(key, None)
            if not requester.at_work:
                del self._requesters[key]

    def done(self, key: bytes, request: Request, *, refused: bool) -> None:
        """Note that a request is answered; `refused`: at once, as those after it would be."""
        requester = self._requesters[key]
        del requester.at_work[request]
        requester.is_refused = refused
        if not refused:
            requester.not_before = -math.inf
        if not requester.at_work and not requester.waiting:
            del self._requesters[key]

    def _begin(self, requester: _Requester[Request], request: Request, now: float) -> None:
        requester.at_work[request] = now
        if requester.is_refused:
            requester.not_before = now + _REFUSED_EVERY_S

    def _may_begin_at(self, requester: _Requester[Request], now: float) -> float:
        recent = [since for since in requester.at_work.values() if since > now - self._while_s]
        if len(recent) < self._most:
            return requester.not_before
        return max(requester.not_before, recent[-self._most] + self._while_s)
