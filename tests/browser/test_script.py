"""What script adds: nothing reloads, focus stays near the work, keys, theme, dialogs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database
    from tests.web.conftest import Visitor


@pytest.fixture
def owner(tab: Tab, live: Live, database: Database) -> Visitor:
    person = live.person(database)
    live.sign_in(tab, person)
    return person


def _background(tab: Tab) -> str:
    return str(tab.page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_a_task_is_added_opened_moved_edited_and_deleted_on_the_board(
    tab: Tab, owner: Visitor
) -> None:
    tab.go("/tasks")
    tab.mark()
    line = tab.page.get_by_label("New task", exact=True)
    for title in ("Draw it", "Print it"):
        line.fill(title)
        line.press("Enter")
        tab.is_told(f"{title} is added.")
        expect(tab.page.locator("#cards-todo")).to_contain_text(title)
        expect(line).to_be_focused()
        expect(line).to_have_value("")
    expect(tab.page.locator("#count-todo")).to_have_text("2")
    expect(tab.page.get_by_text("No tasks yet")).to_be_hidden()

    card = tab.page.locator("#cards-todo .card").filter(has_text="Draw it")
    card.locator(".card-title").click()
    panel = tab.page.locator("#panel .panel")
    expect(panel).to_be_focused()
    pressed = panel.get_by_role("button", name="In progress")
    pressed.click()
    expect(tab.page.locator("#cards-in_progress")).to_contain_text("Draw it")
    expect(tab.page.locator("#count-todo")).to_have_text("1")
    expect(tab.page.locator("#count-in_progress")).to_have_text("1")
    tab.is_told("Draw it: Status To do → In progress")
    expect(panel.get_by_role("button", name="In progress")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(panel.get_by_role("button", name="In progress")).to_be_focused()
    assert owner.rows("SELECT status FROM tasks WHERE title = 'Draw it'") == [("in_progress",)]

    panel.get_by_role("link", name="Edit").click()
    expect(tab.field("Title")).to_be_focused()
    tab.fill({"Title": "Draw it twice"})
    panel.get_by_role("button", name="Save").click()
    expect(tab.page.locator("#cards-in_progress")).to_contain_text("Draw it twice")
    expect(panel.locator("#panel-title")).to_have_text("Draw it twice")

    panel.get_by_role("link", name="Delete").click()
    tab.page.locator("#delete-task").get_by_role("button", name="Delete").click()
    tab.is_told("Draw it twice is deleted.")
    expect(panel).to_have_count(0)
    expect(tab.page.locator("#cards-in_progress .card")).to_have_count(0)
    expect(tab.page.locator("#count-in_progress")).to_have_text("0")
    assert owner.rows("SELECT title FROM tasks") == [("Print it",)]
    tab.assert_not_reloaded()


def test_the_panel_closes_to_its_card(tab: Tab, owner: Visitor) -> None:
    owner.api("POST", "/api/tasks", {"title": "Draw it"})
    tab.go("/tasks")
    tab.mark()
    card = tab.page.locator(".card-title")
    card.click()
    panel = tab.page.locator("#panel .panel")
    expect(panel).to_be_visible()
    tab.page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(card).to_be_focused()
    tab.assert_not_reloaded()


def test_a_filter_answers_by_itself_and_stands_in_the_address(tab: Tab, owner: Visitor) -> None:
    for name, status in (("Website", "active"), ("Rebrand", "on_hold")):
        owner.api("POST", "/api/projects", {"name": name, "status": status})
    tab.go("/projects")
    tab.mark()
    tab.page.get_by_label("Status", exact=True).select_option("on_hold")
    expect(tab.page.locator("#project-list")).not_to_contain_text("Website")
    tab.sees("Rebrand", "#project-list")
    tab.assert_not_reloaded()
    assert "status=on_hold" in tab.page.url
    tab.page.reload()
    expect(tab.page.get_by_label("Status", exact=True)).to_have_value("on_hold")
    expect(tab.page.locator("#project-list")).not_to_contain_text("Website")


def test_pages_of_the_frame_come_without_a_reload_and_back_again(tab: Tab, owner: Visitor) -> None:
    tab.go("/projects")
    tab.mark()
    for name, path in (("Team", "/team"), ("Tasks", "/tasks"), ("Settings", "/settings")):
        tab.page.locator(".side-nav").get_by_role("link", name=name).click()
        tab.is_at(path)
        expect(tab.page.locator(".side-nav [aria-current]")).to_contain_text(name)
        expect(tab.page).to_have_title(re.compile(rf"\b{name} · Provision$"))
        expect(tab.page.locator("main")).to_have_count(1)
    tab.assert_not_reloaded()
    tab.page.go_back()
    tab.is_at("/tasks")
    tab.sees("Tasks", ".bar h1")


def test_the_theme_changes_at_once_and_is_remembered(tab: Tab, owner: Visitor) -> None:
    tab.page.emulate_media(color_scheme="light")
    tab.go("/projects")
    tab.mark()
    light = _background(tab)
    with tab.page.expect_response("**/theme"):
        tab.press("Dark theme")
    expect(tab.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert _background(tab) != light
    tab.assert_not_reloaded()
    tab.page.reload()
    expect(tab.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert _background(tab) != light


def test_keys_go_to_pages_and_open_forms_but_not_while_typing(tab: Tab, owner: Visitor) -> None:
    tab.go("/dashboard")
    tab.mark()
    tab.page.keyboard.press("g")
    tab.page.keyboard.press("p")
    tab.is_at("/projects")
    for key, path in (("e", "/team"), ("s", "/settings"), ("p", "/projects")):
        tab.page.keyboard.press("g")
        tab.page.keyboard.press(key)
        tab.is_at(path)
    tab.page.keyboard.press("c")
    name = tab.field("Name")
    expect(name).to_be_focused()
    tab.page.keyboard.type("cgt?")
    expect(name).to_have_value("cgt?")
    tab.page.keyboard.press("Escape")
    tab.is_at("/projects")
    tab.page.keyboard.press("?")
    keys = tab.page.locator("dialog#keys")
    expect(keys).to_be_visible()
    tab.page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    tab.assert_not_reloaded()


def test_a_dialog_keeps_focus_and_gives_it_back(tab: Tab, owner: Visitor) -> None:
    owner.api("POST", "/api/projects", {"name": "Website"})
    ((project,),) = owner.rows("SELECT id::text FROM projects")
    tab.go(f"/projects/{project}")
    opener = tab.page.locator(".bar").get_by_role("link", name="Delete")
    opener.focus()
    tab.page.keyboard.press("Enter")
    dialog = tab.page.locator("#delete-project")
    # Enter does no harm.
    expect(dialog.get_by_text("Keep", exact=True)).to_be_focused()
    tab.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_string_is_read_while_it_is_typed(tab: Tab, live: Live) -> None:
    live.sign_in(tab, live.newcomer())
    tab.go("/auth/setup-database/connection")
    field = tab.field("Connection string")
    field.press_sequentially("postgres://nora:s3cret-words@db.example.com/work")
    reading = tab.page.locator("#reading")
    expect(reading).to_contain_text("db.example.com")
    expect(reading).to_contain_text("••••••••")
    expect(reading).not_to_contain_text("s3cret-words")
    expect(field).to_be_focused()


def test_a_server_that_is_gone_is_said_in_a_toast(tab: Tab, owner: Visitor) -> None:
    tab.go("/projects")
    tab.page.context.set_offline(True)
    tab.follow("New project", ".bar")
    tab.is_told("The server could not be reached.")
    tab.page.context.set_offline(False)
    tab.problems.clear()  # the browser and htmx have written of it


def test_the_parts_of_the_script_are_modules_that_the_browser_reads_alone(tab: Tab) -> None:
    tab.go("/login")
    asked = {script.get_attribute("src") for script in tab.page.locator("script").all()}
    assert len(asked) == 2
    before = tab.page.evaluate("Object.keys(window)")
    # Fails where a part names what another does not export.
    for name in ("site", "board", "list", "password"):
        assert tab.page.evaluate(f"import('/static/js/{name}.js').then(() => true)")
    assert tab.page.evaluate("Object.keys(window)") == before


def test_the_script_leaves_nothing_on_the_window(new_tab: Callable[..., Tab]) -> None:
    with_site, without = new_tab(), new_tab()
    without.page.route("**/static/site.*.js", lambda route: route.fulfill(body=""))
    names = []
    for each in (with_site, without):
        each.go("/login")
        names.append(set(each.page.evaluate("Object.keys(window)")))
    assert names[0] == names[1]
