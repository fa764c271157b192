"""Days and moments as pages and the API write them, in the time zone of the person asking."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple, overload

from provision.nouns.days import parse_day
from provision.web.format.viewer import formats

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_FIRST_WEEKDAY: Final = {"monday": 0, "saturday": 5, "sunday": 6}
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
    """Return the day it is where the person asking is."""
    return datetime.now(formats().zone).date()


def week_start(day: date) -> date:
    """Return the first day of the week that holds `day`, as the person asking counts weeks."""
    first = _FIRST_WEEKDAY[formats().week_start]
    return day - timedelta(days=(day.weekday() - first) % 7)


def stored_midnight(day: date) -> datetime:
    """Return when `day` begins for the person asking, as tables hold moments: UTC, without a zone.

    On a day whose midnight is skipped (summer time), it is the moment the clocks went forward.
    """
    midnight = datetime.combine(day, time(), formats().zone)
    return midnight.astimezone(UTC).replace(tzinfo=None)


def weekday(day: date) -> str:
    """Write `Fri`."""
    return WEEKDAYS[day.weekday()][:3]


def day_and_month(day: date) -> str:
    """Write `29 Jan`, or `Jan 29`."""
    if formats().date_format == "month_day":
        return f"{month(day)} {day.day}"
    return f"{day.day} {month(day)}"


def full_day(day: date) -> str:
    """Write `29 Jan 2026`, `Jan 29, 2026`, or `2026-01-29`."""
    order = formats().date_format
    if order == "year_month_day":
        return day.isoformat()
    return f"{day_and_month(day)}{',' if order == 'month_day' else ''} {day.year}"


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
    return name if day.year == now.year else full_day(day)


def brief_day(text: str | None, now: date) -> str:
    """Write `29 Jan`; with the year more than 60 days back or 300 ahead, where it is not plain."""
    day = parse_day(text)
    if day is None:
        return text or ""
    return day_and_month(day) if -60 <= (day - now).days <= 300 else full_day(day)


def long_day(day: date) -> str:
    """Write `Monday 23 November`, or `Monday, November 23`."""
    name, month_name = WEEKDAYS[day.weekday()], MONTHS[day.month - 1]
    if formats().date_format == "month_day":
        return f"{name}, {month_name} {day.day}"
    return f"{name} {day.day} {month_name}"


def late_words(days: int) -> str:
    """Write `1 day late` or `3 days late`."""
    return f"{days} {'day' if days == 1 else 'days'} late"


def due(iso: str | None, now: date, *, is_settled: bool) -> Due:
    """Read a stored due date; what is settled (done, cancelled) is never late."""
    day = parse_day(iso)
    if day is None:
        return Due(iso, iso or "no date", 0, is_today=False, in_words="")
    days = (day - now).days
    late = -days if days < 0 and not is_settled else 0
    if late:
        words = late_words(late)
    else:
        words = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days" if days > 0 else "")
    return Due(iso, short_day(iso, now), late, is_today=days == 0, in_words=words)


def local(text: str | None) -> datetime | None:
    """Read a stored timestamp (UTC) in the person's time; None for what is no instant there."""
    try:
        when = datetime.fromisoformat(text or "")
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(formats().zone)
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
    return f"{weekday(when)} {full_day(when.date())}, {clock(when)}"


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
