"""Days as people write them at the end of a line: `fri`, `tomorrow`, `15 mar`, `2026-03-15`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from provision.nouns.days import parse_day
from provision.web.format.dates import MONTHS, WEEKDAYS, week_start

if TYPE_CHECKING:
    from collections.abc import Sequence

# Weekdays that people cut to more than three letters.
_LONGER: Final = {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
MOST_WORDS: Final = 3


def read(words: Sequence[str], today: date) -> date | None:
    """Return the day that these words are, all of them together; None where they are no day.

    A weekday is the next one after today, and a day without a year the next of its name.
    """
    lower = [word.casefold().rstrip(",.") for word in words]
    found: date | None = None
    match lower:
        case ["today"]:
            found = today
        case ["tomorrow" | "tmr"]:
            found = today + timedelta(days=1)
        case [word]:
            found = _weekday(word, today) or parse_day(word)
        case ["next", "week"]:
            found = week_start(today) + timedelta(weeks=1)
        case [one, two]:
            found = _day_of_month(one, two, "", today) or _day_of_month(two, one, "", today)
        case [one, two, year] if year.isascii() and year.isdigit() and len(year) == 4:
            found = _day_of_month(one, two, year, today) or _day_of_month(two, one, year, today)
    return found


def _weekday(word: str, today: date) -> date | None:
    found = _LONGER.get(word, _index(WEEKDAYS, word))
    return None if found is None else today + timedelta(days=(found - today.weekday() - 1) % 7 + 1)


def _day_of_month(number: str, month: str, year: str, today: date) -> date | None:
    digits = number.rstrip("stndrh") if number[:1].isdigit() else number
    found = _index(MONTHS, month)
    if found is None or not (digits.isascii() and digits.isdigit() and len(digits) <= 2):
        return None
    # Of 29 February the next may be years away.
    for each in [int(year)] if year else range(today.year, today.year + 9):
        try:
            day = date(each, found + 1, int(digits))
        except ValueError:
            continue
        if year or day >= today:
            return day
    return None


def _index(names: Sequence[str], word: str) -> int | None:
    """Find the name that is meant: written out, or by its first three letters."""
    for index, name in enumerate(map(str.casefold, names)):
        if word in (name, name[:3]) or (word == "sept" and name == "september"):
            return index
    return None
