"""A project's own page: its board is the board, and what is moved there is told beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database


def test_a_task_is_carried_added_and_opened_on_its_projects_page(
    tab: Tab, live: Live, database: Database
) -> None:
    person = live.person(database)
    made = person.api("POST", "/api/projects", {"name": "Website"}).get_json()["project"]["id"]
    person.api("POST", "/api/tasks", {"title": "Draw it", "project_id": made})
    live.sign_in(tab, person)
    address = f"/projects/{made}"
    tab.go(address)
    tab.mark()
    link = tab.page.get_by_role("link", name="Draw it", exact=True)
    link.focus()
    tab.page.keyboard.press("Space")
    expect(tab.page.locator("#task-said")).not_to_be_empty()
    tab.page.keyboard.press("ArrowRight")
    tab.page.keyboard.press("Space")
    tab.is_told("Draw it is in In progress now.")
    expect(tab.page.locator("#count-in_progress")).to_have_text("1")
    expect(tab.page.locator("#project-progress")).to_contain_text("In progress 1")
    assert person.rows("SELECT status FROM tasks") == [("in_progress",)]

    tab.page.locator(".board-column").first.get_by_label("New task in this column").click()
    tab.page.locator("#making").get_by_label("Title").fill("Test it")
    tab.page.locator("#making .button-primary").click()
    expect(tab.page.locator("#cards-todo")).to_contain_text("Test it")
    found = person.rows("SELECT project_id::text FROM tasks WHERE title = 'Test it'")
    assert found == [(made,)]

    link.click()
    expect(tab.page.locator("#panel")).to_contain_text("Draw it")
    tab.page.keyboard.press("Escape")
    expect(tab.page.locator("#panel .panel")).to_have_count(0)
    tab.is_at(address)
    tab.assert_not_reloaded()
