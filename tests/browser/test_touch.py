"""On a phone: whatever is to be touched is large enough for a finger, and nothing jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database

PAGES = [
    *("/dashboard", "/projects", "/projects?view=table", "/projects?new=1", "/team"),
    *("/team?view=table", "/tasks", "/settings", "/settings/appearance", "/settings/databases"),
]
# A link within a sentence is as high as its line (WCAG 2.5.8); a field is reached by its label too.
_TOO_SMALL = """
() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")]
  .filter((each) => {
    const style = getComputedStyle(each), box = each.getBoundingClientRect();
    if (!box.width || style.visibility === "hidden" || style.clipPath !== "none") return false;
    if (style.display === "inline" || each.matches(".skip, .card-title")) return false;
    const labels = [...(each.labels ?? [])].map((label) => label.getBoundingClientRect().height);
    return Math.max(box.height, ...labels) < 43.5;
  })
  .map((each) => `${each.tagName} ${each.className} ${(each.textContent || each.name).trim()}`)
"""
_SHIFTS = """
() => new Promise((tell) => {
  const found = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) found.push(entry.value);
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => tell(found.reduce((sum, value) => sum + value, 0)), 200);
})
"""


@pytest.fixture
def phone(new_tab: Callable[..., Tab], live: Live, database: Database) -> Tab:
    """A small screen without a mouse, before a workspace at work."""
    tab = new_tab(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True)
    live.sign_in(tab, live.person(database, sample_data=True))
    return tab


def test_nothing_is_too_small_for_a_finger_and_nothing_jumps(phone: Tab) -> None:
    found, shifts = {}, {}
    for path in PAGES:
        phone.go(path)
        found[path] = phone.page.evaluate(_TOO_SMALL)
        shifts[path] = phone.page.evaluate(_SHIFTS)
    assert {path: small for path, small in found.items() if small} == {}
    assert {path: sum_ for path, sum_ in shifts.items() if sum_ > 0.01} == {}
