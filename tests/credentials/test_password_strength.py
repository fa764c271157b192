from __future__ import annotations

from pathlib import Path

import pytest

from provision.credentials import password_strength
from provision.credentials.password_strength import why_guessable
from provision.credentials.passwords import MAX_CHARACTERS, MIN_CHARACTERS, password_problems


@pytest.mark.parametrize(
    "text",
    [
        "password123",
        "Password123!",
        "P@ssw0rd2024",
        "UNBELIEVABLE",
        "Welcome-2026",
        "\uff50assword 123",
        "manchesterunited",
    ],
)
def test_what_everybody_tries_first_is_refused(text: str) -> None:
    [said] = password_problems(text)
    assert "tried first" in said


@pytest.mark.parametrize(
    "text", ["aaaaaaaaaaaa", "hellohello", " " * 12, "1212121212", "abcab" * 3, "ä" * 10]
)
def test_the_same_over_and_over_is_refused(text: str) -> None:
    reason = why_guessable(text)
    assert reason
    assert "repeats" in reason


@pytest.mark.parametrize(
    "text",
    ["qwertyuiop", "abcdefghijkl", "0123456789!", "lkjhgfdsa", "23456789abcd", "zyxwvutsrq"],
)
def test_keys_in_a_row_are_refused(text: str) -> None:
    assert "in a row" in (why_guessable(text) or "")


@pytest.mark.parametrize(
    "text",
    [
        "nora.halden",
        "NoraHalden1990",
        "nora@fjord-verk.example",
        "fjordverk2024",
        "n0ra-halden!",
        "provision123",
        "Provision2026!",
    ],
)
def test_what_others_know_of_a_person_is_refused(text: str) -> None:
    about = ("Nora Halden", "nora@fjord-verk.example")
    assert "name that others know" in (why_guessable(text, about) or "")


@pytest.mark.parametrize(
    "text",
    [
        "correct horse battery",
        "nora likes blue boats",
        "provision for the road",
        "Tr0ub4dor&3 and so on",
        "91830465728",
        "a password of my own",
        "q7!xM2#vB9",
        "日本語のパスワード十文字",
    ],
)
def test_others_may_be_used(text: str) -> None:
    assert why_guessable(text, ("Nora Halden", "nora@example.org")) is None


def test_a_short_name_or_none_refuses_nothing() -> None:
    assert why_guessable("a quiet evening", ("A", "a@b.c")) is None
    assert why_guessable("a quiet evening", ("", "")) is None


def test_the_list_holds_what_could_be_typed_and_its_licence_is_beside_it() -> None:
    folder = Path(password_strength.__file__).parent / "common_passwords"
    listed = (folder / "list.txt").read_text(encoding="ascii").splitlines()
    assert len(listed) == len(set(listed)) == 10_000
    assert listed == sorted(listed)
    assert all(MIN_CHARACTERS <= len(each) <= MAX_CHARACTERS for each in listed)
    assert all(each == each.casefold() for each in listed)
    assert "MIT License" in (folder / "LICENSE").read_text()
