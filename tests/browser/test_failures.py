"""What is said when something fails, for how long, and how it is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Route

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database
    from tests.web.conftest import Visitor


@pytest.fixture
def owner(tab: Tab, live: Live, database: Database) -> Visitor:
    person = live.person(database)
    live.sign_in(tab, person)
    return person


def test_a_late_reading_leaves_the_notice_of_a_failed_save(tab: Tab, owner: Visitor) -> None:
    tab.allow(503)
    tab.go("/tasks")
    line = tab.page.get_by_label("New task", exact=True)
    line.fill("Paint the fence fri")
    refusal: dict[str, Any] = {
        "status": 503,
        "headers": {
            "Content-Type": "text/html; charset=utf-8",
            "Provision-Drawn": "1",
            "Provision-Health": "down",
            "HX-Retarget": "#problem-region",
            "HX-Reswap": "innerHTML",
        },
        "body": '<div class="notice notice-amber"><p>The database did not answer.</p></div>',
    }

    def refuse_writes(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(**refusal)
        else:
            route.fallback()

    tab.page.route("**/tasks", refuse_writes)
    line.press("Enter")
    notice = tab.page.locator("#problem-region .notice")
    expect(notice).to_contain_text("The database did not answer.")
    expect(tab.page.locator(".side-workspace .health")).to_have_class("health health-down")
    expect(line).to_have_value("Paint the fence fri")
    # The line is read a quarter of a second after the last letter, and that may fail, too.
    tab.page.route("**/tasks/reading**", lambda route: route.fulfill(**refusal))
    line.press("End")
    line.press_sequentially("d")
    tab.page.wait_for_timeout(600)
    expect(notice).to_have_count(1)
    tab.page.unroute("**/tasks/reading**")
    line.press("Backspace")
    tab.sees("reads as", "#quick-reading")
    expect(notice).to_have_count(1)
    tab.page.unroute("**/tasks")
    notice.get_by_role("button", name="Try again").click()
    tab.is_told("Paint the fence is added")
    expect(tab.page.locator("#problem-region")).to_be_empty()
    expect(tab.page.locator(".side-workspace .health")).to_have_class("health health-ok")
    assert owner.rows("SELECT title FROM tasks") == [("Paint the fence",)]


def test_a_move_that_found_no_server_is_tried_again(tab: Tab, owner: Visitor) -> None:
    owner.api("POST", "/api/tasks", {"title": "Paint"})
    tab.go("/tasks")
    tab.page.route("**/move", lambda route: route.abort("connectionrefused"))
    tab.page.locator("#main").focus()
    tab.page.keyboard.press("j")
    expect(tab.page.locator(".card-title")).to_be_focused()
    for key in (" ", "ArrowRight", " "):
        tab.page.keyboard.press(key)
    notice = tab.page.locator("#problem-region .notice")
    expect(notice).to_contain_text("The server could not be reached.")
    expect(tab.page.locator("#cards-todo .card")).to_have_count(1)
    tab.page.unroute("**/move")
    notice.get_by_role("button", name="Try again").click()
    tab.is_told("Paint")
    expect(tab.page.locator("#cards-in_progress .card")).to_have_count(1)
    expect(tab.page.locator("#count-in_progress")).to_have_text("1")
    expect(notice).to_have_count(0)
    assert owner.rows("SELECT status FROM tasks") == [("in_progress",)]
    # What was made to fail was told to the console, too.
    assert tab.problems
    tab.problems.clear()


def test_enter_that_takes_a_suggestion_sends_nothing(tab: Tab, owner: Visitor) -> None:
    owner.api("POST", "/api/tasks", {"title": "Paint"})
    tab.go("/tasks")
    session = tab.page.context.new_cdp_session(tab.page)
    line = tab.page.get_by_label("New task", exact=True)
    line.focus()
    session.send(
        "Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2}
    )
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_timeout(300)
    session.send("Input.insertText", {"text": "日本"})
    expect(line).to_have_value("日本")
    assert owner.rows("SELECT title FROM tasks") == [("Paint",)]
    line.press("Enter")
    tab.is_told("日本 is added.")

    tab.go("/tasks?view=list")
    tab.page.locator("tr", has_text="Paint").get_by_role("link").focus()
    tab.page.keyboard.press("e")
    field = tab.page.locator(".cell-control")
    expect(field).to_be_focused()
    for composed in ({"isComposing": True}, {"keyCode": 229}):
        field.dispatch_event("keydown", {"key": "Enter", **composed})
    expect(field).to_be_focused()
