"""Names and titles as pages write them, shortened where there is little room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from unicodedata import bidirectional, normalize
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_LETTERS: Final = 60
# As many as `content/people.css` has, 36 degrees apart.
_HUES: Final = 10
# Unicode's marks around text whose direction is its own, for where no element can stand.
_ISOLATE: Final = "\u2068"
_END_ISOLATE: Final = "\u2069"


def named(title: str) -> str:
    """Return a text for a link to something whose name another program left empty."""
    return title if title.strip() else "untitled"


def short(title: str) -> str:
    """Cut a title for a sentence about it, and keep its direction to itself."""
    return isolated(title if len(title) <= _MOST_LETTERS else f"{title[: _MOST_LETTERS - 1]}…")


def isolated(text: str) -> str:
    """Mark text that is written from right to left, so that the sentence around it stays in order.

    Other text comes back as it is.
    """
    if any(bidirectional(letter) in ("R", "AL") for letter in text):
        return f"{_ISOLATE}{text}{_END_ISOLATE}"
    return text


def hue(name: str) -> int:
    """Return the number of the colour, of ten, that a person has on every page and every server."""
    return crc32(normalize("NFC", name).casefold().encode(errors="replace")) % _HUES


def brief_names(names: Sequence[str]) -> list[str]:
    """Return first names, where they tell people apart."""
    firsts = [name.split()[0] if name.split() else name for name in names]
    return [
        first if firsts.count(first) == 1 else name
        for first, name in zip(firsts, names, strict=True)
    ]
