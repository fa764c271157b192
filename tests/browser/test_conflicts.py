"""One row edited in two tabs: nothing is overwritten unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database
    from tests.web.conftest import Visitor

# A team member is saved by the same code as a project.
NOUNS = {"projects": ("name", "Name", "projects"), "tasks": ("title", "Title", "tasks")}

Both = tuple["Tab", "Tab", "Visitor"]


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def both(
    request: pytest.FixtureRequest, new_tab: Callable[..., Tab], live: Live, database: Database
) -> Both:
    """Two browsers of one person."""
    person = live.person(database)
    tabs = new_tab(script=request.param), new_tab(script=request.param)
    for tab in tabs:
        live.sign_in(tab, person)
        tab.allow(409)
    return *tabs, person


@pytest.mark.parametrize("path", NOUNS)
def test_the_later_one_sees_both_and_chooses(both: Both, path: str) -> None:
    mine, theirs, person = both
    column, label, table = NOUNS[path]
    answer = person.api("POST", f"/api/{path}", {column: "As it was"})
    address = f"/{path}/" + answer.headers["Location"].rpartition("/")[2]
    stored = f"SELECT {column} FROM {table}"

    for tab in (mine, theirs):
        tab.go(f"{address}?edit=1")
    theirs.fill({label: "Theirs"})
    theirs.press("Save")
    theirs.is_told("Theirs: ")
    mine.fill({label: "Mine"})
    mine.press("Save")
    conflict = mine.page.locator(".conflict")
    expect(conflict).to_contain_text("Changed elsewhere while you were editing.")
    expect(conflict.locator("tbody tr")).to_have_count(1)
    expect(conflict.locator("tbody")).to_contain_text("Mine")
    expect(conflict.locator("tbody")).to_contain_text("Theirs")
    assert person.rows(stored) == [("Theirs",)]
    mine.press("Keep mine")
    mine.is_told("Mine: ")
    assert person.rows(stored) == [("Mine",)]

    theirs.go(f"{address}?edit=1")
    theirs.fill({label: "Theirs again"})
    person.api("PATCH", f"/api/{path}/" + address.rpartition("/")[2], {column: "Third"})
    theirs.press("Save")
    theirs.sees("Third", ".conflict")
    theirs.follow("Take theirs", "main")
    expect(theirs.page.locator(".conflict")).to_have_count(0)
    theirs.sees("Third", "main")
    assert person.rows(stored) == [("Third",)]
