"""The room that large answers share."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from provision.errors import DatabaseBusyError
from provision.tenant.connection.deadline import Deadline
from provision.tenant.connection.result_room import ResultRoom


def test_the_first_may_go_on_while_the_others_have_half() -> None:
    room = ResultRoom(100)
    first, second, third = room.share(), room.share(), room.share()
    first.hold(20, Deadline(1.0))
    second.hold(30, Deadline(1.0))
    with pytest.raises(DatabaseBusyError) as caught:
        third.hold(10, Deadline(0.0))
    assert caught.value.retry_after_s
    first.hold(100, Deadline(0.0))
    third.give_back()
    first.give_back()
    assert room.held == 30
    second.hold(100, Deadline(0.0))  # now it is the first
    second.give_back()
    second.give_back()
    assert room.held == 0


def test_who_waits_goes_on_when_there_is_room() -> None:
    room = ResultRoom(100)
    first, second = room.share(), room.share()
    first.hold(60, Deadline(1.0))
    waiting = threading.Thread(target=second.hold, args=(60, Deadline(30.0)))
    waiting.start()
    first.give_back()
    waiting.join(30.0)
    assert not waiting.is_alive()
    assert room.held == 60


def test_many_at_once_never_hold_more_than_agreed_and_all_come_through() -> None:
    room = ResultRoom(1000)
    most = []

    def call(_: int) -> None:
        share = room.share()
        for amount in range(100, 1001, 100):
            share.hold(amount, Deadline(60.0))
            most.append(room.held)
        share.give_back()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, range(40)))
    assert max(most) <= 1500
    assert room.held == 0
