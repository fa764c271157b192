"""The SQL people are shown, compared on a real server with the file it has to equal."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text

from provision.errors import SchemaConflictError
from provision.tenant.queries import workspaces
from provision.tenant.schema import state

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.conftest import Database, Server

V1_FILE = (Path(__file__).parents[2] / "tenant_schema_v1.sql").read_text()
OWNER = "6f2d6c3e-4a0e-4a55-8f0e-0d7f1a3f0001"

COLUMNS = """
SELECT table_name, column_name, data_type, numeric_precision, numeric_scale, datetime_precision,
       column_default, is_nullable
FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"""
KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"


def run(conn: Connection, script: str) -> None:
    conn.exec_driver_sql(script)


def catalogue_of(server: Server, script: str) -> list[list[tuple[Any, ...]]]:
    name = server.create_database()
    engine = create_engine(server.url(name), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as conn:
            run(conn, script)
            return [
                sorted(map(tuple, conn.execute(text(each)).all()), key=str)
                for each in (COLUMNS, KEYS, INDEXES)
            ]
    finally:
        engine.dispose()
        server.execute(f"DROP DATABASE {name}")


def problems(report: state.SchemaReport) -> set[tuple[str, str | None]]:
    return {(problem.table, problem.column) for problem in report.problems}


def test_version_1_equals_the_published_file(server: Server) -> None:
    assert catalogue_of(server, state.create_sql(1)) == catalogue_of(server, V1_FILE)


def test_the_upgrade_of_version_1_equals_a_clean_version_2(
    conn: Connection, server: Server
) -> None:
    run(conn, V1_FILE)
    upgrade = state.inspect(conn).sql
    assert catalogue_of(server, V1_FILE + upgrade) == catalogue_of(server, state.create_sql())


def test_an_empty_database_is_missing_everything(conn: Connection) -> None:
    report = state.inspect(conn)
    assert (report.state, report.version, report.latest) == ("missing", None, 2)
    assert problems(report) == {
        (name, None)
        for name in ("profiles", "projects", "team_members", "tasks", "provision_workspaces")
    }
    assert report.sql == state.create_sql()


def test_applying_to_an_empty_database_makes_it_ready(conn: Connection) -> None:
    report = state.apply(conn)
    assert (report.state, report.version, report.problems, report.sql) == ("ready", 2, (), "")
    assert state.apply(conn, report) is report
    assert state.apply(conn).state == "ready"


def test_the_shown_sql_makes_an_empty_database_ready(conn: Connection) -> None:
    run(conn, state.inspect(conn).sql)
    assert state.inspect(conn).state == "ready"


def test_a_database_with_only_the_published_file_is_outdated(conn: Connection) -> None:
    run(conn, V1_FILE)
    report = state.inspect(conn)
    assert (report.state, report.version) == ("outdated", 1)
    assert problems(report) == {
        ("tasks", "assignee_id"),
        ("tasks", "position"),
        ("tasks", "completed_at"),
        ("tasks", None),
        ("provision_workspaces", None),
    }
    assert "CREATE TABLE tasks" not in report.sql


def test_an_upgrade_keeps_every_row_as_it_was(conn: Connection) -> None:
    run(conn, V1_FILE)
    run(
        conn,
        f"""
        INSERT INTO profiles (id, email, name) VALUES ('{OWNER}', 'nora@halden.example', 'Nora');
        INSERT INTO projects (user_id, name, budget) VALUES ('{OWNER}', 'Website', 24000);
        INSERT INTO team_members (user_id, name, workload) VALUES ('{OWNER}', 'Ana', 115);
        INSERT INTO tasks (user_id, project_id, title, status)
          SELECT user_id, id, 'Fix booking form', 'done' FROM projects;
        """,
    )
    tables = ("profiles", "projects", "team_members", "tasks")
    before = {name: dict(conn.execute(text(f"TABLE {name}")).mappings().one()) for name in tables}
    assert state.apply(conn).state == "ready"
    after = {name: dict(conn.execute(text(f"TABLE {name}")).mappings().one()) for name in tables}
    added = {"assignee_id": None, "position": None, "completed_at": None}
    assert after == before | {"tasks": before["tasks"] | added}


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("DROP TABLE tasks", {("tasks", None)}),
        (
            "DROP TABLE team_members CASCADE",
            {("team_members", None), ("tasks", "assignee_id")},
        ),
        ("ALTER TABLE projects DROP COLUMN description", {("projects", "description")}),
        ("ALTER TABLE projects DROP COLUMN name", {("projects", "name")}),
        ("DROP INDEX idx_projects_user", {("projects", None)}),
        ("DROP INDEX idx_tasks_assignee", {("tasks", None)}),
        ("ALTER TABLE tasks DROP COLUMN assignee_id", {("tasks", "assignee_id"), ("tasks", None)}),
        ("ALTER TABLE profiles DROP CONSTRAINT profiles_email_key", {("profiles", "email")}),
        (
            "ALTER TABLE tasks DROP CONSTRAINT tasks_project_id_fkey",
            {("tasks", "project_id")},
        ),
    ],
)
def test_what_is_missing_is_named_and_only_that_is_added(
    conn: Connection, damage: str, expected: set[tuple[str, str | None]]
) -> None:
    state.apply(conn)
    run(conn, damage)
    report = state.inspect(conn)
    assert report.state == "partial"
    assert problems(report) == expected
    assert "CREATE TABLE profiles" not in report.sql
    run(conn, report.sql)
    assert state.inspect(conn).state == "ready"


def test_part_of_version_1_is_partial_without_a_version(conn: Connection) -> None:
    run(conn, V1_FILE + "DROP TABLE team_members;")
    report = state.inspect(conn)
    assert (report.state, report.version) == ("partial", None)
    assert state.apply(conn).state == "ready"


def test_version_1_with_part_of_version_2_is_partial(conn: Connection) -> None:
    run(conn, V1_FILE + "ALTER TABLE tasks ADD COLUMN position numeric;")
    report = state.inspect(conn)
    assert (report.state, report.version) == ("partial", 1)
    assert state.apply(conn).state == "ready"


@pytest.mark.parametrize(
    ("damage", "table", "column"),
    [
        ("CREATE TABLE tasks (id serial PRIMARY KEY, title text)", "tasks", "id"),
        ("CREATE TABLE tasks (foo text)", "tasks", "id"),
        ("CREATE VIEW projects AS SELECT 1 AS id", "projects", None),
        ("CREATE SEQUENCE tasks", "tasks", None),
        ("CREATE TABLE other (x int); CREATE INDEX idx_tasks_user ON other (x)", "tasks", None),
        (V1_FILE + "ALTER TABLE tasks DROP CONSTRAINT tasks_pkey", "tasks", "id"),
        (V1_FILE + "ALTER TABLE tasks ALTER title DROP NOT NULL", "tasks", "title"),
        (V1_FILE + "ALTER TABLE tasks ALTER description SET NOT NULL", "tasks", "description"),
        (V1_FILE + "ALTER TABLE tasks ALTER due_date TYPE text", "tasks", "due_date"),
        (V1_FILE + "ALTER TABLE tasks ALTER created_at TYPE timestamptz", "tasks", "created_at"),
        (V1_FILE + "ALTER TABLE projects ALTER budget TYPE numeric(8,2)", "projects", "budget"),
        (V1_FILE + "ALTER TABLE projects ALTER name TYPE varchar(20)", "projects", "name"),
        (V1_FILE + "ALTER TABLE tasks ADD COLUMN extra text NOT NULL", "tasks", "extra"),
        (
            V1_FILE + "ALTER TABLE tasks DROP CONSTRAINT tasks_project_id_fkey,"
            " ADD FOREIGN KEY (project_id) REFERENCES projects (id)",
            "tasks",
            "project_id",
        ),
        (
            V1_FILE + "ALTER TABLE tasks DROP COLUMN description,"
            " ADD COLUMN description text GENERATED ALWAYS AS (title) STORED",
            "tasks",
            "description",
        ),
    ],
)
def test_another_shape_is_a_conflict_and_is_never_touched(
    conn: Connection, damage: str, table: str, column: str | None
) -> None:
    run(conn, damage)
    report = state.inspect(conn)
    assert report.state == "conflict"
    assert (table, column) in problems(report)
    assert report.sql == state.create_sql()
    with pytest.raises(SchemaConflictError) as caught:
        state.apply(conn)
    assert (table, column) in {(each.table, each.column) for each in caught.value.problems}
    assert state.inspect(conn) == report


@pytest.mark.parametrize(
    "difference",
    [
        "ALTER TABLE tasks ADD COLUMN extra text, ADD COLUMN tag text NOT NULL DEFAULT 'x'",
        "ALTER TABLE tasks ADD COLUMN number int GENERATED ALWAYS AS IDENTITY",
        "CREATE TABLE invoices (id int); CREATE SCHEMA crm; CREATE TABLE crm.tasks (x int)",
        "ALTER TABLE projects ALTER name TYPE varchar, ALTER budget TYPE numeric",
        "ALTER TABLE projects ALTER budget TYPE numeric(14,4)",
        "ALTER TABLE team_members ALTER workload TYPE bigint",
        "ALTER TABLE tasks ALTER status SET NOT NULL, ALTER status SET DEFAULT 'review'",
        "ALTER INDEX idx_tasks_user RENAME TO tasks_by_owner",
        "DROP INDEX idx_tasks_user; CREATE INDEX mine ON tasks (user_id, status)",
    ],
)
def test_what_does_no_harm_is_ignored(conn: Connection, difference: str) -> None:
    state.apply(conn)
    run(conn, difference)
    report = state.inspect(conn)
    assert (report.state, report.problems) == ("ready", ())


def test_a_column_that_rows_would_need_a_value_for_is_a_conflict(conn: Connection) -> None:
    state.apply(conn)
    workspaces.claim(conn, owner_id=OWNER, email="nora@halden.example", name="Halden")
    run(conn, f"INSERT INTO projects (user_id, name) VALUES ('{OWNER}', 'Website')")
    run(conn, "ALTER TABLE projects DROP COLUMN name")
    assert state.inspect(conn).state == "conflict"


def test_a_column_that_brings_its_own_value_is_added_to_rows_of_an_earlier_build(
    conn: Connection,
) -> None:
    state.apply(conn)
    workspaces.claim(conn, owner_id=OWNER, email="nora@halden.example", name="Halden")
    conn.exec_driver_sql("ALTER TABLE provision_workspaces DROP COLUMN epoch")
    assert state.inspect(conn).state == "partial"
    assert state.apply(conn).state == "ready"
    found = conn.exec_driver_sql("SELECT name, epoch IS NULL FROM provision_workspaces").one()
    assert tuple(found) == ("Halden", False)


def test_a_lost_foreign_key_is_restored_over_rows_that_break_it(conn: Connection) -> None:
    state.apply(conn)
    workspaces.claim(conn, owner_id=OWNER, email="nora@halden.example", name="Halden")
    run(conn, f"INSERT INTO projects (user_id, name) VALUES ('{OWNER}', 'Website')")
    run(
        conn, "INSERT INTO tasks (user_id, project_id, title) SELECT user_id, id, 'A' FROM projects"
    )
    run(conn, "DROP TABLE projects CASCADE")
    assert state.inspect(conn).state == "partial"
    assert state.apply(conn).state == "ready"
    assert conn.execute(text("SELECT count(*) FROM tasks")).scalar() == 1


def test_a_key_that_the_rows_break_is_a_conflict_with_nothing_changed(
    conn: Connection, database: Database
) -> None:
    state.apply(conn)
    run(conn, "ALTER TABLE profiles DROP CONSTRAINT profiles_email_key; DROP TABLE tasks")
    for last in "12":
        run(conn, f"INSERT INTO profiles (id, email) VALUES ('{OWNER[:-1]}{last}', 'same')")
    before = state.inspect(conn)
    engine = create_engine(database.url)
    with engine.connect() as other, pytest.raises(SchemaConflictError) as caught:
        state.apply(other)
    engine.dispose()
    assert [each.table for each in caught.value.problems] == ["profiles"]
    assert state.inspect(conn) == before


def test_two_who_apply_at_once_wait_for_each_other(conn: Connection, database: Database) -> None:
    engine = create_engine(database.url)
    states: list[object] = []

    def apply() -> None:
        with engine.begin() as other:
            states.append(state.apply(other).state)

    threads = [threading.Thread(target=apply) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    assert states == ["ready"] * 3
    assert state.inspect(conn).state == "ready"


def test_a_role_without_rights_is_told_what_its_owner_can_run(
    conn: Connection, database: Database, server: Server
) -> None:
    state.apply(conn)
    user, password = server.create_role()
    engine = create_engine(server.url(database.name, user, password), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as guest:
            report = state.inspect(guest)
            assert report.state == "ready"
            assert {problem.table for problem in report.problems} == set(schema_tables())
            for problem in report.problems:
                statement = problem.problem.split("can run: ")[1]
                assert statement.startswith(
                    f"GRANT SELECT, INSERT, UPDATE, DELETE ON {problem.table}"
                )
                run(conn, statement)
            assert state.inspect(guest).problems == ()
            # It may not create anything here; with nothing missing it does not have to.
            assert state.apply(guest).state == "ready"
            run(conn, "ALTER TABLE tasks ENABLE ROW LEVEL SECURITY")
            (problem,) = state.inspect(guest).problems
            assert problem.table == "tasks"
            assert "Row security" in problem.problem
    finally:
        engine.dispose()
        server.execute(f"DROP OWNED BY {user}", database.name)
        server.execute(f"DROP ROLE {user}")


def schema_tables() -> tuple[str, ...]:
    return ("profiles", "projects", "team_members", "tasks", "provision_workspaces")
