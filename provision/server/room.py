"""How much of clients' requests and answers is held at once, and who goes when it is too much."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class Holder(Protocol):
    """A client's connection, as far as room is concerned."""

    @property
    def address(self) -> str: ...

    @property
    def held_bytes(self) -> int: ...


AnyHolder = TypeVar("AnyHolder", bound=Holder)


class ClientRoom:
    """Counts the bytes held; `is_over` once there are more than `most_bytes`."""

    def __init__(self, most_bytes: int) -> None:
        if most_bytes < 1:
            raise ValueError("most_bytes is at least 1")
        self._most: Final = most_bytes
        self._held = 0

    @property
    def held_bytes(self) -> int:
        return self._held

    @property
    def is_over(self) -> bool:
        return self._held > self._most

    def change(self, by_bytes: int) -> None:
        """Count bytes taken in, or freed where negative."""
        self._held += by_bytes


def largest(holders: Iterable[AnyHolder]) -> AnyHolder | None:
    """Return who holds the most, of the address that holds the most; None where nobody does."""
    by_address: dict[str, int] = defaultdict(int)
    most: dict[str, AnyHolder] = {}
    for each in holders:
        by_address[each.address] += each.held_bytes
        if each.address not in most or each.held_bytes > most[each.address].held_bytes:
            most[each.address] = each
    if not by_address:
        return None
    return most[max(by_address, key=lambda address: by_address[address])]
