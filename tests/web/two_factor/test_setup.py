"""Setting two-factor up, and what can be done about it in the settings."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from provision.control import audit
from provision.control.accounts import users
from provision.control.second_factor import enrolment
from provision.control.store.tables import sealed
from provision.web.request.services import EXTENSION, Services
from tests.web.conftest import PASSWORD, Visitor
from tests.web.second_factor import Authenticator, enrol
from tests.web.wizard import block, stored_bytes

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

SETUP = "/auth/two-factor/setup"
SAVED = "/auth/two-factor/recovery-codes"
PAGE = "/settings/two-factor"
_CODE = re.compile(r"\b[0-9a-z]{4}(?:-[0-9a-z]{4}){5}\b")


def _secret(page: str) -> str:
    found = re.search(r'id="totp-secret">([A-Z2-7 ]+)<', page)
    assert found is not None, "no secret on the page"
    return found[1].replace(" ", "")


def _shown_codes(page: str) -> list[str]:
    found = re.search(r'<code id="recovery-codes"[^>]*>([^<]*)</code>', page)
    return found[1].split() if found else []


def _state(app: Flask, visitor: Visitor) -> enrolment.TwoFactor:
    services: Services = app.extensions[EXTENSION]
    person = users.by_email(services.store, visitor.email())
    assert person is not None
    return enrolment.state(services.store, person.id)


def _is_private(answer: TestResponse) -> None:
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'hx-history="false"' in answer.text


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_right_code_turns_it_on_and_shows_ten_codes_once(
    app: Flask, newcomer: Visitor, htmx: bool
) -> None:
    page = newcomer.get(SETUP, htmx=htmx)
    assert page.status_code == 200
    _is_private(page)
    secret = _secret(page.text)
    assert _secret(newcomer.get(SETUP).text) == secret
    assert re.search(r'<div class="qr" role="img" aria-label="[^"]+"><svg[^>]*viewBox', page.text)
    assert f"otpauth://totp/Provision:nora%40example.org?secret={secret}" in page.text
    authenticator = Authenticator(app, secret)
    wrong = newcomer.post_form(SETUP, {"code": authenticator.wrong_code()}, htmx=htmx)
    assert wrong.status_code == 422
    assert 'id="code-error"' in wrong.text
    assert _secret(wrong.text) == secret
    assert not _state(app, newcomer).is_on
    done = newcomer.post_form(SETUP, {"code": authenticator.code()}, htmx=htmx)
    assert done.status_code == 200
    assert ("<html" in done.text) is not htmx
    _is_private(done)
    codes = _shown_codes(block(done.text, "two-factor-setup"))
    assert len(set(codes)) == 10
    assert secret not in done.text.replace(" ", "")
    assert _state(app, newcomer) == enrolment.TwoFactor(True, 10, False)
    answer = newcomer.api("GET", "/api/user").json
    assert answer is not None
    assert answer["user"]["two_factor"] is True
    for path in (SETUP, PAGE, "/auth/setup-database"):
        again = newcomer.get(path).text
        assert not set(_CODE.findall(again)) & set(codes)
        assert secret not in again.replace(" ", "")
    kept = stored_bytes(app)
    assert not any(each.encode() in kept for each in (secret, *codes))


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_one_typed_back_proves_that_they_are_saved(
    app: Flask, newcomer: Visitor, htmx: bool
) -> None:
    _, codes = enrol(app, newcomer)
    carried = {"recovery_codes": " ".join(codes), "next": PAGE}
    wrong = newcomer.post_form(SAVED, {"code": "0000-0000", **carried}, htmx=htmx)
    assert wrong.status_code == 422
    assert 'id="code-error"' in wrong.text
    assert _shown_codes(wrong.text) == codes
    assert not _state(app, newcomer).are_codes_saved
    done = newcomer.post_form(SAVED, {"code": codes[7].upper(), **carried}, htmx=htmx)
    assert done.status_code == (200 if htmx else 303)
    assert done.headers["HX-Redirect" if htmx else "Location"] == PAGE
    assert _state(app, newcomer) == enrolment.TwoFactor(True, 10, True)
    assert newcomer.get(SETUP).headers["Location"] == PAGE
    assert newcomer.post_form(SETUP, {"code": "123456"}).headers["Location"] == SETUP


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_who_signed_in_a_while_ago_gives_the_password_again(
    app: Flask, newcomer: Visitor, htmx: bool
) -> None:
    authenticator = Authenticator(app, _secret(newcomer.get(SETUP).text))
    assert 'name="password"' not in newcomer.get(SETUP).text
    authenticator.pass_s(900)
    assert 'name="password"' in newcomer.get(SETUP).text
    for fields in ({}, {"password": "not mine at all"}):
        answer = newcomer.post_form(SETUP, {"code": authenticator.code(), **fields}, htmx=htmx)
        assert answer.status_code == 422
        assert 'id="confirm-password-error"' in answer.text
        assert "not mine" not in answer.text
        assert not _state(app, newcomer).is_on
    right = {"code": authenticator.code(), "password": PASSWORD}
    assert len(_shown_codes(newcomer.post_form(SETUP, right, htmx=htmx).text)) == 10


def test_from_the_wizard_it_leads_on_to_the_dashboard(app: Flask, client: Visitor) -> None:
    page = client.get("/auth/setup-database").text
    assert f'href="{SETUP}"' in page
    assert "Skip to dashboard" in page
    _, codes = enrol(app, client)
    done = client.post_form(SAVED, {"code": codes[0], "next": "//evil.example"})
    assert done.headers["Location"] == "/dashboard"
    assert f'href="{SETUP}"' not in client.get("/auth/setup-database").text


def test_who_leaves_before_that_is_asked_again_and_not_locked_out(
    app: Flask, newcomer: Visitor
) -> None:
    authenticator, _ = enrol(app, newcomer)
    page = newcomer.get(SETUP)
    assert page.status_code == 200
    assert "Have you saved your recovery codes?" in page.text
    assert _shown_codes(page.text) == []
    assert f'href="{SETUP}?next={PAGE}"' in newcomer.get(PAGE).text
    other = Visitor(app)
    other.post_form("/login", {"email": "nora@example.org", "password": PASSWORD})
    answer = other.post_form("/auth/two-factor", {"code": authenticator.next_code()})
    assert answer.status_code == 303
    assert "You have not shown yet" in other.get("/auth/setup-database").text


def test_the_file_holds_what_is_on_the_page_and_repeats_nothing_else(
    app: Flask, newcomer: Visitor
) -> None:
    _, codes = enrol(app, newcomer)
    answer = newcomer.post_form(
        f"{SAVED}.txt", {"recovery_codes": " ".join([*codes[:9], "<script>", "0000-0000"])}
    )
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Cache-Control"] == "no-store"
    assert _CODE.findall(answer.text) == codes[:9]
    assert "script" not in answer.text
    assert newcomer.post_form(f"{SAVED}.txt", {"recovery_codes": "x"}).status_code == 303


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_new_codes_want_password_and_code_and_end_the_old(
    app: Flask, newcomer: Visitor, htmx: bool
) -> None:
    authenticator, old = enrol(app, newcomer)
    path, right = f"{PAGE}/recovery-codes", {"password": PASSWORD}
    for fields in ({}, {"password": "wrong", "code": old[0]}, right | {"code": "123"}):
        answer = newcomer.post_form(path, fields, htmx=htmx)
        assert answer.status_code == 422
        assert ("<html" in answer.text) is not htmx
        assert 'id="codes-password-error"' in answer.text or 'id="codes-code-error"' in answer.text
        assert 'id="off-code-error"' not in answer.text
    assert _state(app, newcomer).codes_left == 10
    made = newcomer.post_form(path, right | {"code": authenticator.next_code()}, htmx=htmx)
    assert made.status_code == 200
    _is_private(made)
    fresh = _shown_codes(made.text)
    assert len(set(fresh) - set(old)) == 10
    assert not _state(app, newcomer).are_codes_saved
    assert newcomer.post_form(SAVED, {"code": old[1]}).status_code == 422
    assert newcomer.post_form(SAVED, {"code": fresh[1]}).status_code == 303


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_turning_it_off_wants_password_and_code(app: Flask, newcomer: Visitor, htmx: bool) -> None:
    _, codes = enrol(app, newcomer)
    path = f"{PAGE}/off"
    for fields in ({}, {"password": PASSWORD}, {"password": "wrong", "code": codes[0]}):
        answer = newcomer.post_form(path, fields, htmx=htmx)
        assert answer.status_code == 422
        assert 'id="off-password-error"' in answer.text or 'id="off-code-error"' in answer.text
    assert _state(app, newcomer).is_on
    done = newcomer.post_form(path, {"password": PASSWORD, "code": codes[0]}, htmx=htmx)
    assert done.headers["HX-Redirect" if htmx else "Location"] == PAGE
    assert _state(app, newcomer) == enrolment.TwoFactor(False, 0, False)
    after = newcomer.get(PAGE).text
    assert "Two-factor is off" in after
    assert "That recovery code is used up; 9 codes are left." in after
    for gone in (path, f"{PAGE}/recovery-codes"):
        assert newcomer.post_form(gone, {"password": PASSWORD}).status_code == 404
    services: Services = app.extensions[EXTENSION]
    events = {each.event for each in audit.listing(services.store)}
    assert {"two_factor_on", "two_factor_off", "reauthentication_failed"} <= events


def test_nothing_of_it_is_logged(
    app: Flask, newcomer: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = _secret(newcomer.get(SETUP).text)
    authenticator = Authenticator(app, secret)
    wrong = authenticator.wrong_code()
    newcomer.post_form(SETUP, {"code": wrong})
    on = authenticator.code()
    codes = _shown_codes(newcomer.post_form(SETUP, {"code": on}).text)
    newcomer.post_form(SAVED, {"code": codes[0]})
    services: Services = app.extensions[EXTENSION]
    with services.store.writing() as conn:
        conn.execute(update(sealed).values(value=b"\x01" + b"x" * 60))
    other = Visitor(app)
    other.post_form("/login", {"email": "nora@example.org", "password": PASSWORD})
    for code in (wrong, authenticator.next_code(), codes[1]):
        other.post_form("/auth/two-factor", {"code": code})
    other.post_form(f"{PAGE}/off", {"password": PASSWORD, "code": codes[2]})
    assert not _state(app, newcomer).is_on
    told = caplog.text + repr(audit.listing(services.store))
    assert not any(each in told for each in (secret, wrong, on, PASSWORD, *codes))


def test_a_page_with_a_secret_is_not_compressed(app: Flask, newcomer: Visitor) -> None:
    asked = {"Accept-Encoding": "gzip"}
    page = newcomer.raw("GET", f"{SETUP}?next=/secret%3DAAAA", headers=asked)
    assert _secret(page.text)
    assert "Content-Encoding" not in page.headers
    plain = newcomer.raw("GET", PAGE, headers=asked)
    assert plain.headers["Content-Encoding"] == "gzip"


def test_few_codes_left_are_said(app: Flask, newcomer: Visitor) -> None:
    _, codes = enrol(app, newcomer)
    newcomer.post_form(SAVED, {"code": codes[0]})
    for code in codes[:7]:
        other = Visitor(app)
        other.post_form("/login", {"email": "nora@example.org", "password": PASSWORD})
        other.post_form("/auth/two-factor", {"code": code})
    assert "Only 3 of your recovery codes are left." in newcomer.get(PAGE).text


def test_too_many_tries_at_asking_again_are_429(make_app: object) -> None:
    app: Flask = make_app(limits=True)  # type: ignore[operator]
    nora = Visitor(app)
    nora.register("nora")
    _, codes = enrol(app, nora)
    for _ in range(10):
        answer = nora.post_form(f"{PAGE}/off", {"password": "wrong", "code": codes[0]})
        assert answer.status_code == 422
    answer = nora.post_form(f"{PAGE}/off", {"password": PASSWORD, "code": codes[0]})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert PASSWORD not in answer.text
    assert codes[0] not in answer.text
    assert _state(app, nora).is_on
