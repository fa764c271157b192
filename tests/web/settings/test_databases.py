from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.web.wizard import block, is_connected, stored_bytes, tables_in

if TYPE_CHECKING:
    from flask import Flask

    from tests.conftest import Database, Server
    from tests.web.conftest import Visitor

DATABASES = "/settings/databases"
CHECK = f"{DATABASES}/check"
FORGET = f"{DATABASES}/forget"


def test_what_is_connected_is_shown_and_the_password_is_not(
    client: Visitor, database: Database
) -> None:
    page = client.get(DATABASES)
    assert page.status_code == 200
    part = block(page.text, "databases")
    for shown in (database.name, database.user, "127.0.0.1", "PostgreSQL 18", "Not encrypted"):
        assert shown in part
    assert database.password not in page.text
    assert 'href="/auth/setup-database/connection"' in part


def test_the_sidebar_counts_where_the_database_answers_and_is_bare_where_not(
    client: Visitor, database: Database, server: Server
) -> None:
    with database.connect() as connection:
        connection.execute("INSERT INTO projects (user_id, name) SELECT id, 'Wharf' FROM profiles")
    assert "Wharf" in client.get("/settings").text
    server.drop(database.name, database.user)
    page = client.get("/settings")
    assert page.status_code == 200
    assert "Wharf" not in page.text
    assert "health-down" in page.text


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_check_says_that_all_is_there(client: Visitor, htmx: bool) -> None:
    answer = client.post_form(CHECK, htmx=htmx)
    assert answer.status_code == 200
    assert ("<html" in answer.text) is not htmx
    part = block(answer.text, "check")
    assert part.count('class="stage stage-ok"') == 9
    assert re.search(r"all nine checks in \d+ ms", part)


def test_a_check_names_what_is_missing_and_leads_to_the_wizard(
    client: Visitor, database: Database
) -> None:
    with database.connect() as connection:
        connection.execute("DROP TABLE tasks")
    answer = client.post_form(CHECK)
    part = block(answer.text, "check")
    assert part.count('class="stage stage-ok"') == 8
    assert "Some of the tables, columns or indexes are missing." in part
    assert "<code>tasks</code> The table is missing." in part
    assert 'href="/auth/setup-database/schema"' in part
    assert "Create the tables for me" in client.get("/auth/setup-database").text


def test_a_check_of_a_database_that_is_gone_says_why(
    client: Visitor, database: Database, server: Server
) -> None:
    server.drop(database.name, database.user)
    answer = client.post_form(CHECK)
    assert answer.status_code == 200
    part = block(answer.text, "check")
    assert "stage-wrong" in part
    assert any(
        code in part
        for code in ("auth_failed", "database_not_found", "server_closed", "server_shutting_down")
    )
    assert client.get(DATABASES).status_code == 200


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_forgetting_asks_first_and_touches_nothing_in_the_database(
    client: Visitor, database: Database, app: Flask, htmx: bool
) -> None:
    asked = block(client.get(DATABASES).text, "forget-connection")
    assert f'action="{FORGET}"' in asked
    before = tables_in(database)
    answer = client.post_form(FORGET, htmx=htmx)
    place = answer.headers["HX-Redirect"] if htmx else answer.location
    assert place == DATABASES
    assert not is_connected(client)
    assert tables_in(database) == before
    assert database.password.encode() not in stored_bytes(app)
    assert "No database is connected" in client.get(DATABASES).text


@pytest.mark.parametrize("path", [CHECK, FORGET])
def test_without_a_connection_the_wizard_is_where_to_go(newcomer: Visitor, path: str) -> None:
    answer = newcomer.post_form(path)
    assert (answer.status_code, answer.location) == (303, "/auth/setup-database")


def test_the_workspace_is_renamed_in_its_own_database_and_here(
    client: Visitor, database: Database
) -> None:
    answer = client.post_form(f"{DATABASES}/name", {"workspace_name": "  Halden Studio "})
    assert answer.status_code == 303
    with database.connect() as connection:
        rows = connection.execute("SELECT name FROM provision_workspaces").fetchall()
    assert rows == [("Halden Studio",)]
    page = client.get(DATABASES).text
    assert '<strong dir="auto">Halden Studio</strong>' in page
    assert 'value="Halden Studio"' in page


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 201])
def test_a_name_that_nobody_could_read_is_refused(
    client: Visitor, database: Database, name: str
) -> None:
    answer = client.post_form(f"{DATABASES}/name", {"workspace_name": name})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    with database.connect() as connection:
        ((kept,),) = connection.execute("SELECT name FROM provision_workspaces").fetchall()
    assert kept not in ("", name)


def test_the_workspace_of_somebody_else_in_the_same_database_keeps_its_name(
    client: Visitor, bob: Visitor, database: Database
) -> None:
    client.post_form(f"{DATABASES}/name", {"workspace_name": "Mine"})
    with database.connect() as connection:
        rows = connection.execute("SELECT name FROM provision_workspaces ORDER BY name").fetchall()
    assert sorted(name == "Mine" for (name,) in rows) == [False, True]
    assert 'value="Mine"' not in bob.get(DATABASES).text


def test_a_check_makes_no_version_stale_and_a_saved_string_all(
    client: Visitor, database: Database
) -> None:
    def epoch() -> str:
        [(found,)] = client.rows("SELECT epoch::text FROM provision_workspaces")
        return str(found)

    before = epoch()
    assert client.post_form(CHECK, {}).status_code == 200
    assert epoch() == before
    [(owner_id,)] = client.rows("SELECT owner_id::text FROM provision_workspaces")
    body = {"connectionString": database.connection_string, "workspace": owner_id}
    assert client.api("POST", "/api/user/database-connection", body).status_code == 200
    assert epoch() != before
