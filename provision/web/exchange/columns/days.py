"""A column of days or moments: one order of day and month, one rule for midnight."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final

from provision.nouns import day_text
from provision.nouns.day_text import Written
from provision.nouns.fields import FieldError
from provision.web.exchange.columns.questions import Question, filled
from provision.web.exchange.words import folding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from provision.nouns.day_text import DayOrder
    from provision.web.exchange.columns.questions import Aside

_FORMS: Final = "2026-02-28, 28.02.2026 or 28 Feb 2026"
_LEAP_YEAR: Final = 2028
_MIDNIGHT: Final = time(0)
_DAY_FIRST: Final = frozenset({"de", "fr", "es", "it", "nl", "pt", "pl"})


@dataclass(frozen=True, slots=True)
class DayColumn:
    """Reads one column for somebody in `zone`; `own_zone` is that of times which name none.

    `are_days`: all its moments are midnight, so they are days and not moments.
    """

    heading: str
    order: DayOrder
    zone: tzinfo
    own_zone: tzinfo
    are_days: bool = False
    year: int = 0
    """Of days without one; 0 where none lacks it."""

    def due(self, cell: str, aside: Aside) -> date | None:
        """Return the day; words that are none go to the description. Raises FieldError."""
        written = self._written(cell, aside)
        if written is None:
            return None
        if written.is_range:
            aside.keep(self.heading, cell)
            aside.note("range", self.heading, cell)
        if written.clock is not None and not self._is_midnight(written):
            aside.note("clock", self.heading, cell)
        if self.are_days or written.clock is None:
            return written.day
        try:
            return written.instant(self.own_zone).astimezone(self.zone).date()
        except OverflowError:
            return written.day

    def instant(self, cell: str, aside: Aside) -> str | None:
        """Return the moment in UTC as the database takes it. Raises FieldError."""
        written = self._written(cell, aside)
        if written is None:
            return None
        if self.are_days:
            written = Written(written.day)
        try:
            return written.instant(self.own_zone).replace(tzinfo=None).isoformat()
        except OverflowError:
            raise FieldError("This is beyond what can be stored as a time.") from None

    def _is_midnight(self, written: Written) -> bool:
        return written.clock == _MIDNIGHT

    def _written(self, cell: str, aside: Aside) -> Written | None:
        text = cell.strip()
        if not text or folding.word(text) in ("none", "null", "n a", "", "no date", "never"):
            return None
        found = day_text.read(text, self.order, of_program=True)
        if found == "words" and self.year:
            found = day_text.with_year(text, self.year)
        if isinstance(found, Written):
            return found
        if found == "calendar":
            raise FieldError(f"There is no such day in the calendar. A day is written {_FORMS}.")
        if found == "order":
            raise FieldError("Say above whether the day or the month comes first.")
        aside.keep(self.heading, cell)
        aside.note("no_day", self.heading, cell)
        return None


def columns(
    headings: Mapping[int, str],
    cells: Mapping[int, Sequence[str]],
    zone: tzinfo,
    answers: Mapping[str, str],
    usual: DayOrder,
) -> tuple[dict[int, DayColumn], list[Question]]:
    """Return the readers of all columns with days, by place, and what has to be asked.

    `usual` is the order that the rest of the file hints at.
    """
    orders = {place: day_text.order_of(texts) for place, texts in cells.items()}
    seen = {each for each in orders.values() if each}
    hinted: DayOrder = seen.pop() if len(seen) == 1 else usual
    readers, questions = {}, []
    for place, texts in cells.items():
        order = orders[place]
        if not order and (doubtful := _first_doubtful(texts)):
            question = _question(place, headings[place], doubtful, answers, hinted)
            questions.append(question)
            order = "day" if question.chosen == "day" else "month" if question.chosen else ""
        year = _year(place, headings[place], texts, answers, zone)
        if year:
            questions.append(year)
        own_zone = UTC if "(utc)" in folding.name(headings[place]) else zone
        readers[place] = DayColumn(
            headings[place],
            order,
            zone,
            own_zone,
            _are_days(texts),
            int(year.chosen) if year else 0,
        )
    return readers, questions


def usual_order(language: str, separator: str, browser: str) -> DayOrder:
    """Return the order that language, separator and browser hint at; empty where they do not."""
    if language in _DAY_FIRST or separator == ";":
        return "day"
    first = browser.partition(",")[0].partition(";")[0].strip().lower()
    if first in ("en-us", "en-ph"):
        return "month"
    return "day" if first and first not in ("en", "*") else ""


def _first_doubtful(texts: Sequence[str]) -> str:
    return next((text for text in filled(texts) if day_text.is_in_doubt(text)), "")


def _question(
    place: int, heading: str, text: str, answers: Mapping[str, str], hinted: DayOrder
) -> Question:
    name = f"order-{place}"
    both = day_text.both_readings(text)
    first, second = map(day_text.in_words, both) if both else ("the day first", "the month first")
    chosen = answers.get(name) or answers.get("order") or hinted
    return Question(
        name,
        f"{heading}: {text} is",
        (
            ("", "Choose"),
            ("day", f"{first}: the day comes first"),
            ("month", f"{second}: the month comes first"),
        ),
        chosen if chosen in ("day", "month") else "",
    )


def _year(
    place: int, heading: str, texts: Sequence[str], answers: Mapping[str, str], zone: tzinfo
) -> Question | None:
    """Return the question about days without a year; the year of most others is preselected."""
    lacking = next((text for text in filled(texts) if day_text.lacks_year(text)), "")
    if not lacking:
        return None
    days = (day_text.read(text, "day", of_program=True) for text in filled(texts))
    years = Counter(each.day.year for each in days if isinstance(each, Written))
    usual = years.most_common(1)[0][0] if years else datetime.now(zone).year
    options = tuple(
        (str(year), day_text.in_words(found.day))
        for year in range(usual - 1, usual + 3)
        if isinstance(found := day_text.with_year(lacking, year), Written)
    )
    name = f"year-{place}"
    values = [value for value, _ in options]
    wanted = answers.get(name, str(usual))
    chosen = wanted if wanted in values else values[0] if values else str(_LEAP_YEAR)
    return Question(name, f"{heading}: {lacking} is", options, chosen)


def _are_days(texts: Sequence[str]) -> bool:
    """Tell whether all moments are midnight in their zone: some programs write days so."""
    moments = 0
    for text in filled(texts):
        if text.isdigit() and len(text) > 8:
            return False
        found = day_text.read(text, "day")
        if isinstance(found, Written) and found.clock is not None:
            if found.clock != _MIDNIGHT:
                return False
            moments += 1
    return moments > 0
