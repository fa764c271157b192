"""From nothing to a dashboard, as a person goes it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.tenant.faulty_servers import serving, silent
from tests.web.conftest import PASSWORD
from tests.web.wizard import TABLES, tables_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database

STEP = "/auth/setup-database"
# Says when a reading has come and htmx is done with it.
_NOTE_READING = """() => {
  const { open } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    const note = () => { document.documentElement.dataset.read = ""; };
    if (address.endsWith("/read")) this.addEventListener("loadend", note);
    return open.call(this, method, address, ...rest);
  };
}"""


def _register(tab: Tab) -> str:
    """Make an account by the form on the landing page; returns its address."""
    email = f"nora-{secrets.token_hex(4)}@example.org"
    tab.go("/")
    tab.follow("Create an account", "main")
    tab.fill({"Name": "Nora Halden", "E-mail": email, "Password": PASSWORD})
    tab.press("Create the account")
    tab.is_at(STEP)
    return email


def test_the_checks_fill_in_while_they_run(tab: Tab) -> None:
    _register(tab)
    tab.go(f"{STEP}/connection")
    tab.allow(422)
    with serving(silent) as port:
        tab.fill({"Connection string": f"postgresql://u:p@127.0.0.1:{port}/d"})
        tab.press("Test and save")
        tab.sees(f"port {port} is open", "#connection-checks")
        tab.sees("checking", "#connection-checks")
        tab.sees("but says nothing", "#connection-checks")
        tab.sees("stopped at 4 of 9", "#connection-checks")


def test_a_reading_that_comes_after_the_test_leaves_what_was_found(
    tab: Tab, database: Database
) -> None:
    """As where the button is pressed at once: the reading is under way while the test ends."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    _register(tab)
    tab.go(f"{STEP}/connection")
    tab.allow(422)
    tab.page.evaluate(_NOTE_READING)
    tab.page.route("**/connection/read", hold)
    wrong = database.connection_string.replace(database.password, "not-the-password")
    with tab.page.expect_request("**/connection/read"):
        tab.fill({"Connection string": wrong})
    tab.press("Test and save")
    tab.sees("One check failed")
    held.pop().continue_()
    expect(tab.page.locator("html[data-read]")).to_have_count(1)
    expect(tab.page.locator(".stage-wrong strong")).to_have_text("Login")
    tab.sees("One check failed")


def test_by_a_pasted_string(either: Tab, database: Database) -> None:
    _register(either)
    either.sees("Bring a database", "h1")
    either.press("I have my connection string")
    either.is_at(f"{STEP}/connection")
    either.fill({"Connection string": f"psql '{database.connection_string}'"})
    either.press("Test and save")

    either.is_at(f"{STEP}/schema")
    either.is_told("Connected. Your string is sealed.")
    either.sees("CREATE TABLE", "#schema-sql")
    assert tables_in(database) == set()
    either.press("Create the tables for me")

    either.is_at(STEP)
    either.sees("Your workspace is ready", "h1")
    assert tables_in(database) == TABLES
    either.follow("Skip to dashboard")
    either.is_at("/dashboard")
    either.sees("Your database is ready.")
    with database.connect() as connection:
        assert connection.execute("SELECT name FROM provision_workspaces").fetchall() == [
            ("Nora Halden",)
        ]


def test_by_the_built_in_server(either: Tab) -> None:
    _register(either)
    either.page.get_by_text("Built-in").first.click()
    if not either.has_script:
        expect(either.page.get_by_role("button", name="Show its steps")).to_be_visible()
    # It has a button of its own, and no string.
    expect(either.page.get_by_role("button", name="I have my connection string")).to_be_hidden()
    either.press("Create a database here")
    either.is_at(f"{STEP}/schema")
    either.press("Create the tables for me")
    either.sees("Your workspace is ready", "h1")
    either.follow("Skip to dashboard")
    either.is_at("/dashboard")
    either.sees("Your database is ready.")


def test_by_running_the_sql_oneself(either: Tab, live: Live, database: Database) -> None:
    visitor = live.newcomer()
    visitor.connect(database, schema=False)
    live.sign_in(either, visitor)
    either.allow(422)
    either.go(f"{STEP}/schema")
    either.press("I've created the tables")
    either.sees("5 things are still missing.", "#schema-complaint")
    sql = either.page.locator("#schema-sql").text_content()
    assert sql is not None
    with database.connect() as connection:
        connection.execute(sql.encode())
    either.press("I've created the tables")
    either.sees("Your workspace is ready", "h1")


def test_a_wrong_password_fails_at_login_and_what_was_typed_stays(
    either: Tab, live: Live, database: Database
) -> None:
    visitor = live.newcomer()
    live.sign_in(either, visitor)
    either.allow(422)
    either.go(f"{STEP}/connection")
    wrong = database.connection_string.replace(database.password, "not-the-password")
    either.fill({"Connection string": wrong})
    if either.has_script:
        either.mark()
        either.sees(database.user, "#reading")
    either.press("Test and save")
    expect(either.page.locator(".stage-wrong strong")).to_have_text("Login")
    expect(either.page.locator(".stage-ok")).to_have_count(4)
    either.sees("auth_failed", ".stage-wrong")
    field = either.field("Connection string")
    expect(field).to_have_value(wrong)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(either.page.locator("#connection_string-error")).to_be_visible()
    either.assert_not_reloaded()
    if either.has_script:
        expect(field).to_be_focused()

    field.fill(database.connection_string)
    if either.has_script:
        # What was found of the other string holds for this one no more.
        expect(either.page.locator(".stage-wrong")).to_have_count(0)
        expect(field).not_to_have_attribute("aria-invalid", "true")
        expect(either.page.locator("#connection_string-error")).to_have_count(0)
        expect(field).to_be_focused()
    either.press("Test and save")
    either.is_at(f"{STEP}/schema")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_another_browser_goes_on_at_the_same_step(
    new_tab: Callable[..., Tab], database: Database, script: bool
) -> None:
    first, second = new_tab(script=script), new_tab(script=script)
    email = _register(first)
    first.press("I have my connection string")
    first.fill({"Connection string": database.connection_string})
    first.press("Test and save")
    first.is_at(f"{STEP}/schema")

    second.go("/projects")
    second.fill({"E-mail": email, "Password": PASSWORD})
    second.press("Sign in")
    second.is_at(f"{STEP}/schema")
