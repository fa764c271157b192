from __future__ import annotations

from provision.tenant.connection.deadline import Deadline


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_time_runs_out_and_never_below_zero() -> None:
    clock = Clock()
    deadline = Deadline(2.0, clock=clock)
    assert deadline.remaining() == 2.0
    clock.now += 5
    assert deadline.remaining() == 0.0


def test_a_slow_call_is_asked_once_whether_it_may_stay() -> None:
    clock = Clock()
    asked: list[float] = []

    def may_stay() -> bool:
        asked.append(clock.now)
        return True

    deadline = Deadline(10.0, clock=clock, patience_s=1.0, may_stay=may_stay)
    assert deadline.remaining() == 1.0
    clock.now += 1.5
    assert deadline.remaining() == 8.5
    clock.now += 1.0
    assert deadline.remaining() == 7.5
    assert asked == [101.5]


def test_a_slow_call_that_may_not_stay_is_over() -> None:
    clock = Clock()
    deadline = Deadline(10.0, clock=clock, patience_s=1.0, may_stay=lambda: False)
    clock.now += 1.0
    assert deadline.remaining() == 0.0


def test_the_next_phase_has_its_own_limit() -> None:
    clock = Clock()
    deadline = Deadline(1.0, clock=clock)
    clock.now += 0.9
    deadline.extend(3.0)
    assert deadline.remaining() == 3.0


def test_our_own_slowness_is_not_held_against_a_call_and_yet_counts() -> None:
    clock = Clock()
    deadline = Deadline(10.0, clock=clock, patience_s=1.0, may_stay=lambda: False)
    clock.now += 0.5
    with deadline.on_our_account():
        clock.now += 3.0
        assert deadline.remaining() == 6.5
    assert deadline.remaining() == 0.5
    clock.now += 0.5
    assert deadline.remaining() == 0.0
