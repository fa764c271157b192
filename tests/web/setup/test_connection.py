from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import pytest

from tests.web.wizard import (
    CONNECTION,
    READ,
    SCHEMA,
    STEP,
    block,
    connect_by_form,
    is_connected,
    paste,
    stored_bytes,
)

if TYPE_CHECKING:
    from flask import Flask

    from tests.conftest import Database, Server
    from tests.web.conftest import Visitor

REFUSED_AS_TEXT = {
    "format": "what is this",
    "scheme": "mysql://u:sesame77@db.example.com/d",
    "host_missing": "postgresql://u:sesame77@/d",
    "database_missing": "postgresql://u:sesame77@db.example.com",
    "port": "postgresql://u:sesame77@db.example.com:99999/d",
    "forbidden_param": "postgresql://u:sesame77@db.example.com/d?sslkey=/etc/x",
    "unix_socket": "postgresql://u:sesame77@%2Fvar%2Frun%2Fpostgresql/d",
    "too_long": "postgresql://u:sesame77@db.example.com/" + "d" * 2_100,
    "control_chars": "postgresql://u:sesame77@db.example.com/d\x07b",
    "blocked_address": "postgresql://u:sesame77@169.254.169.254/d",
}


def _field_error(page: str) -> str:
    found = re.search(r'id="connection_string-error">.*?<span>(.*?)</span>', page, re.DOTALL)
    assert found is not None, "no message beside the field"
    return found[1]


def _failed_row(page: str) -> str:
    return page.partition('<li class="stage stage-wrong">')[2].partition("</li>")[0]


def _stages(page: str) -> list[str]:
    return re.findall(r'<li class="stage stage-([a-z]+)">', page)


def test_the_step_shows_one_field_and_nine_checks(newcomer: Visitor) -> None:
    page = newcomer.get(CONNECTION)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert 'hx-history="false"' in page.text
    assert re.search(r'<textarea[^>]*name="connection_string"[^>]*spellcheck="false"', page.text)
    assert 'name="ca_certificate"' in page.text
    assert 'name="allow_md5"' in page.text
    assert _stages(page.text) == ["waiting"] * 9


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_what_is_refused_as_text_is_said_beside_the_field(newcomer: Visitor, htmx: bool) -> None:
    for code, text in REFUSED_AS_TEXT.items():
        answer = paste(newcomer, text, htmx=htmx)
        assert answer.status_code == 422, code
        assert ("<html" in answer.text) is not htmx
        part = block(answer.text, "connection-step")
        assert f"<code>{code}</code>" in part
        assert "did not pass" in _field_error(part)
        assert "Not readable yet" not in part
        assert _stages(part) == ["wrong"] + ["waiting"] * 8
        outside = re.sub(r"<textarea.*?</textarea>", "", answer.text, flags=re.DOTALL)
        assert "sesame77" not in outside
    assert not is_connected(newcomer)


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_wrong_password_stops_at_the_login(
    newcomer: Visitor, database: Database, app: Flask, htmx: bool
) -> None:
    wrong = database.connection_string.replace(database.password, "wrong-sesame-77")
    answer = paste(newcomer, wrong, htmx=htmx)
    assert answer.status_code == 422
    part = block(answer.text, "connection-step")
    assert "auth_failed" in part
    assert _stages(part) == ["ok"] * 4 + ["wrong"] + ["waiting"] * 4
    assert "stopped at 5 of 9" in part
    # The failure is told by its row; the field only points there.
    assert "did not pass" in _field_error(part)
    assert database.user in _failed_row(part)
    # Nothing typed is lost, and it stands in its field alone.
    assert answer.text.count("wrong-sesame-77") == 1
    assert not is_connected(newcomer)
    assert b"wrong-sesame-77" not in stored_bytes(app)


def test_a_missing_database_is_named(newcomer: Visitor, server: Server) -> None:
    text = server.url("no_such_db").set(drivername="postgresql")
    answer = paste(newcomer, text.render_as_string(hide_password=False))
    assert answer.status_code == 422
    assert "database_not_found" in answer.text
    assert "CREATE DATABASE no_such_db" in answer.text


def test_a_closed_port_is_told(newcomer: Visitor) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    answer = paste(newcomer, f"postgresql://u:p@127.0.0.1:{port}/d")
    assert answer.status_code == 422
    assert "connection_refused" in answer.text
    assert str(port) in _failed_row(answer.text)


def test_nothing_pasted_is_an_invalid_form(newcomer: Visitor) -> None:
    for fields in ({}, {"connection_string": ""}, {"connection_string": " \r\n "}):
        answer = newcomer.post_form(CONNECTION, fields)
        assert answer.status_code == 422
        assert "There is no connection string here." in _field_error(answer.text)


