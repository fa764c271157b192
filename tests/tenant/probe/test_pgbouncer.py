"""What the doctor makes of a pooler in transaction mode, and of what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import create_engine

from provision.tenant.schema import state
from tests.tenant.doctor import check, found
from tests.tenant.faulty_servers import closed_port
from tests.tenant.pgbouncer import pgbouncer
from tests.tenant.targets import met_target_of

if TYPE_CHECKING:
    from tests.conftest import Database, Server


def _through(database: Database, port: int) -> str:
    return database.connection_string.replace(f":{database.url.port}/", f":{port}/")


def _users(database: Database) -> dict[str, str]:
    return {database.user: database.password}


def test_a_pooler_is_noticed_and_works(server: Server, database: Database) -> None:
    with pgbouncer(server, _users(database)) as port:
        report = check(_through(database, port))
        again = met_target_of(database.url.set(port=port))
    assert report.code == "ok"
    assert "behind a connection pooler" in report.stages[7].detail
    assert report.target is not None
    assert report.target.changes_salt  # 1.18 salts a password of its list anew at each log-in
    assert again.had_contact


def test_what_a_pooler_refuses(server: Server, database: Database) -> None:
    name = database.name
    with pgbouncer(server, _users(database), databases=name) as port:
        string = _through(database, port)
        assert found(check(string.replace(database.password, "wrong")))[0] == "auth_failed"
        assert found(check(string.replace(database.user, "nobody")))[0] == "auth_failed"
        assert found(check(string.replace(f"/{name}", "/no_such")))[0] == "database_not_found"


def test_a_database_missing_behind_a_pooler(server: Server, database: Database) -> None:
    with pgbouncer(server, _users(database)) as port:
        string = _through(database, port).replace(f"/{database.name}", "/no_such")
        assert check(string).code == "database_not_found"


def test_a_password_that_the_server_behind_does_not_take(
    server: Server, database: Database
) -> None:
    with pgbouncer(server, {database.user: "old"}) as port:
        string = _through(database, port).replace(database.password, "old")
        assert check(string).code == "auth_failed"


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("auth_type = plain", "auth_method_refused"),
        ("auth_type = md5", "auth_method_refused"),
        ("auth_type = trust", "auth_method_refused"),
        ("max_client_conn = 0", "too_many_connections"),
    ],
)
def test_how_a_pooler_can_be_set_wrong(
    server: Server, database: Database, setting: str, code: str
) -> None:
    with pgbouncer(server, _users(database), setting) as port:
        assert check(_through(database, port)).code == code


def test_no_server_behind_a_pooler(server: Server, database: Database) -> None:
    settings = ("server_connect_timeout = 1", "query_wait_timeout = 2", "server_login_retry = 1")
    with pgbouncer(server, _users(database), *settings, server_port=closed_port()) as port:
        report = check(_through(database, port))
    assert report.code in {"server_shutting_down", "connect_timeout", "too_many_connections"}


def test_no_server_behind_a_pooler_is_no_firewall(server: Server, database: Database) -> None:
    with pgbouncer(server, _users(database), server_port=closed_port()) as port:
        report = check(_through(database, port))
    assert report.code in {"server_shutting_down", "connect_timeout"}
    assert report.stages[2].ok
    assert "let the address of this server in" not in report.remedy
    assert "pooler" in report.remedy


def test_statement_pooling_is_named_before_anything_is_saved(
    server: Server, database: Database
) -> None:
    with pgbouncer(server, _users(database), "pool_mode = statement") as port:
        report = check(_through(database, port))
    assert found(report) == ("connection_failed", "rights")
    assert "statement mode" in report.detail
    assert "session or transaction mode" in report.remedy


def test_session_pooling_works(server: Server, database: Database) -> None:
    with pgbouncer(server, _users(database), "pool_mode = session") as port:
        assert check(_through(database, port)).code == "ok"


def test_the_search_path_that_another_client_left_is_not_relied_on(
    server: Server, database: Database
) -> None:
    with pgbouncer(server, _users(database), "default_pool_size = 1") as port:
        url = database.url.set(port=port)
        with database.connect() as own:
            own.execute("CREATE SCHEMA other")
        with psycopg.connect(
            host=url.host, port=port, user=url.username, password=url.password,
            dbname=url.database, autocommit=True, prepare_threshold=None,
        ) as another:  # fmt: skip
            another.execute("SET search_path = other")
            report = check(_through(database, port))
            engine = create_engine(url, connect_args={"prepare_threshold": None})
            with engine.begin() as tenant:
                made = state.apply(tenant)
            after = check(_through(database, port))
            engine.dispose()
    assert "schema public" in report.stages[6].detail
    assert made.state == "ready"
    assert after.schema is not None
    assert after.schema.state == "ready"
    with database.connect() as own:
        rows = own.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'tasks'").fetchall()
    assert rows == [("public",)]
