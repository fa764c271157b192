"""Budgets of attempts in Redis: one for several machines, as PROVISION_RATE_LIMIT_URL says.

Redis away is no reason to close the doors to people, nor to leave them unguarded: meanwhile each
machine counts by itself, and says so once.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from typing import TYPE_CHECKING, Final, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from provision.control.store.identifiers import new_id
from provision.errors import TooManyAttemptsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provision.control.attempts.budgets import AttemptBudget, Attempts

log = logging.getLogger(__name__)

_TIMEOUT_S: Final = 1.0
# After a failure nobody waits for Redis this long, save for one who looks whether it is back.
_PAUSE_S: Final = 10.0

# In one step for all who ask, by Redis' own clock. A budget is a sorted set of places by the time
# at which each was taken; it is over with the last of them. Answers the milliseconds to wait.
_TAKE: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local wait = 0
for i, key in ipairs(KEYS) do
  local most, window = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  if redis.call('ZCARD', key) >= most then
    local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    wait = math.max(wait, oldest[2] + window - now)
  end
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, ARGV[1])
  redis.call('PEXPIRE', key, ARGV[2 * i + 1])
end
return 0
"""
_GIVE_BACK: Final = "for _, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[1]) end"


def why_silent(url: str) -> str | None:
    """Return the class of the error with which the Redis at `url` answers, None if it works."""
    redis = _client(url)
    try:
        redis.ping()
    except RedisError as error:
        return type(error).__name__
    finally:
        redis.close()
    return None


class AttemptsInRedis:
    """Counts in the Redis at `url`, and in `otherwise` while that does not answer."""

    def __init__(
        self, url: str, otherwise: Attempts, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._otherwise = otherwise
        self._clock = clock
        self._redis = _client(url)
        self._take = self._redis.register_script(_TAKE)
        self._give_back = self._redis.register_script(_GIVE_BACK)
        self._lock = threading.Lock()
        self._away_until: float | None = None

    def take(self, budgets: Sequence[AttemptBudget]) -> Callable[[], None]:
        if not self._is_asked():
            return self._otherwise.take(budgets)
        # In braces what decides on which node of a cluster a key is: one script, one node.
        keys = [f"{{provision}}:{each.key}" for each in budgets]
        place = new_id()
        sizes = [size for each in budgets for size in (each.most, each.window_s * 1000)]
        try:
            wait_ms = cast("int", self._take(keys=keys, args=[place, *sizes]))
        except RedisError as error:
            self._note_away(error)
            return self._otherwise.take(budgets)
        self._note_back()
        if wait_ms > 0:
            raise TooManyAttemptsError(math.ceil(wait_ms / 1000))

        def give_back() -> None:
            try:
                self._give_back(keys=keys, args=[place])
            except RedisError as error:  # the place is gone by itself after the window
                self._note_away(error)

        return give_back

    def close(self) -> None:
        self._redis.close()

    def _is_asked(self) -> bool:
        with self._lock:
            if self._away_until is None:
                return True
            if self._clock() < self._away_until:
                return False
            # This one looks; the others go on without Redis until it is back.
            self._away_until = self._clock() + _PAUSE_S
            return True

    def _note_away(self, error: RedisError) -> None:
        with self._lock:
            is_news = self._away_until is None
            self._away_until = self._clock() + _PAUSE_S
        if is_news:
            # The class alone: a message can repeat the address and what is in it.
            log.warning(
                "PROVISION_RATE_LIMIT_URL: Redis does not answer (%s); until it does, limits are "
                "counted by each machine for itself",
                type(error).__name__,
            )

    def _note_back(self) -> None:
        with self._lock:
            was_away, self._away_until = self._away_until is not None, None
        if was_away:
            log.info("PROVISION_RATE_LIMIT_URL: Redis answers again")


def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_timeout=_TIMEOUT_S,
        socket_connect_timeout=_TIMEOUT_S,
        # Once more, since a connection kept from before a restart of Redis is dead.
        retry=Retry(NoBackoff(), 1),
        protocol=2,
    )
