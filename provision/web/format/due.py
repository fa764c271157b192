"""How the day something is due reads today."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from provision.web.format.filters import parse_day, short_day

if TYPE_CHECKING:
    from datetime import date


class Due(NamedTuple):
    """A due date as it is written, and how late it is; `in_words` is such as `in 3 days`."""

    iso: str | None
    text: str
    days_late: int
    is_today: bool
    in_words: str


def due(iso: str | None, today: date, *, is_settled: bool) -> Due:
    """Read a stored due date; what is settled (done, cancelled) is never late."""
    day = parse_day(iso)
    if day is None:
        return Due(iso, iso or "no date", 0, is_today=False, in_words="")
    days = (day - today).days
    late = -days if days < 0 and not is_settled else 0
    if late:
        words = f"{late} {'day' if late == 1 else 'days'} late"
    else:
        words = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days" if days > 0 else "")
    return Due(iso, short_day(iso, today), late, is_today=days == 0, in_words=words)
