"""How the line that adds a task is read."""

from __future__ import annotations

from datetime import date

import pytest

from provision.tenant.queries.options import Choices
from provision.tenant.queries.rows import Option
from provision.web.format import day_words
from provision.web.tasks import quick_line

MONDAY = date(2026, 11, 23)
CHOICES = Choices(
    tuple(
        Option(id=name, name=name)
        for name in ("Website", "Webshop", "Annual report", "Annual report 2025", "Rebrand")
    ),
    tuple(Option(id=name, name=name) for name in ("Ana Lindqvist", "Tomás Rey", "Anatol Frei")),
)


@pytest.mark.parametrize(
    ("line", "title", "values"),
    [
        (
            "Write report #Website @tom !high fri",
            "Write report",
            {
                "project_id": "Website",
                "assignee_id": "Tomás Rey",
                "priority": "high",
                "due_date": "2026-11-27",
            },
        ),
        ("!u #reb Call back", "Call back", {"priority": "urgent", "project_id": "Rebrand"}),
        ("Call #annual report 2025 now", "Call now", {"project_id": "Annual report 2025"}),
        ("Call #Annual report now", "Call now", {"project_id": "Annual report"}),
        ('Call #"annual report"', "Call", {"project_id": "Annual report"}),
        ('Call @"Ana Lindqvist" @rey', "Call", {"assignee_id": "Tomás Rey"}),
        ("Call #reb 3 dec", "Call", {"project_id": "Rebrand", "due_date": "2026-12-03"}),
        ("Call tomorrow !low", "Call", {"due_date": "2026-11-24", "priority": "low"}),
        (r"Fix \#12 and \@home \!now", "Fix #12 and @home !now", {}),
        ("Mail a@b.org about C# today", "Mail a@b.org about C#", {"due_date": "2026-11-23"}),
        ("Sun lotion for mon meeting", "Sun lotion for mon meeting", {}),
        ("Friday", "Friday", {}),
        ("Stop it ! !!", "Stop it ! !!", {}),
        ("  two   spaces ", "two spaces", {}),
        ("", "", {}),
    ],
)  # fmt: skip
def test_a_line_is_read(line: str, title: str, values: dict[str, str]) -> None:
    reading = quick_line.read(line, CHOICES, MONDAY)
    assert (reading.title, reading.values, reading.errors) == (title, values, [])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("A #web", "#web could be #Website, #Webshop. Write more of the name."),
        ("A #annual", '#annual could be #"Annual report", #"Annual report 2025".'),
        ("A @ana", '@ana could be @"Ana Lindqvist", @"Anatol Frei".'),
        ("A #12", "There is no project like #12. Write \\#12 for the sign itself."),
        ("A @zoe", "There is no team member like @zoe."),
        ("A !soon", "!soon is no priority: there are !urgent, !high, !medium, !low."),
    ],
)
def test_what_is_not_understood_is_said_and_stays(line: str, message: str) -> None:
    reading = quick_line.read(line, CHOICES, MONDAY)
    assert message in reading.errors[0]
    assert reading.title == line


def test_names_are_asked_for_only_where_some_are_written() -> None:
    assert quick_line.asks_for_names("Call #web")
    assert quick_line.asks_for_names("@ana call")
    for line in ("Call !high fri", r"Fix \#12", "C# and a@b.c", "# @"):
        assert not quick_line.asks_for_names(line)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("today", "2026-11-23"),
        ("mon", "2026-11-30"),
        ("Tuesday", "2026-11-24"),
        ("sun", "2026-11-29"),
        ("thurs", "2026-11-26"),
        ("next week", "2026-11-30"),
        ("15 mar", "2027-03-15"),
        ("march 15", "2027-03-15"),
        ("23 nov", "2026-11-23"),
        ("1st sept", "2027-09-01"),
        ("29 feb", "2028-02-29"),
        ("3 Dec 2025", "2025-12-03"),
        ("2026-12-24", "2026-12-24"),
    ],
)
def test_days_in_words(words: str, day: str) -> None:
    assert day_words.read(words.split(), MONDAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "words", ["m", "15", "32 mar", "30 feb", "may", "mar mar", "²3 mar", "3 dec 20 25", "99999-1-1"]
)
def test_what_is_no_day(words: str) -> None:
    assert day_words.read(words.split(), MONDAY) is None
