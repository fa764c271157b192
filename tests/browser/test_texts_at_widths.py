"""From 320 to 1920 px: no text beside the lists is cut, covers another, or is out of reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.browser.test_widths import LONG, NAME, WIDTHS

if TYPE_CHECKING:
    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database

LEADING: Final = ("/dashboard", "/projects/{project}", "/team/{member}")
OTHERS: Final = (
    *("/tasks/{task}", "/search?q=a", "/sample", "/settings"),
    *(
        f"/settings/{each}"
        for each in (
            *("appearance", "password", "email", "two-factor", "sessions", "tokens", "activity"),
            *("your-data", "databases", "exchange"),
        )
    ),
)
# Where their arrangement changes, and between.
FEW_WIDTHS: Final = (320, 699, 1024)
# The lines of each text as they are seen: cut by what hides what runs over. What stands in a small
# column beside a name, marked so, may be cut; what scrolls sideways is in reach.
_FAULTS: Final = """
() => {
  const found = new Set(), all = [];
  const styleOf = (each) => getComputedStyle(each);
  if (document.documentElement.scrollWidth > innerWidth) found.add("wider than the window");
  for (const { scrollWidth, clientWidth } of document.querySelectorAll(".table-scroll")) {
    if (scrollWidth > clientWidth + 1) found.add("a table has to be scrolled");
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const of = walker.currentNode.parentElement, text = walker.currentNode.data.trim().slice(0, 30);
    if (!text || of.closest(".visually-hidden, .skip, .toasts, .side, dialog, select, textarea")
      || !of.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    let lines = [...range.getClientRects()];
    let isFixed = false;
    for (let at = of; at !== document.body; at = at.parentElement) {
      const { position, overflowX, clipPath } = styleOf(at), box = at.getBoundingClientRect();
      isFixed ||= ["fixed", "sticky"].includes(position);
      if (clipPath !== "none") lines = [];
      if (overflowX === "visible") continue;
      const isCut = !["auto", "scroll"].includes(overflowX) && !at.matches("small, td .clip");
      if (isCut && lines.some(({ right }) => right > box.right + 1)) found.add(`${text} is cut`);
      lines = lines.map(({ left, top, right, bottom }) => DOMRect.fromRect({
        x: Math.max(left, box.left), y: Math.max(top, box.top),
        width: Math.min(right, box.right) - Math.max(left, box.left),
        height: Math.min(bottom, box.bottom) - Math.max(top, box.top),
      })).filter(({ width, height }) => width > 1 && height > 1);
    }
    if (lines.some(({ left, right }) => left < -1 || right > innerWidth + 1)) {
      found.add(`${text} is out of reach`);
    }
    if (!isFixed) all.push(...lines.map((line) => [line, of, text]));
  }
  all.forEach(([a, of, text], at) => {
    for (const [b, other, covered] of all.slice(at + 1)) {
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (of !== other && width > 2 && height > 5) found.add(`${text} covers ${covered}`);
    }
  });
  return [...found];
}
"""


def test_no_text_is_cut_or_covered(tab: Tab, live: Live, database: Database) -> None:
    person = live.person(database, sample_data=True)
    person.rows(f"UPDATE tasks SET title = '{LONG}' WHERE title LIKE 'A%' RETURNING 1")
    person.rows(f"UPDATE team_members SET name = '{NAME}' WHERE name LIKE 'A%' RETURNING 1")
    person.rows(
        f"UPDATE projects SET budget = 99999999.99, spent = 88888888.88, name ="
        f" CASE WHEN name LIKE 'A%' THEN '{LONG}' ELSE name END RETURNING 1"
    )
    ids = {
        noun: str(person.rows(f"SELECT id FROM {table} ORDER BY {name} LIMIT 1")[0][0])
        for noun, table, name in (
            ("project", "projects", "name"),
            ("member", "team_members", "name"),
            ("task", "tasks", "title"),
        )
    }
    live.sign_in(tab, person)
    found = []
    for path, widths in [
        *((each, WIDTHS[::3]) for each in LEADING),
        *((each, FEW_WIDTHS) for each in OTHERS),
    ]:
        tab.go(path.format(**ids))
        for width in widths:
            tab.page.set_viewport_size({"width": width, "height": 900})
            found += [f"{path} at {width}: {each}" for each in tab.page.evaluate(_FAULTS)]
    assert found == []


def test_larger_text_covers_no_other_in_the_settings(
    tab: Tab, live: Live, database: Database
) -> None:
    live.sign_in(tab, live.person(database))
    tab.page.set_viewport_size({"width": 1280, "height": 900})
    for path in ("/settings", "/settings/tokens", "/settings/exchange"):
        tab.go(path)
        tab.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert tab.page.evaluate(_FAULTS) == [], path
