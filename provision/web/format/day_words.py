"""Read days as people write them at the end of a line: `fri`, `in 2 weeks`, `24.12.`, `15 mar`."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from provision.nouns.days import parse_day
from provision.nouns.folding import fold
from provision.nouns.month_names import month_of, weekday_of
from provision.web.format.dates import MONTHS, WEEKDAYS, full_day, week_start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.control.accounts.formats import DateFormat

MOST_WORDS: Final = 6


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Names that are read; others, such as `set`, `out` and `die`, are words of another language.
_ENGLISH_MONTHS: Final = frozenset(
    [*(fold(name) for name in MONTHS), *(fold(name[:3]) for name in MONTHS), "sept"]
)
_OTHER_MONTHS: Final = _listed(
    """januar janner februar marz mrz mai juni juli oktober okt dezember dez janvier janv
    fevrier fevr mars avril avr juin juillet juil aout septembre octobre novembre decembre
    enero ene febrero marzo abril abr mayo junio julio agosto septiembre setiembre octubre
    noviembre diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre
    dicembre januari februari maart mrt mei augustus"""
)
_OTHER_WEEKDAYS: Final = _listed(
    """montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag lundi mardi
    mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves viernes sabado
    domingo lunedi martedi mercoledi giovedi venerdi sabato domenica maandag dinsdag
    woensdag donderdag vrijdag zaterdag zondag"""
)
_WEEKDAYS: Final = _OTHER_WEEKDAYS | {
    *(fold(name) for name in WEEKDAYS),
    *(fold(name[:3]) for name in WEEKDAYS),
    *("tues", "weds", "thur", "thurs"),
}
_COUNTS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_MOST_AHEAD: Final = 1000
# After these, a day is one of many.
_AGAIN: Final = _listed(
    """every each jeden jede jeder jedes alle chaque tous cada todos ogni tutti elke iedere"""
)
_BETWEEN: Final = _listed(
    """other single second third fourth first 2nd 3rd 4th 1st week weeks month months day days
    on zweiten dritten woche wochen"""
)
_NOT_YET: Final = "Dates that come again are not built yet: the words stay in the title."
# After these, it bounds a stretch of time, or is an ordinary word.
_NOT_ITS_DAY: Final = _listed(
    """last past since from after before until till til between through and or to of & - + /
    not und oder bis vor nach seit ab et ou avant apres y o hasta desde e da dopo prima tot
    voor na in the a an my our your their his her no version part step page phase chapter
    release teil seite"""
) | {"\u2013", "\u2014"}
_SAID_BEFORE: Final = frozenset({"on", "by", "due"})
_SAID_ELSEWHERE: Final = frozenset({"am", "le", "el", "il", "op"})
# `24/7` is no day to anybody.
_NEVER: Final = frozenset({"24/7"})
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})?|(\d\d)\.(\d\d)\.(\d\d)", re.ASCII)
_SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d\d))?", re.ASCII)
_DASHED: Final = re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})", re.ASCII)
_NUMBER: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|\.|º|ª)?", re.ASCII)


class Ending(NamedTuple):
    """The day that a line ends with, the number of words that say it, and a note on them.

    `taken` is 0 where no words are. `escaped` is how many words from the end there is a
    backslash that stands before a day and only says that it is none; 0 for none.
    """

    day: date | None = None
    taken: int = 0
    note: str = ""
    escaped: int = 0


def at_end(words: Sequence[str], today: date, order: DateFormat = "day_month") -> Ending:
    """Find the day that `words` end with; words that are a day and nothing else are none."""
    for count in range(min(MOST_WORDS, len(words)), 0, -1):
        tail = list(words[-count:])
        if tail[0].startswith("\\") and _is_day([tail[0][1:], *tail[1:]], today, order):
            return Ending(escaped=count)
        try:
            day = read(tail, today, order)
        except _WrongWeekdayError as error:
            return Ending(note=str(error))
        if day:
            return _taken(day, count, [_plain(each) for each in words[:-count]])
    return Ending()


def _taken(day: date, count: int, before: list[str]) -> Ending:
    """Return the ending, unless what stands before the day makes something else of it."""
    if not before or before[-1] in _NOT_ITS_DAY:
        return Ending()
    return Ending(note=_NOT_YET) if _comes_again(before) else Ending(day, count)


def _is_day(words: Sequence[str], today: date, order: DateFormat) -> bool:
    try:
        return read(words, today, order) is not None
    except _WrongWeekdayError:
        return True


def _comes_again(before: list[str]) -> bool:
    """Tell whether what stands before a day says `every`, `every other` or `every 2 weeks`."""
    while len(before) > 1 and (before[-1] in _BETWEEN or before[-1].isdigit()):
        before = before[:-1]
    return before[-1] in _AGAIN


def read(words: Sequence[str], today: date, order: DateFormat = "day_month") -> date | None:
    """Return the day that these words are, all of them together; None where they are no day.

    A weekday is the next one after today, `next friday` the one of next week, and a day without a
    year the next of its name. Of two numbers between slashes the person's order says which is the
    day. Raises ValueError where a weekday stands beside a day that it is not.
    """
    try:
        return _read([_plain(word) for word in words], today, order)
    except OverflowError:
        return None


class _WrongWeekdayError(ValueError):
    """A weekday stands beside a day that is another."""


def _plain(word: str) -> str:
    plain = fold(word)
    return plain.rstrip(",") if plain[:1].isdigit() else plain.rstrip(",.")


def _read(plain: list[str], today: date, order: DateFormat) -> date | None:
    is_english = all(word not in _OTHER_MONTHS and word not in _OTHER_WEEKDAYS for word in plain)
    if len(plain) > 1 and plain[0] in (_SAID_BEFORE if is_english else _SAID_ELSEWHERE):
        return _read(plain[1:], today, order)
    if len(plain) == 1:
        word = plain[0]
        return _relative(plain, today) or _weekday(word, today) or _numeric(word, today, order)
    if plain[0] in _WEEKDAYS and _is_dated(plain[1]):
        day = _read(plain[1:], today, order)
        if day and day.weekday() != weekday_of(plain[0]):
            name = WEEKDAYS[day.weekday()]
            raise _WrongWeekdayError(f"{full_day(day)} is a {name}: the words stay in the title.")
        return day
    return _relative(plain, today) or _named(plain, today)


def _relative(plain: list[str], today: date) -> date | None:
    """Read days that are said by how far they are from today."""
    found = None
    match plain:
        case ["today"]:
            found = today
        case ["tomorrow" | "tmr"]:
            found = today + timedelta(days=1)
        case ["next", "week"]:
            found = week_start(today) + timedelta(weeks=1)
        case ["next", "month"]:
            found = _month_end(today) + timedelta(days=1)
        case ["end", "of", "month"] | ["end", "of", "the" | "this", "month"]:
            found = _month_end(today)
        case ["end", "of", "next", "month"]:
            found = _month_end(_month_end(today) + timedelta(days=1))
        case ["in", number, unit]:
            found = _ahead(number, unit, today)
        case ["this", name]:
            found = _weekday(name, today)
        case ["next", name] | [name, "next", "week"]:
            found = _of_next_week(name, today)
    return found


def _is_dated(word: str) -> bool:
    """Tell whether a day of a month begins with this word, and no weekday or distance does."""
    return word[:1].isdigit() or word in _ENGLISH_MONTHS


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _ahead(count: str, unit: str, today: date) -> date | None:
    is_number = count.isascii() and count.isdigit() and len(count) <= 4
    number = int(count) if is_number else _COUNTS.get(count)
    if number is None or number > _MOST_AHEAD:
        return None
    match unit.removesuffix("s"):
        case "day":
            return today + timedelta(days=number)
        case "week":
            return today + timedelta(weeks=number)
        case "month":
            years, month = divmod(today.month - 1 + number, 12)
            first = date(today.year + years, month + 1, 1)
            return first.replace(day=min(today.day, _month_end(first).day))
    return None


def _weekday(word: str, today: date) -> date | None:
    found = weekday_of(word) if word in _WEEKDAYS else None
    return None if found is None else today + timedelta(days=(found - today.weekday() - 1) % 7 + 1)


def _of_next_week(word: str, today: date) -> date | None:
    """Return the day of that name in the week that begins next, as the person counts weeks."""
    found = weekday_of(word) if word in _WEEKDAYS else None
    if found is None:
        return None
    begins = week_start(today) + timedelta(weeks=1)
    return begins + timedelta(days=(found - begins.weekday()) % 7)


def _numeric(word: str, today: date, order: DateFormat) -> date | None:
    if word in _NEVER:
        return None
    if _ISO.fullmatch(word):
        return parse_day(word)
    if found := _DOTTED.fullmatch(word):
        day, month, year = (found[1], found[2], found[3]) if found[1] else found.groups()[3:]
        return _next_day(int(day), int(month), year or "", today)
    if found := _SLASHED.fullmatch(word) or _DASHED.fullmatch(word):
        first, second, year = int(found[1]), int(found[2]), found[3] or ""
        is_day_first = order == "day_month"
        if max(first, second) > 12:
            is_day_first = first > 12
        return _next_day(*((first, second) if is_day_first else (second, first)), year, today)
    return None


def _named(words: list[str], today: date) -> date | None:
    """Read `24 dec`, `24 de diciembre`, `dec 24`, each with or without a year."""
    words = [word for word in words if word not in ("de", "di", "of", "del", "the")]
    year = ""
    if len(words) == 3 and words[2].isascii() and words[2].isdigit() and len(words[2]) == 4:
        year = words.pop()
    if len(words) != 2:
        return None
    one, two = words
    if two in _ENGLISH_MONTHS or two in _OTHER_MONTHS:
        number, month = one, two
    elif one in _ENGLISH_MONTHS:
        number, month = two, one
    else:
        return None
    digits, named = _NUMBER.fullmatch(number), month_of(month)
    if digits is None or named is None:
        return None
    return _next_day(int(digits[1]), named, year, today)


def _next_day(day: int, month: int, year: str, today: date) -> date | None:
    """Return the day of that year, 2026 for `26`; without one the next there is."""
    years = [int(year) + (2000 if len(year) == 2 else 0)] if year else []
    # Of 29 February the next may be years away.
    for each in years or range(today.year, today.year + 9):
        try:
            found = date(each, month, day)
        except ValueError:
            continue
        if years or found >= today:
            return found
    return None
