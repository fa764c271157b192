from __future__ import annotations

from dataclasses import dataclass

import pytest

from provision.server.room import ClientRoom, largest


@dataclass(frozen=True)
class Holder:
    address: str
    held_bytes: int


@pytest.mark.parametrize(
    ("changes", "held", "is_over"),
    [((100,), 100, False), ((100, 1), 101, True), ((100, 1, -50), 51, False)],
)
def test_it_is_over_once_more_is_held_than_it_has(
    changes: tuple[int, ...], held: int, is_over: bool
) -> None:
    room = ClientRoom(100)
    for each in changes:
        room.change(each)
    assert (room.held_bytes, room.is_over) == (held, is_over)


def test_a_room_for_nothing_is_none() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        ClientRoom(0)


def test_who_holds_the_most_of_the_address_that_holds_the_most_goes_first() -> None:
    alone = Holder("192.0.2.1", 50)
    small, large = Holder("192.0.2.2", 20), Holder("192.0.2.2", 40)
    assert largest([small, alone, large]) is large
    assert largest([small, alone]) is alone
    assert largest([]) is None
