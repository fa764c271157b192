"""From 320 to 1920 px: names are whole, nothing overlaps, and everything is in reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database

# A zoom of 400 % on a screen of 1280 px is a width of 320 px.
WIDTHS: Final = (
    *(320, 344, 360, 390, 412, 480, 540, 600, 640, 699, 700, 740, 768),
    *(780, 820, 899, 900, 1024, 1099, 1100, 1194, 1280, 1366, 1440, 1920),
)
TABLES: Final = ("/tasks?view=list", "/projects?view=table", "/team?view=table")
LONG: Final = "Accessible route map from the entrance to the reading room, with all lifts and ramps"
NAME: Final = "Anna-Maria von Hohenlohe-Langenburg"
# Each name is as large as its text, or the row beside it shows; cells end where the next begins.
_TABLE_FAULTS: Final = """
() => {
  const found = new Set(), boxOf = (each) => each.getBoundingClientRect();
  if (document.documentElement.scrollWidth > innerWidth) found.add("wider than the window");
  for (const row of document.querySelectorAll("tbody tr[id]")) {
    const name = row.querySelector("th a"), width = boxOf(row.querySelector("th")).width;
    const isCut = name.scrollWidth > name.clientWidth + 1
      || name.scrollHeight > name.clientHeight + 1;
    if (isCut) found.add("a name is cut");
    if (width < (innerWidth > 560 ? 239 : 100)) found.add(`a name has ${Math.round(width)} px`);
    const cells = [...row.children].map(boxOf).filter((box) => box.width);
    cells.slice(1).forEach((box, at) => {
      if (box.left < cells[at].right - 1) found.add("cells overlap");
    });
    if (cells.at(-1).right > boxOf(document.querySelector(".sheet")).right + 1) {
      found.add("a row is wider than the sheet");
    }
    for (const cell of row.querySelectorAll("td:not(.col-assignee, .col-status)")) {
      for (const shown of cell.querySelectorAll(".due, .priority, .status")) {
        const { width, right } = boxOf(shown);
        if (width && right > boxOf(cell).right + 1) found.add(`${shown.textContent} is cut`);
      }
    }
  }
  return [...found];
}
"""
_BOARD_FAULTS: Final = """
() => {
  const found = new Set(), boxOf = (each) => each.getBoundingClientRect();
  const board = document.querySelector(".board");
  if (document.documentElement.scrollWidth > innerWidth) found.add("wider than the window");
  for (const { width } of [...document.querySelectorAll(".card-title")].map(boxOf)) {
    if (width && width < 120) found.add(`a title has ${Math.round(width)} px`);
  }
  const columns = [...board.children].map(boxOf).filter((box) => box.width);
  if (columns.length === 1 && !boxOf(document.querySelector(".board-tabs")).height) {
    found.add("no way to the other columns");
  }
  const scrolls = getComputedStyle(board).overflowX === "auto";
  if (columns.at(-1).right > boxOf(board).right + 1 && !scrolls) {
    found.add("columns are out of reach");
  }
  return [...found];
}
"""
_LEFTS: Final = """
() => [...document.querySelectorAll(".task-table thead th")]
  .map((each) => each.getBoundingClientRect().left)
