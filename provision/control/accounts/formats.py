"""How one person wants days, times and amounts written: kept with the account."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import update

from provision.control.store.tables import users
from provision.settings import time_zone_names

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from provision.control.store.store import ControlStore

WeekStart = Literal["monday", "sunday", "saturday"]
DateFormat = Literal["day_month", "month_day", "year_month_day"]
NumberFormat = Literal["comma_point", "point_comma", "space_comma", "apostrophe_point"]
WEEK_STARTS: Final[dict[WeekStart, str]] = {
    "monday": "Monday",
    "sunday": "Sunday",
    "saturday": "Saturday",
}
DATE_FORMATS: Final[dict[DateFormat, str]] = {
    "day_month": "27 Nov 2026",
    "month_day": "Nov 27, 2026",
    "year_month_day": "2026-11-27",
}
NUMBER_FORMATS: Final[dict[NumberFormat, str]] = {
    "comma_point": "1,234.50",
    "point_comma": "1.234,50",
    "space_comma": "1\N{NO-BREAK SPACE}234,50",
    "apostrophe_point": "1\N{RIGHT SINGLE QUOTATION MARK}234.50",
}
_CHOICES: Final[dict[str, Collection[str]]] = {
    "week_start": WEEK_STARTS,
    "date_format": DATE_FORMATS,
    "number_format": NUMBER_FORMATS,
}


@dataclass(frozen=True, slots=True)
class Formats:
    """One person's choices; `time_zone` is an IANA name, None for the server's own zone."""

    time_zone: str | None = None
    week_start: WeekStart = "monday"
    date_format: DateFormat = "day_month"
    number_format: NumberFormat = "comma_point"

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """Return the time zone chosen; the server's if there is none or it is no longer known."""
        return _known_zone(self.time_zone or "") or server_zone()


FORMAT_NAMES: Final = tuple(each.name for each in fields(Formats))
FORMAT_COLUMNS: Final = tuple(users.c[name] for name in FORMAT_NAMES)


def problems(values: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what is wrong with each of `values`, by the names of the fields of Formats."""
    errors: dict[str, list[str]] = {}
    for name, value in values.items():
        if name == "time_zone":
            if _known_zone(value) is None:
                errors[name] = ["Choose a time zone by its name, such as Europe/Berlin."]
        elif value not in _CHOICES[name]:
            errors[name] = [f"Choose one of {', '.join(_CHOICES[name])}."]
    return errors


def guess_time_zone(store: ControlStore, user_id: str, name: str) -> None:
    """Take the browser's time zone for a person who has chosen none; ignore what is no zone."""
    if _known_zone(name) is None:
        return
    written = (
        update(users)
        .where(users.c.id == user_id, users.c.time_zone.is_(None))
        .values(time_zone=name)
    )
    with store.writing() as conn:
        conn.execute(written)


@cache
def time_zones() -> tuple[str, ...]:
    """Return the names to choose from, sorted: places, and UTC."""
    names = zoneinfo.available_timezones()
    return tuple(sorted(name for name in names if _is_place(name)))


@cache
def server_zone() -> zoneinfo.ZoneInfo:
    """Return the server's own time zone: `TZ`, else the system's, else UTC."""
    found = (_known_zone(name) for name in time_zone_names())
    return next((zone for zone in found if zone), zoneinfo.ZoneInfo("UTC"))


def _is_place(name: str) -> bool:
    area, _, place = name.partition("/")
    return name == "UTC" or bool(place and area not in ("Etc", "SystemV", "US", "posix", "right"))


def _known_zone(name: str) -> zoneinfo.ZoneInfo | None:
    # `key in available_timezones()` lists a folder tree at each call; a look-up is kept.
    if not name or not all(each.isalnum() or each in "/_+-" for each in name):
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None
