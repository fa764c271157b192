"""PROVISION_LIMITS: what is counted, for whom, and what somebody is told who tries too often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.web.request.limits import network_of
from tests.web.conftest import PASSWORD, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.test import TestResponse

    from tests.conftest import Database

ALICE = {"email": "alice@example.org", "password": PASSWORD}
WRONG = ALICE | {"password": "not the password"}


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """Limits on, behind one proxy, so that a test can come from many addresses."""
    return make_app(limits=True, trusted_proxies=1)


@pytest.fixture
def alice(app: Flask) -> Visitor:
    """Has an account, and is signed out."""
    visitor = Visitor(app)
    visitor.register("alice")
    visitor.post_form("/logout")
    return visitor


def _token(visitor: Visitor, body: dict[str, Any], address: str = "127.0.0.1") -> TestResponse:
    return visitor.raw("POST", "/api/auth/token", json=body, headers={"X-Forwarded-For": address})


def _use_up(visitor: Visitor) -> None:
    for _ in range(5):
        assert visitor.post_form("/login", WRONG).status_code == 422
        assert _token(visitor, WRONG).status_code == 401


def test_ten_failures_through_any_door_close_all_of_them(alice: Visitor) -> None:
    _use_up(alice)
    page = alice.post_form("/login", ALICE)
    assert page.status_code == 429
    assert 295 <= int(page.headers["Retry-After"]) <= 300
    assert "Too many failed tries from your network address. Try again in 5 minutes." in page.text
    assert 'value="alice@example.org"' in page.text
    assert PASSWORD not in page.text

    answer = _token(alice, ALICE)
    assert answer.status_code == 429
    assert 295 <= int(answer.headers["Retry-After"]) <= 300
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["code"] == "rate_limited"


def test_nobody_is_locked_out_by_a_stranger_elsewhere(alice: Visitor) -> None:
    _use_up(alice)
    assert _token(alice, ALICE).status_code == 429
    assert _token(alice, ALICE, "192.0.2.7").status_code == 201
    assert _token(alice, ALICE | {"email": "ALICE@example.org "}).status_code == 429
    assert _token(alice, WRONG | {"email": "bob@example.org"}).status_code == 401


def test_only_failures_are_counted(alice: Visitor) -> None:
    for _ in range(9):
        assert _token(alice, WRONG).status_code == 401
    for _ in range(4):
        assert _token(alice, ALICE).status_code == 201
    assert _token(alice, WRONG).status_code == 401
    assert _token(alice, ALICE).status_code == 429


def test_sixty_failures_close_the_doors_to_an_address(alice: Visitor) -> None:
    # The network of an address of the sixth version is one address.
    for number in range(60):
        body = {"email": f"{number}@example.org", "password": "x"}
        assert _token(alice, body, f"2001:db8:1:2::{number:x}").status_code == 401
    assert _token(alice, ALICE, "2001:db8:1:2:ffff::1").status_code == 429
    assert _token(alice, ALICE, "2001:db8:1:3::1").status_code == 201


def test_an_unknown_account_is_counted_like_a_known_one(alice: Visitor) -> None:
    nobody = {"email": "nobody@example.org", "password": "not the password"}
    for _ in range(10):
        assert _token(alice, nobody).status_code == 401
    assert _token(alice, nobody).status_code == 429


def test_an_address_makes_thirty_accounts_an_hour_at_most(app: Flask) -> None:
    visitor = Visitor(app)
    form = {"name": "Alice", "email": "taken@example.org", "password": PASSWORD}
    assert visitor.post_form("/register", form).status_code == 303
    visitor.post_form("/logout")
    # What cannot become an account costs nothing and is not counted.
    for _ in range(3):
        assert visitor.post_form("/register", form | {"password": "short"}).status_code == 422
    for _ in range(29):
        answer = visitor.post_form("/register", form)
        assert answer.status_code == 422
        assert "already an account" in answer.text
    answer = visitor.post_form("/register", form | {"email": "new@example.org"})
    assert answer.status_code == 429
    assert 3500 < int(answer.headers["Retry-After"]) <= 3600
    assert "Try again in 60 minutes." in answer.text
    assert 'value="new@example.org"' in answer.text


def test_a_person_tests_twenty_connections_a_minute_at_most(app: Flask, database: Database) -> None:
    visitor = Visitor(app)
    visitor.register("nora")
    path = "/api/user/database-connection"
    for _ in range(20):
        answer = visitor.api("POST", path, {"connection_string": "postgresql://nowhere"})
        assert answer.status_code == 422
    whole = {"connection_string": database.connection_string}
    answer = visitor.api("POST", path, whole)
    assert answer.status_code == 429
    assert answer.json is not None
    assert answer.json["code"] == "rate_limited"
    assert 0 < int(answer.headers["Retry-After"]) <= 60

    page = visitor.post_form("/auth/setup-database/connection", whole)
    assert page.status_code == 429
    assert 0 < int(page.headers["Retry-After"]) <= 60
    assert "Too many connection tests within a minute." in page.text


def test_limits_can_be_off(make_app: Callable[..., Flask]) -> None:
    visitor = Visitor(make_app(limits=False))
    for _ in range(12):
        assert _token(visitor, WRONG).status_code == 401


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("192.0.2.7:52011", "192.0.2.7"),
        ("[2001:db8:1:2::7]:52011", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::7]", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_what_of_an_address_is_counted(address: str, network: str) -> None:
    assert network_of(address) == network