"""


def _at(tab: Tab, width: int, height: int = 900) -> None:
    tab.page.set_viewport_size({"width": width, "height": height})


def _signed_in(new_tab: Callable[..., Tab], live: Live, database: Database) -> Tab:
    person = live.person(database, sample_data=True)
    person.rows(f"UPDATE tasks SET title = '{LONG}' WHERE title LIKE 'A%' RETURNING 1")
    person.rows(f"UPDATE projects SET name = '{LONG}' WHERE name LIKE 'A%' RETURNING 1")
    person.rows(f"UPDATE team_members SET name = '{NAME}' WHERE name LIKE 'A%' RETURNING 1")
    tab = new_tab()
    live.sign_in(tab, person)
    return tab


def test_names_are_whole_and_nothing_overlaps(
    new_tab: Callable[..., Tab], live: Live, database: Database
) -> None:
    tab, found = _signed_in(new_tab, live, database), []
    for path, faults in [*((each, _TABLE_FAULTS) for each in TABLES), ("/tasks", _BOARD_FAULTS)]:
        tab.go(path)
        for width in WIDTHS:
            _at(tab, width)
            found += [f"{path} at {width}: {fault}" for fault in tab.page.evaluate(faults)]
        for percent in (150, 200, 300, 400):
            _at(tab, 1280)
            tab.page.evaluate(f"document.documentElement.style.fontSize = '{percent}%'")
            if path != "/tasks":
                cut = [each for each in tab.page.evaluate(faults) if each == "a name is cut"]
                found += [f"{path}, text at {percent} %: {fault}" for fault in cut]
    assert found == []


def test_heads_stay_and_columns_keep_their_place_while_a_value_is_edited(
    new_tab: Callable[..., Tab], live: Live, database: Database
) -> None:
    tab = _signed_in(new_tab, live, database)
    tab.go("/tasks?view=list")
    for width in (390, 768, 1440):
        _at(tab, width)
        tab.page.evaluate("scrollTo(0, 500)")
        head = tab.page.get_by_role("columnheader", name="Title").bounding_box()
        bar = tab.page.locator(".bar").bounding_box()
        assert head is not None
        assert bar is not None
        assert abs(head["y"] - bar["y"] - bar["height"]) <= 1, width
        before = tab.page.evaluate(_LEFTS)
        for column in ("status", "due_date"):
            tab.page.locator(f"tbody tr[id] [data-edit={column}]").nth(20).click()
            expect(tab.page.locator(".cell-control")).to_be_visible()
            assert tab.page.evaluate(_LEFTS) == before, (width, column)
            box = tab.page.locator(".cell-control").bounding_box()
            assert box is not None
            assert box["width"] >= 100
            assert box["x"] + box["width"] <= width
            # The first closes the list that the browser opened.
            tab.page.keyboard.press("Escape")
            if tab.page.locator(".cell-control").count():
                tab.page.keyboard.press("Escape")
            expect(tab.page.locator(".cell-control")).to_have_count(0)


def test_a_tablet_scrolls_the_board_sideways_and_shows_that_there_is_more(
    new_tab: Callable[..., Tab], live: Live, database: Database
) -> None:
    tab = _signed_in(new_tab, live, database)
    _at(tab, 768)
    tab.go("/tasks")
    board = tab.page.locator(".board")
    cut = board.evaluate(
        "each => [...each.children].some((column) => { const box = column.getBoundingClientRect();"
        " return box.left < innerWidth - 40 && box.right > innerWidth; })"
    )
    assert cut
    assert board.evaluate("each => getComputedStyle(each).scrollSnapType").startswith("x")
    assert board.evaluate("each => { each.scrollTo(9999, 9999); return each.scrollLeft; }") > 300
    expect(tab.page.locator("#column-done")).to_be_in_viewport()


def test_the_sidebar_opens_where_it_is_narrow(live: Live, database: Database, either: Tab) -> None:
    live.sign_in(either, live.person(database, sample_data=True))
    either.allow(404)
    for width, path in [
        (390, "/tasks"),
        (768, "/settings"),
        (1024, "/dashboard"),
        (768, "/nowhere"),
    ]:
        _at(either, width)
        either.go(path)
        menu, project = (
            either.page.get_by_role("button", name="Menu"),
            either.page.locator(".side-projects a").first,
        )
        if path == "/nowhere":
            project = either.page.locator(".side-workspace strong")
        menu.focus()
        menu.press("Enter")
        expect(project).to_be_in_viewport(ratio=1)
        assert menu.evaluate("each => each.matches(':popover-open *')")
        either.page.keyboard.press("Tab")
        assert either.focused().evaluate("each => each.closest('.side') !== null")
        either.page.keyboard.press("Escape")
        expect(menu).to_be_focused()
        expect(either.page.locator(".side")).not_to_have_css("position", "fixed")
    _at(either, 1440)
    expect(either.page.get_by_role("button", name="Menu")).to_be_hidden()
