"""The account changes after the password was found right and before anybody is let in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from provision.control.accounts import new_passwords, users
from provision.control.second_factor import enrolment
from provision.control.sign_in import sessions
from provision.control.store import tables
from provision.control.store.store import ControlStore
from provision.credentials.passwords import PasswordHasher
from provision.web.request.services import EXTENSION, Services
from tests.control.conftest import CLIENT
from tests.web.conftest import PASSWORD, Visitor
from tests.web.second_factor import enrol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from flask import Flask
    from sqlalchemy import Connection

_TABLES = (tables.sessions, tables.half_sign_ins, tables.tokens)


class _Interrupted(PasswordHasher):
    """Something happens right after a password was looked at."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def verify(self, stored: str | None, text: str) -> bool:
        is_right = super().verify(stored, text)
        self._meanwhile()
        return is_right


def _rows(services: Services) -> list[int]:
    with services.store.reading() as conn:
        return [
            conn.execute(select(func.count()).select_from(each)).scalar_one() for each in _TABLES
        ]


@pytest.mark.parametrize("is_two_factor_on", [False, True])
def test_the_old_password_opens_nothing_milliseconds_later(
    app: Flask, newcomer: Visitor, is_two_factor_on: bool
) -> None:
    services: Services = app.extensions[EXTENSION]
    email = newcomer.email()
    code = ""
    if is_two_factor_on:
        code = enrol(app, newcomer)[0].next_code()
    person = users.by_email(services.store, email)
    assert person is not None

    def change() -> None:
        new_passwords.change(
            services.store,
            services.hasher,
            person.id,
            password=f"changed {PASSWORD}",
            client=CLIENT,
        )

    app.extensions[EXTENSION] = replace(services, hasher=_Interrupted(change))
    thief = Visitor(app)
    answer = thief.post_form("/login", {"email": email, "password": PASSWORD})
    assert answer.status_code == 422
    assert "Your account was changed, or you were signed out" in answer.text
    assert thief.get("/dashboard").headers["Location"] == "/login?next=/dashboard"
    assert _rows(services) == [0, 0, 0]
    body = {"email": email, "password": f"changed {PASSWORD}", "code": code}
    answer = thief.raw("POST", "/api/auth/token", json=body)
    assert answer.status_code == 401
    assert answer.get_json()["code"] == "invalid_credentials"
    assert _rows(services) == [0, 0, 0]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("tokens", {"name": "t", "access": "full", "life": "never"}),
        ("password", {"new_password": f"changed {PASSWORD}"}),
        ("email", {"email": "thief@example.org"}),
        ("your-data/delete", {}),
        ("two-factor/off", {}),
        ("two-factor/recovery-codes", {}),
    ],
)
def test_a_browser_that_is_put_out_meanwhile_changes_nothing(
    app: Flask, newcomer: Visitor, path: str, fields: dict[str, str]
) -> None:
    services: Services = app.extensions[EXTENSION]
    email = newcomer.email()
    person = users.by_email(services.store, email)
    assert person is not None
    codes: list[str] = []
    if "two-factor" in path:
        authenticator, codes = enrol(app, newcomer)
        fields = fields | {"code": authenticator.next_code()}

    def put_out() -> None:
        sessions.end_others(services.store, user_id=person.id, id_hash="", client=CLIENT)

    app.extensions[EXTENSION] = replace(services, hasher=_Interrupted(put_out))
    answer = newcomer.post_form(f"/settings/{path}", {"password": PASSWORD, **fields})
    assert answer.status_code == 401
    assert "Sign in again" in answer.text
    assert _rows(services) == [0, 0, 0]
    found = users.authenticate(
        services.store, services.hasher, email=email, password=PASSWORD, client=CLIENT
    )
    assert found.person.two_factor == bool(codes)
    assert enrolment.good_codes(services.store, person.id, codes) == codes


class _Raced(ControlStore):
    """Something happens before each write."""

    before: Callable[[], object]

    def writing(self) -> AbstractContextManager[Connection]:
        self.before()
        return super().writing()


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_of_two_new_passwords_at_once_the_later_leads_to_sign_in(
    app: Flask, newcomer: Visitor, htmx: bool
) -> None:
    services: Services = app.extensions[EXTENSION]
    email = newcomer.email()
    known = select(tables.users.c.password_hash, tables.sessions.c.id_hash).join_from(
        tables.users, tables.sessions, tables.users.c.id == tables.sessions.c.user_id
    )
    with services.store.reading() as conn:
        old, id_hash = conn.execute(known).one()

    def renew() -> None:
        with services.store.reading() as conn:
            new, present = conn.execute(known).one()
        if new != old and present == id_hash:
            sessions.renew(services.store, id_hash=id_hash)

    raced = _Raced.open(services.settings.control_url)
    assert isinstance(raced, _Raced)
    raced.before = renew
    app.extensions[EXTENSION] = replace(services, store=raced)
    fields = {"password": PASSWORD, "new_password": f"changed {PASSWORD}"}
    answer = newcomer.post_form("/settings/password", fields, htmx=htmx)
    raced.dispose()
    app.extensions[EXTENSION] = services
    if htmx:
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/login")
    else:
        assert (answer.status_code, answer.location) == (303, "/login")
    assert "Your new password is set. Sign in with it." in newcomer.get("/login").text
    sign_in = {"email": email, "password": f"changed {PASSWORD}"}
    assert Visitor(app).post_form("/login", sign_in).status_code == 303
