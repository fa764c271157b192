"""Dates, amounts and words as people write them; nothing is guessed that could be two things."""

from __future__ import annotations

import pytest

from provision.web.exchange import cells


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2026-11-28", "", "2026-11-28"),
        ("2026/1/5", "", "2026-01-05"),
        ("2026-11-28T09:30:00Z", "", "2026-11-28"),
        ("2026-11-28 09:30", "", "2026-11-28"),
        ("28.11.2026", "", "2026-11-28"),
        ("3.4.26", "", "2026-04-03"),
        ("28/11/2026", "", "2026-11-28"),
        ("11/28/2026", "", "2026-11-28"),
        ("03/04/2026", "", "03/04/2026"),
        ("03/04/2026", "day", "2026-04-03"),
        ("03/04/2026", "month", "2026-03-04"),
        ("28/11/2026", "month", "28/11/2026"),
        ("28-Nov-26", "", "2026-11-28"),
        ("Sat, 28 Nov 2026", "", "2026-11-28"),
        ("November 28, 2026", "", "2026-11-28"),
        ("31/02/2026", "", "31/02/2026"),
        ("next week", "", "next week"),
        ("99/99/2026", "day", "99/99/2026"),
    ],
)
def test_a_day(text: str, order: cells.DayOrder, expected: str) -> None:
    assert cells.day(text, order) == expected


def test_one_clear_date_tells_the_order_of_its_column() -> None:
    assert cells.order_of(["03/04/2026", "", "28/11/2026"]) == "day"
    assert cells.order_of(["03/04/2026", "11/28/2026"]) == "month"
    assert cells.order_of(["03/04/2026", "28.11.2026"]) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1200", "1200"),
        ("1200.50", "1200.50"),
        ("1200,50", "1200.50"),
        ("1.234,50 €", "1234.50"),
        ("€ 1,234.50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1\u202f234,5", "1234.5"),
        ("1,234", "1234"),
        ("1.234.567", "1234567"),
        ("0,125", "0.125"),
        ("CHF 12", "12"),
        ("a lot", "alot"),
    ],
)
def test_an_amount(text: str, expected: str) -> None:
    assert cells.amount(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-28T09:30:00+02:00", "2026-11-28T07:30:00"),
        ("2026-11-28 09:30", "2026-11-28T09:30:00"),
        ("28.11.2026", "2026-11-28T00:00:00"),
        ("0001-01-01T00:00:00+12:00", ""),
        ("soon", ""),
    ],
)
def test_an_instant(text: str, expected: str) -> None:
    assert cells.instant(text, "") == expected


def test_a_status_is_known_by_other_words() -> None:
    words = ("To do", "In Progress", "Closed", "REVIEW", "elsewhere")
    found = [cells.word(each, cells.STATUS_WORDS) for each in words]
    assert found == ["todo", "in_progress", "done", "review", "elsewhere"]