@pytest.mark.parametrize("text", ["not a certificate", "kein Schlüssel", "\N{COLLISION SYMBOL}"])
def test_a_certificate_that_is_none_is_said_beside_its_own_field(
    newcomer: Visitor, database: Database, text: str
) -> None:
    answer = paste(newcomer, database.connection_string, ca_certificate=text)
    assert answer.status_code == 422
    assert 'id="ca_certificate-error"' in answer.text
    assert 'id="connection_string-error"' not in answer.text
    assert "<details open>" in answer.text
    assert not is_connected(newcomer)


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_what_is_pasted_is_read_without_connecting(newcomer: Visitor, htmx: bool) -> None:
    text = "psql 'postgres://ann:sesame77@ep-blue.eu-central-1.aws.neon.tech/neondb'"
    answer = newcomer.post_form(READ, {"connection_string": text}, htmx=htmx)
    assert answer.status_code == 200
    part = block(answer.text, "reading")
    for shown in ("ann", "neondb", "ep-blue.eu-central-1.aws.neon.tech", "5432", "Neon"):
        assert shown in part
    assert "by default" in part
    assert "Changed on the way in" in part
    assert "sesame77" not in part
    assert ("<html" in answer.text) is not htmx


def test_what_was_found_of_another_text_goes_as_it_is_read_anew(newcomer: Visitor) -> None:
    paste(newcomer, REFUSED_AS_TEXT["scheme"], htmx=True)
    answer = newcomer.post_form(READ, {"connection_string": "postgresql://u:p@h/d"}, htmx=True)
    checks = block(answer.text, "connection-checks")
    assert 'hx-swap-oob="true"' in checks
    assert _stages(checks) == ["waiting"] * 9
    assert "One check failed" not in answer.text


def test_reading_what_is_not_readable_is_no_error(newcomer: Visitor) -> None:
    for text in ("", "post", *REFUSED_AS_TEXT.values()):
        answer = newcomer.post_form(READ, {"connection_string": text}, htmx=True)
        assert answer.status_code == 200, text
        assert "Read as" not in block(answer.text, "reading")
        assert "sesame77" not in answer.text


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_string_that_passes_is_saved_sealed_and_leads_to_the_tables(
    newcomer: Visitor, database: Database, app: Flask, htmx: bool
) -> None:
    answer = paste(newcomer, database.connection_string, htmx=htmx)
    if htmx:
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, SCHEMA)
    else:
        assert (answer.status_code, answer.location) == (303, SCHEMA)
    assert is_connected(newcomer)
    stored = stored_bytes(app)
    assert database.password.encode() not in stored
    assert database.name.encode() in stored


def test_no_page_shows_the_string_after_it_is_saved(newcomer: Visitor, database: Database) -> None:
    connect_by_form(newcomer, database)
    newcomer.post_form(SCHEMA, {"action": "apply"})
    for path in (
        STEP,
        f"{STEP}?step=information",
        CONNECTION,
        SCHEMA,
        f"{SCHEMA}.sql",
        "/settings",
        "/settings/databases",
        "/api/user/database-connection",
    ):
        answer = newcomer.get(path)
        assert answer.status_code in (200, 303), path
        assert database.password not in answer.text, path
    assert database.password not in newcomer.post_form("/settings/databases/check").text


def test_a_role_that_may_not_create_tables_is_given_the_sql_for_its_owner(
    newcomer: Visitor, server: Server
) -> None:
    name = server.create_database()
    role, password = server.create_role()
    text = server.url(name, role, password).set(drivername="postgresql")
    try:
        answer = paste(newcomer, text.render_as_string(hide_password=False))
        assert answer.status_code == 422
        assert "permission_denied" in answer.text
        assert "GRANT USAGE, CREATE ON SCHEMA public" in answer.text
        assert "CREATE TABLE profiles" in block(answer.text, "owner-sql")
        assert not is_connected(newcomer)
    finally:
        server.drop(name, role)


def test_another_string_takes_the_place_of_the_first(
    newcomer: Visitor, database: Database, server: Server
) -> None:
    connect_by_form(newcomer, database)
    assert "You are connected to" in newcomer.get(CONNECTION).text
    user, password = server.create_role()
    name = server.create_database(owner=user)
    try:
        text = server.url(name, user, password).set(drivername="postgresql")
        answer = paste(newcomer, text.render_as_string(hide_password=False))
        assert (answer.status_code, answer.location) == (303, SCHEMA)
        kept = newcomer.api("GET", "/api/user/database-connection").json
        assert kept is not None
        assert kept["connection"]["database"] == name
    finally:
        newcomer.post_form("/settings/databases/forget")
        server.drop(name, user)


def test_a_failed_replacement_leaves_the_first_as_it_was(
    newcomer: Visitor, database: Database
) -> None:
    connect_by_form(newcomer, database)
    assert paste(newcomer, "postgresql://u:p@169.254.169.254/d").status_code == 422
    kept = newcomer.api("GET", "/api/user/database-connection").json
    assert kept is not None
    assert kept["connection"]["database"] == database.name
