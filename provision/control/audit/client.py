"""Who asks: what an audit line and a session remember of the client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_CLIENT_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class Client:
    """The network address that asks, and what the program there says of itself.

    Without defaults, so that nothing can be written that leaves out who asked.
    """

    address: str
    agent: str

    def as_kept(self) -> dict[str, str]:
        """Return both cut, and without what a terminal or a database refuses."""
        return {"address": _cut(self.address), "agent": _cut(self.agent)}


OPERATOR: Final = Client("operator", "")
"""The operator at the console; no client can choose this in place of an address."""

NOBODY: Final = Client("", "")
"""For what is written of a person who is erased: nothing may tell of them."""


def _cut(text: str) -> str:
    return "".join(each for each in text[:MAX_CLIENT_CHARACTERS] if each.isprintable())
