from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from tests.conftest import Database, Server
    from tests.web.conftest import Visitor

PATH = "/api/user/database-connection"


def test_before_anything_is_connected(newcomer: Visitor) -> None:
    assert newcomer.api("GET", PATH).get_json() == {"connected": False, "connection": None}
    for method, path in (("GET", f"{PATH}/schema"), ("DELETE", PATH), ("GET", "/api/tasks")):
        refused = newcomer.api(method, path)
        assert refused.status_code == 409
        assert refused.get_json(force=True)["code"] == "database_not_configured"


def test_a_good_string_is_tested_saved_and_never_shown(
    newcomer: Visitor, database: Database
) -> None:
    saved = newcomer.api("POST", PATH, {"connectionString": database.connection_string})
    assert saved.status_code == 200
    body = saved.get_json()
    assert body["success"] is True
    assert body["workspaces"] == []
    assert set(body["connection"]) == {
        "id", "name", "host", "port", "database", "user", "provider", "tls",
        "server_version", "schema_version", "verified_at",
    }  # fmt: skip
    assert body["connection"]["schema_version"] is None
    assert body["connection"]["user"] == database.user
    shown = newcomer.api("GET", PATH)
    assert shown.get_json() == {"connected": True, "connection": body["connection"]}
    assert database.password not in saved.text + shown.text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda url: "not a string", "format"),
        (lambda url: url.replace("postgresql:", "mysql:"), "scheme"),
        (lambda url: url + "?sslkey=/etc/passwd", "forbidden_param"),
        (lambda url: url.replace("127.0.0.1", "169.254.169.254"), "blocked_address"),
        (lambda url: "x" * 3000, "too_long"),
        (lambda url: url.rpartition("/")[0] + "/nowhere", "database_not_found"),
        (lambda url: url.replace("@", "x@"), "auth_failed"),
    ],
)
def test_a_failed_test_saves_nothing_and_says_why(
    newcomer: Visitor, database: Database, change: object, code: str
) -> None:
    assert callable(change)
    pasted = change(database.connection_string)
    refused = newcomer.api("POST", PATH, {"connection_string": pasted})
    assert refused.status_code == 422, refused.text
    problem = refused.get_json(force=True)
    assert (problem["code"], bool(problem["detail"])) == (code, True)
    assert database.password not in refused.text
    assert newcomer.api("GET", PATH).get_json()["connected"] is False


def test_wrong_types_are_refused(newcomer: Visitor) -> None:
    for body in ({}, {"connectionString": 7}, {"connectionString": "x", "allow_md5": "yes"}):
        refused = newcomer.api("POST", PATH, body)
        assert refused.status_code == 422
        assert refused.get_json(force=True)["code"] == "validation_failed"


def test_the_schema_is_shown_applied_and_then_ready(newcomer: Visitor, database: Database) -> None:
    newcomer.connect(database, schema=False)
    refused = newcomer.api("GET", "/api/tasks")
    assert refused.status_code == 409
    problem = refused.get_json(force=True)
    assert (problem["code"], problem["state"]) == ("schema_not_ready", "missing")

    shown = newcomer.api("GET", f"{PATH}/schema").get_json()
    assert (shown["state"], shown["version"], shown["latest"]) == ("missing", None, 2)
    assert "CREATE TABLE projects" in shown["sql"]

    applied = newcomer.api("POST", f"{PATH}/schema").get_json()
    assert (applied["state"], applied["version"], applied["problems"]) == ("ready", 2, [])
    assert newcomer.api("GET", "/api/tasks").status_code == 200
    assert newcomer.rows("SELECT email, name FROM profiles") == [("nora@example.org", "Nora")]


def test_tables_somebody_made_by_hand_are_noticed_at_the_next_call(
    newcomer: Visitor, database: Database
) -> None:
    newcomer.connect(database, schema=False)
    sql = newcomer.api("GET", f"{PATH}/schema").get_json()["sql"]
    with database.connect() as connection:
        connection.execute(sql.encode())
    assert newcomer.api("GET", "/api/projects").status_code == 200


def test_a_table_of_another_shape_is_a_conflict_and_stays_as_it_is(
    newcomer: Visitor, database: Database
) -> None:
    with database.connect() as connection:
        connection.execute("CREATE TABLE tasks (id int PRIMARY KEY, what text)")
        connection.execute("INSERT INTO tasks VALUES (1, 'mine')")
    newcomer.connect(database, schema=False)
    assert newcomer.api("GET", f"{PATH}/schema").get_json()["state"] == "conflict"
    refused = newcomer.api("POST", f"{PATH}/schema")
    assert refused.status_code == 409
    problem = refused.get_json(force=True)
    assert problem["code"] == "schema_conflict"
    assert {each["table"] for each in problem["problems"]} == {"tasks"}
    with database.connect() as connection:
        assert connection.execute("SELECT * FROM tasks").fetchall() == [(1, "mine")]
        assert connection.execute("SELECT to_regclass('projects')").fetchall() == [(None,)]


def test_tables_dropped_later_are_said_to_be_missing(client: Visitor) -> None:
    client.rows("SELECT 1")
    assert client.database is not None
    with client.database.connect() as connection:
        connection.execute("DROP TABLE tasks CASCADE")
    refused = client.api("GET", "/api/tasks")
    assert refused.status_code == 409
    assert refused.get_json(force=True)["code"] == "schema_not_ready"


def test_forgetting_touches_nothing_in_the_database(client: Visitor) -> None:
    client.api("POST", "/api/projects", {"name": "kept"})
    assert client.api("DELETE", PATH).status_code == 204
    assert client.api("GET", PATH).get_json()["connected"] is False
    assert client.rows("SELECT name FROM projects") == [("kept",)]


def test_a_workspace_is_found_again_and_continued(client: Visitor) -> None:
    client.api("POST", "/api/projects", {"name": "kept"})
    database = client.database
    assert database is not None
    owner = str(client.rows("SELECT owner_id FROM provision_workspaces")[0][0])
    client.api("DELETE", PATH)
    pasted = {"connection_string": database.connection_string}
    saved = client.api("POST", PATH, pasted | {"workspace": owner}).get_json()
    assert [each["owner_id"] for each in saved["workspaces"]] == [owner]
    listed = client.api("GET", "/api/projects").get_json()["projects"]
    assert [each["name"] for each in listed] == ["kept"]


def test_a_workspace_another_account_holds_is_neither_listed_nor_taken(
    client: Visitor, bob: Visitor
) -> None:
    assert client.database is not None
    owners = {str(row[0]) for row in client.rows("SELECT owner_id FROM provision_workspaces")}
    pasted = {"connection_string": client.database.connection_string}
    for owner in owners:
        answer = bob.api("POST", PATH, pasted | {"workspace": owner})
        if answer.status_code == 200:
            assert {each["owner_id"] for each in answer.get_json()["workspaces"]} <= owners
        else:
            assert answer.get_json(force=True)["errors"]["workspace"]
    names = {row[0] for row in client.rows("SELECT name FROM profiles")}
    assert names == {"Alice", "Bob"}


def test_a_database_that_went_away_is_a_503_with_its_cause(client: Visitor, server: Server) -> None:
    assert client.database is not None
    database = client.database
    server.execute(f"ALTER ROLE {database.user} NOLOGIN")
    with server.connect() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s",
            (database.user,),
        )
    refused = client.api("GET", "/api/projects")
    assert refused.status_code == 503
    problem = refused.get_json(force=True)
    assert (problem["code"], problem["cause"]) == ("database_unreachable", "auth_failed")
    with pytest.raises(psycopg.OperationalError):
        database.connect()
