"""Limit how much of databases' answers a process holds at once, over all tenants.

Every call may hold `FREE_BYTES` without asking. Beyond that the calls with large answers share one
room: while it is full the later ones stop reading, so that their servers wait, and the one that
came first goes on. A database that sends without end costs its owner the answer, and nobody memory.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from provision.errors import DatabaseBusyError

if TYPE_CHECKING:
    from provision.tenant.connection.deadline import Deadline

FREE_BYTES: Final = 256 * 1024


class Share:
    """What one call holds of the room, in bytes."""

    __slots__ = ("_room", "held")

    def __init__(self, room: ResultRoom) -> None:
        self._room = room
        self.held = 0

    def hold(self, amount: int, deadline: Deadline) -> None:
        """Hold at least `amount`; wait for it if need be. Raises DatabaseBusyError."""
        if amount > self.held:
            self._room.grow(self, amount, deadline)

    def give_back(self) -> None:
        if self.held:
            self._room.take_back(self)


class ResultRoom:
    """Half of `most` bytes for all calls but the first, which may always go on, to its own limit.

    So no two can wait for each other, and all together hold at most one and a half times `most`
    where that limit is `most`.
    """

    def __init__(self, most: int) -> None:
        self._most: Final = most
        self._changed: Final = threading.Condition()
        self._shares: Final[list[Share]] = []
        self._total = 0

    def share(self) -> Share:
        return Share(self)

    @property
    def held(self) -> int:
        """Return what all calls hold together."""
        return self._total

    def grow(self, share: Share, amount: int, deadline: Deadline) -> None:
        with self._changed:
            if not share.held:
                self._shares.append(share)
                self._set(share, 1)
            while self._shares[0] is not share and self._total - share.held + amount > (
                self._most // 2
            ):
                left = deadline.remaining()
                if left <= 0.0:
                    raise _no_room()
                self._changed.wait(left)
            self._set(share, amount)

    def take_back(self, share: Share) -> None:
        with self._changed:
            self._shares.remove(share)
            self._set(share, 0)
            self._changed.notify_all()

    def _set(self, share: Share, amount: int) -> None:
        self._total += amount - share.held
        share.held = amount


def _no_room() -> DatabaseBusyError:
    return DatabaseBusyError(
        "too_many_connections",
        "This server is busy with other large answers, and had no room for this one.",
        "Try again in a moment, or ask for less at a time.",
        retry_after_s=5,
    )
