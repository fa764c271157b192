"""Switching between workspaces: by the menu at the name, by keys, without script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.looking import faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database
    from tests.web.conftest import Visitor


@pytest.fixture
def owner(tab: Tab, live: Live, database: Database) -> Visitor:
    """Somebody with two workspaces in one database, each with a task."""
    person = live.person(database)
    (first,) = person.api("GET", "/api/workspaces").get_json()["workspaces"]
    body = {"connection_string": database.connection_string, "name": "Lark Cycles"}
    second = person.api("POST", "/api/workspaces", body).get_json()["workspace"]
    for place, title in ((first, "Here"), (second, "There")):
        made = person.api("POST", f"/w/{place['id']}/api/tasks", {"title": title})
        assert made.status_code == 201
    live.sign_in(tab, person)
    return person


def test_the_menu_at_the_name_leads_from_one_to_the_other(tab: Tab, owner: Visitor) -> None:
    tab.go("/tasks")
    tab.sees("There", ".board")
    tab.page.get_by_label("Switch workspace").click()
    menu = tab.page.locator("#workspace-menu")
    expect(menu.get_by_role("link")).to_have_count(4)
    expect(menu.locator("[aria-current]")).to_contain_text("Lark Cycles")
    menu.get_by_role("link").nth(1).click()
    tab.page.locator(".side-nav").get_by_role("link", name="Tasks").click()
    tab.sees("Here", ".board")
    expect(tab.page.locator(".board")).not_to_contain_text("There")
    tab.page.keyboard.press("g")
    tab.page.keyboard.press("w")
    tab.sees("2 you may enter")
    expect(tab.page.locator("main")).to_have_count(1)
    assert faults(tab, "the workspaces") == []


def test_two_tabs_in_two_workspaces_never_mix(tab: Tab, owner: Visitor) -> None:
    tab.go("/workspaces")
    addresses = [
        str(link.get_attribute("href"))
        for link in tab.page.locator(".workspace-table tbody th a").all()
    ]
    pages = [tab.page, tab.page.context.new_page()]
    for page, address in zip(pages, addresses, strict=True):
        page.goto(tab.url + address.replace("/dashboard", "/tasks"))
    for turn in range(3):
        for number, page in enumerate(pages):
            line = page.get_by_label("New task", exact=True)
            line.fill(f"{number} {turn}")
            line.press("Enter")
            expect(page.locator(".board")).to_contain_text(f"{number} {turn}")
    found = owner.rows("SELECT user_id::text, title FROM tasks WHERE title ~ '^[01] '")
    assert len(found) == 6
    assert len({place for place, _ in found}) == 2
    assert len({(place, title[0]) for place, title in found}) == 2
    pages[1].close()


def test_without_script_the_menu_holds_links(
    new_tab: Callable[..., Tab], owner: Visitor, live: Live
) -> None:
    tab = new_tab(script=False)
    live.sign_in(tab, owner)
    tab.go("/workspaces")
    tab.follow("Open Lark Cycles", "main")
    expect(tab.page.locator(".side-workspace strong")).to_have_text("Lark Cycles")
    tab.page.get_by_label("Switch workspace").click()
    tab.follow("All workspaces", "#workspace-menu")
    tab.sees("2 you may enter")
