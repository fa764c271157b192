from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from provision.web.format import dates

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
