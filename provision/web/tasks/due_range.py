"""When tasks are due, as a filter: ranges that have a name, or the days one lies between."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

LATE: Final = "late"
WEEK: Final = "week"
SOON: Final = "soon"
UNDATED: Final = "none"

NAMES: Final = {
    LATE: "Late",
    "today": "Today",
    WEEK: "This week",
    SOON: "This week and late",
    UNDATED: "No date",
}


def named(name: str, today: date) -> dict[str, Any]:
    """What a name stands for today, as fields of `TaskFilters`; weeks end on Sunday.

    What is late, or soon, is open as well: nobody waits for what is done.
    """
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    monday = today + timedelta(days=7 - today.weekday())
    ranges: dict[str, dict[str, Any]] = {
        LATE: {"due_before": today, "is_open": True},
        "today": {"due_after": yesterday, "due_before": tomorrow},
        WEEK: {"due_after": yesterday, "due_before": monday},
        SOON: {"due_before": monday, "is_open": True},
        UNDATED: {"is_undated": True},
    }
    return ranges.get(name, {})


def fits(given: dict[str, Any], day: date | None, stored: str | None) -> bool:
    """Whether a due date, as it is `stored`, lies within such a range; of days no calendar holds
    (infinity, BC) `day` is None."""
    if given.get("is_undated"):
        return stored is None
    after, before = given.get("due_after"), given.get("due_before")
    if after is None and before is None:
        return True
    if stored is None:
        return False
    if day is None:
        is_past = stored.startswith("-") or stored.endswith("BC")
        return after is None if is_past else before is None
    return (after is None or day > after) and (before is None or day < before)
