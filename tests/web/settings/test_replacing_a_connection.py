"""A connection is replaced by somebody with two-factor only who says again who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.web.conftest import PASSWORD
from tests.web.second_factor import enrol
from tests.web.wizard import CONNECTION, STEP, block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from werkzeug.test import TestResponse

    from tests.conftest import Database, Server
    from tests.web.conftest import Visitor

API = "/api/user/database-connection"


@pytest.fixture
def elsewhere(server: Server, database: Database) -> Iterator[str]:
    """A string that leads to another database than the one connected."""
    name = server.create_database(owner=database.user)
    text = database.connection_string.replace(f"/{database.name}", f"/{name}")
    assert text != database.connection_string
    yield text
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _connected_to(visitor: Visitor) -> tuple[str, str] | None:
    answer = visitor.api("GET", API).json
    assert answer is not None
    found = answer["connection"]
    return (found["id"], found["database"]) if found else None


def _post(visitor: Visitor, string: str, **fields: Any) -> TestResponse:
    return visitor.api("POST", API, {"connectionString": string} | fields)


def _refused(answer: TestResponse, *fields: str) -> None:
    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["code"] == "reauthentication_required"
    assert sorted(answer.json["errors"]) == sorted(fields)


def test_the_api_wants_password_and_code(app: Flask, client: Visitor, elsewhere: str) -> None:
    authenticator, codes = enrol(app, client)
    before = _connected_to(client)
    _refused(_post(client, elsewhere), "password", "code")
    _refused(_post(client, elsewhere, password=PASSWORD), "code")
    _refused(_post(client, elsewhere, code=authenticator.next_code()), "password")
    _refused(_post(client, elsewhere, password="wrong", code=authenticator.code()), "password")
    _refused(_post(client, elsewhere, password=PASSWORD, code=authenticator.wrong_code()), "code")
    misshapen = _post(client, elsewhere, password=["x"], code={"a": 1})
    assert misshapen.status_code == 422
    assert misshapen.json is not None
    assert sorted(misshapen.json["errors"]) == ["code", "password"]
    assert _connected_to(client) == before
    # None of the refusals cost the code, and neither does a string that fails.
    code = authenticator.code()
    failed = _post(client, elsewhere + "x", password=PASSWORD, code=code)
    assert (failed.status_code, _connected_to(client)) == (422, before)
    assert _post(client, elsewhere, password=PASSWORD, code=code).status_code == 200
    after = _connected_to(client)
    assert after != before
    _refused(_post(client, elsewhere, password=PASSWORD, code=code), "code")
    assert _post(client, elsewhere, password=PASSWORD, code=codes[0]).status_code == 200
    assert _connected_to(client) != after


def test_a_token_alone_replaces_nothing(app: Flask, client: Visitor, elsewhere: str) -> None:
    email = client.email()
    authenticator, _ = enrol(app, client)
    right = {"password": PASSWORD, "code": authenticator.next_code()}
    made = client.raw("POST", "/api/auth/token", json={"email": email, **right}).json
    assert made is not None
    bearer = {"Authorization": f"Bearer {made['token']}"}
    body = {"connectionString": elsewhere}
    _refused(client.raw("POST", API, json=body, headers=bearer), "password", "code")
    _refused(client.raw("POST", API, json=body | right, headers=bearer), "code")
    right["code"] = authenticator.next_code()
    assert client.raw("POST", API, json=body | right, headers=bearer).status_code == 200


def test_forgetting_first_is_no_way_around_it(app: Flask, client: Visitor, elsewhere: str) -> None:
    authenticator, _ = enrol(app, client)
    assert client.api("DELETE", API).status_code == 204
    # The wizard's first button must not make a newcomer of them again.
    assert client.post_form(STEP).status_code == 303
    _refused(_post(client, elsewhere), "password", "code")
    page = client.post_form(CONNECTION, {"connection_string": elsewhere})
    assert page.status_code == 422
    assert 'id="confirm-code-error"' in page.text
    assert _connected_to(client) is None
    right = {"password": PASSWORD, "code": authenticator.next_code()}
    assert _post(client, elsewhere, **right).status_code == 200


def test_a_first_connection_and_one_without_two_factor_ask_for_nothing(
    app: Flask, newcomer: Visitor, database: Database, elsewhere: str
) -> None:
    assert _post(newcomer, database.connection_string).status_code == 200
    assert _post(newcomer, elsewhere).status_code == 200
    assert 'name="password"' not in newcomer.get(CONNECTION).text


def test_with_two_factor_a_first_connection_asks_for_nothing(
    app: Flask, newcomer: Visitor, database: Database
) -> None:
    enrol(app, newcomer)
    assert 'name="password"' not in newcomer.get(CONNECTION).text
    assert _post(newcomer, database.connection_string).status_code == 200
    assert 'name="password"' in newcomer.get(CONNECTION).text


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_the_form_asks_beside_its_fields_and_repeats_no_secret(
    app: Flask, client: Visitor, elsewhere: str, htmx: bool
) -> None:
    authenticator, _ = enrol(app, client)
    before = _connected_to(client)
    wrong = {"password": "sesame77 sesame", "code": authenticator.wrong_code()}
    for fields in ({}, wrong, wrong | {"password": PASSWORD}):
        answer = client.post_form(
            CONNECTION, {"connection_string": elsewhere, "workspace": "new"} | fields, htmx=htmx
        )
        assert answer.status_code == 422
        assert ("<html" in answer.text) is not htmx
        part = block(answer.text, "connection-form")
        assert 'id="confirm-password-error"' in part or 'id="confirm-code-error"' in part
        assert not any(each in answer.text for each in fields.values())
        assert answer.headers["Cache-Control"] == "no-store"
    assert _connected_to(client) == before
    saved = client.post_form(
        CONNECTION,
        {"connection_string": elsewhere, "password": PASSWORD, "code": authenticator.next_code()},
        htmx=htmx,
    )
    assert saved.status_code == (200 if htmx else 303)
    assert _connected_to(client) != before
