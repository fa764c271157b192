"""Taking back from the toast, with script and without."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.looking import faults

if TYPE_CHECKING:
    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database

ROWS = "SELECT to_jsonb(t) FROM tasks t ORDER BY id"


def test_a_bulk_delete_is_undone(either: Tab, live: Live, database: Database) -> None:
    tab, person = either, live.person(database, sample_data=True)
    live.sign_in(tab, person)
    before = person.rows(ROWS)
    tab.go("/tasks?view=list&status=not_done")
    tab.mark()
    boxes = tab.page.locator("main input[type=checkbox][name=id]")
    for number in range(3):
        boxes.nth(number).check()
    tab.follow("Delete", ".bulk-bar")
    tab.press("Delete", "#delete-chosen")
    tab.is_told("3 tasks are deleted.")
    assert len(person.rows(ROWS)) == len(before) - 3
    tab.press("Undo", "#toasts")
    tab.is_told("Undone: everything is as it was.")
    tab.is_at("/tasks?view=list&status=not_done")
    tab.assert_not_reloaded()
    assert person.rows(ROWS) == before


def test_a_project_comes_back_with_its_tasks(tab: Tab, live: Live, database: Database) -> None:
    person = live.person(database, sample_data=True)
    live.sign_in(tab, person)
    before = person.rows(ROWS)
    ((project,),) = person.rows("SELECT id FROM projects WHERE name = 'Website'")
    tab.go(f"/projects/{project}")
    tab.follow("Delete", ".bar-actions")
    tab.press("Delete", "#delete-project")
    tab.is_told("Project Website and its tasks are deleted.")
    expect(tab.page.locator("#toasts [data-seconds-left]")).to_have_text(re.compile(r"^\d+$"))
    assert faults(tab, "a toast with undo") == []
    tab.page.set_viewport_size({"width": 1440, "height": 900})
    tab.press("Undo", "#toasts")
    tab.is_told("Undone: everything is as it was.")
    expect(tab.page.locator("main").get_by_role("link", name="Website").first).to_be_visible()
    assert person.rows(ROWS) == before


def test_each_message_has_its_own_undo(tab: Tab, live: Live, database: Database) -> None:
    person = live.person(database)
    live.sign_in(tab, person)
    for title in ("Paint", "Sand"):
        person.api("POST", "/api/tasks", {"title": title})
    state = "SELECT title, status, priority FROM tasks ORDER BY title"
    tab.go("/tasks")
    tab.mark()
    panel, toasts = tab.page.locator("#panel"), tab.page.locator("#toasts .toast")
    for title, status in (("Sand", "Review"), ("Paint", "In progress")):
        tab.page.locator(".card-title", has_text=title).click()
        expect(panel.locator("#panel-title")).to_have_text(title)
        panel.get_by_role("button", name=status).click()
        tab.is_told(f"{title}: Status To do → {status}")
    address = tab.page.url
    # The older one, while the panel of the other is open.
    sand = toasts.filter(has_text="Sand: ")
    sand.get_by_role("button", name="Undo").click()
    tab.is_told("Undone")
    expect(sand).to_have_count(0)
    expect(tab.page.locator("#cards-todo")).to_contain_text("Sand")
    expect(toasts.filter(has_text="Paint: ").get_by_role("button", name="Undo")).to_be_visible()
    expect(panel.locator("#panel-title")).to_have_text("Paint")
    expect(panel.get_by_role("button", name="In progress")).to_be_focused()
    tab.is_at(address.removeprefix(tab.url))
    assert person.rows(state) == [("Paint", "in_progress", "medium"), ("Sand", "todo", "medium")]
    # The last one by its key, and on another page.
    tab.follow("Team", within=".side-nav")
    tab.is_at("/team")
    expect(toasts.filter(has_text="Paint: ").get_by_role("button", name="Undo")).to_be_visible()
    tab.page.keyboard.press("z")
    expect(toasts.filter(has_text="Paint: ")).to_have_count(0)
    tab.assert_not_reloaded()
    assert person.rows(state) == [("Paint", "todo", "medium"), ("Sand", "todo", "medium")]
