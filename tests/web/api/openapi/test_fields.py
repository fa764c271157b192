"""The description of each field and the rule it is read by agree, whatever is sent."""

from __future__ import annotations

import json
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from provision.nouns.fields import Choice, FieldError
from provision.nouns.projects import PROJECT
from provision.nouns.tasks import TASK
from provision.nouns.team import TEAM_MEMBER
from provision.web.api.openapi import document

if TYPE_CHECKING:
    from provision.nouns.fields import Field

API = document._description("provision_session")
FIELDS = [
    pytest.param(field, f"New{title}", id=f"{title}.{field.column}")
    for noun, title in ((PROJECT, "Project"), (TASK, "Task"), (TEAM_MEMBER, "TeamMember"))
    for field in noun.fields
]
_LETTERS = st.sampled_from('aZ9.,-+%@ \t\n\r\x00\x1f\x7f\x85\xa0\u2028\u3000\ufeffé😀<>"():;')
_TEXTS = st.one_of(
    st.text(_LETTERS, max_size=8),
    st.text(max_size=8),
    st.from_regex(r"\A ?[+-]?[0-9]{1,9}(\.[0-9]{1,3})?%? ?\Z"),
    st.from_regex(r"\A20[0-9]{2}-[01][0-9]-[0-3][0-9]\Z"),
    st.uuids().map(str),
    st.sampled_from(["ana@example.org", "todo", "done", "active", "high", "busy", "200%", "201"]),
    st.sampled_from(["x" * 200, "x" * 201, "x" * 254, "x" * 255, "x" * 10_000, "x" * 10_001]),
)
_NUMBERS = st.one_of(
    st.integers(-1, 300),
    st.sampled_from([99_999_999, 100_000_000, 10**30]),
    st.integers(0, 9_999_999_999).map(lambda cents: cents / 100),
    st.sampled_from([0.001, 0.5, 99_999_999.99, 1e300, 12.345]),
)
_VALUES = st.one_of(_TEXTS, _NUMBERS, st.none(), st.booleans(), st.just([]), st.just({}))


def _is_described(name: str, column: str, value: Any) -> bool:
    schema = API["components"]["schemas"][name]["properties"][column]
    # Decimal, since in floats 0.07 is no multiple of 0.01.
    exact = json.loads(json.dumps(value), parse_float=_number)
    whole = json.loads(json.dumps(schema), parse_float=Decimal)
    validator = Draft202012Validator(
        {**whole, "components": API["components"]}, format_checker=FormatChecker()
    )
    with localcontext(prec=400):
        return bool(validator.is_valid(exact))


def _number(text: str) -> Decimal | int:
    """2.0 is an integer to JSON Schema."""
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else value


def _is_taken(field: Field, value: Any) -> bool:
    try:
        field.read(json.loads(json.dumps(value), parse_float=Decimal))
    except FieldError:
        return False
    return True


@pytest.mark.parametrize(("field", "name"), FIELDS)
@given(value=_VALUES)
@example(value="")
@example(value="   ")
@example(value="\x1f")
@example(value="a\n")
@example(value=None)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_what_is_described_is_taken(field: Field, name: str, value: Any) -> None:
    if _is_described(name, field.column, value):
        assert _is_taken(field, value)


@pytest.mark.parametrize(("field", "name"), FIELDS)
@given(value=_VALUES)
@example(value="")
@example(value="   ")
@example(value="\x1f")
@settings(max_examples=150, deadline=None, derandomize=True)
def test_what_is_taken_is_described_but_for_blanks_around_it(
    field: Field, name: str, value: Any
) -> None:
    if not _is_taken(field, value):
        return
    assert _is_described(name, field.column, _bare(field, value))


def _bare(field: Field, value: Any) -> Any:
    """A text as it is kept: no blanks around it, nor within a number."""
    if not isinstance(value, str):
        return value
    if isinstance(field, Choice) or not value.strip():
        return value.strip()
    is_number = type(field).__name__ in ("Money", "Percent")
    return value.strip().replace(" ", "").replace("\xa0", "") if is_number else value.strip()
