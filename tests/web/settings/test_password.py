from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.web.conftest import PASSWORD, Visitor
from tests.web.second_factor import enrol
from tests.web.wizard import block

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

NEW = "a better one than before"
FORM = {"password": PASSWORD, "new_password": NEW}


def _signs_in(app: Flask, password: str, email: str = "nora@example.org") -> bool:
    answer = Visitor(app).post_form("/login", {"email": email, "password": password})
    return answer.status_code == 303


def test_the_old_password_sets_a_new_one_and_other_browsers_are_signed_out(
    app: Flask, newcomer: Visitor
) -> None:
    elsewhere = Visitor(app)
    elsewhere.post_form("/login", {"email": "nora@example.org", "password": PASSWORD})
    answer = newcomer.post_form("/settings/password", FORM)
    assert (answer.status_code, answer.location) == (303, "/settings/password")
    page = newcomer.get("/settings/password")
    assert page.status_code == 200
    assert "Your new password is set. One other browser is signed out." in page.text
    assert elsewhere.get("/settings").location.startswith("/login")
    assert _signs_in(app, NEW)
    assert not _signs_in(app, PASSWORD)


def test_a_copy_of_ones_own_cookie_is_good_no_more(app: Flask, newcomer: Visitor) -> None:
    copied = f"provision_session={newcomer.cookie('provision_session')}"
    # With a jar of its own, werkzeug's client would take the header away.
    thief = app.test_client(use_cookies=False)
    assert thief.get("/settings", headers={"Cookie": copied}).status_code == 200
    assert newcomer.post_form("/settings/password", FORM).status_code == 303
    assert thief.get("/settings", headers={"Cookie": copied}).location.startswith("/login")
    assert newcomer.get("/settings").status_code == 200


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "not my password"}, "confirm-password"),
        ({"password": ""}, "confirm-password"),
        ({"new_password": "short"}, "new_password"),
        ({"new_password": "password123"}, "new_password"),
        ({"new_password": "nora@example.org"}, "new_password"),
        ({"new_password": PASSWORD}, "new_password"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_comes_back(
    app: Flask, newcomer: Visitor, change: dict[str, str], field: str, htmx: bool
) -> None:
    answer = newcomer.post_form("/settings/password", FORM | change, htmx=htmx)
    assert answer.status_code == 422
    form = block(answer.text, "password-form")
    assert f'id="{field}-error"' in form
    values = re.findall(r'type="password" value="([^"]*)"', form)
    assert values == ["", ""]
    assert _signs_in(app, PASSWORD)


def test_a_code_is_asked_for_where_two_factor_is_on(app: Flask, newcomer: Visitor) -> None:
    authenticator, _ = enrol(app, newcomer)
    answer = newcomer.post_form("/settings/password", FORM)
    assert answer.status_code == 422
    assert 'id="confirm-code-error"' in answer.text
    # A new password that is refused costs no code.
    code = authenticator.next_code()
    form = FORM | {"code": code}
    assert newcomer.post_form("/settings/password", form | {"new_password": "x"}).status_code == 422
    assert newcomer.post_form("/settings/password", form).status_code == 303


def test_tries_at_the_old_password_are_limited(make_app: Callable[..., Flask]) -> None:
    visitor = Visitor(make_app(limits=True))
    visitor.register("nora")
    for _ in range(10):
        wrong = visitor.post_form("/settings/password", FORM | {"password": "not my password"})
        assert wrong.status_code == 422
    answer = visitor.post_form("/settings/password", FORM)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 290
    assert "Try again in 5 minutes." in block(answer.text, "password-form")


def test_the_page_tells_password_managers_what_is_what(newcomer: Visitor) -> None:
    form = block(newcomer.get("/settings/password").text, "password-form").split("</form>")[0]
    assert 'value="nora@example.org" autocomplete="username" hidden' in form
    assert 'autocomplete="current-password"' in form
    chosen = re.search(r'<input[^>]*id="new_password"[^>]*>', form)
    assert chosen
    assert 'autocomplete="new-password"' in chosen[0]
    # It would cut off what is pasted, without a word.
    assert "maxlength" not in chosen[0]
