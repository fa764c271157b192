"""Keep the HTML of rows by the JSON text that PostgreSQL sent: what did not change is not drawn.

The key is that text and a manner, which names all else that the drawing depends on. So an entry
never goes stale: a changed row, another day and another person's formats are other keys.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from provision.web.answer.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from markupsafe import Markup

MOST_BYTES: Final = 16 * 1024 * 1024
"""What the rows of one process take together, at most."""

Manner: TypeAlias = "tuple[Hashable, ...]"
"""Whose rows are drawn, as what, for which day, and in which formats."""


class DrawnRow(NamedTuple):
    """The HTML of one row, and which column or group of the page it belongs to."""

    place: str | None
    html: Markup


class DrawnRows:
    """The rows that were drawn last; threads may share it, and draw outside its lock."""

    def __init__(
        self, most_bytes: int = MOST_BYTES, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._kept = Kept[DrawnRow](most_bytes, clock=clock)

    def take(
        self, manner: Manner, texts: Sequence[bytes], draw: Callable[[bytes], DrawnRow]
    ) -> list[DrawnRow]:
        """Return a row for each text, drawn by `draw` where it is not kept.

        `draw` may use nothing but the text and what `manner` says.
        """
        found = self._kept.look([(manner, text) for text in texts])
        missed = [text for text, row in zip(texts, found, strict=True) if row is None]
        drawn = [draw(text) for text in missed]
        if drawn:
            self._kept.keep(
                ((manner, text), row, sys.getsizeof(text) + sys.getsizeof(row.html))
                for text, row in zip(missed, drawn, strict=True)
            )
        fresh = iter(drawn)
        return [next(fresh) if row is None else row for row in found]

    def size_bytes(self) -> int:
        """Return about how much memory the rows take."""
        return self._kept.size_bytes()
