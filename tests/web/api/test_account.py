from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.web.conftest import PASSWORD, Visitor

if TYPE_CHECKING:
    from flask import Flask

WHO = {"email": "alice@example.org", "password": PASSWORD}


def _token(app: Flask, **more: object) -> str:
    made = Visitor(app).raw("POST", "/api/auth/token", json=WHO | more)
    assert made.status_code == 201, made.text
    token: str = made.get_json()["token"]
    return token


def test_a_token_does_what_its_person_may(app: Flask, client: Visitor) -> None:
    bearer = {"Authorization": f"Bearer {_token(app)}"}
    elsewhere = Visitor(app)
    assert elsewhere.raw("GET", "/api/user", headers=bearer).get_json()["user"]["email"] == (
        "alice@example.org"
    )
    made = elsewhere.raw("POST", "/api/tasks", json={"title": "by token"}, headers=bearer)
    assert made.status_code == 201
    assert client.rows("SELECT title FROM tasks") == [("by token",)]


def test_a_read_only_token_reads_only(app: Flask, client: Visitor) -> None:
    bearer = {"Authorization": f"Bearer {_token(app, read_only=True)}"}
    assert client.raw("GET", "/api/tasks", headers=bearer).status_code == 200
    refused = client.raw("POST", "/api/tasks", json={"title": "t"}, headers=bearer)
    assert (refused.status_code, refused.get_json(force=True)["code"]) == (403, "read_only_token")


def test_a_bad_token_is_refused_even_beside_a_good_cookie(client: Visitor) -> None:
    for value in ("Bearer pvn_nonsense", "Basic YWxpY2U6eA==", "Bearer", "x"):
        refused = client.raw("GET", "/api/user", headers={"Authorization": value})
        assert refused.status_code == 401, value
        assert refused.get_json(force=True)["code"] == "unauthorized"
        assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_an_expiring_token_says_when(app: Flask, client: Visitor) -> None:
    made = client.raw("POST", "/api/auth/token", json=WHO | {"expires_days": 7, "name": "CI"})
    assert made.get_json()["expires_at"].endswith("Z")
    assert _token(app) != _token(app)


def test_a_whole_number_of_days_may_be_written_with_a_point(client: Visitor) -> None:
    made = client.raw(
        "POST",
        "/api/auth/token",
        data=msgspec.json.encode(WHO | {"expires_days": 7.0}),
        content_type="application/json",
    )
    assert made.status_code == 201, made.text
    assert made.get_json()["expires_at"].endswith("Z")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"password": "wrong wrong wrong"}, 401, "invalid_credentials"),
        ({"email": "nobody@example.org"}, 401, "invalid_credentials"),
        ({"email": None}, 422, "validation_failed"),
        ({"email": 7}, 422, "validation_failed"),
        ({"expires_days": 0}, 422, "validation_failed"),
        ({"expires_days": True}, 422, "validation_failed"),
        ({"expires_days": 7.5}, 422, "validation_failed"),
        ({"expires_days": "7"}, 422, "validation_failed"),
        ({"read_only": "yes"}, 422, "validation_failed"),
        ({"name": "a\nb"}, 422, "validation_failed"),
        ({"name": "x" * 201}, 422, "validation_failed"),
    ],
)
def test_a_token_is_not_made_without_proof(
    client: Visitor, change: dict[str, object], status: int, code: str
) -> None:
    refused = client.raw("POST", "/api/auth/token", json=WHO | change)
    assert (refused.status_code, refused.get_json(force=True)["code"]) == (status, code)


def test_a_cookie_needs_the_csrf_token_to_change_anything(client: Visitor) -> None:
    refused = client.raw("POST", "/api/tasks", json={"title": "t"})
    assert (refused.status_code, refused.get_json(force=True)["code"]) == (403, "csrf_failed")
    assert client.rows("SELECT 1 FROM tasks") == []


def test_a_stranger_is_refused(stranger: Visitor) -> None:
    for path in ("/api/user", "/api/tasks", "/api/user/database-connection"):
        assert stranger.raw("GET", path).status_code == 401
