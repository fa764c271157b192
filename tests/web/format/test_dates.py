from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from provision.control.accounts.formats import Formats
from provision.control.accounts.users import Person
from provision.web.format import dates, viewer
from provision.web.format.money import money

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime.now().astimezone().replace(hour=14, minute=5, second=0, microsecond=0)
TODAY = NOW.date()


def _stored(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def test_today_is_told_by_the_clock() -> None:
    assert dates.recently(_stored(NOW), TODAY) == "14:05"
    assert dates.in_full(_stored(NOW), TODAY) == "today, 14:05"
    assert dates.finished(_stored(NOW), TODAY) == "Today 14:05"


def test_the_last_days_are_told_by_their_name() -> None:
    when = NOW - timedelta(days=3)
    assert dates.recently(_stored(when), TODAY) == f"{when:%a} 14:05"


def test_what_is_longer_ago_is_told_by_its_day() -> None:
    when = datetime(2020, 2, 29, 12, tzinfo=UTC)
    assert dates.recently(_stored(when), TODAY) == "29 Feb 2020"
    assert dates.finished(_stored(when), TODAY) == "29 Feb 2020"
    assert dates.in_full(_stored(when), TODAY).startswith("Sat 29 Feb 2020, ")


@pytest.mark.parametrize("text", ["infinity", "-infinity", "nonsense", "0001-01-01T00:00:00Z"])
def test_what_is_no_instant_here_is_shown_as_it_is_stored(text: str) -> None:
    for told in (dates.recently, dates.in_full, dates.finished):
        assert told(text, date(2026, 11, 23))


@pytest.mark.parametrize("told", [dates.recently, dates.in_full, dates.finished])
def test_nothing_stored_says_nothing(told: object) -> None:
    assert callable(told)
    assert told(None, TODAY) == ""


@pytest.fixture
def written_for() -> Iterator[Callable[..., None]]:
    """Write in formats of somebody's own, as within their request."""
    with Flask(__name__).app_context():

        def write_for(**chosen: Any) -> None:
            person = Person("1", "a@x.example", "A", True, False, "", Formats(**chosen))
            viewer.write_for(person)

        yield write_for


def test_each_writes_days_in_their_order(written_for: Callable[..., None]) -> None:
    day, now = date(2026, 1, 29), date(2026, 12, 1)
    expected = {
        "day_month": ("29 Jan", "29 Jan 2026", "Thursday 29 January"),
        "month_day": ("Jan 29", "Jan 29, 2026", "Thursday, January 29"),
        "year_month_day": ("29 Jan", "2026-01-29", "Thursday 29 January"),
    }
    for order, words in expected.items():
        written_for(date_format=order)
        assert (dates.day_and_month(day), dates.full_day(day), dates.long_day(day)) == words
        assert dates.short_day("2026-01-29", now) == words[0]
        assert dates.short_day("2025-01-29", now) == words[1].replace("2026", "2025")


@pytest.mark.parametrize(
    ("start", "first"), [("monday", "30"), ("sunday", "29"), ("saturday", "28")]
)
def test_each_week_starts_on_their_day(
    written_for: Callable[..., None], start: str, first: str
) -> None:
    written_for(week_start=start)
    assert dates.week_start(date(2026, 12, 1)).isoformat() == f"2026-11-{first}"
    first_day = dates.week_start(date(2026, 12, 1))
    assert dates.week_start(first_day) == first_day


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Pacific/Auckland", "2026-12-01", "2026-11-30T11:00:00"),
        ("America/Los_Angeles", "2026-12-01", "2026-12-01T08:00:00"),
        ("Asia/Kathmandu", "2026-12-01", "2026-11-30T18:15:00"),
        # Summer time ends at three in the morning, and begins at two.
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00"),
        ("Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00"),
        ("Europe/Berlin", "2027-03-29", "2027-03-28T22:00:00"),
        # There is no midnight: the day begins at one.
        ("America/Asuncion", "2023-10-01", "2023-10-01T04:00:00"),
    ],
)
def test_a_day_begins_when_it_does_there(
    written_for: Callable[..., None], zone: str, day: str, begins: str
) -> None:
    written_for(time_zone=zone)
    assert dates.stored_midnight(date.fromisoformat(day)).isoformat() == begins


def test_a_moment_is_told_by_the_clock_there(written_for: Callable[..., None]) -> None:
    stored, now = "2026-11-30T23:30:00.000000Z", date(2026, 12, 1)
    for zone, words in (
        ("Pacific/Auckland", "12:30"),
        ("Asia/Kathmandu", "5:15"),
        ("Europe/Berlin", "0:30"),
        ("America/Los_Angeles", "Mon 15:30"),
    ):
        written_for(time_zone=zone)
        assert dates.recently(stored, now) == words


def test_each_writes_amounts_with_their_separators(written_for: Callable[..., None]) -> None:
    for style, words in (
        ("comma_point", "27,360.50"),
        ("point_comma", "27.360,50"),
        ("space_comma", "27\N{NO-BREAK SPACE}360,50"),
        ("apostrophe_point", "27\N{RIGHT SINGLE QUOTATION MARK}360.50"),
    ):
        written_for(number_format=style)
        assert money(Decimal("27360.50")) == words
