"""Set-ups of real servers that people have: schemas, owners, policies, encodings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine

from provision.tenant.schema import state
from tests.tenant.doctor import check, found
from tests.tenant.real_servers import DEBIAN_15, PASSWORD, WHEEL_18, Cluster, made_by

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", params=[DEBIAN_15, WHEEL_18], ids=["15", "18"])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with made_by(request.param) as made:
        yield made


@pytest.fixture(scope="module")
def port(cluster: Cluster) -> Iterator[int]:
    with cluster.running() as port:
        yield port


@pytest.fixture
def shop(cluster: Cluster, port: int) -> Iterator[str]:
    """An empty database of ana's, with nothing set for her in it; its name."""
    cluster.execute(port, "CREATE DATABASE trial OWNER ana")
    yield "trial"
    cluster.execute(
        port,
        "DROP DATABASE trial WITH (FORCE)",
        "ALTER ROLE ana RESET ALL",
        "ALTER ROLE guest RESET ALL",
    )


def _apply(cluster: Cluster, port: int, database: str, user: str = "postgres") -> None:
    password = "" if user == "postgres" else f":{PASSWORD}"
    engine = create_engine(f"postgresql+psycopg://{user}{password}@127.0.0.1:{port}/{database}")
    with engine.begin() as connection:
        state.apply(connection)
    engine.dispose()


def test_the_schema_and_the_encoding_are_named(cluster: Cluster, port: int, shop: str) -> None:
    report = check(cluster.string(port, database=shop))
    assert found(report) == ("ok", "schema")
    rows = {each.stage: each.detail for each in report.stages}
    assert rows["rights"] == "may create tables in the schema public"
    assert "encoding UTF8" in rows["version"]


def test_another_schema_first_is_named(cluster: Cluster, port: int, shop: str) -> None:
    cluster.execute(port, 'CREATE SCHEMA "My app" AUTHORIZATION ana', database=shop)
    cluster.execute(port, 'ALTER ROLE ana SET search_path = "My app"')
    report = check(cluster.string(port, database=shop))
    rows = {each.stage: each.detail for each in report.stages}
    assert rows["rights"] == 'may create tables in the schema "My app"'


@pytest.mark.parametrize("path", ["pg_temp, public", "pg_temp"])
def test_temporary_tables_are_refused(cluster: Cluster, port: int, shop: str, path: str) -> None:
    cluster.execute(port, f"ALTER ROLE ana SET search_path = {path}")
    report = check(cluster.string(port, database=shop))
    assert found(report) == ("permission_denied", "rights")
    assert "temporary" in report.detail
    assert "ALTER ROLE ana RESET search_path" in report.remedy


def test_a_role_that_may_create_elsewhere_is_told_where(
    cluster: Cluster, port: int, shop: str
) -> None:
    cluster.execute(
        port,
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "CREATE SCHEMA app AUTHORIZATION guest",
        database=shop,
    )
    report = check(cluster.string(port, user="guest", database=shop))
    assert found(report) == ("permission_denied", "rights")
    assert "ALTER ROLE guest SET search_path = app;" in report.remedy


def test_tables_of_another_role_are_told_as_such(cluster: Cluster, port: int, shop: str) -> None:
    _apply(cluster, port, shop)
    cluster.execute(
        port,
        "DROP TABLE provision_workspaces",
        "ALTER TABLE tasks DROP COLUMN position",
        "GRANT CREATE ON SCHEMA public TO ana",
        database=shop,
    )
    report = check(cluster.string(port, database=shop))
    assert found(report) == ("permission_denied", "rights")
    assert "another role" in report.detail
    assert "OWNER TO ana" in report.remedy


@pytest.mark.parametrize(
    "policy",
    [
        "USING (user_id::text = current_setting('app.person'))",
        "USING (user_id = current_setting('app.person', true)::uuid)",
    ],
)
def test_a_policy_that_asks_for_a_setting_has_words_of_its_own(
    cluster: Cluster, port: int, shop: str, policy: str
) -> None:
    _apply(cluster, port, shop, "ana")
    cluster.execute(
        port,
        "INSERT INTO profiles (id, email) VALUES (gen_random_uuid(), 'a@example.com')",
        "INSERT INTO projects (user_id, name) SELECT id, 'P' FROM profiles",
        "INSERT INTO tasks (user_id, title) SELECT id, 'T' FROM profiles",
        *(f"ALTER TABLE {each} ENABLE ROW LEVEL SECURITY" for each in ("projects", "tasks")),
        *(f"ALTER TABLE {each} FORCE ROW LEVEL SECURITY" for each in ("projects", "tasks")),
        *(f"CREATE POLICY own ON {each} {policy}" for each in ("projects", "tasks")),
        "ALTER DATABASE trial SET app.person = ''" if "true" in policy else "SELECT 1",
        database=shop,
    )
    report = check(cluster.string(port, database=shop))
    assert report.code == "permission_denied"
    assert "row-level policy" in report.detail.lower()
    assert "current_setting('app.user', true)" in report.remedy


def test_empty_tables_of_another_program_are_a_conflict(
    cluster: Cluster, port: int, shop: str
) -> None:
    cluster.execute(
        port,
        "SET ROLE ana",
        "CREATE TABLE projects (id serial PRIMARY KEY, name text, description text)",
        "CREATE TABLE tasks (id uuid PRIMARY KEY, title text, status text, project_id int)",
        database=shop,
    )
    report = check(cluster.string(port, database=shop))
    assert report.schema is not None
    assert report.schema.state == "conflict"
    problems = json.loads(report.as_json())["schema"]["problems"]
    assert {each["table"] for each in problems if "another program" in each["problem"]} == {
        "projects",
        "tasks",
    }


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_JP", "WIN1252"])
def test_another_encoding_is_named(cluster: Cluster, port: int, encoding: str) -> None:
    cluster.execute(
        port,
        f"CREATE DATABASE odd OWNER ana ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0",
    )
    try:
        report = check(cluster.string(port, database="odd"))
    finally:
        cluster.execute(port, "DROP DATABASE odd WITH (FORCE)")
    assert report.code == "ok"
    assert f"encoding {encoding}" in report.stages[7].detail


def test_a_limit_on_every_statement_does_not_stop_the_doctor(
    cluster: Cluster, port: int, shop: str
) -> None:
    cluster.execute(port, "ALTER ROLE ana SET statement_timeout = '2s'")
    assert found(check(cluster.string(port, database=shop))) == ("ok", "schema")


def test_another_language_and_time_zone_change_nothing(
    cluster: Cluster, port: int, shop: str
) -> None:
    cluster.execute(
        port,
        "ALTER ROLE ana SET datestyle = 'SQL, DMY'",
        "ALTER ROLE ana SET timezone = 'Pacific/Auckland'",
        "ALTER ROLE ana SET bytea_output = 'escape'",
    )
    assert found(check(cluster.string(port, database=shop))) == ("ok", "schema")
