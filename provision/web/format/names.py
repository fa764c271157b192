"""Names and titles as pages write them, shortened where there is little room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_LETTERS: Final = 60


def named(title: str) -> str:
    """Return a text for a link to something whose name another program left empty."""
    return title if title.strip() else "untitled"


def short(title: str) -> str:
    """Cut a title for a sentence about it."""
    return title if len(title) <= _MOST_LETTERS else f"{title[: _MOST_LETTERS - 1]}…"


def brief_names(names: Sequence[str]) -> list[str]:
    """Return first names, where they tell people apart."""
    firsts = [name.split()[0] if name.split() else name for name in names]
    return [
        first if firsts.count(first) == 1 else name
        for first, name in zip(firsts, names, strict=True)
    ]
