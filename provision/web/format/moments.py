"""When something happened, in the server's own time and as short as its place on a page allows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from provision.web.format.filters import short_day

if TYPE_CHECKING:
    from datetime import date

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def local(text: str | None) -> datetime | None:
    """A stored timestamp (UTC) in the server's time; None for what is no instant here."""
    try:
        when = datetime.fromisoformat(text or "")
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone()
    except (ValueError, OverflowError, OSError):
        return None


def recently(text: str | None, today: date) -> str:
    """`11:04` today, `Fri 16:12` within the last six days, else the day alone."""
    when = local(text)
    if when is None:
        return text or ""
    clock = f"{when.hour}:{when.minute:02}"
    days = (today - when.date()).days
    if days == 0:
        return clock
    if 0 < days <= 6:
        return f"{_WEEKDAYS[when.weekday()]} {clock}"
    return short_day(when.date().isoformat(), today)


def in_full(text: str | None, today: date) -> str:
    """`today, 14:29` or `Mon 2 Nov 2026, 9:12`."""
    when = local(text)
    if when is None:
        return text or ""
    clock = f"{when.hour}:{when.minute:02}"
    if when.date() == today:
        return f"today, {clock}"
    return f"{_WEEKDAYS[when.weekday()]} {when.day} {when:%b} {when.year}, {clock}"


def finished(text: str | None, today: date) -> str:
    """`Today 11:20`, or the day alone."""
    when = local(text)
    if when is None:
        return text or ""
    if when.date() == today:
        return f"Today {when.hour}:{when.minute:02}"
    return short_day(when.date().isoformat(), today)
