"""Days and moments as pages and the API write them, in the server's own time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final, NamedTuple, overload

from provision.nouns.days import parse_day

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
NEAR_DAYS: Final = 10
"""A day within so many of today is written with its weekday."""


class Due(NamedTuple):
    """A due date as it is written, and how late it is; `in_words` is such as `in 3 days`."""

    iso: str | None
    text: str
    days_late: int
    is_today: bool
    in_words: str


def today() -> date:
    """Return the server's own day: people and server share an office, or set TZ."""
    return datetime.now().astimezone().date()


def weekday(day: date) -> str:
    """Write `Fri`."""
    return WEEKDAYS[day.weekday()][:3]


def day_and_month(day: date) -> str:
    """Write `29 Jan`."""
    return f"{day.day} {month(day)}"


def month(day: date) -> str:
    """Write `Jan`."""
    return MONTHS[day.month - 1][:3]


def short_day(text: str | None, now: date | None = None) -> str:
    """Write `Fri 27 Nov` within ten days, `18 Dec` within this year, `4 Jan 2027` beyond.

    What is not a day is shown as it is stored.
    """
    day = parse_day(text)
    if day is None:
        return text or ""
    now = now or today()
    if day == now:
        return "Today"
    name = day_and_month(day)
    if abs((day - now).days) <= NEAR_DAYS:
        return f"{weekday(day)} {name}"
    return name if day.year == now.year else f"{name} {day.year}"


def brief_day(text: str | None, now: date) -> str:
    """Write `29 Jan`; with the year more than 60 days back or 300 ahead, where it is not plain."""
    day = parse_day(text)
    if day is None:
        return text or ""
    brief = day_and_month(day)
    return brief if -60 <= (day - now).days <= 300 else f"{brief} {day.year}"


def long_day(day: date) -> str:
    """Write `Monday 23 November`."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


def due(iso: str | None, now: date, *, is_settled: bool) -> Due:
    """Read a stored due date; what is settled (done, cancelled) is never late."""
    day = parse_day(iso)
    if day is None:
        return Due(iso, iso or "no date", 0, is_today=False, in_words="")
    days = (day - now).days
    late = -days if days < 0 and not is_settled else 0
    if late:
        words = f"{late} {'day' if late == 1 else 'days'} late"
    else:
        words = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days" if days > 0 else "")
    return Due(iso, short_day(iso, now), late, is_today=days == 0, in_words=words)


def local(text: str | None) -> datetime | None:
    """Read a stored timestamp (UTC) in the server's time; None for what is no instant here."""
    try:
        when = datetime.fromisoformat(text or "")
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone()
    except (ValueError, OverflowError, OSError):
        return None


def clock(when: datetime) -> str:
    """Write `9:05`."""
    return f"{when.hour}:{when.minute:02}"


def moment(text: str | None) -> str:
    """Write a stored timestamp: `14:21` today, else `Fri 20 Nov, 14:21`."""
    when = local(text)
    if when is None:
        return text or ""
    if when.date() == today():
        return clock(when)
    return f"{short_day(when.date().isoformat())}, {clock(when)}"


def recently(text: str | None, now: date) -> str:
    """Write `11:04` today, `Fri 16:12` within the last six days, else the day alone."""
    when = local(text)
    if when is None:
        return text or ""
    days = (now - when.date()).days
    if days == 0:
        return clock(when)
    if 0 < days <= 6:
        return f"{weekday(when)} {clock(when)}"
    return short_day(when.date().isoformat(), now)


def in_full(text: str | None, now: date) -> str:
    """Write `today, 14:29` or `Mon 2 Nov 2026, 9:12`."""
    when = local(text)
    if when is None:
        return text or ""
    if when.date() == now:
        return f"today, {clock(when)}"
    return f"{weekday(when)} {day_and_month(when)} {when.year}, {clock(when)}"


def finished(text: str | None, now: date) -> str:
    """Write `Today 11:20`, or the day alone."""
    when = local(text)
    if when is None:
        return text or ""
    if when.date() == now:
        return f"Today {clock(when)}"
    return short_day(when.date().isoformat(), now)


@overload
def rfc3339(seconds: int) -> str: ...
@overload
def rfc3339(seconds: int | None) -> str | None: ...
def rfc3339(seconds: int | None) -> str | None:
    """Write unix seconds of the control store as `2026-11-23T14:32:00Z`; None stays None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
