"""A column of words that stand for a choice of ours: each word is decided once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provision.nouns.fields import FieldError
from provision.web.exchange.columns.questions import WordChoice, filled
from provision.web.exchange.words import folding, priorities, statuses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provision.nouns.fields import Choice
    from provision.web.exchange.columns.kinds import Kind

MOST_WORDS: Final = 200
"""Different words of one column that are asked about; more are no choice but text."""
SKIPPED: Final = "-"
"""What is chosen for a word that is to say nothing."""


@dataclass(frozen=True, slots=True)
class ChoiceColumn:
    """Reads one column by what its words were decided to mean."""

    heading: str
    role: str
    values: Mapping[str, str]
    empty: str

    def read(self, cell: str) -> str:
        """Return the value of a choice. Raises FieldError for a word that nobody decided."""
        if not cell.strip():
            return self.empty
        value = self.values.get(key_of(cell), "")
        if not value:
            raise FieldError("Say above what this word means.")
        return self.empty if value == SKIPPED else value


def key_of(cell: str) -> str:
    """Return by what a word is remembered; a sign without letters by itself."""
    return (folding.word(cell) or cell.strip())[:100]


def column(
    kind: Kind,
    role: str,
    heading: str,
    texts: Sequence[str],
    chosen: Mapping[tuple[str, str], str],
    *,
    fallback: str,
) -> tuple[ChoiceColumn, list[WordChoice]]:
    """Return the reader of a column and its words, those that nobody knows first.

    `chosen` are the person's answers by column and word, of today or of an earlier import;
    `fallback` is preselected for a word that has no meaning, empty where one has to be chosen.
    """
    rule: Choice = kind.noun["status" if role == "stage" else role]  # type: ignore[assignment]
    counts = Counter(key_of(text) for text in filled(texts))
    shown: dict[str, str] = {}
    for text in filled(texts):
        shown.setdefault(key_of(text), text)
    words = []
    for word, count in counts.most_common(MOST_WORDS):
        sure = _sure(kind, role, rule, word, shown[word])
        value = chosen.get((role, word), "")
        if value not in rule.labels and value != SKIPPED:
            value = sure or _guess(kind, role, word) or fallback
        words.append(
            WordChoice(
                f"word-{role}-{word}", heading, role, word, shown[word][:80], count, value,
                is_sure=sure is not None, is_said=sure is not None and value != sure,
            )
        )  # fmt: skip
    values = {each.word: each.value for each in words}
    values |= dict.fromkeys(counts.keys() - values.keys(), fallback)
    # What says nothing of a task leaves it to the other columns.
    is_one_of_several = role == "stage" or (role == "status" and kind.key == "tasks")
    empty = "" if is_one_of_several else str(rule.default)
    reader = ChoiceColumn(heading, role, values, empty)
    return reader, sorted(words, key=lambda each: (each.is_sure, bool(each.value)))


def _sure(kind: Kind, role: str, rule: Choice, word: str, shown: str) -> str | None:
    """Return the known meaning of a word: our own value or label, or one of other tools."""
    plain = word.replace(" ", "_")
    if plain in rule.labels:
        return plain
    if shown.strip().lower() in rule.labels:
        return shown.strip().lower()
    known = priorities.known(word) if role == "priority" else statuses.known(kind.key, word)
    return known if known in rule.labels else None


def _guess(kind: Kind, role: str, word: str) -> str:
    if role == "priority":
        return priorities.by_parts(word) or "medium"
    return statuses.by_parts(kind.key, word) or ""
