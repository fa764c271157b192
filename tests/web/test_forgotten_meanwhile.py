"""A connection that is forgotten while a request is still at work with it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

    from tests.web.conftest import Visitor


def test_tables_found_missing_on_a_connection_forgotten_meanwhile_are_no_fault(
    client: Visitor,
) -> None:
    assert client.database is not None
    bearer = _bearer(client)
    http = client.app.test_client()
    assert http.get("/api/projects", headers=bearer).status_code == 200
    with client.database.connect() as connection, ThreadPoolExecutor(1) as pool:
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE projects")
        under_way = pool.submit(client.app.test_client().get, "/api/projects", headers=bearer)
        _wait_until_blocked(connection)
        forgotten = http.delete("/api/user/database-connection", headers=bearer)
        assert forgotten.status_code == 204
        connection.execute("DROP TABLE projects CASCADE")
        connection.execute("COMMIT")
        answer = under_way.result(20)
    assert answer.status_code == 409, answer.text
    assert answer.get_json(force=True)["code"] == "schema_not_ready"


def _bearer(client: Visitor) -> dict[str, str]:
    credentials = {"email": client.email(), "password": "correct horse battery"}
    made = client.raw("POST", "/api/auth/token", json=credentials)
    return {"Authorization": f"Bearer {made.get_json()['token']}"}


def _wait_until_blocked(connection: psycopg.Connection) -> None:
    end = time.monotonic() + 10
    query = "SELECT FROM pg_locks WHERE relation = 'projects'::regclass AND NOT granted"
    while time.monotonic() < end:
        if connection.execute(query).fetchone() is not None:
            return
        time.sleep(0.02)
    raise AssertionError("the request did not get as far as the table")
