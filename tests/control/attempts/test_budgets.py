from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from provision.control.attempts.budgets import (
    AttemptBudget,
    Attempts,
    AttemptsInMemory,
    AttemptsInStore,
)
from provision.control.store.store import ControlStore
from provision.errors import TooManyAttemptsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.control.conftest import Clock

THREE = AttemptBudget("a" * 64, 3, 300)
FIVE = AttemptBudget("b" * 64, 5, 300)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def attempts(
    request: pytest.FixtureRequest, clock: Clock, url_of: Callable[[str], str]
) -> Iterator[Attempts]:
    if request.param == "memory":
        yield AttemptsInMemory(clock=clock)
        return
    store = ControlStore.open(url_of(request.param), clock=clock)
    yield AttemptsInStore(store)
    store.dispose()


def test_a_budget_is_full_until_its_oldest_place_is_gone(attempts: Attempts, clock: Clock) -> None:
    for _ in range(3):
        attempts.take([THREE])
        clock.pass_s(10)
    with pytest.raises(TooManyAttemptsError) as refused:
        attempts.take([THREE])
    assert refused.value.retry_after_s == 270
    # What was refused has taken nothing: waiting helps however often one tries meanwhile.
    clock.pass_s(269)
    with pytest.raises(TooManyAttemptsError) as refused:
        attempts.take([THREE])
    assert refused.value.retry_after_s == 1
    clock.pass_s(1)
    attempts.take([THREE])
    with pytest.raises(TooManyAttemptsError) as refused:
        attempts.take([THREE])
    assert refused.value.retry_after_s == 10


def test_a_place_is_taken_in_every_budget_or_in_none(attempts: Attempts) -> None:
    for _ in range(3):
        attempts.take([THREE])
    for _ in range(9):
        with pytest.raises(TooManyAttemptsError):
            attempts.take([THREE, FIVE])
    for _ in range(5):
        attempts.take([FIVE])
    with pytest.raises(TooManyAttemptsError):
        attempts.take([FIVE])


def test_a_place_given_back_is_free_again_and_only_once(attempts: Attempts, clock: Clock) -> None:
    gives_back = [attempts.take([THREE, FIVE]) for _ in range(3)]
    gives_back[1]()
    attempts.take([THREE])
    with pytest.raises(TooManyAttemptsError):
        attempts.take([THREE])
    clock.pass_s(300)
    gives_back[0]()
    attempts.take([THREE])


def test_many_at_once_do_not_slip_through(attempts: Attempts) -> None:
    together = threading.Barrier(12)
    let_in: list[bool] = []

    def attempt() -> None:
        together.wait()
        try:
            attempts.take([THREE, FIVE])
        except TooManyAttemptsError:
            return
        let_in.append(True)

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let_in) == 3


def test_what_is_counted_in_the_store_is_one_for_all_and_goes_away(
    control_url: str, clock: Clock
) -> None:
    first, second = (ControlStore.open(control_url, clock=clock) for _ in range(2))
    for each in (first, second, first):
        AttemptsInStore(each).take([THREE])
    with pytest.raises(TooManyAttemptsError):
        AttemptsInStore(second).take([THREE])
    clock.pass_s(300)
    AttemptsInStore(second).take([FIVE])
    with second.reading() as conn:
        kept = conn.exec_driver_sql("SELECT budget FROM attempts").fetchall()
    assert [tuple(row) for row in kept] == [(FIVE.key,)]
    first.dispose()
    second.dispose()


def test_memory_is_bounded(clock: Clock) -> None:
    attempts = AttemptsInMemory(clock=clock, most_budgets=2)
    one = [AttemptBudget(letter, 1, 300) for letter in "abc"]
    attempts.take([one[0]])
    attempts.take([one[1]])
    attempts.take([one[2]])
    with pytest.raises(TooManyAttemptsError):
        attempts.take([one[1]])
    attempts.take([one[0]])
