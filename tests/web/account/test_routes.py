from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.conftest import PASSWORD, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.test import TestResponse

ALICE = {"email": "alice@example.org", "password": PASSWORD}


@pytest.fixture
def alice(app: Flask) -> Visitor:
    """Has an account, and is signed out."""
    visitor = Visitor(app)
    visitor.register("alice")
    visitor.post_form("/logout")
    return visitor


def _cookie(answer: TestResponse) -> str:
    return next(
        line
        for line in answer.headers.getlist("Set-Cookie")
        if line.startswith("provision_session")
    )


def test_registering_signs_in_and_leads_to_the_wizard(stranger: Visitor) -> None:
    answer = stranger.register("nora")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/auth/setup-database")
    assert "HttpOnly" in _cookie(answer)
    assert "SameSite=Lax" in _cookie(answer)
    assert stranger.get("/auth/setup-database").status_code == 200
    assert stranger.get("/").headers["Location"] == "/dashboard"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nora"}, "email"),
        ({"email": ""}, "email"),
        ({"name": ""}, "name"),
        ({"name": "x" * 300}, "name"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 257}, "password"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_typed_is_lost(
    stranger: Visitor, change: dict[str, str], field: str
) -> None:
    form = {"name": "Nora Halden", "email": "nora@example.org", "password": PASSWORD} | change
    answer = stranger.post_form("/register", form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    for name in {"name", "email"} - {field}:
        assert form[name] in answer.text
    assert form["password"] not in answer.text


def test_an_address_has_one_account(alice: Visitor) -> None:
    answer = alice.post_form("/register", ALICE | {"name": "A", "email": "ALICE@example.org"})
    assert answer.status_code == 422
    assert "already an account" in answer.text


def test_signing_in_goes_where_the_person_was_going(alice: Visitor) -> None:
    answer = alice.post_form("/login", ALICE | {"next": "/tasks?view=list"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tasks?view=list")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "evil.example",
        "///evil.example",
    ],
)
def test_signing_in_never_leads_to_another_site(alice: Visitor, target: str) -> None:
    answer = alice.post_form("/login", ALICE | {"next": target})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/dashboard")


def test_an_address_in_any_script_is_gone_on_to_in_letters_a_header_can_carry(
    alice: Visitor,
) -> None:
    answer = alice.post_form("/login", ALICE | {"next": "/tasks?q=日本"}, htmx=True)
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"] == "/tasks?q=%E6%97%A5%E6%9C%AC"


def test_unknown_and_wrong_are_answered_alike(alice: Visitor) -> None:
    wrong = alice.post_form("/login", ALICE | {"password": "not the password"})
    unknown = alice.post_form("/login", ALICE | {"email": "nobody@example.org"})
    assert wrong.status_code == unknown.status_code == 422
    assert "E-mail address or password is wrong." in wrong.text
    assert "E-mail address or password is wrong." in unknown.text


def test_a_session_is_new_at_every_sign_in_and_ends_at_the_server(alice: Visitor) -> None:
    first = _cookie(alice.post_form("/login", ALICE)).split(";")[0]
    alice.post_form("/logout")
    second = _cookie(alice.post_form("/login", ALICE)).split(";")[0]
    assert first != second

    page = "/auth/setup-database"
    # With a jar of its own, werkzeug's client would take the header away.
    http = alice.app.test_client(use_cookies=False)
    stale = http.get(page, headers={"Cookie": first})
    assert stale.headers["Location"].startswith("/login")
    assert http.get(page, headers={"Cookie": second}).status_code == 200


def test_signing_in_does_not_keep_a_cookie_planted_before(app: Flask, alice: Visitor) -> None:
    before = alice.csrf_token()
    alice.post_form("/login", ALICE)
    assert alice.csrf_token() != before


def test_signing_out_needs_a_post(alice: Visitor) -> None:
    alice.post_form("/login", ALICE)
    assert alice.get("/logout").status_code == 405
    assert alice.get("/auth/setup-database").status_code == 200


def test_registration_can_be_closed_or_kept_to_domains(make_app: Callable[..., Flask]) -> None:
    closed = Visitor(make_app(registration="closed"))
    answer = closed.register("nora")
    assert answer.status_code == 422
    assert "Registration is closed" in answer.text

    at_work = Visitor(make_app(registration="work.example,firm.example"))
    assert at_work.register("nora").status_code == 422
    form = {"name": "Nora", "email": "nora@Work.example", "password": PASSWORD}
    assert at_work.post_form("/register", form).status_code == 303


def test_the_theme_is_kept_without_an_account(stranger: Visitor) -> None:
    answer = stranger.post_form("/theme", {"theme": "dark", "next": "/login"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert 'data-theme="dark"' in stranger.get("/login").text
    stranger.post_form("/theme", {"theme": "system"})
    assert "data-theme=" not in stranger.get("/login").text.split("<body")[0]


def test_cookies_are_bound_to_https_where_the_page_came_by_it(
    make_app: Callable[..., Flask],
) -> None:
    visitor = Visitor(make_app(trusted_proxies=1))
    answer = visitor.raw("GET", "/login", headers={"X-Forwarded-Proto": "https"})
    cookie = answer.headers.getlist("Set-Cookie")[0]
    assert cookie.startswith("__Host-provision_session=")
    assert "Secure" in cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]
