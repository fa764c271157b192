"""What a misspelt name was probably meant to be."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_NAMED: Final = 20
"""Of more unknown names than this the rest is not worth a sentence each."""
_LONGEST: Final = 60
_SHORTEST_BEGINNING: Final = 3
_ALIKE: Final = 0.7


def suggestion(word: str, known: Collection[str]) -> str:
    """Return ` Did you mean …?` for the name of `known` that is closest, empty for none."""
    word = word[:_LONGEST].casefold()
    close = get_close_matches(word, known, n=1, cutoff=_ALIKE)
    if not close and len(word) >= _SHORTEST_BEGINNING:
        close = [each for each in known if each.startswith(word) or word.startswith(each)]
    return f" Did you mean {close[0]}?" if close else ""
