from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.conftest import PASSWORD, Visitor
from tests.web.second_factor import enrol
from tests.web.wizard import block

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

FORM = {"email": "nora@fjord.example", "password": PASSWORD}


def test_the_password_lets_the_address_be_changed(app: Flask, newcomer: Visitor) -> None:
    assert "nora@example.org" in newcomer.get("/settings/email").text
    answer = newcomer.post_form("/settings/email", FORM | {"email": " Nora@Fjord.example"})
    assert (answer.status_code, answer.location) == (303, "/settings")
    page = newcomer.get("/settings").text
    assert "From now on, sign in with your new e-mail address." in page
    assert "You sign in with nora@fjord.example." in page
    again = Visitor(app)
    form = {"email": "nora@example.org", "password": PASSWORD}
    assert again.post_form("/login", form).status_code == 422
    assert again.post_form("/login", FORM).status_code == 303


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"email": "nora"}, "email", "not an e-mail address"),
        ({"email": "NORA@example.org"}, "email", "your address already"),
        ({"email": "Ben@example.org"}, "email", "Another account here has this"),
        ({"password": "not my password"}, "confirm-password", "not your password"),
        ({"password": ""}, "confirm-password", "is needed"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    app: Flask, newcomer: Visitor, change: dict[str, str], field: str, says: str, htmx: bool
) -> None:
    Visitor(app).register("ben")
    form = FORM | change
    answer = newcomer.post_form("/settings/email", form, htmx=htmx)
    assert answer.status_code == 422
    shown = block(answer.text, "email-form")
    assert says in shown.split(f'id="{field}-error"')[1].split("</p>")[0]
    assert f'value="{form["email"]}"' in shown
    assert newcomer.email() == "nora@example.org"


def test_whether_an_address_is_taken_is_told_to_nobody_without_the_password(
    app: Flask, newcomer: Visitor
) -> None:
    Visitor(app).register("ben")
    form = {"email": "ben@example.org", "password": "not my password"}
    answer = newcomer.post_form("/settings/email", form)
    assert answer.status_code == 422
    assert "Another account" not in answer.text


def test_a_code_is_asked_for_where_two_factor_is_on(app: Flask, newcomer: Visitor) -> None:
    authenticator, _ = enrol(app, newcomer)
    answer = newcomer.post_form("/settings/email", FORM)
    assert answer.status_code == 422
    assert 'id="confirm-code-error"' in answer.text
    form = FORM | {"code": authenticator.next_code()}
    assert newcomer.post_form("/settings/email", form).status_code == 303


def test_asking_for_addresses_is_limited_and_kept_to_the_domains_of_registration(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(limits=True, registration="example.org")
    visitor = Visitor(app)
    visitor.register("nora")
    Visitor(app).register("ben")
    answer = visitor.post_form("/settings/email", FORM)
    assert answer.status_code == 422
    assert "Accounts here are for addresses at example.org." in answer.text
    taken = FORM | {"email": "ben@example.org"}
    # Two of thirty an hour went to the two accounts.
    for _ in range(28):
        assert visitor.post_form("/settings/email", taken).status_code == 422
    answer = visitor.post_form("/settings/email", taken)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 3500
