"""Search by the keyboard alone, and without script."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.looking import faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database


def test_by_keyboard(tab: Tab, live: Live, database: Database) -> None:
    live.sign_in(tab, live.person(database, sample_data=True))
    tab.go("/dashboard")
    tab.mark()
    page = tab.page
    field, chosen = page.get_by_role("combobox"), page.locator("[role=option][aria-selected=true]")
    page.keyboard.press("/")
    expect(field).to_be_focused()
    expect(chosen).to_contain_text("New task")
    page.keyboard.type("wordmark lark")
    expect(chosen).to_contain_text("Lark wordmark, final drawing")
    expect(page.locator("#search-said")).to_have_text("2 found")
    assert faults(tab, "search") == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.keyboard.press("Enter")
    # The dashboard names the task, too: what tells the two pages apart is the address.
    expect(page).to_have_url(re.compile(r"/tasks/[0-9a-f-]{36}"))
    tab.sees("Lark wordmark, final drawing", "main")
    tab.assert_not_reloaded()
    page.keyboard.press("Control+k")
    field.fill("go")
    expect(chosen).to_contain_text("Go to the dashboard")
    page.keyboard.press("ArrowDown")
    expect(chosen).to_contain_text("Go to projects")
    expect(field).to_have_attribute("aria-activedescendant", "option-actions-2")
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    page.keyboard.press("/")
    # Faster than the answer: Enter takes the first of what is found then.
    page.keyboard.type("dark th")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_what_is_typed_on_is_asked_for_once(tab: Tab, live: Live, database: Database) -> None:
    live.sign_in(tab, live.person(database, sample_data=True))
    tab.page.clock.install()
    tab.go("/dashboard")
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    tab.page.keyboard.press("/")
    # The page's time stands while somebody types, however slow this machine is.
    tab.page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    tab.page.keyboard.type("sign mount")
    tab.page.clock.run_for(1_000)
    expect(tab.page.locator("[role=option]")).to_have_count(1)
    assert [url for url in asked if "q=" in url] == [f"{tab.url}/search?q=sign+mount"]


def test_without_script(new_tab: Callable[..., Tab], live: Live, database: Database) -> None:
    tab = new_tab(script=False)
    live.sign_in(tab, live.person(database, sample_data=True))
    tab.go("/dashboard")
    tab.follow("Search")
    tab.page.locator("#search-page-q").fill("wordmark")
    tab.press("Search", "main")
    tab.follow("Lark wordmark, final drawing")
    tab.sees("Lark wordmark, final drawing", "main")
