"""Signing in with a second factor, in the browser and for a token."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from provision.control import audit
from provision.control.accounts import new_passwords, users
from provision.control.second_factor import checking, enrolment
from provision.control.sign_in import half_sign_ins
from provision.control.store.tables import half_sign_ins as half_table
from provision.control.store.tables import sealed
from provision.web.request.services import EXTENSION, Services
from tests.control.conftest import CLIENT
from tests.web.conftest import PASSWORD, Visitor
from tests.web.second_factor import Authenticator, enrol

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

CHALLENGE = "/auth/two-factor"
EMAIL = "nora@example.org"


@pytest.fixture
def factor(app: Flask, newcomer: Visitor) -> tuple[Authenticator, list[str]]:
    """Nora's authenticator and recovery codes, once her two-factor is on."""
    return enrol(app, newcomer)


def _services(app: Flask) -> Services:
    services: Services = app.extensions[EXTENSION]
    return services


def _log_in(visitor: Visitor, **fields: str) -> TestResponse:
    return visitor.post_form("/login", {"email": EMAIL, "password": PASSWORD} | fields)


def _is_in(visitor: Visitor) -> bool:
    return visitor.api("GET", "/api/user").status_code == 200


def _half(visitor: Visitor, app: Flask) -> str:
    """The raw value in this browser's cookie."""
    with visitor._http.session_transaction() as cookie:
        return str(cookie["half_sign_in"])


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_the_password_leads_to_the_code_and_the_code_in(
    stranger: Visitor, factor: tuple[Authenticator, list[str]], htmx: bool
) -> None:
    authenticator, _ = factor
    answer = _log_in(stranger, next="/team?q=a")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{CHALLENGE}?next=/team?q%3Da"
    assert not _is_in(stranger)
    page = stranger.get(answer.headers["Location"])
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert 'hx-history="false"' in page.text
    assert 'autocomplete="one-time-code"' in page.text
    code = authenticator.next_code()
    spaced = f"{code[:3]} {code[3:]}"
    done = stranger.post_form(CHALLENGE, {"code": spaced, "next": "/team?q=a"}, htmx=htmx)
    assert done.status_code == (200 if htmx else 303)
    assert done.headers["HX-Redirect" if htmx else "Location"] == "/team?q=a"
    assert _is_in(stranger)
    assert stranger.get(CHALLENGE).headers["Location"] == "/dashboard"


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_wrong_code_and_a_used_one_are_told_apart_by_nobody(
    app: Flask, stranger: Visitor, factor: tuple[Authenticator, list[str]], htmx: bool
) -> None:
    authenticator, codes = factor
    used = authenticator.code()
    _log_in(stranger)
    answers = []
    for code in (used, authenticator.wrong_code(), "", codes[0][:-1], "x" * 5000):
        answer = stranger.post_form(CHALLENGE, {"code": code}, htmx=htmx)
        assert answer.status_code == 422
        assert ("<html" in answer.text) is not htmx
        assert 'id="code-error"' in answer.text
        assert not code or code not in answer.text
        answers.append(answer.text)
    assert len({each.split("csrf_token")[-1].split('">', 1)[1] for each in answers}) == 1
    assert not _is_in(stranger)


def test_nothing_else_is_open_to_who_is_half_signed_in(
    app: Flask, stranger: Visitor, factor: tuple[Authenticator, list[str]]
) -> None:
    _log_in(stranger)
    for path in ("/dashboard", "/settings", "/auth/setup-database", "/auth/two-factor/setup"):
        answer = stranger.get(path)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/login?next=")
    assert stranger.api("GET", "/api/user").status_code == 401
    refused = stranger.post_form("/settings", {"name": "Mallory"})
    assert refused.status_code == 401
    assert 'name="password"' in refused.text
    assert not _is_in(stranger)


def test_the_state_is_bound_to_its_browser(
    app: Flask, stranger: Visitor, factor: tuple[Authenticator, list[str]]
) -> None:
    authenticator, _ = factor
    _log_in(stranger)
    other = Visitor(app)
    answer = other.post_form(CHALLENGE, {"code": authenticator.next_code()})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login")
    assert not _is_in(other)
    # The row holds a hash: to read the store is not to hold the cookie.
    raw = _half(stranger, app)
    with _services(app).store.reading() as conn:
        kept = conn.execute(select(half_table.c.id_hash)).scalars().all()
    assert len(kept) == 1
    assert raw not in kept
    # Not used up by the other one.
    assert stranger.post_form(CHALLENGE, {"code": authenticator.code()}).status_code == 303
    assert _is_in(stranger)


