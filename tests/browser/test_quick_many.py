"""Lines pasted into the line that adds tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database
    from tests.web.conftest import Visitor

LINES = "- Draw it !high\n- [x] Print it\n\n1. Send it 15 mar 2027\n2. Rest\n3. Rest again"


@pytest.fixture
def owner(tab: Tab, live: Live, database: Database) -> Visitor:
    person = live.person(database)
    live.sign_in(tab, person)
    return person


def _line(tab: Tab) -> Locator:
    return tab.page.get_by_label("New task", exact=True)


def _paste(tab: Tab, text: str) -> None:
    """Insert text at the caret as one edit, as the clipboard does."""
    _line(tab).focus()
    tab.page.evaluate("(text) => document.execCommand('insertText', false, text)", text)


def test_pasted_lines_become_tasks_with_one_undo(tab: Tab, owner: Visitor) -> None:
    tab.go("/tasks")
    tab.mark()
    line = _line(tab)
    assert line.evaluate("each => each.clientHeight") < 40
    _paste(tab, LINES)
    expect(line).to_have_value(LINES)
    assert line.evaluate("each => each.scrollHeight <= each.clientHeight")
    reading = tab.page.locator("#quick-reading")
    expect(reading.get_by_role("button", name="Add 5 tasks")).to_be_visible()
    expect(reading.locator("strong")).to_have_text(["Draw it", "Print it", "Send it"])
    expect(reading).to_contain_text("and 2 more")
    line.press("Enter")
    tab.is_told("5 tasks are added.")
    expect(line).to_have_value("")
    expect(tab.page.locator("#quick-add .draft")).to_have_count(0)
    expect(line).to_be_focused()
    expect(tab.page.locator("#cards-todo .card-title")).to_have_text(
        ["Draw it", "Send it", "Rest", "Rest again"]
    )
    expect(tab.page.locator(".card.just-made")).to_contain_text("Draw it")
    expect(tab.page.locator("#cards-done")).to_contain_text("Print it")
    expect(tab.page.locator("#count-todo")).to_have_text("4")
    tab.page.locator(".toast-undo button").click()
    tab.is_told("Undone")
    expect(tab.page.locator(".card")).to_have_count(0)
    assert owner.rows("SELECT 1 FROM tasks") == []
    tab.assert_not_reloaded()


def test_a_line_that_is_wrong_is_told_and_all_stay(tab: Tab, owner: Visitor) -> None:
    tab.allow(422)
    tab.go("/tasks?view=list")
    line = _line(tab)
    _paste(tab, "One\nTwo !soon")
    line.press("Enter")
    tab.sees("Line 2: !soon is no priority", "#quick-add")
    expect(line).to_have_value("One\nTwo !soon")
    expect(line).to_be_focused()
    # Shift and Enter begin another line.
    line.fill("One\nTwo")
    line.press("Shift+Enter")
    line.press_sequentially("Three")
    tab.page.locator("#quick-reading").get_by_role("button", name="Add 3 tasks").click()
    tab.is_told("3 tasks are added.")
    expect(line).to_be_focused()
    expect(tab.page.locator("tbody tr[id]")).to_have_count(3)
    assert len(owner.rows("SELECT 1 FROM tasks")) == 3


def test_without_script_lines_become_tasks(
    new_tab: Callable[..., Tab], live: Live, database: Database
) -> None:
    tab, person = new_tab(script=False), live.person(database)
    live.sign_in(tab, person)
    tab.allow(422)
    tab.go("/tasks")
    _line(tab).fill("- One #Nowhere\n- [x] Two")
    tab.press("Add", "#quick-add .quick-line")
    tab.sees("Line 1: There is no project like #Nowhere: it stays in the title.")
    expect(_line(tab)).to_have_value("- One #Nowhere\n- [x] Two")
    tab.page.locator("#quick-add button[name=make]").click()
    tab.is_told("2 tasks are added.")
    assert person.rows(
        "SELECT t.title, t.status, p.name FROM tasks t LEFT JOIN projects p ON p.id = t.project_id"
        " ORDER BY t.position"
    ) == [("One", "todo", "Nowhere"), ("Two", "done", None)]
