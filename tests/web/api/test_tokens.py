"""Tokens listed and revoked over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.web.conftest import PASSWORD, Visitor

if TYPE_CHECKING:
    from flask import Flask


def _made(app: Flask, name: str = "alice", **more: object) -> dict[str, Any]:
    who = {"email": f"{name}@example.org", "password": PASSWORD}
    answer = Visitor(app).raw("POST", "/api/auth/token", json=who | more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.get_json()
    return made


def _bearer(made: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {made['token']}"}


@pytest.fixture
def alice(app: Flask) -> Visitor:
    visitor = Visitor(app)
    visitor.register("alice")
    return visitor


def test_a_person_sees_their_own_tokens_and_no_text_of_them(app: Flask, alice: Visitor) -> None:
    Visitor(app).register("bob")
    _made(app, "bob")
    first = _made(app, name="alice", read_only=True)
    second = _made(app, expires_days=7)
    answer = Visitor(app).raw("GET", "/api/tokens", headers=_bearer(first))
    assert answer.status_code == 200
    listed = {each["id"]: each for each in answer.get_json()["tokens"]}
    assert set(listed) == {first["token_id"], second["token_id"]}
    shown = listed[first["token_id"]]
    assert set(shown) == {
        *("id", "name", "read_only", "created_at", "expires_at", "last_used_at", "is_current"),
    }
    assert (shown["read_only"], shown["expires_at"], shown["is_current"]) == (True, None, True)
    assert shown["last_used_at"].endswith("Z")
    other = listed[second["token_id"]]
    assert (other["expires_at"], other["last_used_at"]) == (second["expires_at"], None)
    assert not other["is_current"]
    for made in (first, second):
        assert made["token"].removeprefix("pvn_")[:16] not in answer.text
    by_cookie = alice.api("GET", "/api/tokens").get_json()["tokens"]
    assert [each["is_current"] for each in by_cookie] == [False, False]


def test_a_revoked_token_is_refused_from_the_next_call_on(app: Flask, alice: Visitor) -> None:
    kept, lost = _made(app), _made(app)
    elsewhere = Visitor(app)
    address = f"/api/tokens/{lost['token_id']}"
    gone = elsewhere.raw("DELETE", address, headers=_bearer(kept))
    assert (gone.status_code, gone.data) == (204, b"")
    assert elsewhere.raw("GET", "/api/user", headers=_bearer(lost)).status_code == 401
    again = elsewhere.raw("DELETE", address, headers=_bearer(kept))
    assert (again.status_code, again.get_json(force=True)["code"]) == (404, "not_found")
    itself = f"/api/tokens/{kept['token_id'].upper()}"
    assert elsewhere.raw("DELETE", itself, headers=_bearer(kept)).status_code == 204
    assert elsewhere.raw("GET", "/api/user", headers=_bearer(kept)).status_code == 401
    assert "token" in alice.get("/settings/activity").text.casefold()


def test_a_read_only_token_revokes_nothing(app: Flask, alice: Visitor) -> None:
    read_only, other = _made(app, read_only=True), _made(app)
    for made in (other, read_only):
        address = f"/api/tokens/{made['token_id']}"
        refused = Visitor(app).raw("DELETE", address, headers=_bearer(read_only))
        assert refused.status_code == 403
        assert refused.get_json(force=True)["code"] == "read_only_token"
    assert len(alice.api("GET", "/api/tokens").get_json()["tokens"]) == 2


def test_what_is_not_theirs_or_no_id_is_not_there(app: Flask, alice: Visitor) -> None:
    bob = Visitor(app)
    bob.register("bob")
    made = _made(app)
    for address in (made["token_id"], str(uuid4()), "1", "x" * 3000, "%00", "%ff"):
        refused = bob.api("DELETE", f"/api/tokens/{address}")
        assert refused.status_code == 404, address
        assert refused.content_type == "application/problem+json"
    assert len(alice.api("GET", "/api/tokens").get_json()["tokens"]) == 1
    assert alice.raw("DELETE", f"/api/tokens/{made['token_id']}").status_code == 403
