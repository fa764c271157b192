"""A column of sums: one decimal mark for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.nouns import amount_text
from provision.web.exchange.columns.questions import Question, filled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provision.nouns.amount_text import DecimalMark
    from provision.web.exchange.columns.questions import Aside


@dataclass(frozen=True, slots=True)
class AmountColumn:
    """Reads one column; `are_thousands` decides where the column shows no decimal mark."""

    heading: str
    mark: DecimalMark
    are_thousands: bool

    def read(self, cell: str, aside: Aside) -> str:
        """Return a sum as our own field reads it, or the cell where it is none."""
        if amount_text.has_currency(cell):
            aside.note("currency", self.heading, cell)
        found = amount_text.read(cell, self.mark or self._own_mark(cell))
        return cell if found in ("mark", "number") else found

    def _own_mark(self, cell: str) -> DecimalMark:
        is_comma = "," in cell
        return "." if is_comma == self.are_thousands else ","


def column(
    place: int, heading: str, texts: Sequence[str], answers: Mapping[str, str]
) -> tuple[AmountColumn, Question | None]:
    """Return the reader of a column, and what has to be asked about it.

    A sum has two decimals at most, so three digits after a mark are first taken for thousands.
    """
    mark = amount_text.mark_of(texts)
    doubtful = next((each for each in filled(texts) if amount_text.is_in_doubt(each)), "")
    if mark or not doubtful:
        return AmountColumn(heading, mark, are_thousands=True), None
    name = f"amount-{place}"
    chosen = answers.get(name) if answers.get(name) in ("thousands", "decimals") else "thousands"
    comma = "," in doubtful
    whole = amount_text.read(doubtful, "." if comma else ",")
    parted = amount_text.read(doubtful, "," if comma else ".")
    question = Question(
        name,
        f"{heading}: {doubtful} is",
        (("thousands", f"{int(whole):,}"), ("decimals", str(float(parted)))),
        str(chosen),
    )
    return AmountColumn(heading, mark, are_thousands=chosen == "thousands"), question
