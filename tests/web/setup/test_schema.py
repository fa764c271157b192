from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provision.tenant.schema.state import create_sql
from tests.web.wizard import (
    SCHEMA,
    STEP,
    TABLES,
    block,
    connect_by_form,
    drop_guest,
    guest_of,
    paste,
    run_as_owner,
    tables_in,
)

if TYPE_CHECKING:
    from tests.conftest import Database, Server
    from tests.web.conftest import Visitor

VERSION_1 = Path(__file__).parents[2] / "tenant_schema_v1.sql"


@pytest.fixture
def connected(newcomer: Visitor, database: Database) -> Visitor:
    connect_by_form(newcomer, database)
    return newcomer


def test_the_step_shows_the_sql_and_the_tables_it_makes(connected: Visitor) -> None:
    page = connected.get(SCHEMA)
    assert page.status_code == 200
    assert "CREATE TABLE profiles" in block(page.text, "schema-sql")
    for name in TABLES:
        assert f"<code>{name}</code>" in page.text
    assert "Create the tables for me" in page.text
    assert "I've created the tables" in page.text
    assert tables_in_database(connected) == set()


def test_the_wizard_resumes_here_by_its_first_address(connected: Visitor) -> None:
    assert "Create the tables for me" in connected.get(STEP).text


def test_the_download_is_the_text_that_is_shown(connected: Visitor) -> None:
    answer = connected.get(f"{SCHEMA}.sql")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; charset=utf-8"
    assert 'filename="provision.sql"' in answer.headers["Content-Disposition"]
    assert answer.text == create_sql()


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_one_click_makes_the_tables(connected: Visitor, htmx: bool) -> None:
    answer = connected.post_form(SCHEMA, {"action": "apply"}, htmx=htmx)
    if htmx:
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, STEP)
    else:
        assert (answer.status_code, answer.location) == (303, STEP)
    assert tables_in_database(connected) == TABLES
    assert connected.rows("SELECT count(*) FROM provision_workspaces") == [(1,)]
    assert connected.rows("SELECT email, name FROM profiles") == [("nora@example.org", "Nora")]
    success = connected.get(STEP)
    assert "Skip to dashboard" in success.text
    assert "Set up two-factor" in success.text
    again = connected.get(SCHEMA)
    assert (again.status_code, again.location) == (303, STEP)


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_saying_the_tables_are_there_when_they_are_not(connected: Visitor, htmx: bool) -> None:
    answer = connected.post_form(SCHEMA, {"action": "verify"}, htmx=htmx)
    assert answer.status_code == 422
    assert ("<html" in answer.text) is not htmx
    assert "5 things are still missing." in block(answer.text, "schema-complaint")
    assert tables_in_database(connected) == set()


def test_what_is_still_missing_is_named(connected: Visitor, database: Database) -> None:
    with database.connect() as connection:
        connection.execute(create_sql().encode())
        connection.execute("ALTER TABLE tasks DROP COLUMN position")
        connection.execute("DROP INDEX idx_projects_user")
    answer = connected.post_form(SCHEMA, {"action": "verify"})
    assert answer.status_code == 422
    assert "2 things are still missing." in answer.text
    assert "<h1>Bring its tables up to date</h1>" in answer.text
    assert "<code>position</code>: The column is missing." in answer.text
    assert "The index idx_projects_user is missing." in answer.text
    assert connected.post_form(SCHEMA, {"action": "apply"}).status_code == 303


def test_who_ran_the_sql_goes_on(connected: Visitor, database: Database) -> None:
    with database.connect() as connection:
        connection.execute(connected.get(f"{SCHEMA}.sql").data)
    answer = connected.post_form(SCHEMA, {"action": "verify"})
    assert (answer.status_code, answer.location) == (303, STEP)
    assert connected.rows("SELECT count(*) FROM profiles") == [(1,)]


@pytest.mark.parametrize("action", ["apply", "verify"])
@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_table_of_another_shape_is_reported_and_never_touched(
    connected: Visitor, database: Database, action: str, htmx: bool
) -> None:
    with database.connect() as connection:
        connection.execute("CREATE TABLE projects (id bigint PRIMARY KEY, title text NOT NULL)")
        connection.execute("INSERT INTO projects VALUES (7, 'theirs')")
    answer = connected.post_form(SCHEMA, {"action": action}, htmx=htmx)
    assert answer.status_code == 409
    assert "schema_conflict" in block(answer.text, "schema-complaint")
    assert "It is bigint; it has to be uuid." in answer.text
    assert tables_in(database) == {"projects"}
    assert connected.rows("SELECT * FROM projects") == [(7, "theirs")]
    page = connected.get(SCHEMA)
    assert page.status_code == 200
    assert "has another shape" in page.text


@pytest.mark.parametrize("action", ["", "drop", "APPLY"])
def test_an_unknown_action_does_nothing(connected: Visitor, action: str) -> None:
    answer = connected.post_form(SCHEMA, {"action": action})
    assert answer.status_code == 422
    assert tables_in_database(connected) == set()


