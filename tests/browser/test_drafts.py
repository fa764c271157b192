"""What somebody has typed is there again, whatever took it away; secrets are never kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.looking import faults
from tests.web.conftest import PASSWORD

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


def _made(person: Visitor, path: str, **fields: str) -> str:
    answer = person.api("POST", f"/api/{path}", fields).json
    assert answer is not None
    (row,) = answer.values()
    return str(row["id"])


def _kept(tab: Tab) -> dict[str, Any]:
    """The drafts in this browser, by form."""
    items = tab.page.evaluate("Object.entries(localStorage)")
    return {name.split(" ", 2)[2]: json.loads(text) for name, text in items}


def _log_in_again(tab: Tab, email: str) -> None:
    tab.fill({"E-mail": email, "Password": PASSWORD})
    tab.press("Sign in")


def test_a_form_of_a_task_survives_whatever_takes_it_away(tab: Tab, owner: Visitor) -> None:
    tasks = [_made(owner, "tasks", title=title) for title in ("Draw it", "Print it")]
    tab.go("/tasks")
    panel, restored = tab.page.locator("#panel"), tab.page.locator("form .draft")
    description = panel.get_by_label("Description", exact=True)

    def open_form() -> None:
        tab.page.locator(".card-title", has_text="Draw it").click()
        expect(panel.locator("#panel-title")).to_have_text("Draw it")
        panel.get_by_role("link", name="Edit").click()
        expect(description).to_be_visible()

    open_form()
    expect(restored).to_have_count(0)
    description.press_sequentially("With a soft pencil")
    # Another card, and back.
    tab.page.locator(".card-title", has_text="Print it").click()
    expect(panel.locator("#panel-title")).to_have_text("Print it")
    tab.page.locator(".card-title", has_text="Draw it").click()
    tab.sees("A draft of this is kept", "#panel")
    panel.get_by_role("link", name="Continue").click()
    expect(description).to_have_value("With a soft pencil")
    expect(restored).to_contain_text("Draft restored")
    # Closed; a reload; another page; Back.
    panel.get_by_label("Close").click()
    open_form()
    expect(description).to_have_value("With a soft pencil")
    tab.page.reload()
    expect(description).to_have_value("With a soft pencil")
    expect(restored).to_contain_text("Draft restored")
    tab.page.locator("#main").focus()
    tab.page.keyboard.press("g")
    tab.page.keyboard.press("p")
    tab.is_at("/projects")
    tab.page.go_back()
    expect(description).to_have_value("With a soft pencil")
    assert faults(tab, "a draft that is restored") == []
    tab.page.set_viewport_size({"width": 1440, "height": 900})
    # The session is over: after logging in everything is as it was, and is saved.
    tab.allow(401)
    address, email = tab.page.url, owner.email()
    tab.page.context.clear_cookies()
    description.press("End")
    description.press_sequentially(", slowly")
    panel.get_by_role("button", name="Save").click()
    tab.sees("Sign in", "h1")
    _log_in_again(tab, email)
    expect(tab.page).to_have_url(address)
    expect(description).to_have_value("With a soft pencil, slowly")
    expect(restored).to_contain_text("Draft restored")
    panel.get_by_role("button", name="Save").click()
    tab.is_told("Draw it")
    tab.sees("With a soft pencil, slowly", "#panel")
    assert _kept(tab) == {}
    assert owner.rows("SELECT description FROM tasks WHERE title = 'Draw it'") == [
        ("With a soft pencil, slowly",)
    ]
    # Discarded, it is as it is stored.
    panel.get_by_role("link", name="Edit").click()
    description.fill("Never mind")
    assert list(_kept(tab)) == [f"/tasks/{tasks[0]}"]
    tab.page.reload()
    tab.press("Discard")
    expect(description).to_have_value("With a soft pencil, slowly")
    expect(restored).to_have_count(0)
    assert _kept(tab) == {}


def test_a_draft_goes_out_from_what_it_was_typed_over(tab: Tab, owner: Visitor) -> None:
    task = _made(owner, "tasks", title="Draw it")
    tab.allow(409)
    tab.go(f"/tasks?task={task}&edit=1")
    tab.field("Title").fill("Draw it twice")
    owner.api("PATCH", f"/api/tasks/{task}", {"title": "Draw it thrice"})
    tab.page.reload()
    expect(tab.field("Title")).to_have_value("Draw it twice")
    tab.press("Save", "#panel")
    tab.sees("Changed elsewhere while you were editing.", "#panel")
    assert owner.rows("SELECT title FROM tasks") == [("Draw it thrice",)]
    tab.press("Keep mine", "#panel")
    tab.is_told("Draw it twice")
    assert _kept(tab) == {}


def test_other_forms_keep_what_is_typed(tab: Tab, owner: Visitor) -> None:
    project, member = _made(owner, "projects", name="Website"), _made(owner, "team", name="Ana")
    # The line.
    tab.go("/tasks")
    line = tab.page.get_by_label("New task", exact=True)
    line.press_sequentially("Paint the fence fri")
    tab.page.reload()
    expect(line).to_have_value("Paint the fence fri")
    tab.sees("Draft restored", "#quick-add")
    tab.sees("reads as", "#quick-reading")
    line.press("Enter")
    tab.is_told("Paint the fence is added")
    expect(line).to_have_value("")
    expect(tab.page.locator("#quick-add .draft")).to_have_count(0)
    assert _kept(tab) == {}
    # New ones, over a page.
    tab.go("/dashboard")
    for key, label, said in (
        ("task", "Title", "Sand"),
        ("project", "Name", "Shop"),
        ("member", "Name", "Bo"),
    ):
        tab.go(f"/dashboard?make={key}")
        field = tab.page.locator("#making").get_by_label(label, exact=True)
        field.fill(said)
        tab.page.keyboard.press("Escape")
        tab.is_at("/dashboard")
        tab.go(f"/dashboard?make={key}")
        expect(field).to_have_value(said)
        tab.sees("Draft restored", "#making")
        field.press("Enter")
        tab.is_told(said)
    assert _kept(tab) == {}
    # Those of rows with a page of their own.
    for path, name in ((f"/projects/{project}", "Website"), (f"/team/{member}", "Ana")):
        tab.go(path)
        tab.follow("Edit", within=".bar")
        tab.field("Name").fill(f"{name} 2")
        tab.follow("Settings", within=".side-nav")
        tab.go(path)
        tab.sees("A draft of this is kept", ".draft")
        tab.follow("Continue", within=".draft")
        expect(tab.field("Name")).to_have_value(f"{name} 2")
        tab.press("Save")
        tab.is_told(f"{name} 2")
    tab.go("/settings")
    tab.field("Name").fill("Nora Holm")
    tab.page.reload()
    expect(tab.field("Name")).to_have_value("Nora Holm")
    tab.press("Save", "#profile-form")
    tab.is_told("saved")
    assert _kept(tab) == {}


def test_corrections_of_an_import_are_there_when_the_file_is_chosen_again(
    tab: Tab, owner: Visitor
) -> None:
    rows = "Title,Due\nOne,2026-02-30\nTwo,2026-13-01\nThree,2026-12-01\n"
    tab.allow(422)

    def preview() -> None:
        tab.go("/settings/exchange")
        pasted = tab.page.locator("textarea[name=text]")
        if not pasted.is_visible():
            pasted.locator("xpath=ancestor::details/summary").click()
        if not pasted.input_value():
            pasted.fill(rows)
        tab.press("Preview")
        expect(tab.page.locator("#row-3")).to_be_visible()

    preview()
    tab.page.locator("#row-2").get_by_label("Due").fill("1.3.2026")
    tab.press("Check again")
    expect(tab.page.locator("#row-2")).to_have_count(0)
    tab.page.locator("#row-3").get_by_label("Due").fill("2.3.2026")
    # Left before it was imported: the text and both corrections are kept.
    preview()
    tab.sees("Draft restored", "#exchange")
    expect(tab.page.locator("#row-2").get_by_label("Due")).to_have_value("1.3.2026")
    expect(tab.page.locator("#row-3").get_by_label("Due")).to_have_value("2.3.2026")
    tab.press("Check again")
    tab.press("Import 3 tasks")
    tab.is_told("3 tasks imported")
    assert _kept(tab) == {}


def test_what_a_token_is_for_is_kept_until_it_is_made(tab: Tab, owner: Visitor) -> None:
    tab.allow(422)
    tab.go("/settings/tokens")
    tab.field("What it is for").fill("Nightly copy")
    tab.field("Your password").fill(PASSWORD)
    tab.page.reload()
    expect(tab.field("What it is for")).to_have_value("Nightly copy")
    expect(tab.field("Your password")).to_have_value("")
    assert list(_kept(tab)["settings/tokens"]["fields"]) == ["name"]
    tab.field("Your password").fill(PASSWORD)
    tab.press("Create token")
    tab.sees("Copy it now", "#tokens")
    assert _kept(tab) == {}


def test_no_secret_is_kept_and_each_account_has_its_own(
    tab: Tab, owner: Visitor, live: Live
) -> None:
    tab.go("/tasks")
    tab.page.get_by_label("New task", exact=True).fill("Mine alone")
    for path in (
        "/settings/password",
        "/settings/tokens",
        "/settings/databases",
        "/settings/email",
    ):
        tab.go(path)
        for field in tab.page.locator("main form input:visible, main form textarea:visible").all():
            if field.get_attribute("type") not in ("radio", "checkbox", "date"):
                field.fill("postgresql://ana:geheim@db.example.org/app")
    assert list(_kept(tab)) == ["tasks/line"]
    email = owner.email()
    tab.page.locator(".side-account summary").click()
    tab.press("Sign out")
    tab.sees("signed out", "#toasts")
    live.sign_in(tab, live.newcomer())
    tab.go("/settings")
    tab.field("Name").fill("Bo")
    tab.page.context.clear_cookies()
    tab.go("/login?next=/settings")
    _log_in_again(tab, email)
    expect(tab.field("Name")).not_to_have_value("Bo")
    tab.go("/tasks")
    expect(tab.page.get_by_label("New task", exact=True)).to_have_value("Mine alone")


def test_without_script_the_log_in_keeps_what_was_sent(
    new_tab: Callable[..., Tab], live: Live, database: Database
) -> None:
    tab, person = new_tab(script=False), live.person(database)
    live.sign_in(tab, person)
    tab.allow(401)
    tab.go("/tasks?new=1")
    tab.fill({"Title": "Paint the fence", "Description": "Green\nor blue"})
    tab.page.context.clear_cookies()
    tab.press("Create task")
    tab.sees("What you typed is kept")
    _log_in_again(tab, person.email())
    tab.sees("Paint the fence")
    tab.press("Send it")
    tab.is_told("Paint the fence is added.")
    assert person.rows("SELECT title, description FROM tasks") == [
        ("Paint the fence", "Green\nor blue")
    ]
