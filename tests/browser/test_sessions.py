"""Signing out and in again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.web.conftest import PASSWORD

if TYPE_CHECKING:
    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database


def test_out_and_in_again_to_where_one_was_going(
    either: Tab, live: Live, database: Database
) -> None:
    tab, person = either, live.person(database)
    email = person.email()
    live.sign_in(tab, person)
    tab.go("/projects")
    tab.page.locator(".side-account summary").click()
    tab.press("Sign out")
    tab.is_at("/")
    tab.is_told("You are signed out.")

    tab.go("/team?status=busy")
    tab.is_at("/login?next=/team?status%3Dbusy")
    tab.allow(422)
    tab.fill({"E-mail": email, "Password": "not that one"})
    tab.press("Sign in")
    expect(tab.page.locator("#password-error")).to_be_visible()
    expect(tab.field("E-mail")).to_have_value(email)
    expect(tab.field("Password")).to_have_value("")
    tab.fill({"Password": PASSWORD})
    tab.press("Sign in")
    tab.is_at("/team?status=busy")


def test_a_session_that_ended_elsewhere_leads_from_a_fragment_to_the_sign_in(
    tab: Tab, live: Live, database: Database
) -> None:
    person = live.person(database)
    live.sign_in(tab, person)
    tab.go("/projects?priority=high")
    person.post_form("/logout")
    tab.allow(401)
    tab.follow("New project", ".bar")
    tab.is_at("/login?next=/projects?priority%3Dhigh")


def test_a_mistake_at_registering_is_named_beside_its_field(either: Tab) -> None:
    tab = either
    tab.allow(422)
    tab.go("/register")
    tab.fill({"Name": "Nora", "E-mail": "nora at example", "Password": "short"})
    tab.press("Create the account")
    expect(tab.page.locator("#email-error")).to_be_visible()
    expect(tab.page.locator("#password-error")).to_be_visible()
    expect(tab.field("Name")).to_have_value("Nora")
    expect(tab.field("E-mail")).to_have_value("nora at example")
    expect(tab.field("Password")).to_have_value("")
