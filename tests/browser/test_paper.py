"""On paper: all columns, whole titles and the filter in words, without anything to press."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database

# A4 and Letter, upright and across, less 12 mm at each edge.
SHEETS: Final = ((703, 1032), (1032, 703), (725, 965), (965, 725))
PAGES: Final = (
    *("/tasks", "/tasks?view=list", "/tasks?view=list&status=review&priority=high", "/dashboard"),
    "/tasks?view=list&print=1",
    *("/projects", "/projects?view=table&status=active", "/projects/{project}"),
    *("/team", "/team?view=table", "/team/{member}", "/tasks/{task}"),
)
_FAULTS: Final = """
() => {
  const found = new Set(), boxOf = (each) => each.getBoundingClientRect();
  const isShown = (each) => each.checkVisibility({ visibilityProperty: true })
    && boxOf(each).width > 1 && getComputedStyle(each).clipPath === "none";
  const what = (each) => `${each.className} ${each.textContent.trim().slice(0, 30)}`;
  if (document.documentElement.scrollWidth > innerWidth + 1) found.add("wider than the sheet");
  for (const each of document.querySelectorAll("button, input, .side, .quick-add, .button")) {
    if (isShown(each) && !each.matches(".cell-edit")) found.add(`can be pressed: ${what(each)}`);
  }
  const names = "th a, .card-title, .lines a, .day li a, .log a, h1, h2 > a, .panel-title";
  for (const each of document.querySelectorAll(names)) {
    const isCut = each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0
      && getComputedStyle(each).overflowX !== "visible";
    const isClamped = each.scrollHeight > each.clientHeight + 2 && each.clientHeight > 0
      && getComputedStyle(each).overflowY !== "visible";
    if (isCut || isClamped) found.add(`cut: ${what(each)}`);
    if (isShown(each) && boxOf(each).right > innerWidth + 1) found.add(`off: ${what(each)}`);
  }
  for (const each of document.querySelectorAll(".board-column")) {
    if (!isShown(each)) found.add(`no column ${what(each)}`);
  }
  const { backgroundColor, color } = getComputedStyle(document.querySelector(".sheet"));
  if (![backgroundColor, "rgba(0, 0, 0, 0)"].includes("rgb(255, 255, 255)")) {
    found.add(`on ${backgroundColor}`);
  }
  if (color !== "rgb(0, 0, 0)") found.add(`in ${color}`);
  return [...found];
}
"""


def test_a_sheet_of_paper_holds_all_of_a_page(tab: Tab, live: Live, database: Database) -> None:
    person = live.person(database, sample_data=True)
    long = "A title that is longer than two lines of a card in a narrow column, " * 3
    person.rows(f"UPDATE tasks SET title = left('{long}', 200) WHERE title LIKE 'C%' RETURNING 1")
    live.sign_in(tab, person)
    tables = {"project": "projects", "task": "tasks", "member": "team_members"}
    ids = {
        noun: str(person.rows(f"SELECT id FROM {table} ORDER BY created_at, id LIMIT 1")[0][0])
        for noun, table in tables.items()
    }
    found = []
    for path in PAGES:
        # As on a phone, where the board shows one column of them.
        tab.page.set_viewport_size({"width": 390, "height": 800})
        tab.page.emulate_media(media="screen", color_scheme="dark")
        tab.go(path.format(**ids))
        tab.page.emulate_media(media="print")
        for width, height in SHEETS:
            tab.page.set_viewport_size({"width": width, "height": height})
            found += [f"{path} at {width}: {each}" for each in tab.page.evaluate(_FAULTS)]
    assert found == []


def test_the_filter_is_printed_in_words(tab: Tab, live: Live, database: Database) -> None:
    live.sign_in(tab, live.person(database, sample_data=True))
    tab.go("/tasks?view=list&status=review&priority=high&q=a")
    tab.page.emulate_media(media="print")
    words = tab.page.locator(".filters").inner_text()
    assert all(word in words for word in ("Status", "Review", "Priority", "High", "Find", "tasks"))
    assert "CSV" not in words
    tab.go("/projects?view=table&status=active")
    shown = tab.page.locator(".filters .chip-on")
    assert shown.inner_text().startswith("Status")
    assert shown.locator("select").evaluate("each => each.selectedOptions[0].text") == "Active"


def test_a_long_board_takes_more_sheets_and_no_card_is_torn(
    tab: Tab, live: Live, database: Database
) -> None:
    live.sign_in(tab, live.person(database, sample_data=True))
    tab.page.set_viewport_size({"width": 768, "height": 900})
    tab.go("/tasks")
    assert tab.page.pdf(format="A4").count(b"/Type /Page\n") >= 2
    tab.page.emulate_media(media="print")
    torn = tab.page.locator(".card").first.evaluate("each => getComputedStyle(each).breakInside")
    assert torn == "avoid"


def test_all_rows_of_a_list_are_printed_from_one_page(
    tab: Tab, live: Live, database: Database
) -> None:
    person = live.person(database)
    person.rows(
        "INSERT INTO tasks (user_id, title, due_date) SELECT owner_id, 'Task ' || n, '2026-12-01'"
        " FROM provision_workspaces, generate_series(1, 230) AS n RETURNING 1"
    )
    live.sign_in(tab, person)
    tab.go("/tasks?view=list")
    few = tab.page.pdf(format="A4").count(b"/Type /Page\n")
    tab.page.get_by_role("link", name="Print all").click()
    tab.page.get_by_text("All 230 tasks are on this page.").wait_for()
    assert tab.page.get_by_role("button", name="Print", exact=True).is_visible()
    assert tab.page.pdf(format="A4").count(b"/Type /Page\n") > few
    tab.page.emulate_media(media="print")
    assert tab.page.locator(".task-table th[scope=row] a:visible").count() == 230
    assert tab.page.locator("#whole-note").inner_text() == "All 230 tasks are on this page."