def test_version_1_is_told_and_upgraded_with_its_rows_intact(
    newcomer: Visitor, database: Database
) -> None:
    with database.connect() as connection:
        connection.execute(VERSION_1.read_bytes())
        connection.execute(
            "INSERT INTO profiles (id, email) VALUES (gen_random_uuid(), 'a@example.org')"
        )
        connection.execute("INSERT INTO projects (user_id, name) SELECT id, 'Old' FROM profiles")
        connection.execute("INSERT INTO tasks (user_id, title) SELECT id, 'Older' FROM profiles")
    choice = paste(newcomer, database.connection_string)
    assert choice.status_code == 422
    assert "1 project, 1 task" in choice.text
    newcomer.database = database
    ((owner_id,),) = newcomer.rows("SELECT id::text FROM profiles")
    answer = paste(newcomer, database.connection_string, workspace=owner_id)
    assert (answer.status_code, answer.location) == (303, SCHEMA)
    page = newcomer.get(SCHEMA)
    assert "version 1" in block(page.text, "schema-version")
    upgrade = block(page.text, "schema-sql")
    assert "ALTER TABLE tasks" in upgrade
    assert "CREATE TABLE profiles" not in upgrade
    refused = newcomer.post_form(SCHEMA, {"action": "verify"})
    assert refused.status_code == 422
    assert "still at version 1" in refused.text
    done = newcomer.post_form(SCHEMA, {"action": "apply"})
    assert (done.status_code, done.location) == (303, STEP)
    assert newcomer.rows("SELECT name FROM projects") == [("Old",)]
    assert newcomer.rows("SELECT title, assignee_id FROM tasks") == [("Older", None)]
    assert newcomer.rows("SELECT owner_id::text FROM provision_workspaces") == [(owner_id,)]


def test_a_role_without_the_right_to_create_uses_what_somebody_made(
    newcomer: Visitor, database: Database, server: Server
) -> None:
    with database.connect() as connection:
        connection.execute(create_sql().encode())
    guest = guest_of(server, database)
    try:
        connect_by_form(newcomer, guest)
        asked = newcomer.post_form(SCHEMA, {"action": "verify"})
        assert asked.status_code == 422
        for answer in (asked, newcomer.get(SCHEMA)):
            assert "rights on them are missing" in block(answer.text, "schema-complaint")
            assert "GRANT SELECT, INSERT, UPDATE, DELETE ON projects" in answer.text
        statements = "".join(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {guest.user};" for name in TABLES
        )
        run_as_owner(server, database, statements)
        answer = newcomer.post_form(SCHEMA, {"action": "verify"})
        assert (answer.status_code, answer.location) == (303, STEP)
        assert "Skip to dashboard" in newcomer.get(STEP).text
        newcomer.database = database
        assert newcomer.rows("SELECT email FROM profiles") == [("nora@example.org",)]
    finally:
        newcomer.post_form("/settings/databases/forget")
        drop_guest(server, database, guest)


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_losing_the_right_to_create_is_said_with_a_way_out(
    newcomer: Visitor, database: Database, server: Server, htmx: bool
) -> None:
    guest = guest_of(server, database)
    try:
        run_as_owner(server, database, f"GRANT CREATE ON SCHEMA public TO {guest.user}")
        connect_by_form(newcomer, guest)
        run_as_owner(server, database, f"REVOKE CREATE ON SCHEMA public FROM {guest.user}")
        answer = newcomer.post_form(SCHEMA, {"action": "apply"}, htmx=htmx)
        assert answer.status_code == 422
        complaint = block(answer.text, "schema-complaint")
        assert "permission_denied" in complaint
        assert "GRANT USAGE, CREATE ON SCHEMA public" in complaint
        assert "ask whoever owns the database" in complaint
        assert "CREATE TABLE profiles" in block(answer.text, "schema-sql")
        assert tables_in(database) == set()
    finally:
        newcomer.post_form("/settings/databases/forget")
        drop_guest(server, database, guest)


def test_a_database_that_is_gone_is_a_503_that_says_why(
    connected: Visitor, database: Database, server: Server
) -> None:
    server.drop(database.name, database.user)
    for answer in (connected.get(SCHEMA), connected.post_form(SCHEMA, {"action": "apply"})):
        assert answer.status_code == 503
        assert "database_not_found" in answer.text or "auth_failed" in answer.text


def tables_in_database(visitor: Visitor) -> set[str]:
    assert visitor.database is not None
    return tables_in(visitor.database)


def test_a_trigger_that_misses_a_table_of_its_own_ends_in_words_and_not_in_circles(
    client: Visitor, database: Database
) -> None:
    with database.connect() as connection:
        connection.execute(
            "CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql"
            " AS 'BEGIN PERFORM FROM not_there; RETURN new; END'"
        )
        connection.execute(
            "CREATE TRIGGER log BEFORE INSERT OR UPDATE ON provision_workspaces"
            " FOR EACH ROW EXECUTE FUNCTION log()"
        )
    saved = client.api(
        "POST",
        "/api/user/database-connection",
        {"connection_string": database.connection_string},
    )
    assert saved.status_code == 200, saved.text
    assert saved.json is not None
    assert saved.json["connection"]["schema_version"] is None
    shown = client.get("/auth/setup-database/schema")
    assert shown.status_code == 422
    assert "a trigger" in shown.text
