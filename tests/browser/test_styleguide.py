"""The styleguide: every part of the design system, drawn in both themes without a fault."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import pytest

from tests.browser.looking import faults

if TYPE_CHECKING:
    from tests.browser.live import Live
    from tests.browser.tab import Tab

# Of one byte each; a blank picture has a handful of them.
_FEWEST_SHADES = 24


@pytest.fixture
def guide(tab: Tab, live: Live) -> Tab:
    """The page before somebody who has nothing but an account."""
    live.sign_in(tab, live.newcomer())
    tab.page.emulate_media(reduced_motion="reduce")
    tab.go("/styleguide")
    return tab


def _shades(picture: bytes) -> int:
    """How many different bytes the pixels of a PNG are made of."""
    at, pixels = 8, b""
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        if picture[at + 4 : at + 8] == b"IDAT":
            pixels += picture[at + 8 : at + 8 + length]
        at += 12 + length
    return len(set(zlib.decompress(pixels)))


def test_every_part_is_drawn_in_both_themes(guide: Tab) -> None:
    parts = guide.page.locator(".guide-part").all()
    assert len(parts) == 2 * len({part.locator("> header > h3").inner_text() for part in parts})
    blank = [part for part in parts if _shades(part.screenshot()) < _FEWEST_SHADES]
    assert blank == []


def test_it_stands_at_every_width_and_axe_finds_no_fault(guide: Tab) -> None:
    assert faults(guide, "/styleguide") == []


def test_states_are_drawn_by_the_rules_they_show(guide: Tab) -> None:
    looks = guide.page.evaluate(
        """() => [...document.querySelectorAll(".guide-light .guide-states p:first-child button")]
             .map((each) => { const is = getComputedStyle(each);
               return [is.backgroundColor, is.outlineStyle].join(" "); })"""
    )
    rest, hover, pressed, focus, disabled, busy = looks
    assert len({rest, hover, pressed, focus, disabled}) == 5
    assert busy == rest
    assert "solid" in focus


def test_its_forms_lead_back_to_it(guide: Tab) -> None:
    guide.press("Sends a form", within=".guide-light")
    guide.is_at("/styleguide")
