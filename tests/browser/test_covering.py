"""What covers a page: the panel of a task and the dialogs that make something."""

from __future__ import annotations

import re
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

_DAY = "2026-12-03"


@pytest.fixture
def owner(tab: Tab, live: Live, database: Database) -> Visitor:
    person = live.person(database)
    live.sign_in(tab, person)
    return person


def _made(person: Visitor, path: str, **fields: str) -> str:
    answer = person.api("POST", f"/api/{path}", fields).json
    assert answer is not None
    (row,) = answer.values()
    return str(row["id"])


@pytest.mark.parametrize(
    "page", ["/tasks", "/tasks?view=list", "/projects/{project}", "/team/{member}"]
)
def test_a_card_that_is_open_stands_in_the_address(
    tab: Tab, owner: Visitor, new_tab: Callable[..., Tab], live: Live, page: str
) -> None:
    project, member = _made(owner, "projects", name="Website"), _made(owner, "team", name="Ana")
    common = {"project_id": project, "assignee_id": member}
    ids = [_made(owner, "tasks", title=title, **common) for title in ("Draw it", "Print it")]
    path = page.format(project=project, member=member)
    joined = "&" if "?" in path else "?"
    open_at = [f"{path}{joined}task={each}" for each in ids]
    tab.go("/settings")
    tab.go(path)
    tab.mark()
    title = tab.page.locator("#panel-title")
    for number, name in enumerate(("Draw it", "Print it")):
        tab.page.locator("main").get_by_role("link", name=name).first.click()
        expect(title).to_have_text(name)
        tab.is_at(open_at[number])
    tab.page.go_back()
    expect(title).to_have_text("Draw it")
    tab.is_at(open_at[0])
    tab.page.go_back()
    expect(title).to_have_count(0)
    tab.is_at(path)
    tab.page.go_forward()
    expect(title).to_have_text("Draw it")
    tab.assert_not_reloaded()
    tab.page.reload()
    expect(title).to_have_text("Draw it")
    expect(tab.page.locator("main").get_by_role("link", name="Print it").first).to_be_visible()
    # Closed, it is gone from the address; and Back leaves the page.
    tab.page.keyboard.press("Escape")
    expect(title).to_have_count(0)
    tab.is_at(path)

    # The form, too: by its address somebody else has it open.
    tab.page.locator("main").get_by_role("link", name="Print it").first.click()
    tab.page.locator("#panel").get_by_role("link", name="Edit").click()
    tab.is_at(f"{open_at[1]}&edit=1")
    other = new_tab()
    live.sign_in(other, owner)
    other.go(f"{open_at[1]}&edit=1")
    expect(other.field("Title")).to_have_value("Print it")
    tab.page.go_back()
    expect(title).to_have_text("Print it")
    tab.page.locator("#panel").get_by_label("Close").click()
    tab.is_at(path)
    # Another page and back: page and panel as they were.
    tab.page.locator("main").get_by_role("link", name="Draw it").first.click()
    tab.is_at(open_at[0])
    tab.follow("Settings", within=".side-nav")
    tab.sees("Settings", ".bar")
    tab.page.go_back()
    expect(title).to_have_text("Draw it")
    tab.is_at(open_at[0])


def test_without_script_a_card_leads_to_its_page(
    new_tab: Callable[..., Tab], live: Live, database: Database
) -> None:
    tab, person = new_tab(script=False), live.person(database)
    live.sign_in(tab, person)
    task = _made(person, "tasks", title="Draw it")
    tab.go(f"/tasks?task={task}")
    tab.follow("The task that this address names")
    tab.is_at(f"/tasks/{task}")
    tab.go("/tasks")
    tab.page.locator(".card-title").click()
    tab.is_at(f"/tasks/{task}")


