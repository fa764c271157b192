"""The operator's one-time link to a new password."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

import pytest

from provision.control.accounts import new_passwords, users
from provision.web.request.services import EXTENSION, Services
from tests.web.conftest import PASSWORD, Visitor

if TYPE_CHECKING:
    from flask import Flask

NEW = "a better one than before"


@pytest.fixture
def link(app: Flask, newcomer: Visitor) -> str:
    """For Nora, who is signed in elsewhere."""
    store = cast("Services", app.extensions[EXTENSION]).store
    person = users.by_email(store, "nora@example.org")
    assert person
    return f"/auth/reset-password/{new_passwords.new_reset(store, person.id)}"


def test_a_stranger_with_the_link_chooses_a_new_password(
    app: Flask, newcomer: Visitor, stranger: Visitor, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    page = stranger.get(link)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert "For nora@example.org." in page.text
    answer = stranger.post_form(link, {"new_password": NEW})
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "Your new password is set. Sign in with it." in stranger.get("/login").text
    assert newcomer.get("/settings").location.startswith("/login")
    form = {"email": "nora@example.org", "password": PASSWORD}
    assert stranger.post_form("/login", form).status_code == 422
    assert stranger.post_form("/login", form | {"password": NEW}).status_code == 303
    assert link.rpartition("/")[2] not in caplog.text


def test_a_link_that_is_used_up_or_made_up_is_not_found_and_says_what_to_do(
    stranger: Visitor, link: str
) -> None:
    stranger.post_form(link, {"new_password": NEW})
    for path in (link, "/auth/reset-password/made-up"):
        for answer in (stranger.get(path), stranger.post_form(path, {"new_password": NEW})):
            assert answer.status_code == 404
            assert "Ask whoever runs this server for another one." in answer.text


@pytest.mark.parametrize("password", ["", "short", "password123", "nora@example.org"])
def test_a_password_that_is_refused_leaves_the_link_good(
    stranger: Visitor, link: str, password: str
) -> None:
    answer = stranger.post_form(link, {"new_password": password})
    assert answer.status_code == 422
    assert 'id="new_password-error"' in answer.text
    assert stranger.post_form(link, {"new_password": NEW}).status_code == 303


def test_over_https_the_form_passes_with_the_referrer_its_page_allows(
    app: Flask, stranger: Visitor, link: str
) -> None:
    site = "https://localhost"
    page = stranger.raw("GET", link, base_url=site)
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = stranger.raw(
        "POST",
        link,
        base_url=site,
        data={"csrf_token": token, "new_password": NEW},
        headers={"Referer": f"{site}/"},
    )
    assert answer.status_code == 303


def test_without_the_forms_token_nothing_happens(stranger: Visitor, link: str) -> None:
    assert stranger.raw("POST", link, data={"new_password": NEW}).status_code == 403
    assert stranger.get(link).status_code == 200
