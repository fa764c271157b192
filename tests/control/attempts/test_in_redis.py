"""Against a real redis-server, which is stopped and started again meanwhile."""

from __future__ import annotations

import logging
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from provision.control.attempts.budgets import AttemptBudget, AttemptsInMemory
from provision.control.attempts.in_redis import AttemptsInRedis
from provision.errors import TooManyAttemptsError
from tests.redis_server import REDIS_PASSWORD, redis_server, redis_url
from tests.tenant.real_servers import HOST, free_port, wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.control.conftest import Clock

THREE = AttemptBudget("a" * 64, 3, 300)
FIVE = AttemptBudget("b" * 64, 5, 300)


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(port: int) -> Iterator[subprocess.Popen[bytes]]:
    with redis_server(port) as process:
        yield process


@pytest.fixture
def attempts(server: subprocess.Popen[bytes], port: int) -> Iterator[AttemptsInRedis]:
    made = _attempts(port)
    made._redis.flushall()
    yield made
    made.close()


def _attempts(port: int, clock: Clock | None = None) -> AttemptsInRedis:
    options = {"clock": clock} if clock else {}
    return AttemptsInRedis(redis_url(port), AttemptsInMemory(), **options)


def _count(attempts: AttemptsInRedis, budget: AttemptBudget, tries: int) -> int:
    """How many of so many tries are let in."""
    let_in = 0
    for _ in range(tries):
        try:
            attempts.take([budget])
        except TooManyAttemptsError:
            continue
        let_in += 1
    return let_in


def test_machines_share_one_budget_and_it_is_over_by_itself(attempts: AttemptsInRedis) -> None:
    port = attempts._redis.connection_pool.connection_kwargs["port"]
    other = _attempts(port)
    assert _count(attempts, THREE, 2) == 2
    assert _count(other, THREE, 2) == 1
    with pytest.raises(TooManyAttemptsError) as refused:
        attempts.take([THREE])
    assert 295 <= refused.value.retry_after_s <= 300
    [key] = attempts._redis.keys("*")
    assert 295 <= attempts._redis.ttl(key) <= 300
    other.close()

    brief = AttemptBudget("c" * 64, 1, 1)
    attempts.take([brief])
    assert _count(attempts, brief, 1) == 0
    wait_until(lambda: _count(attempts, brief, 1) == 1)


def test_a_place_is_taken_in_every_budget_or_in_none_and_can_be_given_back(
    attempts: AttemptsInRedis,
) -> None:
    give_back = attempts.take([THREE, FIVE])
    assert _count(attempts, THREE, 3) == 2
    with pytest.raises(TooManyAttemptsError):
        attempts.take([THREE, FIVE])
    give_back()
    attempts.take([THREE, FIVE])
    assert _count(attempts, FIVE, 9) == 4


def test_many_at_once_do_not_slip_through(attempts: AttemptsInRedis) -> None:
    together = threading.Barrier(12)
    let_in: list[int] = []

    def attempt() -> None:
        together.wait()
        let_in.append(_count(attempts, THREE, 1))

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(let_in) == 3


def test_while_redis_is_away_each_machine_counts_for_itself_and_says_so_once(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    port = free_port()
    with redis_server(port):
        attempts = _attempts(port, clock)
        kept = attempts.take([THREE])
        assert _count(attempts, THREE, 2) == 2
    assert _count(attempts, THREE, 9) == 3
    kept()
    clock.pass_s(20)
    assert _count(attempts, THREE, 9) == 0
    with redis_server(port):
        assert _count(attempts, THREE, 9) == 0
        clock.pass_s(20)
        assert _count(attempts, THREE, 9) == 3
    attempts.close()
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert "Redis does not answer (ConnectionError)" in said[0]
    assert "answers again" in said[1]
    assert REDIS_PASSWORD not in "".join(said)


def test_a_redis_that_hangs_or_refuses_is_one_that_is_away(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    with redis_server(port) as process:
        attempts = _attempts(port, clock)
        assert _count(attempts, THREE, 1) == 1
        process.send_signal(signal.SIGSTOP)
        assert _count(attempts, THREE, 9) == 3
        attempts.close()
        process.send_signal(signal.SIGCONT)
        stranger = AttemptsInRedis(f"redis://{HOST}:{port}", AttemptsInMemory())
        assert _count(stranger, THREE, 9) == 3
        stranger.close()
    said = "".join(record.getMessage() for record in caplog.records)
    assert "TimeoutError" in said
    assert "AuthenticationError" in said
