"""Days and moments as people and programs write them in text.

A text that could mean two days has no reading until somebody says which of day and month comes
first. Nothing is guessed here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from provision.nouns.month_names import month_of, weekday_of

if TYPE_CHECKING:
    from collections.abc import Iterable

DayOrder = Literal["", "day", "month"]
"""Whether the day or the month comes first in 03/04/2026; empty where it is not known."""
Doubt = Literal["order", "calendar", "words"]
"""Why there is no reading: two are possible, no calendar has the day, or it is no day at all."""

_MOST_CHARACTERS: Final = 120
_LEAP_YEAR: Final = 2028
_WORD: Final = r"([^\W\d_]{3,12})"
_YEAR: Final = r"(\d{4}|\d{2})"
_ISO: Final = re.compile(r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})[.日]?", re.ASCII)
_BASIC: Final = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)", re.ASCII)
_NUMBERS: Final = re.compile(rf"(\d{{1,2}})([./-])\s?(\d{{1,2}})\2\s?{_YEAR}", re.ASCII)
_DAY_FIRST: Final = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th|er|º|ª|\.)?[\s/-]*(?:de\s|di\s|of\s)?{_WORD}\.?,?[\s/-]*"
    rf"(?:de\s|del\s)?{_YEAR}(?:\sr\.?)?"
)
_MONTH_FIRST: Final = re.compile(rf"{_WORD}\.?[\s/-]*(\d{{1,2}})(?:st|nd|rd|th)?,?[\s/-]+(\d{{4}})")
_YEAR_FIRST: Final = re.compile(rf"(\d{{4}})[\s/-]{_WORD}\.?[\s/-](\d{{1,2}})")
_WEEKDAY: Final = re.compile(r"[^\W\d_]{2,14}(?:-feira)?[.,]*\s+")
_CLOCK: Final = re.compile(
    r"(?:,\s*|\s+|T)(?:at\s|um\s|om\s|à\s|alle\s|a las\s|às\s|o\s)?(\d{1,2})[:.h](\d\d)"
    r"(?:[:.](\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*([ap])\.?\s?m\.?)?(?:\s*Uhr)?(?:\s*(Z|[A-Za-z]{2,5}|(?:GMT|UTC)?[+-]\d\d:?\d\d)"
    r"(?=\s*(?:\(|$)))?(?:\s*\(([^()]{1,40})\))?",
    re.IGNORECASE,
)
_OFFSET: Final = re.compile(r"(?:GMT|UTC)?([+-])(\d\d):?(\d\d)", re.IGNORECASE)
_EPOCH: Final = re.compile(r"[1-4]\d{9}|[1-4]\d{12}|9\d{11}", re.ASCII)
_RANGE: Final = re.compile(r"\s+(?:→|->|\u2013|\u2014|-|to|bis|au|al|t/m|do)\s+|\s*→\s*")
_ZONES: Final = {
    **dict.fromkeys(("z", "utc", "gmt", "wet"), 0),
    **dict.fromkeys(("cet", "mez", "bst"), 60),
    **dict.fromkeys(("cest", "mesz", "eet"), 120),
    "eest": 180,
    "est": -300,
    "edt": -240,
    "cst": -360,
    "cdt": -300,
    "mst": -420,
    "mdt": -360,
    "pst": -480,
    "pdt": -420,
}


@dataclass(frozen=True, slots=True)
class Written:
    """A day; with `clock` a time of it; with `zone` an instant. `is_range`: the last day of two."""

    day: date
    clock: time | None = None
    zone: tzinfo | None = None
    is_range: bool = False

    def instant(self, zone: tzinfo) -> datetime:
        """Return the moment in UTC; without a zone of its own it is read in `zone`.

        A day alone is noon of it, so that it is the same day for everybody near. Raises
        OverflowError at the ends of the calendar.
        """
        local = datetime.combine(self.day, self.clock or time(12), self.zone or zone)
        return local.astimezone(UTC)


def read(text: str, order: DayOrder = "", *, of_program: bool = False) -> Written | Doubt:
    """Return what a text says, or why it says nothing; `of_program` takes seconds since 1970."""
    text = " ".join(text.split())
    if not text or len(text) > _MOST_CHARACTERS:
        return "words"
    if of_program and _EPOCH.fullmatch(text):
        when = datetime.fromtimestamp(int(text) / (1000 if len(text) > 10 else 1), UTC)
        return Written(when.date(), when.time(), UTC)
    found = _single(text, order)
    if found == "order" and (by_weekday := _order(text)):
        found = _single(text, by_weekday)
    if found == "words" and len(ends := _RANGE.split(text)) == 2:
        first, last = (_single(each, order) for each in ends)
        if isinstance(first, Written) and isinstance(last, Written):
            return Written(last.day, last.clock, last.zone, is_range=True)
        return first if isinstance(first, str) and first == "order" else "words"
    return found


def with_year(text: str, year: int) -> Written | Doubt:
    """Return the day that a text without a year is in `year`: `4 Dec`, `Dec 4`, `4.12.`."""
    text = " ".join(text.split())
    for each in (f"{text} {year}", f"{text}{year}"):
        found = _single(each, "")
        if isinstance(found, Written) and found.day.year == year:
            return found
    return "words"


def lacks_year(text: str) -> bool:
    """Return whether a text is a day but for its year."""
    if len(text) > _MOST_CHARACTERS or read(text) != "words":
        return False
    return isinstance(with_year(text, _LEAP_YEAR), Written)


def order_of(texts: Iterable[str]) -> DayOrder:
    """Return the order of day and month that the clear dates among `texts` show.

    Empty where none is clear, or where they contradict each other.
    """
    orders = {found for text in texts if (found := _order(text))}
    return orders.pop() if len(orders) == 1 else ""


def is_in_doubt(text: str) -> bool:
    """Return whether somebody has to say what comes first before the text can be read."""
    return read(text) == "order"


def in_words(day: date) -> str:
    """Return a day so that nobody takes the month for the day: `4 March 2026`."""
    return f"{day.day} {day:%B} {day.year}"


def both_readings(text: str) -> tuple[date, date] | None:
    """Return the day that it is with the day first, and with the month first."""
    first, second = read(text, "day"), read(text, "month")
    if isinstance(first, Written) and isinstance(second, Written):
        return first.day, second.day
    return None


@lru_cache(maxsize=10_000)
def _order(text: str) -> DayOrder:
    day, _, _ = _parted(" ".join(text.split())[:_MOST_CHARACTERS])
    found = _NUMBERS.fullmatch(_without_weekday(day))
    if found is None or found[2] == ".":
        return ""
    first, second = int(found[1]), int(found[3])
    if first > 12 or second > 12:
        return "day" if first > 12 >= second else "month" if second > 12 >= first else ""
    # Only one of the two readings may be the Friday that stands before it.
    weekday = weekday_of(day.split()[0])
    readings = {"day": _numeric(found, "day"), "month": _numeric(found, "month")}
    fits: list[DayOrder] = [
        order
        for order in ("day", "month")
        if isinstance(each := readings[order], date) and each.weekday() == weekday
    ]
    return fits[0] if len(fits) == 1 else ""


@lru_cache(maxsize=10_000)
def _single(text: str, order: DayOrder) -> Written | Doubt:
    day_text, clock, zone = _parted(text)
    found = _day(day_text, order)
    if found == "words":
        found = _day(_without_weekday(day_text), order)
    return Written(found, clock, zone) if isinstance(found, date) else found


def _parted(text: str) -> tuple[str, time | None, tzinfo | None]:
    """Split a text into day, time and zone; if it has no time, all of it is the day."""
    for found in _CLOCK.finditer(text):
        if found.end() != len(text):
            continue
        zone = _zone(found[6] or "")
        if found[6] and zone is None:
            break
        if zone is None and found[7]:
            zone = _zone(found[7])
        numbers = int(found[1]), int(found[2]), int(found[3] or 0), _micro(found["fraction"])
        clock = _clock(*numbers, half=(found[5] or "").lower())
        if clock is not None:
            return text[: found.start()].rstrip(" ,"), clock, zone
    return text, None, None


def _micro(fraction: str | None) -> int:
    """Return a fraction of a second in microseconds."""
    return int((fraction or "0").ljust(6, "0")[:6])


def _clock(hour: int, minute: int, second: int, micro: int, *, half: str) -> time | None:
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, minute, second, micro)
    except ValueError:
        return None


def _zone(text: str) -> tzinfo | None:
    if found := _OFFSET.fullmatch(text):
        minutes = int(found[2]) * 60 + int(found[3])
        if minutes > 15 * 60:
            return None
        return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))
    minutes_of = _ZONES.get(text.lower())
    if minutes_of is None:
        return None
    return timezone(timedelta(minutes=minutes_of)) if minutes_of else UTC


def _without_weekday(text: str) -> str:
    return _WEEKDAY.sub("", text, count=1) if _WEEKDAY.match(text) else text


def _day(text: str, order: DayOrder) -> date | Doubt:
    if found := _ISO.fullmatch(text) or _BASIC.fullmatch(text):
        return _of_calendar(int(found[1]), int(found[2]), int(found[3]))
    if found := _NUMBERS.fullmatch(text):
        return _numeric(found, order)
    for pattern, (year, month, number) in (
        (_DAY_FIRST, (3, 2, 1)),
        (_MONTH_FIRST, (3, 1, 2)),
        (_YEAR_FIRST, (1, 2, 3)),
    ):
        found = pattern.fullmatch(text)
        if found and (named := month_of(found[month])):
            return _of_calendar(int(found[year]), named, int(found[number]))
    return "words"


def _numeric(found: re.Match[str], order: DayOrder) -> date | Doubt:
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    if found[2] == "." or first > 12:
        return _of_calendar(year, second, first)
    if second > 12:
        return _of_calendar(year, first, second)
    if order == "" and first != second:
        return "order"
    return _of_calendar(year, *((first, second) if order == "month" else (second, first)))


def _of_calendar(year: int, month: int, number: int) -> date | Doubt:
    if year < 100:
        year += 2000 if year < 70 else 1900
    try:
        return date(year, month, number)
    except ValueError:
        return "calendar"
