"""One cell of a spreadsheet, in the many ways people write it, as the text our own fields read.

What could mean two things is not guessed: it is left as it is, and the field says what it wants.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, Literal

from provision.web.format.dates import MONTHS, WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DayOrder = Literal["", "day", "month"]
"""Whether the day or the month comes first in 03/04/2026; empty where it is not known."""

_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?", re.ASCII)
_NUMBERS: Final = re.compile(
    r"(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?:,? \d{1,2}:\d\d.*)?", re.ASCII
)
_DAY_FIRST: Final = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.)?[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4}|\d{2})"
)
_MONTH_FIRST: Final = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_WEEKDAY: Final = re.compile(
    rf"(?:{'|'.join(each[:3] for each in WEEKDAYS)})[a-z]*\.?,? +", re.IGNORECASE
)
_MONTHS: Final = tuple(each[:3].casefold() for each in MONTHS)
_MONEY_SIGNS: Final = re.compile(
    r"[\s\u00a0\u202f'\u2019]|[€$£¥]|\b(?:EUR|USD|GBP|CHF|SEK|NOK|DKK)\b"
)
_GROUPED: Final = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")

STATUS_WORDS: Final[Mapping[str, str]] = {
    "to_do": "todo",
    "open": "todo",
    "new": "todo",
    "backlog": "todo",
    "not_started": "todo",
    "doing": "in_progress",
    "started": "in_progress",
    "working": "in_progress",
    "in_review": "review",
    "testing": "review",
    "closed": "done",
    "complete": "done",
    "completed": "done",
    "finished": "done",
    "resolved": "done",
}
PRIORITY_WORDS: Final[Mapping[str, str]] = {
    "normal": "medium",
    "lowest": "low",
    "highest": "urgent",
    "critical": "urgent",
}


def order_of(values: Iterable[str]) -> DayOrder:
    """What the dates of one column say about their order, all of them together."""
    for value in values:
        found = _NUMBERS.fullmatch(value.strip())
        if found is None or found[2] == ".":
            continue
        first, second = int(found[1]), int(found[3])
        if first > 12 >= second:
            return "day"
        if second > 12 >= first:
            return "month"
    return ""


def day(text: str, order: DayOrder) -> str:
    """`YYYY-MM-DD` where the text is one day and no other; else the text."""
    found = _parts(text, order)
    return (_of_calendar(*found) if found else "") or text


def is_no_day(text: str, order: DayOrder) -> bool:
    """Whether the text is written as a day that no calendar has, such as 31.02.2026."""
    found = _parts(text, order)
    return found is not None and not _of_calendar(*found)


def is_ambiguous(text: str) -> bool:
    """Whether the text is a date in which day and month could be told only by a rule."""
    found = _NUMBERS.fullmatch(text.strip())
    return bool(found and found[2] != "." and int(found[1]) <= 12 and int(found[3]) <= 12)


def instant(text: str, order: DayOrder) -> str:
    """A time as the database takes it, or a day at midnight; empty where it is neither."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        found = day(text, order)
        return f"{found}T00:00:00" if re.fullmatch(r"\d{4}-\d\d-\d\d", found) else ""
    if when.tzinfo is not None:
        try:
            when = when.astimezone(UTC).replace(tzinfo=None)
        except OverflowError:
            return ""
    return when.isoformat()


def amount(text: str) -> str:
    """Money with a point for its decimals and nothing else; `1.234,50 €` is `1234.50`."""
    plain = _MONEY_SIGNS.sub("", text)
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma >= 0 and point >= 0:
        # The one further right parts the decimals.
        grouping = "," if point > comma else "."
        return plain.replace(grouping, "").replace(",", ".")
    if comma < 0:
        # 1.234.567 can only be grouped; a single point is ours.
        return (
            plain.replace(".", "") if plain.count(".") > 1 and _GROUPED.fullmatch(plain) else plain
        )
    # Money has two decimals at most: 1,234 is grouped.
    is_grouped = _GROUPED.fullmatch(plain) and not plain.startswith("0")
    return plain.replace(",", "") if is_grouped else plain.replace(",", ".")


def word(text: str, others: Mapping[str, str]) -> str:
    """A choice as we store it: `In Progress` is `in_progress`; `others` are other words for it."""
    plain = re.sub(r"[\s_-]+", "_", text.strip().lower())
    return others.get(plain, plain)


def _parts(text: str, order: DayOrder) -> tuple[int, int, int] | None:
    """Year, month and day."""
    text = _WEEKDAY.sub("", text.strip(), count=1)
    if found := _ISO.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _NUMBERS.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        is_day_first = found[2] == "." or first > 12 or order == "day"
        is_month_first = found[2] != "." and (second > 12 or order == "month")
        if is_day_first == is_month_first:
            return None
        return (year, second, first) if is_day_first else (year, first, second)
    if found := _DAY_FIRST.fullmatch(text):
        return _named(found[2], found[1], found[3])
    if found := _MONTH_FIRST.fullmatch(text):
        return _named(found[1], found[2], found[3])
    return None


def _of_calendar(year: int, month: int, number: int) -> str:
    if year < 100:
        year += 2000 if year < 70 else 1900
    try:
        return date(year, month, number).isoformat()
    except ValueError:
        return ""


def _named(month: str, number: str, year: str) -> tuple[int, int, int] | None:
    start = month[:3].lower()
    return (int(year), _MONTHS.index(start) + 1, int(number)) if start in _MONTHS else None
