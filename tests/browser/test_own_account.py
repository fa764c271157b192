"""Tokens, sessions and one's data, by hand in two browsers."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.looking import faults
from tests.web.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database


def test_a_token_is_made_shown_once_and_revoked(either: Tab, live: Live) -> None:
    tab = either
    live.sign_in(tab, live.newcomer())
    tab.allow(422)
    tab.go("/settings/tokens")
    tab.fill({"What it is for": "Nightly export"})
    tab.page.get_by_label("Full access").check()
    tab.press("Create token")
    expect(tab.page.locator("#confirm-password-error")).to_be_visible()
    expect(tab.field("What it is for")).to_have_value("Nightly export")
    expect(tab.page.get_by_label("Full access")).to_be_checked()
    tab.fill({"Your password": PASSWORD})
    tab.press("Create token")
    expect(tab.page.locator("#new-token")).to_have_text(re.compile("pvn_[0-9a-f]{72}"))
    tab.sees("Full access", ".entries")
    if tab.has_script:
        assert faults(tab, "a new token") == []
    tab.page.set_viewport_size({"width": 1200, "height": 900})
    tab.follow("Revoke Nightly export")
    tab.press("Revoke")
    tab.is_told("The token is revoked.")
    expect(tab.page.locator(".entries")).to_have_count(0)
    expect(tab.page.locator("#new-token")).to_have_count(0)


def test_another_browser_is_signed_out_from_here(
    either: Tab, live: Live, new_tab: Callable[..., Tab]
) -> None:
    tab, person = either, live.newcomer()
    live.sign_in(tab, person)
    others = [new_tab(), new_tab()]
    for other in others:
        other.go("/login")
        other.fill({"E-mail": person.email(), "Password": PASSWORD})
        other.press("Sign in")
        other.is_at("/auth/setup-database")
    tab.go("/settings/sessions")
    rows = tab.page.locator(".entry")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("This browser")
    rows.nth(1).get_by_role("button", name="Sign out").click()
    tab.is_told("That browser is signed out.")
    expect(rows).to_have_count(2)
    tab.press("Sign out everywhere else")
    tab.is_told("One other browser is signed out.")
    expect(rows).to_have_count(1)
    for other in others:
        other.go("/settings")
        other.is_at("/login?next=/settings")
    tab.go("/settings/activity")
    tab.sees("Another browser signed out")
    tab.sees("All other browsers signed out")


def test_ones_data_is_taken_along_and_the_account_deleted(
    either: Tab, live: Live, database: Database
) -> None:
    tab, person = either, live.person(database)
    email = person.email()
    live.sign_in(tab, person)
    tab.allow(422)
    tab.go("/settings/your-data")
    with tab.page.expect_download() as download:
        tab.press("Download")
    with download.value.path().open(encoding="utf-8") as file:
        assert json.load(file)["account"]["email"] == email
    tab.page.get_by_text("Delete my account").click()
    tab.press("Delete permanently")
    expect(tab.page.locator("#confirm-password-error")).to_be_visible()
    tab.fill({"Your password": PASSWORD})
    tab.press("Delete permanently")
    tab.is_at("/")
    tab.is_told("Your own database is as it was.")
    assert person.rows("SELECT count(*) FROM provision_workspaces") == [(1,)]
