from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from provision.control.accounts import tokens
from provision.web.format import dates
from provision.web.request.services import EXTENSION
from tests.control.conftest import CLIENT
from tests.web import second_factor
from tests.web.conftest import PASSWORD, Visitor
from tests.web.wizard import block

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from provision.web.request.services import Services

TOKENS = "/settings/tokens"
REVOKE = f"{TOKENS}/revoke"
FORM = {"name": "Backup script", "access": "read", "life": "90", "password": PASSWORD}


def _services(app: Flask) -> Services:
    return cast("Services", app.extensions[EXTENSION])


def _made(answer: TestResponse) -> str:
    found = re.search(r'id="new-token"[^>]*>(pvn_[0-9a-f]{72})<', answer.text)
    assert found is not None
    return found[1]


def _ids(visitor: Visitor) -> list[str]:
    return re.findall(r'name="token" value="([0-9a-f-]{36})"', visitor.get(TOKENS).text)


def _call(app: Flask, raw: str, method: str = "GET") -> int:
    options: dict[str, Any] = {"json": {"name": "P"}} if method == "POST" else {}
    headers = {"Authorization": f"Bearer {raw}"}
    return Visitor(app).raw(method, "/api/projects", headers=headers, **options).status_code


def test_the_page_leads_to_what_a_token_is_good_for(client: Visitor) -> None:
    assert 'href="/api/docs"' in client.get(TOKENS).text
    assert client.get("/api/docs").status_code == 200


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_token_is_shown_once_and_works(client: Visitor, htmx: bool) -> None:
    answer = client.post_form(TOKENS, FORM, htmx=htmx)
    assert answer.status_code == 200
    assert ("<html" in answer.text) is not htmx
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'hx-history="false"' in answer.text
    fields = FORM | {"csrf_token": client.csrf_token()}
    zipped = client.raw("POST", TOKENS, data=fields, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in zipped.headers
    raw = _made(answer)
    assert (_call(client.app, raw), _call(client.app, raw, "POST")) == (200, 403)
    page = client.get(TOKENS).text
    assert raw not in page
    assert raw.removeprefix("pvn_")[:12] not in page
    part = block(page, "tokens")
    for shown in ("Backup script", "Read only", "last used", "ends"):
        assert shown in part, shown


def test_one_with_full_access_that_never_ends(client: Visitor) -> None:
    raw = _made(client.post_form(TOKENS, FORM | {"access": "full", "life": "never"}))
    assert _call(client.app, raw, "POST") == 201
    part = block(client.get(TOKENS).text, "tokens")
    assert "Full access" in part
    assert "never ends" in part


def test_a_day_of_ones_own_counts_to_its_end(client: Visitor) -> None:
    day = dates.today() + timedelta(days=1)
    client.post_form(TOKENS, FORM | {"life": "date", "until": day.isoformat()})
    services = _services(client.app)
    (token,) = tokens.listing(services.store, user_id=_user_id(client))
    assert token.expires_at is not None
    hours = (token.expires_at - services.store.now()) / 3600
    assert 23 < hours < 49


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"life": "soon"}, "life"),
        ({"life": "date"}, "until"),
        ({"life": "date", "until": "2020-01-01"}, "until"),
        ({"life": "date", "until": "9999-12-31"}, "until"),
        ({"password": ""}, "confirm-password"),
        ({"password": "not mine, really"}, "confirm-password"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_made(
    newcomer: Visitor, wrong: dict[str, str], field: str
) -> None:
    answer = newcomer.post_form(TOKENS, FORM | {"access": "full"} | wrong)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert re.search(r'value="full"[^>]* checked', answer.text)
    assert "not mine, really" not in answer.text
    assert _ids(newcomer) == []


def test_with_two_factor_on_a_code_is_asked_for_too(newcomer: Visitor) -> None:
    phone, _ = second_factor.enrol(newcomer.app, newcomer)
    answer = newcomer.post_form(TOKENS, FORM)
    assert answer.status_code == 422
    assert 'id="confirm-code-error"' in answer.text
    assert newcomer.post_form(TOKENS, FORM | {"code": phone.wrong_code()}).status_code == 422
    code = phone.next_code()
    # What else is wrong is found before the code is used up.
    assert newcomer.post_form(TOKENS, FORM | {"code": code, "name": ""}).status_code == 422
    _made(newcomer.post_form(TOKENS, FORM | {"code": code}))
    assert newcomer.post_form(TOKENS, FORM | {"code": code}).status_code == 422


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_revoked_token_lets_nobody_in(client: Visitor, htmx: bool) -> None:
    raw = _made(client.post_form(TOKENS, FORM))
    (token_id,) = _ids(client)
    answer = client.post_form(REVOKE, {"token": token_id}, htmx=htmx)
    if htmx:
        assert "The token is revoked." in answer.headers["HX-Trigger"]
        assert "Backup script" not in answer.text
    else:
        assert (answer.status_code, answer.location) == (303, TOKENS)
    assert _call(client.app, raw) == 401
    assert _ids(client) == []


def test_a_token_of_somebody_else_does_not_exist(client: Visitor, bob: Visitor) -> None:
    raw = _made(client.post_form(TOKENS, FORM))
    (token_id,) = _ids(client)
    for name in (token_id, token_id.upper(), "", "x" * 5000, "\0"):
        answer = bob.post_form(REVOKE, {"token": name})
        assert answer.status_code == 404, name
    assert "Backup script" not in bob.get(TOKENS).text
    assert _call(client.app, raw) == 200


def test_one_that_ran_out_is_shown_as_such_and_goes_after_a_while(newcomer: Visitor) -> None:
    store, user_id = _services(newcomer.app).store, _user_id(newcomer)
    for name, days_ago in (("lately", 1), ("long ago", 91)):
        end = store.now() - days_ago * 86_400
        tokens.create(
            store, user_id=user_id, name=name, read_only=True, expires_at=end, client=CLIENT
        )
    assert block(newcomer.get(TOKENS).text, "tokens").count("Expired") == 2
    newcomer.post_form(TOKENS, FORM)
    listed = [each.name for each in tokens.listing(store, user_id=user_id)]
    assert sorted(listed) == ["Backup script", "lately"]


def test_there_may_be_so_many_and_no_more_at_any_door(newcomer: Visitor) -> None:
    store, user_id = _services(newcomer.app).store, _user_id(newcomer)
    for _ in range(tokens.MOST):
        tokens.create(
            store, user_id=user_id, name="t", read_only=True, expires_at=None, client=CLIENT
        )
    answer = newcomer.post_form(TOKENS, FORM)
    assert answer.status_code == 422
    assert "Revoke one first." in answer.text
    credentials = {"email": newcomer.email(), "password": PASSWORD}
    assert newcomer.raw("POST", "/api/auth/token", json=credentials).status_code == 422
    newcomer.post_form(REVOKE, {"token": _ids(newcomer)[0]})
    assert newcomer.raw("POST", "/api/auth/token", json=credentials).status_code == 201


def test_a_token_opens_no_page_and_makes_no_token(client: Visitor) -> None:
    raw = _made(client.post_form(TOKENS, FORM | {"access": "full"}))
    headers = {"Authorization": f"Bearer {raw}"}
    stranger = Visitor(client.app)
    token = stranger.csrf_token()
    for method, path in (("GET", TOKENS), ("POST", TOKENS), ("GET", "/settings/sessions")):
        options = {"data": FORM | {"csrf_token": token}} if method == "POST" else {}
        answer = stranger.raw(method, path, headers=headers, **options)
        if method == "POST":
            # What was typed is carried through the log-in, and nothing is done.
            assert answer.status_code == 401
            assert 'action="/login' in answer.text
        else:
            assert (answer.status_code, answer.headers["Location"][:7]) == (303, "/login?")
    assert len(_ids(client)) == 1
    assert stranger.raw("POST", "/api/auth/token", headers=headers, json={}).status_code == 422


def _user_id(visitor: Visitor) -> str:
    answer = visitor.api("GET", "/api/user").json
    assert answer is not None
    return str(answer["user"]["id"])
