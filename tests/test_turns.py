from __future__ import annotations

import math

import pytest

from provision.turns import Turns


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def turns(clock: Clock) -> Turns[str]:
    return Turns(2, clock=clock)


def test_one_requester_begins_only_so_many_at_once(turns: Turns[str]) -> None:
    assert [turns.ask(b"ana", each) for each in ("1", "2", "3", "4")] == [True, True, False, False]
    assert turns.ask(b"bob", "5")
    assert list(turns.next_ones()) == []
    turns.done(b"ana", "2", refused=False)
    assert list(turns.next_ones()) == ["3"]
    turns.done(b"ana", "1", refused=False)
    turns.done(b"ana", "3", refused=False)
    assert list(turns.next_ones()) == ["4"]
    assert turns.next_in() == math.inf


def test_nobody_overtakes_their_own_requests(turns: Turns[str]) -> None:
    for each in ("1", "2", "3"):
        turns.ask(b"ana", each)
    turns.done(b"ana", "1", refused=False)
    assert not turns.ask(b"ana", "4")
    assert list(turns.next_ones()) == ["3"]


def test_what_takes_long_keeps_the_others_for_a_second(turns: Turns[str], clock: Clock) -> None:
    for each in ("1", "2", "3"):
        turns.ask(b"ana", each)
    clock.now += 0.25
    assert turns.next_in() == 0.75
    clock.now += 0.75
    assert list(turns.next_ones()) == ["3"]


def test_who_is_refused_is_served_one_after_the_other(turns: Turns[str], clock: Clock) -> None:
    assert turns.ask(b"ana", "1")
    assert turns.ask(b"ana", "2")
    turns.done(b"ana", "1", refused=True)
    assert turns.ask(b"ana", "3")
    turns.done(b"ana", "3", refused=True)
    assert not turns.ask(b"ana", "4")
    assert not turns.ask(b"ana", "5")
    for each in ("4", "5"):
        wait_s = turns.next_in()
        assert 0.0 < wait_s < 0.1
        assert list(turns.next_ones()) == []
        clock.now += wait_s
        assert list(turns.next_ones()) == [each]
        turns.done(b"ana", each, refused=True)


def test_one_who_is_answered_again_is_served_at_full_pace(turns: Turns[str], clock: Clock) -> None:
    turns.ask(b"ana", "1")
    turns.ask(b"ana", "2")
    turns.done(b"ana", "1", refused=True)
    turns.ask(b"ana", "3")
    turns.done(b"ana", "3", refused=True)
    assert not turns.ask(b"ana", "4")
    turns.done(b"ana", "2", refused=False)
    assert list(turns.next_ones()) == ["4"]


def test_nobody_is_remembered_who_waits_for_nothing(turns: Turns[str]) -> None:
    for number in range(100):
        turns.ask(b"%d" % number, str(number))
        turns.done(b"%d" % number, str(number), refused=True)
    assert not turns._requesters
