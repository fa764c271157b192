"""What each TLS mode of a string leads to, as one table."""

from __future__ import annotations

from typing import get_args

import pytest

from provision.tls import (
    LEVEL_SENTENCES,
    LEVEL_WORDS,
    MODE_WORDS,
    MODES,
    Level,
    levels_to_try,
    raised,
)

_FULL = ("verify-full", "verified")
_CA = ("verify-ca", "verified")
_ENCRYPTED = ("require", "encrypted")
_PLAIN = ("disable", "plain")


@pytest.mark.parametrize(
    ("mode", "has_ca", "is_offered", "is_signed", "levels"),
    [
        ("disable", False, True, None, (_PLAIN,)),
        ("prefer", False, False, None, (_PLAIN,)),
        ("prefer", False, True, True, (_FULL, _ENCRYPTED)),
        ("prefer", False, True, None, (_FULL, _ENCRYPTED)),
        ("prefer", False, None, None, (_FULL, _ENCRYPTED)),
        ("require", False, True, False, (_ENCRYPTED,)),
        # What was demanded is never lowered, whatever is known of the certificate.
        ("require", True, True, False, (_FULL, _CA)),
        ("verify-ca", False, True, False, (_FULL, _CA)),
        ("verify-full", False, True, False, (_FULL,)),
        ("verify-full", True, True, True, (_FULL,)),
    ],
)
def test_the_levels_that_are_tried(
    mode: str,
    has_ca: bool,
    is_offered: bool | None,
    is_signed: bool | None,
    levels: tuple[tuple[str, str], ...],
) -> None:
    found = levels_to_try(mode, has_ca=has_ca, is_offered=is_offered, is_signed=is_signed)
    assert found == levels


def test_a_weak_mode_is_raised_where_plain_text_may_not_pass() -> None:
    assert [raised(each, plain_text=False) for each in MODES] == [*["require"] * 4, *MODES[4:]]
    assert [raised(each, plain_text=True) for each in MODES] == list(MODES)


def test_there_are_words_for_each() -> None:
    assert set(MODE_WORDS) == set(MODES)
    assert set(LEVEL_WORDS) == set(LEVEL_SENTENCES) == set(get_args(Level))
