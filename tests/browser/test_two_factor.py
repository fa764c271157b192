"""A second factor from the first scan to the lost phone, as a person goes through it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pyotp
from playwright.sync_api import expect

from tests.browser.looking import faults
from tests.web.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database

SETUP = "/auth/two-factor/setup"
SETTINGS = "/settings/two-factor"


class Phone:
    """Shows a code for each time step, and never the same step twice."""

    def __init__(self, secret: str) -> None:
        self._totp = pyotp.TOTP(secret)
        self._step = 0

    def code(self) -> str:
        self._step = max(self._step + 1, int(time.time()) // 30)
        # A step ahead is taken too, so that a second code follows without waiting.
        time.sleep(max(0.0, (self._step - 1) * 30 - time.time() + 0.1))
        return self._totp.generate_otp(self._step)


def _enrol(tab: Tab) -> tuple[Phone, list[str]]:
    """From the scan to the codes on the page."""
    phone = Phone(tab.page.locator("#totp-secret").inner_text().replace(" ", ""))
    tab.fill({"Code": phone.code()})
    tab.press("Turn on")
    codes = tab.page.locator("#recovery-codes").inner_text().split()
    assert len(codes) == 10
    return phone, codes


def _sign_in(tab: Tab, email: str) -> None:
    tab.go("/login")
    tab.fill({"E-mail": email, "Password": PASSWORD})
    tab.press("Sign in")
    tab.sees("Two-factor code", "h1")


def test_enrol_sign_in_lose_the_phone_and_come_back(
    new_tab: Callable[..., Tab], live: Live, database: Database
) -> None:
    person = live.person(database)
    email = person.email()
    tab = new_tab()
    tab.allow(422)
    live.sign_in(tab, person)
    tab.go("/auth/setup-database")
    tab.follow("Set up two-factor")
    tab.is_at(SETUP)
    found = faults(tab, "the QR code")
    tab.fill({"Code": "000000"})
    tab.press("Turn on")
    expect(tab.page.locator("#code-error")).to_be_visible()
    phone, codes = _enrol(tab)
    found += faults(tab, "the codes")
    tab.fill({"Any one of the codes": "no such code"})
    tab.press("I have saved them")
    expect(tab.page.locator("#code-error")).to_be_visible()
    assert tab.page.locator("#recovery-codes").inner_text().split() == codes
    with tab.page.expect_download() as download:
        tab.press("Download")
    assert all(code in download.value.path().read_text() for code in codes)
    tab.fill({"Any one of the codes": codes[3].upper().replace("-", " ")})
    tab.press("I have saved them")
    tab.is_at("/dashboard")
    tab.is_told("Two-factor is on.")

    # Another browser, without script, on the way to a page: password, then a code.
    other = new_tab(script=False)
    other.allow(422)
    other.go("/team")
    other.fill({"E-mail": email, "Password": PASSWORD})
    other.press("Sign in")
    code = phone.code()
    other.fill({"Code": f"{code[:3]} {code[3:]}"})
    other.press("Sign in")
    other.is_at("/team")

    # The phone is gone.
    third = new_tab()
    third.allow(422)
    _sign_in(third, email)
    found += faults(third, "the code asked for")
    third.fill({"Code": code})
    third.press("Sign in")
    expect(third.page.locator("#code-error")).to_be_visible()
    third.follow("Use a recovery code")
    found += faults(third, "a recovery code asked for")
    third.fill({"Recovery code": codes[0]})
    third.press("Sign in")
    third.is_at("/dashboard")
    third.is_told("9 codes are left.")
    third.go(SETTINGS)
    third.page.get_by_text("Turn two-factor off", exact=True).click()
    third.page.get_by_text("Make new ones", exact=True).click()
    found += faults(third, "two-factor on")
    off = third.page.locator("#turn-off-form")
    off.get_by_label("Your password").fill(PASSWORD)
    off.get_by_label("Two-factor code").fill(codes[0])
    off.get_by_role("button", name="Turn off").click()
    expect(third.page.locator("#off-code-error")).to_be_visible()
    off.get_by_label("Your password").fill(PASSWORD)
    off.get_by_label("Two-factor code").fill(codes[1])
    off.get_by_role("button", name="Turn off").click()
    third.sees("Two-factor is off")
    found += faults(third, "two-factor off")
    third.follow("Set up two-factor", "main")
    third.is_at(f"{SETUP}?next={SETTINGS}")
    _enrol(third)
    third.follow("Later")
    third.sees("Your recovery codes may not be saved.")
    third.follow("Confirm a code")
    found += faults(third, "the codes not saved")
    third.go("/auth/setup-database/connection")
    third.press("Test and save")
    expect(third.page.locator("#confirm-code-error")).to_be_visible()
    found += faults(third, "the connection, asking again")
    assert not found, "\n".join(found)


def test_without_script_new_codes_are_made_and_kept_through_a_mistake(
    new_tab: Callable[..., Tab], live: Live
) -> None:
    person = live.newcomer()
    tab = new_tab(script=False)
    tab.allow(422)
    live.sign_in(tab, person)
    tab.go(SETUP)
    _, codes = _enrol(tab)
    tab.go(SETTINGS)
    tab.page.get_by_text("Make new ones", exact=True).click()
    form = tab.page.locator("#new-codes-form")
    form.get_by_label("Your password").fill(PASSWORD)
    form.get_by_label("Two-factor code").fill(codes[0])
    form.get_by_role("button", name="Generate ten new codes").click()
    fresh = tab.page.locator("#recovery-codes").inner_text().split()
    assert not set(fresh) & set(codes)
    tab.fill({"Any one of the codes": codes[1]})
    tab.press("I have saved them")
    expect(tab.page.locator("#code-error")).to_be_visible()
    assert tab.page.locator("#recovery-codes").inner_text().split() == fresh
    tab.fill({"Any one of the codes": fresh[9]})
    tab.press("I have saved them")
    tab.is_at(SETTINGS)
