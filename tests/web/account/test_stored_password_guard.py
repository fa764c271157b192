"""What is stored of a connection is never shown, never filled in, and never sent anywhere else."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from sqlalchemy import delete, update

from provision.control.store.tables import connections
from provision.web.request.services import EXTENSION, Services
from tests.tenant.faulty_servers import serving
from tests.web.second_factor import enrol
from tests.web.wizard import CONNECTION, READ, SCHEMA, STEP

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from flask import Flask

    from tests.conftest import Database
    from tests.web.conftest import Visitor

API = "/api/user/database-connection"
PAGES = [
    "/dashboard",
    "/settings",
    "/settings/databases",
    "/settings/two-factor",
    STEP,
    f"{STEP}?step=information",
    CONNECTION,
    SCHEMA,
    f"{STEP}/schema.sql",
    "/nowhere",
    "/api/user",
    API,
    f"{API}/schema",
]


def _assert_unsaid(text: str, database: Database) -> None:
    for form in (database.password, quote(database.password), database.connection_string):
        assert form not in text


def _connection(visitor: Visitor) -> dict[str, Any]:
    answer = visitor.api("GET", API).json
    assert answer is not None
    found: dict[str, Any] = answer["connection"]
    return found


@contextmanager
def _listening(method: int) -> Iterator[tuple[int, bytearray]]:
    """A port where a server asks for the password this way, and all that was said to it."""
    heard = bytearray()
    mechanisms = b"SCRAM-SHA-256\0\0" if method == 10 else b"salt" if method == 5 else b""
    question = method.to_bytes(4, "big") + mechanisms

    def talk(client: socket.socket) -> None:
        while piece := client.recv(4096):
            heard.extend(piece)
            if piece[4:8] == b"\x04\xd2\x16\x2f":
                client.sendall(b"N")
            elif b"database\0" in piece:
                client.sendall(b"R" + (len(question) + 4).to_bytes(4, "big") + question)

    with serving(talk) as port:
        yield port, heard


@pytest.mark.parametrize("two_factor", [False, True])
def test_no_page_and_no_answer_holds_it(
    app: Flask, client: Visitor, database: Database, two_factor: bool
) -> None:
    if two_factor:
        enrol(app, client)
    for path in PAGES:
        for htmx in (False, True):
            _assert_unsaid(client.get(path, htmx=htmx, follow_redirects=True).text, database)
    page = client.get(CONNECTION).text
    field = re.search(
        r'<textarea[^>]*id="connection_string"[^>]*>\s*(.*?)</textarea>', page, re.DOTALL
    )
    assert field is not None
    assert field[1] == ""


@pytest.mark.parametrize("method", [3, 5, 10], ids=["clear", "md5", "scram"])
def test_a_string_without_its_password_is_not_completed_with_ours(
    client: Visitor, database: Database, method: int
) -> None:
    before = _connection(client)
    with _listening(method) as (port, heard):
        elsewhere = f"postgresql://{database.user}@127.0.0.1:{port}/{database.name}"
        forms: list[dict[str, str]] = [
            {"connection_string": elsewhere},
            {"connection_string": elsewhere, "allow_md5": "1"},
        ]
        for form in forms:
            answer = client.post_form(CONNECTION, form)
            assert answer.status_code == 422
            _assert_unsaid(answer.text, database)
            answer = client.api("POST", API, form | {"allow_md5": "allow_md5" in form})
            assert answer.status_code == 422
            _assert_unsaid(answer.text, database)
    assert heard, "nothing was tried"
    assert database.user.encode() in heard
    assert database.password.encode() not in heard
    assert b"p\0\0\0" not in heard, "a password message was sent"
    assert _connection(client) == before


def test_parts_alone_change_nothing(client: Visitor, database: Database) -> None:
    before = _connection(client)
    parts: dict[str, object] = {
        "host": "127.0.0.1",
        "port": 1,
        "user": "mallory",
        "username": "mallory",
        "database": "postgres",
        "sslmode": "disable",
        "tls": "plain",
        "name": "Mine",
    }
    for body in (parts, *({name: value} for name, value in parts.items())):
        assert client.api("POST", API, body).status_code == 422
        assert client.api("POST", API, body | {"connection_string": ""}).status_code == 422
        form = {name: str(value) for name, value in body.items()}
        assert client.post_form(CONNECTION, form).status_code == 422
        assert client.post_form(CONNECTION, form | {"ca_certificate": "x"}).status_code == 422
        assert client.post_form(READ, form, htmx=True).status_code == 200
    for method in ("PUT", "PATCH"):
        assert client.api(method, API, parts).status_code == 405
    assert _connection(client) == before


def test_what_the_store_says_of_a_connection_leads_its_password_nowhere(
    app: Flask, client: Visitor, make_app: Callable[..., Flask]
) -> None:
    services: Services = app.extensions[EXTENSION]
    with _listening(3) as (port, heard):
        with services.store.writing() as conn:
            conn.execute(
                update(connections).values(
                    host="127.0.0.1", port=port, database="postgres", username="mallory"
                )
            )
        # Nothing pooled, nothing remembered: another process on the same store.
        settings = services.settings
        again = make_app(data_dir=settings.data_dir, control_url=settings.control_url)
        client._http.application = again
        assert client.get("/projects").status_code == 200
    assert not heard


def test_a_connection_given_to_another_person_in_the_store_opens_nothing_for_them(
    app: Flask, client: Visitor, bob: Visitor
) -> None:
    client.api("POST", "/api/projects", {"name": "Alice's own"})
    services: Services = app.extensions[EXTENSION]
    alices, bobs = (_connection(each)["id"] for each in (client, bob))
    with services.store.writing() as conn:
        whose = conn.execute(
            delete(connections).where(connections.c.id == bobs).returning(connections.c.user_id)
        ).scalar_one()
        conn.execute(update(connections).where(connections.c.id == alices).values(user_id=whose))
    answer = bob.api("GET", "/api/projects")
    assert answer.status_code == 409
    assert answer.get_json(force=True)["code"] == "database_not_configured"
    assert client.api("GET", "/api/projects").get_json()["code"] == "connection_unreadable"
    assert bob.get("/projects").headers["Location"] == STEP
