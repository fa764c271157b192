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
    tab.is_told("The project and its tasks are deleted.")
    expect(tab.page.locator("#toasts [data-seconds-left]")).to_have_text(re.compile(r"^\d+$"))
    assert faults(tab, "a toast with undo") == []
    tab.page.set_viewport_size({"width": 1440, "height": 900})
    tab.press("Undo", "#toasts")
    tab.is_told("Undone: everything is as it was.")
    expect(tab.page.locator("main").get_by_role("link", name="Website").first).to_be_visible()
    assert person.rows(ROWS) == before
