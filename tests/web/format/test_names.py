"""Names in sentences keep their direction to themselves, and people their colours apart."""

from __future__ import annotations

from collections import Counter

import pytest

from provision.tenant.transfer.sample_rows import MEMBERS
from provision.web.format.names import hue, isolated, short


@pytest.mark.parametrize("title", ["שלום עולם", "مرحبا", "Plan שלום"])
def test_text_from_right_to_left_is_isolated(title: str) -> None:
    assert isolated(title) == f"\u2068{title}\u2069"
    assert short(title) == isolated(title)


@pytest.mark.parametrize("title", ["Plan", "Größe, 3 m²", "計画", ""])
def test_other_text_stays_as_it_is(title: str) -> None:
    assert short(title) == title


def test_the_people_of_the_sample_have_colours_of_their_own() -> None:
    assert len({hue(each.name) for each in MEMBERS}) == len(MEMBERS)


def test_colours_are_spread_evenly_and_do_not_depend_on_how_a_letter_is_stored() -> None:
    names = [f"{first} {last}" for first in "ABCDEFGHIJKLMNOPQRST" for last in range(50)]
    assert all(60 < count < 140 for count in Counter(map(hue, names)).values())
    assert hue("Tom\u00e1s Rey") == hue("Toma\u0301s REY")
