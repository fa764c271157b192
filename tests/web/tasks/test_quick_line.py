"""How the line that adds a task is read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.tenant.queries.options import Choices
from provision.tenant.queries.rows import Option
from provision.web.format import day_words
from provision.web.tasks.quick import line as quick_line

if TYPE_CHECKING:
    from provision.control.accounts.formats import DateFormat

MONDAY = date(2026, 11, 23)
NAMES = quick_line.names_of(
    Choices(
        tuple(
            Option(id=name, name=name)
            for name in ("Website", "Webshop", "Annual report", "Annual report 2025", "Rebrand")
        ),
        tuple(Option(id=name, name=name) for name in ("Ana Lindqvist", "Tomás Rey", "Anatol Frei")),
    )
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
        ("Call tomas rey", "Call tomas rey", {}),
        ("Call @TOMÁS", "Call", {"assignee_id": "Tomás Rey"}),
        ("Call @toma\u0301s rey now", "Call now", {"assignee_id": "Tomás Rey"}),
        (r"Read \friday", "Read friday", {}),
        (r"Read \24 dec", "Read 24 dec", {}),
        ("Fix #12", "Fix #12", {}),
    ],
)  # fmt: skip
def test_a_line_is_read(line: str, title: str, values: dict[str, str]) -> None:
    reading = quick_line.read(line, NAMES, MONDAY)
    assert (reading.title, reading.values, reading.errors) == (title, values, [])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("A #web", "#web could be #Website, #Webshop. Write more of the name."),
        ("A #annual", '#annual could be #"Annual report", #"Annual report 2025".'),
        ("A @ana", '@ana could be @"Ana Lindqvist", @"Anatol Frei".'),
        ("A !soon", "!soon is no priority: there are !urgent, !high, !medium, !low."),
    ],
)
def test_what_is_not_understood_is_said_and_stays(line: str, message: str) -> None:
    reading = quick_line.read(line, NAMES, MONDAY)
    assert message in reading.errors[0]
    assert reading.title == line


@pytest.mark.parametrize(
    ("line", "title", "name"),
    [
        ('A #"Ads" and more b', "A b", '"Ads" and more'),
        ('A #19" rack b', "A b", '19" rack'),
        ("A #Café b", "A b", "Café"),
        ("A #CAFE b", "A b", "CAFE"),
        ('A #"Ads and" b', "A b", "Ads and"),
    ],
)
def test_a_name_is_taken_whole_as_it_is_written(line: str, title: str, name: str) -> None:
    named = ('"Ads" and more', "Ads and", '19" rack', "Café", "CAFE")
    rows = tuple(Option(id=each, name=each) for each in named)
    reading = quick_line.read(line, quick_line.names_of(Choices(rows, ())), MONDAY)
    assert (reading.title, reading.names) == (title, {"project_id": name})


def test_no_word_is_lost_of_a_name_that_two_have() -> None:
    rows = tuple(Option(id=each, name="Annual report") for each in "ab")
    names = quick_line.names_of(Choices(rows, ()))
    reading = quick_line.read("Write #annual report now", names, MONDAY)
    assert reading.errors
    assert reading.title == "Write #annual report now"


@pytest.mark.parametrize(
    ("line", "token", "name"),
    [
        ("A #Nowhere", "#Nowhere", "Nowhere"),
        ("A @zoe fri", "@zoe", "zoe"),
        ('A #"New  shop" b', '#"New  shop"', "New shop"),
    ],
)
def test_a_name_that_nobody_has_stays_in_the_title(line: str, token: str, name: str) -> None:
    reading = quick_line.read(line, NAMES, MONDAY)
    assert not reading.errors
    assert [(each.token, each.name) for each in reading.unknown] == [(token, name)]
    assert " ".join(token.split()) in reading.title
    assert "it stays in the title" in reading.notes[0]


# What the words at the end of a line mean on a Monday, 23 November 2026.
DAYS = {
    "in 3 days": "2026-11-26",
    "in a week": "2026-11-30",
    "in 2 weeks": "2026-12-07",
    "in 3 months": "2027-02-23",
    "24.12.": "2026-12-24",
    "24.12.2026": "2026-12-24",
    "24.12.26": "2026-12-24",
    "24/12": "2026-12-24",
    "12/24": "2026-12-24",
    "24/12/2027": "2027-12-24",
    "24-12-2027": "2027-12-24",
    "dec 24": "2026-12-24",
    "24 dec": "2026-12-24",
    "the 24th of December": "2026-12-24",
    "Dec 24, 2027": "2027-12-24",
    "next friday": "2026-12-04",
    "friday next week": "2026-12-04",
    "this friday": "2026-11-27",
    "by friday": "2026-11-27",
    "on 24 dec": "2026-12-24",
    "end of month": "2026-11-30",
    "end of the month": "2026-11-30",
    "end of next month": "2026-12-31",
    "next month": "2026-12-01",
    "monday 14 dec": "2026-12-14",
    "Mon, 14 Dec": "2026-12-14",
    "Freitag": "2026-11-27",
    "am Freitag": "2026-11-27",
    "Montag 14. Dezember": "2026-12-14",
    "24. März": "2027-03-24",
    "vendredi": "2026-11-27",
    "le 24 décembre": "2026-12-24",
    "1er août": "2027-08-01",
    "miércoles": "2026-11-25",
    "24 de diciembre": "2026-12-24",
    "venerdì": "2026-11-27",
    "24 gennaio": "2027-01-24",
    "vrijdag": "2026-11-27",
    "24 maart 2027": "2027-03-24",
}


@pytest.mark.parametrize("words", DAYS)
def test_a_line_may_end_with_a_day_in_many_words(words: str) -> None:
    reading = quick_line.read(f"Buy paint {words}", None, MONDAY)
    assert (reading.title, reading.values) == ("Buy paint", {"due_date": DAYS[words]})


@pytest.mark.parametrize(
    ("order", "day"),
    [("day_month", "2027-04-03"), ("month_day", "2027-03-04"), ("year_month_day", "2027-03-04")],
)
def test_two_numbers_are_read_in_the_order_of_the_person(order: DateFormat, day: str) -> None:
    assert quick_line.read("Pay 3/4", None, MONDAY, order).values == {"due_date": day}
    assert quick_line.read("Pay 3/4/2027", None, MONDAY, order).values == {"due_date": day}
    # Where only one reading is a day, it is that.
    assert quick_line.read("Pay 24/12", None, MONDAY, order).values == {"due_date": "2026-12-24"}


@pytest.mark.parametrize(
    "line",
    [
        "Buy paint every friday",
        "Buy paint every other friday",
        "Buy paint every 2 weeks on friday",
        "Buy paint jeden Freitag",
        "Buy paint chaque lundi",
        "Report since monday",
        "Ship before friday",
        "Open monday to friday",
        "Open mon - fri",
        "Enjoy the sun",
        "Walk in the sun",
        "March in march",
        "What may",
        "Sun lotion, sat phone, march music",
        "Support 24/7",
        "Upgrade Ubuntu to 24.04",
        "Release version 2.1.",
        "Invoice 20261224",
        "Buy chess set 3",
        "Read Gen 2",
        "Call on friday 15:00",
        "friday 14 dec",
        "Party friday 14 dec",
        "Meet 31.2.",
        "Pay 32/12",
        "Rest for 3 days",
        "Rest in 99999 days",
    ],
)
def test_no_word_is_lost_where_there_is_no_day(line: str) -> None:
    reading = quick_line.read(line, None, MONDAY)
    assert (reading.title, reading.values, reading.errors) == (line, {}, [])


def test_what_stays_although_it_looks_like_a_day_is_said() -> None:
    again = quick_line.read("Buy paint every friday", None, MONDAY)
    assert again.notes == ["Dates that come again are not built yet: the words stay in the title."]
    wrong = quick_line.read("Party friday 14 dec", None, MONDAY)
    assert wrong.notes == ["14 Dec 2026 is a Monday: the words stay in the title."]


_WORDS = st.sampled_from(
    [
        *("Buy", "paint", "every", "friday", "next", "week", "in", "3", "days", "24", "dec", "sun"),
        *("24.12.", "12/24", "by", "the", "!high", "#web", "@ana", "#Website", "@rey", "month"),
        *("end", "of", "\\#x", "#Nowhere", "and", "\\friday", "on", "2026-12-24", "Montag", "!"),
    ]
)


@given(words=st.lists(_WORDS, max_size=9))
def test_every_word_is_in_the_title_or_in_a_field(words: list[str]) -> None:
    """A word is in the title, in order, or belongs to a field that was filled."""
    reading = quick_line.read(" ".join(words), NAMES, MONDAY)
    left, taken = reading.title.split(), []
    signs = {"#": "project_id", "@": "assignee_id", "!": "priority"}
    for word in words:
        is_sign = word in ("!high", "#Website", "@rey")
        if not is_sign and left and left[0] in (word, word.removeprefix("\\")):
            left.pop(0)
        else:
            taken.append(word)
    assert not left
    days = [word for word in taken if word[0] not in signs]
    assert all(signs[word[0]] in reading.values for word in taken if word[0] in signs)
    assert bool(days) == ("due_date" in reading.values)
    if days:
        day = day_words.read(days, MONDAY)
        assert day is not None
        assert day.isoformat() == reading.values["due_date"]


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


def test_signs_are_looked_up_a_few_times_and_no_word_is_lost() -> None:
    line = "Sort " + " ".join(f"#a{number}" for number in range(500))
    found = quick_line.read(line, NAMES, MONDAY)
    assert found.title == line
    assert len(found.unknown) == 10
    assert found.notes[-1] == "What follows the 10th sign stays in the title."
