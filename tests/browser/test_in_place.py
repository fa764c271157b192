"""A task is edited where it stands: on a card, a line, in the panel and on its own page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.looking import faults

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database
    from tests.web.conftest import Visitor

_STATE = (
    "SELECT t.title, t.status, t.priority, a.name, p.name, t.due_date::text FROM tasks t"
    " LEFT JOIN team_members a ON a.id = assignee_id LEFT JOIN projects p ON p.id = project_id"
    " WHERE t.title LIKE 'Paint%'"
)


@pytest.fixture
def owner(tab: Tab, live: Live, database: Database) -> Visitor:
    person = live.person(database)
    live.sign_in(tab, person)
    person.api("POST", "/api/team", {"name": "Ana"})
    person.api("POST", "/api/projects", {"name": "Website"})
    person.api("POST", "/api/tasks", {"title": "Sand"})
    person.api("POST", "/api/tasks", {"title": "Paint"})
    return person


def _control(tab: Tab) -> Locator:
    return tab.page.locator(".in-place .cell-control")


@pytest.mark.parametrize("where", ["card", "line", "panel", "page"])
def test_one_set_of_keys_edits_everywhere(tab: Tab, owner: Visitor, where: str) -> None:
    ((task,),) = owner.rows("SELECT id::text FROM tasks WHERE title = 'Paint'")
    tab.go(
        {
            "card": "/tasks",
            "line": "/tasks?view=list",
            "panel": f"/tasks?task={task}",
            "page": f"/tasks/{task}",
        }[where]
    )

    def focus() -> None:
        if where == "panel":
            expect(tab.page.locator("#panel #panel-title")).to_contain_text("Paint")
        elif where != "page":
            tab.page.locator("main").get_by_role("link", name="Paint").first.focus()

    for key, choice, said in (
        ("s", "Review", "Status To do → Review"),
        ("p", "Urgent", "Priority Medium → Urgent"),
        ("a", "Ana", "Assignee → Ana"),
        ("r", "Website", "Project → Website"),
    ):
        focus()
        tab.page.keyboard.press(key)
        expect(_control(tab)).to_be_focused()
        _control(tab).select_option(label=choice)
        tab.is_told(f"Paint: {said}")
        expect(_control(tab)).to_have_count(0)
    # By keys alone: from choice to choice, and Enter saves.
    focus()
    tab.page.keyboard.press("p")
    expect(_control(tab)).to_be_focused()
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("ArrowUp")
    tab.page.keyboard.press("Enter")
    tab.is_told("Paint: Priority Urgent → High")
    focus()
    tab.page.keyboard.press("d")
    _control(tab).fill("2027-03-15")
    tab.page.keyboard.press("Enter")
    tab.is_told("Paint: Due none → ")
    # Left by escape, nothing is changed; saved by Ctrl and Enter.
    focus()
    tab.page.keyboard.press("e")
    expect(_control(tab)).to_be_focused()
    _control(tab).fill("Nothing")
    tab.page.keyboard.press("Escape")
    expect(_control(tab)).to_have_count(0)
    focus()
    tab.page.keyboard.press("e")
    expect(_control(tab)).to_have_value("Paint")
    _control(tab).fill("Paint it")
    tab.page.keyboard.press("Control+Enter")
    tab.is_told("Paint it: Title Paint → Paint it")
    assert owner.rows(_STATE) == [("Paint it", "review", "high", "Ana", "Website", "2027-03-15")]
    expect(_control(tab)).to_have_count(0)
    tab.page.keyboard.press("z")
    tab.is_told("Undone")
    assert owner.rows(_STATE)[0][0] == "Paint"
    assert tab.page.evaluate("Object.keys(localStorage).length") == 0


def test_a_click_edits_and_a_reload_loses_nothing(tab: Tab, owner: Visitor) -> None:
    ((task,),) = owner.rows("SELECT id::text FROM tasks WHERE title = 'Paint'")
    tab.go("/tasks")
    card = tab.page.locator(".card", has_text="Paint")
    card.locator("[data-edit=priority]").click()
    expect(_control(tab)).to_be_focused()
    assert faults(tab, "a card that is edited") == []
    tab.page.set_viewport_size({"width": 1440, "height": 900})
    _control(tab).select_option("low")
    tab.is_told("Paint: Priority Medium → Low")
    expect(card.locator(".card-title")).to_be_focused()
    expect(tab.page.locator("#panel .panel")).to_have_count(0)
    tab.go(f"/tasks?task={task}")
    for column in ("title", "priority", "assignee_id", "project_id", "due_date"):
        tab.page.locator(f"#panel [data-edit={column}]").click()
        expect(tab.page.locator(f"#panel .cell-control[name={column}]")).to_be_focused()
        tab.page.keyboard.press("Escape")
        if _control(tab).count():  # the browser's own list of choices was closed
            tab.page.keyboard.press("Escape")
        expect(tab.page.locator(f"#panel [data-edit={column}]")).to_be_focused()
    tab.page.locator("#panel [data-edit=title]").click()
    _control(tab).press_sequentially("Paint slowly")
    tab.page.reload()
    expect(_control(tab)).to_have_value("Paint slowly")
    tab.sees("Draft restored", ".in-place")
    _control(tab).press("Enter")
    tab.is_told("Paint slowly: Title")
    expect(tab.page.locator("#panel-title")).to_have_text("Paint slowly")
    expect(card.locator(".card-title")).to_have_text("Paint slowly")