def test_things_are_made_over_any_page(tab: Tab, owner: Visitor) -> None:
    project = _made(owner, "projects", name="Website")
    _made(owner, "tasks", title="Begin", project_id=project)
    dialog = tab.page.locator("#making")
    tab.allow(422)
    for path in ("/dashboard", "/settings", "/team", f"/projects/{project}", "/tasks?q=zz"):
        tab.go(path)
        tab.mark()
        tab.page.keyboard.press("c")
        expect(dialog).to_be_visible()
        assert "make=" in tab.page.url
        tab.page.go_back()
        expect(dialog).to_be_hidden()
        tab.is_at(path)
        tab.page.go_forward()
        expect(dialog).to_be_visible()
        tab.page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        tab.is_at(path)
        tab.assert_not_reloaded()

    tab.go(f"/projects/{project}")
    tab.mark()
    tab.page.keyboard.press("c")
    expect(tab.field("Title")).to_be_focused()
    expect(dialog.get_by_label("Project")).to_have_value(project)
    dialog.get_by_role("button", name="Create task").click()
    expect(dialog.get_by_label("Title")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Title").fill("Paint")
    dialog.get_by_role("button", name="Create task").click()
    tab.is_told("Paint is added.")
    expect(dialog).to_be_hidden()
    expect(tab.page.locator("#cards-todo .card.just-made")).to_contain_text("Paint")
    tab.is_at(f"/projects/{project}")
    tab.assert_not_reloaded()

    tab.follow("List", within="main")
    tab.is_at(f"/projects/{project}?view=list")
    expect(tab.page.locator(".project-list tbody tr[id]")).to_have_count(2)
    tab.page.keyboard.press("c")
    expect(dialog.get_by_label("Project")).to_have_value(project)
    dialog.get_by_label("Title").fill("Dry")
    dialog.get_by_role("button", name="Create task").click()
    expect(tab.page.locator("tr.just-made")).to_contain_text("Dry")
    tab.is_at(f"/projects/{project}?view=list")

    tab.go("/dashboard")
    tab.mark()
    tab.page.keyboard.press("c")
    dialog.get_by_label("Title").fill("Sand")
    dialog.get_by_role("button", name="Create task").click()
    tab.is_told("Sand is added.")
    tab.is_at("/dashboard")
    tab.follow("Show", within="#toasts")
    expect(tab.page.locator("#panel-title")).to_have_text("Sand")
    tab.assert_not_reloaded()
    assert owner.rows("SELECT title, project_id IS NULL FROM tasks ORDER BY created_at")[1:] == [
        ("Paint", False),
        ("Dry", False),
        ("Sand", True),
    ]
    assert faults(tab, "a task over the dashboard") == []


def test_what_the_filter_hides_is_said_and_shown(tab: Tab, owner: Visitor) -> None:
    for number in range(30):
        _made(owner, "tasks", title=f"Task {number}", priority="high")
    tab.go("/tasks?priority=high")
    line = tab.page.get_by_label("New task", exact=True)
    line.fill("Seen !high")
    line.press("Enter")
    tab.is_told("Seen is added")
    expect(tab.page.locator(".card.just-made")).to_contain_text("Seen")
    expect(tab.page.locator(".card.just-made")).to_be_in_viewport()
    line.fill("Unseen !low")
    line.press("Enter")
    tab.is_told("Unseen is added: To do, Low, not in this selection.")
    toast = tab.page.locator(".toast", has_text="Unseen")
    toast.get_by_role("link", name="Show").click()
    expect(tab.page.locator("#panel-title")).to_have_text("Unseen")
    assert re.search(r"/tasks\?task=[0-9a-f-]{36}$", tab.page.url)


def test_without_script_one_comes_back_to_where_one_was(
    new_tab: Callable[..., Tab], live: Live, database: Database
) -> None:
    tab, person = new_tab(script=False), live.person(database)
    live.sign_in(tab, person)
    project = _made(person, "projects", name="Website")
    tab.go(f"/projects/{project}")
    tab.follow("New task here")
    tab.follow("Cancel")
    tab.is_at(f"/projects/{project}")
    tab.follow("New task here")
    tab.fill({"Title": "Paint"})
    tab.press("Create task", "#panel")
    tab.is_at(f"/projects/{project}")
    tab.is_told("Paint is added.")
    tab.go(f"/team?new=1&back=/projects/{project}")
    tab.fill({"Name": "Ana"})
    tab.press("Add to the team")
    tab.is_at(f"/projects/{project}")
