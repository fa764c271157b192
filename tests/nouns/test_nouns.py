from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from provision.errors import ValidationError
from provision.nouns.projects import PROJECT
from provision.nouns.tasks import TASK
from provision.nouns.team import TEAM_MEMBER

if TYPE_CHECKING:
    from provision.nouns.noun import Noun


def _errors(noun: Noun, data: dict[str, object], **options: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        noun.read(data, creating=False, **options)
    return caught.value.errors


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("1200", "1200.00"),
        (" 1 200.5 ", "1200.50"),
        (1200, "1200.00"),
        (Decimal("12.34"), "12.34"),
        (Decimal("1E+2"), "100.00"),
        ("99999999.99", "99999999.99"),
        ("0", "0.00"),
    ],
)
def test_money_is_read_from_text_and_numbers(raw: object, value: str) -> None:
    assert PROJECT.read({"budget": raw}, creating=False) == {"budget": Decimal(value)}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("-1", "0 or more"),
        (-1, "0 or more"),
        ("100000000", "at most"),
        ("1.005", "two decimals"),
        ("1,200.50", "a number such as"),
        ("1e5", "a number such as"),
        ("NaN", "a number such as"),
        ("Infinity", "a number such as"),
        ("١٢", "a number such as"),
        ("€5", "a number such as"),
        (True, "a number such as"),
        ([], "a number such as"),
        (Decimal("1E+400"), "a number such as"),
        (Decimal("1E-400"), "a number such as"),
        (10**400, "a number such as"),
        ("9" * 5000, "a number such as"),
    ],
)
def test_money_that_cannot_be_is_refused_in_words(raw: object, message: str) -> None:
    assert message in _errors(PROJECT, {"budget": raw})["budget"][0]


@pytest.mark.parametrize("raw", ["", "   ", None])
def test_an_empty_optional_field_is_nothing(raw: object) -> None:
    assert PROJECT.read({"budget": raw, "due_date": raw, "description": raw}, creating=False) == {
        "budget": None,
        "due_date": None,
        "description": None,
    }


@pytest.mark.parametrize(
    "raw", ["2026-02-31", "31.02.2026", "20260228", "2026-W09-1", "0000-01-01", 5]
)
def test_what_is_no_day_is_refused(raw: object) -> None:
    assert "due_date" in _errors(TASK, {"due_date": raw})


def test_a_day_is_read() -> None:
    assert TASK.read({"due_date": "2026-02-28"}, creating=False) == {"due_date": date(2026, 2, 28)}


def test_a_name_has_1_to_200_characters() -> None:
    assert PROJECT.read({"name": "x" * 200}, creating=True)["name"] == "x" * 200
    assert "this has 300" in _errors(PROJECT, {"name": "x" * 300})["name"][0]
    assert "needed" in _errors(PROJECT, {"name": "  "})["name"][0]


@pytest.mark.parametrize("raw", ["a\x00b", "a\nb", 7, ["x"]])
def test_a_name_is_one_line_of_text(raw: object) -> None:
    assert "name" in _errors(PROJECT, {"name": raw})


def test_a_description_keeps_its_lines() -> None:
    values = TASK.read({"description": "one\r\ntwo"}, creating=False)
    assert values == {"description": "one\ntwo"}


def test_creating_wants_what_is_required_and_editing_does_not() -> None:
    with pytest.raises(ValidationError) as caught:
        TASK.read({}, creating=True)
    assert list(caught.value.errors) == ["title"]
    assert TASK.read({}, creating=False) == {}


def test_every_wrong_field_is_named_at_once() -> None:
    wrong = {"name": "", "budget": "-1", "status": "odd", "due_date": "2026-02-31"}
    assert set(_errors(PROJECT, dict(wrong))) == set(wrong)


def test_workload_is_a_whole_percentage_up_to_200() -> None:
    assert TEAM_MEMBER.read({"workload": "115 %"}, creating=False) == {"workload": 115}
    assert TEAM_MEMBER.read({"workload": ""}, creating=False) == {"workload": 0}
    for raw in ("-1", "201", "50.5", "much", 1.5):
        assert "workload" in _errors(TEAM_MEMBER, {"workload": raw})


def test_an_email_is_optional_and_looks_like_one() -> None:
    assert TEAM_MEMBER.read({"email": "ana@example.org"}, creating=False)["email"]
    assert TEAM_MEMBER.read({"email": ""}, creating=False) == {"email": None}
    assert "email" in _errors(TEAM_MEMBER, {"email": "ana at example"})


def test_json_may_not_name_fields_that_cannot_be_set() -> None:
    assert set(_errors(TASK, {"user_id": "x", "id": "y"}, strict=True)) == {"user_id", "id"}
    assert TASK.read({"csrf_token": "x", "version": "7"}, creating=False) == {}


def test_a_reference_is_an_id_or_nothing() -> None:
    assert TASK.read({"project_id": ""}, creating=False) == {"project_id": None}
    assert "project_id" in _errors(TASK, {"project_id": "the first one"})
    assert "project_id" in _errors(TASK, {"project_id": 5})


def test_a_foreign_value_that_came_back_unchanged_is_left_alone() -> None:
    stored = {"title": "x", "status": "blocked", "due_date": "infinity"}
    values = TASK.read(
        {"title": "y", "status": "blocked", "due_date": "infinity"},
        creating=False,
        stored=lambda: stored,
    )
    assert values == {"title": "y"}
    assert "status" in _errors(TASK, {"status": "parked"}, stored=lambda: stored)
