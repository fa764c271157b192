"""A database that answers with something else than its rows: its owner gets a 503, nobody a 500."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.tenant.faulty_servers import relaying, serving
from tests.web.exchange.forms import upload

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.conftest import Database
    from tests.web.conftest import Visitor

# Found before PostgreSQL's own functions, by a role whose search path says so.
_LYING = """
CREATE SCHEMA lies;
CREATE FUNCTION lies.row_to_json(record) RETURNS json LANGUAGE plpgsql
  AS $$BEGIN RETURN '{answer}'; END$$;
ALTER ROLE {role} SET search_path = lies, pg_catalog, public;
"""
_ROW = '{"id": "%s", "version": %s, "name": "x"}'
_GOOD_ID = "4b4f5dc7-6a3f-4f0e-9c0e-0d6bb2d3f6a1"


def _lie(client: Visitor, answer: str, how: str = _LYING) -> None:
    assert client.database is not None
    with client.database.connect() as connection:
        connection.execute(how.format(answer=answer, role=client.database.user).encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'provision'"
        )


def _assert_unreachable(answer: TestResponse) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.get_json(force=True)["code"] == "database_unreachable"


@pytest.mark.parametrize(
    "answer",
    [
        '"a text"',
        "{}",
        '{"id": 7, "version": 7}',
        _ROW % (_GOOD_ID, '"\\"quoted"'),
        _ROW % (_GOOD_ID, '"1\\r\\nX-Own: header"'),
        _ROW % ("../../elsewhere", '"1"'),
        _ROW % ("\\r\\nX-Own: header", '"1"'),
    ],
)
def test_what_is_no_row_reaches_neither_headers_nor_pages(client: Visitor, answer: str) -> None:
    row = client.api("POST", "/api/projects", {"name": "True"}).get_json()["project"]
    _lie(client, answer)
    one = f"/api/projects/{row['id']}"
    _assert_unreachable(client.api("GET", one))
    _assert_unreachable(client.api("POST", "/api/projects", {"name": "Another"}))
    _assert_unreachable(client.api("PATCH", one, {"name": "Changed"}))
    for htmx in (False, True):
        assert client.post_form("/projects", {"name": "By form"}, htmx=htmx).status_code == 503
        changed = client.post_form(f"/projects/{row['id']}", {"name": "By form"}, htmx=htmx)
        assert changed.status_code == 503


# An aggregate of the same name and parameters as PostgreSQL's own, and found before it.
_LYING_LISTS = """
CREATE SCHEMA lies;
CREATE FUNCTION lies.step(json, anyelement) RETURNS json LANGUAGE sql AS 'SELECT $1';
CREATE AGGREGATE lies.json_agg(anyelement) (SFUNC = lies.step, STYPE = json, INITCOND = '{answer}');
ALTER ROLE {role} SET search_path = lies, pg_catalog, public;
"""
_LISTED = {
    "id": "x", "title": "x", "name": "x", "email": None, "description": None, "project_id": None,
    "assignee_id": None, "status": "todo", "priority": "low", "due_date": None, "position": 1,
    "created_at": "2026-01-01T00:00:00", "updated_at": None, "completed_at": None,
}  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [{"id": None}, {"id": "y"}, {"title": ["x"]}, {"created_at": {}}, {"status": ...}, {"more": 1}],
)
def test_rows_that_were_not_asked_for_end_an_import_and_the_sample(
    client: Visitor, changed: dict[str, object]
) -> None:
    row = {name: value for name, value in {**_LISTED, **changed}.items() if value is not ...}
    _lie(client, json.dumps([row]), _LYING_LISTS)
    for answer in (
        upload(client, f"Id,Title\n{_GOOD_ID},One\n"),
        client.get("/sample"),
        client.post_form("/sample/remove"),
    ):
        assert answer.status_code == 503, answer.text


@pytest.mark.parametrize(
    "moment", ["0001-01-01", "9999-12-31 23:59:59", "infinity", "-infinity", "0044-03-15 BC"]
)
def test_a_sample_that_was_written_at_any_time_is_looked_at(client: Visitor, moment: str) -> None:
    client.post_form("/sample")
    for table in ("projects", "team_members", "tasks"):
        client.rows(f"UPDATE {table} SET created_at = '{moment}' RETURNING 1")
    assert client.get("/sample").status_code == 200


def test_a_trigger_that_swallows_new_rows_is_reported_and_not_taken_for_success(
    client: Visitor,
) -> None:
    assert client.database is not None
    with client.database.connect() as connection:
        connection.execute(
            "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql"
            " AS 'BEGIN RETURN NULL; END';"
            "CREATE TRIGGER swallow BEFORE INSERT ON projects"
            " FOR EACH ROW EXECUTE FUNCTION swallow()"
        )
    for answer in (
        client.api("POST", "/api/projects", {"name": "Gone"}),
        client.post_form("/projects", {"name": "Gone"}),
    ):
        assert answer.status_code == 422
        assert "a rule of its own" in answer.text
    assert client.rows("SELECT name FROM projects") == []


_PAGES = ("/dashboard", "/projects", "/tasks", "/team")
# As a column's description ends: its type, any length, no modifier, sent as text.
_ENDING = b"\xff\xff" * 3 + b"\x00\x00"


@pytest.mark.parametrize(
    "claimed", ["int4", "uuid", "json", "bool", "numeric", "float8", "inet", "date", "int4[]"]
)
def test_a_server_that_lies_about_types_is_told_apart_from_a_fault_of_ours(
    newcomer: Visitor, database: Database, claimed: str
) -> None:
    found = psycopg.adapters.types[claimed.removesuffix("[]")]
    oid = found.array_oid if claimed.endswith("[]") else found.oid
    lies: list[bool] = []

    def tamper(answer: bytes) -> bytes:
        text = psycopg.adapters.types["text"].oid.to_bytes(4, "big") + _ENDING
        return answer.replace(text, oid.to_bytes(4, "big") + _ENDING) if lies else answer

    assert database.url.host is not None
    assert database.url.port is not None
    with serving(relaying((database.url.host, database.url.port), tamper)) as port:
        newcomer.connect(replace(database, url=database.url.set(port=port)))
        row = newcomer.api("POST", "/api/projects", {"name": "True"}).get_json()["project"]
        lies.append(True)
        one = f"/api/projects/{row['id']}"
        for answer in (
            newcomer.api("GET", "/api/projects"),
            newcomer.api("GET", one),
            newcomer.api("POST", "/api/projects", {"name": "Another"}),
            newcomer.api("PATCH", one, {"name": "Changed"}),
            newcomer.api("DELETE", one, None, **{"If-Match": '"1"'}),
            newcomer.api("GET", "/api/user/database-connection/schema"),
            *(newcomer.get(page) for page in _PAGES),
        ):
            assert answer.status_code == 503, answer.text
        assert newcomer.get("/settings/databases").status_code == 200
        newcomer.api("DELETE", "/api/user/database-connection")