def test_it_lives_for_five_minutes(
    stranger: Visitor, factor: tuple[Authenticator, list[str]]
) -> None:
    authenticator, _ = factor
    _log_in(stranger)
    authenticator.pass_s(299)
    assert stranger.get(CHALLENGE).status_code == 200
    authenticator.pass_s(1)
    answer = stranger.post_form(CHALLENGE, {"code": authenticator.code(), "next": "/team"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=/team"
    assert not _is_in(stranger)


def test_it_is_good_once_and_the_session_is_a_new_one(
    app: Flask, stranger: Visitor, factor: tuple[Authenticator, list[str]]
) -> None:
    authenticator, codes = factor
    before = stranger.get("/login") and stranger.cookie("provision_session")
    _log_in(stranger)
    halfway = stranger.cookie("provision_session")
    replayed = Visitor(app)
    replayed._http.set_cookie("provision_session", halfway)
    assert stranger.post_form(CHALLENGE, {"code": authenticator.next_code()}).status_code == 303
    assert len({before, halfway, stranger.cookie("provision_session")}) == 3
    # Who kept the cookie of halfway has nothing, not even with a code that is good.
    answer = replayed.post_form(CHALLENGE, {"code": codes[0]})
    assert answer.headers["Location"].startswith("/login")
    assert not _is_in(replayed)
    with _services(app).store.reading() as conn:
        assert conn.execute(select(half_table)).first() is None


def test_of_two_browsers_with_one_code_one_gets_in(
    app: Flask, factor: tuple[Authenticator, list[str]]
) -> None:
    authenticator, _ = factor
    visitors = [Visitor(app) for _ in range(3)]
    for each in visitors:
        _log_in(each)
        each.csrf_token()
    code, gate = authenticator.next_code(), threading.Barrier(len(visitors))

    def enter(visitor: Visitor) -> int:
        gate.wait()
        return visitor.post_form(CHALLENGE, {"code": code}).status_code

    with ThreadPoolExecutor(len(visitors)) as pool:
        statuses = list(pool.map(enter, visitors))
    assert sorted(statuses) == [303, 422, 422]
    assert sum(_is_in(each) for each in visitors) == 1


@pytest.mark.parametrize("what", ["password", "disabled", "off"])
def test_it_dies_with_what_it_stands_for(
    app: Flask, stranger: Visitor, factor: tuple[Authenticator, list[str]], what: str
) -> None:
    authenticator, _ = factor
    services = _services(app)
    person = users.by_email(services.store, EMAIL)
    assert person is not None
    _log_in(stranger)
    raw = _half(stranger, app)
    assert half_sign_ins.person_of(services.store, raw) == person
    if what == "password":
        new_passwords.change(
            services.store,
            services.hasher,
            person.id,
            password="another long one, please",
            client=CLIENT,
        )
    elif what == "disabled":
        users.set_enabled(services.store, person.id, enabled=False)
        users.set_enabled(services.store, person.id, enabled=True)
    else:
        enrolment.turn_off(services.store, person.id, client=CLIENT)
    assert half_sign_ins.person_of(services.store, raw) is None
    answer = stranger.post_form(CHALLENGE, {"code": authenticator.next_code()})
    assert answer.headers["Location"].startswith("/login")
    assert not _is_in(stranger)


def test_a_recovery_code_lets_in_once_and_says_how_many_are_left(
    app: Flask, stranger: Visitor, factor: tuple[Authenticator, list[str]]
) -> None:
    _, codes = factor
    _log_in(stranger)
    page = stranger.get(f"{CHALLENGE}?with=recovery-code")
    assert "Recovery code" in page.text
    assert 'inputmode="numeric"' not in page.text
    wrong = stranger.post_form(CHALLENGE, {"code": "none", "with": "recovery-code"})
    assert wrong.status_code == 422
    assert "This is none of your recovery codes, or it was used already." in wrong.text
    typed = codes[4].replace("-", " ").upper()
    answer = stranger.post_form(CHALLENGE, {"code": typed, "with": "recovery-code"})
    assert answer.status_code == 303
    assert "9 codes are left." in stranger.get("/auth/setup-database").text
    again = Visitor(app)
    _log_in(again)
    assert again.post_form(CHALLENGE, {"code": codes[4]}).status_code == 422
    services = _services(app)
    person = users.by_email(services.store, EMAIL)
    assert person is not None
    events = audit.listing(services.store, user_id=person.id)
    assert [each.detail for each in events if each.event == "recovery_code_used"] == [{"left": 9}]
    assert "second_factor_failed" in {each.event for each in events}


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_it_goes_on_to_no_other_site(
    stranger: Visitor, factor: tuple[Authenticator, list[str]], target: str
) -> None:
    authenticator, _ = factor
    _log_in(stranger, next=target)
    assert "evil" not in stranger.get(f"{CHALLENGE}?next={target}").text
    done = stranger.post_form(CHALLENGE, {"code": authenticator.next_code(), "next": target})
    assert done.headers["Location"] == "/dashboard"


def test_a_secret_that_cannot_be_opened_says_what_to_do_and_lets_nobody_in(
    app: Flask, stranger: Visitor, factor: tuple[Authenticator, list[str]]
) -> None:
    authenticator, codes = factor
    store = _services(app).store
    with store.writing() as conn:
        conn.execute(
            update(sealed)
            .where(sealed.c.purpose == checking.PURPOSE)
            .values(value=b"\x01" + b"x" * 60)
        )
    _log_in(stranger)
    answer = stranger.post_form(CHALLENGE, {"code": authenticator.next_code()})
    assert answer.status_code == 422
    assert "recovery code, or ask whoever runs the server" in answer.text
    body = {"email": EMAIL, "password": PASSWORD, "code": authenticator.code()}
    refused = stranger.raw("POST", "/api/auth/token", json=body)
    assert refused.status_code == 401
    assert not _is_in(stranger)
    assert stranger.post_form(CHALLENGE, {"code": codes[0]}).status_code == 303
    assert _is_in(stranger)


def test_a_token_wants_the_code_too(
    stranger: Visitor, factor: tuple[Authenticator, list[str]]
) -> None:
    authenticator, codes = factor

    def ask(**fields: object) -> tuple[int, str]:
        body = {"email": EMAIL, "password": PASSWORD} | fields
        answer = stranger.raw("POST", "/api/auth/token", json=body)
        assert answer.json is not None
        return answer.status_code, str(answer.json.get("code", ""))

    assert ask() == (401, "two_factor_required")
    assert ask(code="") == (401, "two_factor_required")
    assert ask(code=authenticator.code()) == (401, "invalid_credentials")  # it turned it on
    assert ask(code=authenticator.wrong_code()) == (401, "invalid_credentials")
    assert ask(password="wrong", code=authenticator.next_code()) == (401, "invalid_credentials")
    assert ask(code=123456) == (422, "validation_failed")
    assert ask(code=authenticator.code())[0] == 201
    assert ask(code=authenticator.code()) == (401, "invalid_credentials")
    assert ask(code=codes[0])[0] == 201


def test_every_door_is_one_budget(make_app: object) -> None:
    app: Flask = make_app(limits=True)  # type: ignore[operator]
    nora = Visitor(app)
    nora.register("nora")
    authenticator, _ = enrol(app, nora)
    stranger = Visitor(app)
    _log_in(stranger)
    for _ in range(5):
        answer = stranger.post_form(CHALLENGE, {"code": authenticator.wrong_code()})
        assert answer.status_code == 422
    body = {"email": EMAIL, "password": PASSWORD, "code": authenticator.wrong_code()}
    for _ in range(5):
        assert stranger.raw("POST", "/api/auth/token", json=body).status_code == 401
    right = authenticator.next_code()
    for htmx in (False, True):
        answer = stranger.post_form(CHALLENGE, {"code": right}, htmx=htmx)
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        assert "Try again in" in answer.text
    assert not _is_in(stranger)
    assert stranger.raw("POST", "/api/auth/token", json=body | {"code": right}).status_code == 429


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_ten_wrong_codes_end_it_and_the_password_is_asked_for_again(
    stranger: Visitor, factor: tuple[Authenticator, list[str]], htmx: bool
) -> None:
    authenticator, codes = factor
    _log_in(stranger)
    for _ in range(9):
        answer = stranger.post_form(CHALLENGE, {"code": authenticator.wrong_code()}, htmx=htmx)
        assert answer.status_code == 422
    # A recovery code that is none counts like the others.
    ended = stranger.post_form(CHALLENGE, {"code": "0" * 24, "next": "/team"}, htmx=htmx)
    assert ended.headers["HX-Redirect" if htmx else "Location"] == "/login?next=/team"
    assert "Too many wrong codes. Sign in again." in stranger.get("/login").text
    for code in (authenticator.next_code(), codes[0]):
        refused = stranger.post_form(CHALLENGE, {"code": code})
        assert refused.headers["Location"].startswith("/login")
    assert not _is_in(stranger)
    _log_in(stranger)
    assert stranger.post_form(CHALLENGE, {"code": authenticator.next_code()}).status_code == 303
    assert _is_in(stranger)


def test_wrong_codes_sent_at_once_are_no_more_guesses(
    app: Flask, stranger: Visitor, factor: tuple[Authenticator, list[str]]
) -> None:
    authenticator, _ = factor
    _log_in(stranger)
    raw, token, code = _half(stranger, app), stranger.csrf_token(), authenticator.wrong_code()
    browsers = [Visitor(app) for _ in range(16)]
    for each in browsers:
        with stranger._http.session_transaction() as known, each._http.session_transaction() as own:
            own.update(known)
    assert {_half(each, app) for each in browsers} == {raw}
    gate = threading.Barrier(len(browsers))

    def guess(browser: Visitor) -> None:
        gate.wait()
        browser.raw("POST", CHALLENGE, data={"csrf_token": token, "code": code})

    with ThreadPoolExecutor(len(browsers)) as pool:
        list(pool.map(guess, browsers))
    looked_at = [each.event for each in audit.listing(_services(app).store)]
    assert looked_at.count("second_factor_failed") == half_sign_ins.MOST_FAILURES
    assert half_sign_ins.person_of(_services(app).store, raw) is None


def test_guesses_from_many_addresses_run_out_and_a_recovery_code_still_works(
    make_app: object,
) -> None:
    app: Flask = make_app(limits=True)  # type: ignore[operator]
    nora = Visitor(app)
    nora.register("nora")
    authenticator, codes = enrol(app, nora)
    stranger = Visitor(app)
    _log_in(stranger)
    tokens = [stranger.csrf_token()]

    def enter(code: str, address: int) -> int:
        fields = {"csrf_token": tokens[-1], "code": code}
        environ = {"REMOTE_ADDR": f"192.0.2.{address}"}
        return stranger.raw("POST", CHALLENGE, data=fields, environ_overrides=environ).status_code

    guesses = []
    for at in range(61):
        guesses.append(enter(authenticator.wrong_code(), at // 9))
        if guesses[-1] == 303:
            _log_in(stranger)
            tokens.append(stranger.csrf_token())
    assert guesses == ([422] * 9 + [303]) * 6 + [429]
    assert enter(authenticator.next_code(), 100) == 429
    assert enter(codes[0], 100) == 303
    # Nobody else is meant by that.
    other = Visitor(app)
    other.register("olga")
    theirs, _ = enrol(app, other)
    other.post_form("/logout")
    other.post_form("/login", {"email": "olga@example.org", "password": PASSWORD})
    assert other.post_form(CHALLENGE, {"code": theirs.next_code()}).status_code == 303


_CARRIED = {
    "typed": "title=Paint+the+roof&status=todo",
    "typed_to": "/tasks",
    "next": "/tasks",
}


def _hidden(page: TestResponse) -> list[str]:
    """Return the names and values of what a page carries."""
    return [
        unescape(value)
        for name, value in re.findall(r'type="hidden" name="(typed\w*)" value="([^"]*)"', page.text)
    ]


def test_what_was_typed_before_the_session_ended_outlives_every_turn_of_the_second_factor(
    app: Flask, stranger: Visitor, factor: tuple[Authenticator, list[str]]
) -> None:
    authenticator, _ = factor
    page = _log_in(stranger, **_CARRIED)
    assert "hx-post" not in page.text.partition('id="challenge-form"')[2].partition(">")[0]
    switched = stranger.post_form(CHALLENGE, {**_CARRIED, "do": "show", "with": "recovery-code"})
    assert "Recovery code" in switched.text
    answers = [page, switched, stranger.post_form(CHALLENGE, {**_CARRIED, "code": "1"})]
    over = stranger.post_form(CHALLENGE, {**_CARRIED, "do": "start_over"})
    answers += [over, _log_in(stranger, **_CARRIED)]
    authenticator.pass_s(half_sign_ins.LIFE_S + 1)
    late = stranger.post_form(CHALLENGE, {**_CARRIED, "code": authenticator.next_code()})
    assert "That took too long" in late.text
    answers += [late, _log_in(stranger, **_CARRIED)]
    for _ in range(half_sign_ins.MOST_FAILURES):
        stranger.post_form(CHALLENGE, {**_CARRIED, "code": authenticator.wrong_code()})
    answers.append(stranger.post_form(CHALLENGE, {**_CARRIED, "code": authenticator.next_code()}))
    for each in answers:
        assert set(_hidden(each)) == {_CARRIED["typed"], _CARRIED["typed_to"]}, each.text
    _log_in(stranger, **_CARRIED)
    shown = stranger.post_form(CHALLENGE, {**_CARRIED, "code": authenticator.next_code()})
    assert 'name="title" value="Paint the roof"' in shown.text
    # Signed in by now, in another tab: the form of this one is shown as well.
    for path in ("/login", CHALLENGE):
        again = stranger.post_form(path, _CARRIED)
        assert 'name="title" value="Paint the roof"' in again.text
