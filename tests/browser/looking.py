"""What can be wrong with how a page stands: something sticks out of it, or axe finds fault."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.browser.tab import Tab

# Phone, tablet, desk.
WIDTHS: Final = (360, 768, 1440)
_HEIGHT: Final = 900
_AXE: Final = Path(__file__).resolve().parent.parent / "vendor" / "axe-core@4.14.1" / "axe.min.js"
_WCAG: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")

# What reaches beyond the right edge without lying in something that scrolls by itself.
_STICKS_OUT: Final = """
() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const scrolls = (each) => each !== root && each !== document.body
    && getComputedStyle(each).overflowX !== "visible";
  const name = (each) => each.tagName.toLowerCase() + (each.id ? "#" + each.id : "")
    + [...each.classList].map((one) => "." + one).join("");
  const out = [...document.querySelectorAll("body *")].filter((each) => {
    if (each.getBoundingClientRect().right <= root.clientWidth + 0.5) return false;
    for (let up = each.parentElement; up && up !== document.body; up = up.parentElement) {
      if (scrolls(up)) return false;
    }
    return true;
  });
  return [`${root.scrollWidth} px wide: ` + out.slice(0, 4).map(name).join(", ")];
}
"""
_RUN_AXE: Final = """
async (rules) => (await axe.run(document, {
  resultTypes: ["violations"], elementRef: false, runOnly: rules,
})).violations.flatMap((rule) => rule.nodes.slice(0, 3).map((node) =>
  `${rule.id}: ${node.target.join(" ")}: `
  + (node.any[0] ?? node.all[0] ?? node.none[0])?.message))
"""


def faults(tab: Tab, name: str) -> list[str]:
    """Look at the page in `tab` at every width, light and dark; each fault begins with `name`."""
    found = sticking_out(tab, name)
    tab.page.evaluate(_AXE.read_text(encoding="utf-8"))
    return found + [f"{name}, {fault}" for fault in _axe_faults(tab.page)]


def sticking_out(tab: Tab, name: str) -> list[str]:
    """What reaches beyond the page at any width."""
    tab.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = []
    for width in WIDTHS:
        tab.page.set_viewport_size({"width": width, "height": _HEIGHT})
        found += [f"{name}, at {width}: {out}" for out in tab.page.evaluate(_STICKS_OUT)]
    return found


def _axe_faults(page: Page) -> Iterator[str]:
    """What axe says of all on a desk, and again of colours at night and of sizes on a phone."""
    yield from _axe(page, {"type": "tag", "values": list(_WCAG)}, "light")
    page.emulate_media(color_scheme="dark")
    colours = ["color-contrast", "link-in-text-block"]
    yield from _axe(page, {"type": "rule", "values": colours}, "dark")
    page.set_viewport_size({"width": WIDTHS[0], "height": _HEIGHT})
    sizes = ["target-size", "scrollable-region-focusable"]
    yield from _axe(page, {"type": "rule", "values": sizes}, f"at {WIDTHS[0]}")


def _axe(page: Page, rules: dict[str, Any], where: str) -> Iterator[str]:
    for fault in page.evaluate(_RUN_AXE, rules):
        yield f"{where}: {fault}"
