from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.control.accounts.naming import (
    email_problems,
    name_problems,
    normalized_email,
    normalized_name,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Alice@Example.ORG \n", "alice@example.org"),
        ("jose\u0301@example.org", "jos\u00e9@example.org"),
        ("JOSE\u0301@EXAMPLE.ORG", "jos\u00e9@example.org"),
    ],
)
def test_keeps_one_spelling_of_an_address(typed: str, kept: str) -> None:
    assert normalized_email(typed) == kept
    assert email_problems(kept) == []


@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalized_email(text)
    assert normalized_email(once) == once
    assert normalized_name(normalized_name(text)) == normalized_name(text)


@pytest.mark.parametrize(
    ("email", "message"),
    [
        ("", "Enter"),
        ("alice", "looks like"),
        ("@example.org", "looks like"),
        ("alice@", "looks like"),
        ("a@b@c", "looks like"),
        ("al ice@example.org", "spaces"),
        ("alice@exam\tple.org", "spaces"),
        ("alice@exam\u00a0ple.org", "spaces"),
        ("alice@exam\0ple.org", "characters that no"),
        ("alice@exam\x1bple.org", "characters that no"),
        ("alice@exam\u200bple.org", "characters that no"),
        ("alice@exam\ud800ple.org", "characters that no"),
        ("a" * 243 + "@example.org", "at most 254"),
    ],
)
def test_says_what_is_wrong_with_an_address(email: str, message: str) -> None:
    [said] = email_problems(email)
    assert message in said


@pytest.mark.parametrize(
    "name",
    ["A", "x" * 200, "Zoë O\u2019Connor-Smith", "علی‌رضا", "山田 太郎", "\U0001f98a", "a\u00a0b"],
)
def test_accepts_names_as_people_write_them(name: str) -> None:
    assert name_problems(normalized_name(name)) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Enter"),
        ("   \t ", "Enter"),
        ("\u200b", "Enter"),
        ("x" * 201, "at most 200"),
        ("a\nb", "one line"),
        ("a\0b", "one line"),
        ("a\u2028b", "one line"),
        ("a\ud800b", "one line"),
    ],
)
def test_says_what_is_wrong_with_a_name(name: str, message: str) -> None:
    [said] = name_problems(normalized_name(name))
    assert message in said
