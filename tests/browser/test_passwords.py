"""Choosing a password, changing it, and coming back by the operator's link."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from playwright.sync_api import expect

from provision.control.accounts import new_passwords, users
from provision.web.request.services import EXTENSION, Services
from tests.browser.looking import faults
from tests.web.conftest import PASSWORD

if TYPE_CHECKING:
    from tests.browser.live import Live
    from tests.browser.tab import Tab

NEW = "a better one than before"


def test_strength_is_said_while_typing_and_nothing_is_sent(tab: Tab) -> None:
    tab.go("/register")
    tab.fill({"Name": "Nora Halden", "E-mail": "nora@fjord-verk.example"})
    sent: list[str] = []
    tab.page.on("request", lambda request: sent.append(request.url))
    strength = tab.page.locator("#password-strength")
    expect(strength).to_be_hidden()
    for text, score, words in (
        ("abc", 0, "7 more characters."),
        ("fjordverk1", 1, "Easy to guess"),
        ("qwertyuiop12", 1, "Easy to guess"),
        ("kd8wx2mqpz", 2, "Fair."),
        ("correct horse battery", 4, "Strong."),
        ("x" * 300, 0, "256 characters at most."),
    ):
        tab.field("Password").fill(text)
        expect(strength).to_have_attribute("data-score", str(score))
        expect(strength.locator("[role=status]")).to_contain_text(words)
    assert not sent
    assert not faults(tab, "a password that is being chosen")
    tab.press("Show")
    expect(tab.field("Password")).to_have_attribute("type", "text")
    tab.press("Hide")
    expect(tab.field("Password")).to_have_attribute("type", "password")


def test_a_password_is_changed(either: Tab, live: Live) -> None:
    tab, person = either, live.newcomer()
    email = person.email()
    live.sign_in(tab, person)
    tab.allow(422)
    tab.go("/settings/password")
    tab.fill({"Your password": "not that one", "New password": NEW})
    tab.press("Set the new password")
    expect(tab.page.locator("#confirm-password-error")).to_be_visible()
    expect(tab.field("New password")).to_have_value("")
    tab.fill({"Your password": PASSWORD, "New password": NEW})
    tab.press("Set the new password")
    tab.is_told("Your new password is set.")
    tab.page.context.clear_cookies()
    tab.go("/login")
    tab.fill({"E-mail": email, "Password": NEW})
    tab.press("Sign in")
    tab.is_at("/auth/setup-database")


def test_who_lost_a_password_comes_back_by_a_link(either: Tab, live: Live) -> None:
    tab, email = either, live.newcomer().email()
    store = cast("Services", live.app.extensions[EXTENSION]).store
    person = users.by_email(store, email)
    assert person
    tab.allow(422)
    tab.go(f"/auth/reset-password/{new_passwords.new_reset(store, person.id)}")
    assert not (faults(tab, "the page of the link") if tab.has_script else [])
    tab.fill({"New password": "password123"})
    tab.press("Set the new password")
    tab.sees("tried first")
    tab.fill({"New password": NEW})
    tab.press("Set the new password")
    tab.is_at("/login")
    tab.is_told("Your new password is set.")
    tab.fill({"E-mail": email, "Password": NEW})
    tab.press("Sign in")
    tab.is_at("/auth/setup-database")
