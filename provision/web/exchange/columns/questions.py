"""What only a person can say about a column, and what a reader says about its cells."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Question:
    """`chosen` is preselected by what else the file says; empty where nothing says anything.

    Without an answer no row of the column is read.
    """

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class WordChoice:
    """What one word of a column means; `is_sure` where it was known, not guessed.

    `is_said`: a person said so, now or at an earlier import, against what was known. An empty
    `value` has to be chosen.
    """

    name: str
    column: str
    role: str
    word: str
    shown: str
    count: int
    value: str
    is_sure: bool
    is_said: bool = False


@dataclass(slots=True)
class Aside:
    """What is not stored as it stands: `kept` goes to the description of the row at hand."""

    kept: list[str] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    samples: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    pending: list[tuple[str, str, str]] = field(default_factory=list)

    def keep(self, label: str, text: str) -> None:
        """Put a line into the description."""
        self.kept.append(f"{label}: {text.strip()}")

    def note(self, what: str, column: str, sample: str = "") -> None:
        """Count a loss of the row at hand."""
        self.pending.append((what, column, sample))

    def begin(self) -> None:
        """Start with another row."""
        self.kept, self.pending = [], []

    def settle(self) -> None:
        """Count what was noted of the row at hand, which is going to be written."""
        for what, column, sample in self.pending:
            self.counts[what, column] += 1
            known = self.samples.setdefault((what, column), [])
            if sample and sample not in known and len(known) < 3:
                known.append(sample)

    def shown(self, key: tuple[str, str]) -> str:
        """Return examples of a loss."""
        return ", ".join(_short(each) for each in self.samples.get(key, ()))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"


def filled(cells: Sequence[str]) -> list[str]:
    """Return the cells that hold something, without blanks around it."""
    return [text for cell in cells if (text := cell.strip())]
