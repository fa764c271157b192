"""A database that answers with something else than its rows: its owner gets a 503, nobody a 500."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

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


def _lie(client: Visitor, answer: str) -> None:
    assert client.database is not None
    with client.database.connect() as connection:
        connection.execute(_LYING.format(answer=answer, role=client.database.user).encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
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
    _assert_unreachable(client.api("POST", "/api/projects", {"name": "Gone"}))
    assert client.post_form("/projects", {"name": "Gone"}).status_code == 503
    assert client.rows("SELECT name FROM projects") == []
