from __future__ import annotations

import math

import pytest

from provision.server.fairness import FairQueue


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> FairQueue[str]:
    return FairQueue(2, clock=clock)


def test_one_requester_begins_only_so_many_at_once(queue: FairQueue[str]) -> None:
    assert [queue.ask(b"ana", each) for each in ("1", "2", "3", "4")] == [True, True, False, False]
    assert queue.ask(b"bob", "5")
    assert list(queue.next_ones()) == []
    queue.done(b"ana", "2", refused=False)
    assert list(queue.next_ones()) == ["3"]
    queue.done(b"ana", "1", refused=False)
    queue.done(b"ana", "3", refused=False)
    assert list(queue.next_ones()) == ["4"]
    assert queue.next_in() == math.inf


def test_nobody_overtakes_their_own_requests(queue: FairQueue[str]) -> None:
    for each in ("1", "2", "3"):
        queue.ask(b"ana", each)
    queue.done(b"ana", "1", refused=False)
    assert not queue.ask(b"ana", "4")
    assert list(queue.next_ones()) == ["3"]


def test_what_takes_long_keeps_the_others_for_a_second(queue: FairQueue[str], clock: Clock) -> None:
    for each in ("1", "2", "3"):
        queue.ask(b"ana", each)
    clock.now += 0.25
    assert queue.next_in() == 0.75
    clock.now += 0.75
    assert list(queue.next_ones()) == ["3"]


def test_what_counts_until_it_is_done_keeps_the_others_for_as_long(clock: Clock) -> None:
    queue = FairQueue[str](1, clock=clock, while_s=math.inf)
    assert queue.ask(b"ana", "1")
    assert not queue.ask(b"ana", "2")
    assert queue.ask(b"bob", "3")
    clock.now += 3600.0
    assert queue.next_in() == math.inf
    assert list(queue.next_ones()) == []
    queue.done(b"ana", "1", refused=False)
    assert list(queue.next_ones()) == ["2"]


def test_who_is_refused_is_served_one_after_the_other(queue: FairQueue[str], clock: Clock) -> None:
    assert queue.ask(b"ana", "1")
    assert queue.ask(b"ana", "2")
    queue.done(b"ana", "1", refused=True)
    assert queue.ask(b"ana", "3")
    queue.done(b"ana", "3", refused=True)
    assert not queue.ask(b"ana", "4")
    assert not queue.ask(b"ana", "5")
    for each in ("4", "5"):
        wait_s = queue.next_in()
        assert 0.0 < wait_s < 0.1
        assert list(queue.next_ones()) == []
        clock.now += wait_s
        assert list(queue.next_ones()) == [each]
        queue.done(b"ana", each, refused=True)


def test_one_who_is_answered_again_is_served_at_full_pace(
    queue: FairQueue[str], clock: Clock
) -> None:
    queue.ask(b"ana", "1")
    queue.ask(b"ana", "2")
    queue.done(b"ana", "1", refused=True)
    queue.ask(b"ana", "3")
    queue.done(b"ana", "3", refused=True)
    assert not queue.ask(b"ana", "4")
    queue.done(b"ana", "2", refused=False)
    assert list(queue.next_ones()) == ["4"]


def test_nobody_is_remembered_who_waits_for_nothing(queue: FairQueue[str]) -> None:
    for number in range(100):
        queue.ask(b"%d" % number, str(number))
        queue.done(b"%d" % number, str(number), refused=True)
    assert not queue._requesters


def test_who_left_waits_no_more(queue: FairQueue[str]) -> None:
    for each in ("1", "2", "3", "4"):
        queue.ask(b"ana", each)
    queue.forget(b"ana", "3")
    queue.done(b"ana", "1", refused=False)
    assert list(queue.next_ones()) == ["4"]
    for each in ("2", "4"):
        queue.done(b"ana", each, refused=False)
    assert not queue._requesters
