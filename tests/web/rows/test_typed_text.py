"""Days and sums in a form are understood as they are typed, or asked about."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from provision.control.accounts.formats import Formats
from provision.errors import ValidationError
from provision.nouns.projects import PROJECT
from provision.web.rows import typed_text

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

OURS = Formats()
SPACES = Formats(number_format="space_comma")
SWISS = Formats(number_format="apostrophe_point")
THEIRS = Formats(date_format="month_day", number_format="point_comma")


@pytest.mark.parametrize(
    ("text", "formats", "day"),
    [
        ("2026-12-04", OURS, "2026-12-04"),
        ("4.12.2026", OURS, "2026-12-04"),
        ("Fri, 4 Dec 2026", OURS, "2026-12-04"),
        ("Fri 12/4/26", OURS, "2026-12-04"),
        ("4 grudnia 2026", OURS, "2026-12-04"),
        ("12/04/2026", THEIRS, "2026-12-04"),
        ("24/12/2026", THEIRS, "2026-12-24"),
    ],
)
def test_a_day_is_understood(text: str, formats: Formats, day: str) -> None:
    typed = typed_text.understood(PROJECT, {"due_date": text}, formats)
    assert str(typed.read(PROJECT, creating=False)["due_date"]) == day


@pytest.mark.parametrize(
    ("text", "formats", "amount"),
    [
        ("1.234,50", OURS, "1234.50"),
        ("1,234.50 €", OURS, "1234.50"),
        ("10,000", OURS, "10000.00"),
        ("10.000", THEIRS, "10000.00"),
        ("1200,5", OURS, "1200.50"),
        ("CHF 12.-", OURS, "12.00"),
    ],
)
def test_a_sum_is_understood(text: str, formats: Formats, amount: str) -> None:
    typed = typed_text.understood(PROJECT, {"budget": text}, formats)
    assert typed.read(PROJECT, creating=False)["budget"] == Decimal(amount)


@pytest.mark.parametrize(
    ("column", "text", "formats", "asked"),
    [
        ("budget", "10.000", OURS, "10.000 is 10,000 or 10. Write 10000 or 10.00."),
        ("budget", "10,000", THEIRS, "10,000 is 10,000 or 10. Write 10000 or 10.00."),
        ("budget", "10,000", SPACES, "10,000 is 10,000 or 10. Write 10000 or 10.00."),
        ("budget", "10,000", SWISS, "10,000 is 10,000 or 10. Write 10000 or 10.00."),
        (
            "due_date",
            "03/04/2026",
            OURS,
            "03/04/2026 is 3 April 2026 or 4 March 2026. Write 2026-04-03 or 2026-03-04.",
        ),
    ],
)
def test_what_could_be_two_is_asked_about(
    column: str, text: str, formats: Formats, asked: str
) -> None:
    typed = typed_text.understood(PROJECT, {column: text, "name": ""}, formats)
    with pytest.raises(ValidationError) as refused:
        typed.read(PROJECT, creating=True)
    assert refused.value.errors[column] == [asked]
    assert "name" in refused.value.errors


def test_a_form_takes_them(client: Visitor) -> None:
    fields = {"name": "Roof", "budget": "1.234,50 €", "spent": "0", "due_date": "4 Dec 2026"}
    assert client.post_form("/projects", fields).status_code == 303
    assert client.rows("SELECT budget::text, due_date::text FROM projects") == [
        ("1234.50", "2026-12-04")
    ]
    refused = client.post_form("/projects", fields | {"budget": "10.000", "name": "Cellar"})
    assert refused.status_code == 422
    assert "10.000 is 10,000 or 10. Write 10000 or 10.00." in refused.text
    assert 'value="10.000"' in refused.text
