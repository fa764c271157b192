"""A workspace goes out of one database and into another, and every row is what it was."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import column, create_engine, select, text

from provision.errors import UnreachableError, ValidationError
from provision.tenant.queries import workspaces
from provision.tenant.schema import state
from provision.tenant.transfer import arriving, leaving, workspace_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Select

    from tests.conftest import Database, Server

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
ALICE = "6f2d6c3e-4a0e-4a55-8f0e-000000000001"
BOB = "6f2d6c3e-4a0e-4a55-8f0e-000000000002"
TABLES = ("projects", "team_members", "tasks")

# Other programs' doings included: unknown words, no times at all, dates that are none, NaN.
ROWS = """
INSERT INTO projects VALUES
 ('10000000-0000-4000-8000-000000000001', '{owner}', 'Ünï "codé" 😀 \t</script>', E'a\\nb',
  99999999.99, 'somewhere', NULL, 'NaN', 'infinity', '2026-01-01 10:00:00.123456',
  '-infinity'),
 ('10000000-0000-4000-8000-000000000002', '{owner}', '', NULL, NULL, NULL, 'low', NULL,
  '0044-03-15 BC', NULL, '20000-01-01');
INSERT INTO team_members VALUES
 ('20000000-0000-4000-8000-000000000001', '{owner}', 'Ana', NULL, '', -2147483648, 'asleep', NULL);
INSERT INTO tasks (id, user_id, project_id, title, description, status, priority, due_date,
  created_at, updated_at, assignee_id, position, completed_at) VALUES
 ('30000000-0000-4000-8000-000000000001', '{owner}', '10000000-0000-4000-8000-000000000001', 'One',
  '', 'done', 'high', '2026-02-28', '2026-01-01', '2026-01-02 00:00:00.5',
  '20000000-0000-4000-8000-000000000001', 1764302400.123456789012345678901234567890, '2026-01-03'),
 ('30000000-0000-4000-8000-000000000002', '{owner}', NULL, 'Two', NULL, 'todo', NULL, NULL, NULL,
  NULL, NULL, NULL, NULL);
"""


def _opened(database: Database, owner_id: str) -> Iterator[Connection]:
    engine = create_engine(database.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        state.apply(connection)
        workspaces.claim(connection, owner_id=owner_id, email=f"{owner_id}@x.example", name="Ours")
        yield connection
    engine.dispose()


@pytest.fixture
def alice(database: Database) -> Iterator[Connection]:
    """Alice's workspace, with odd rows in it."""
    for connection in _opened(database, ALICE):
        connection.exec_driver_sql(ROWS.format(owner=ALICE).replace("%", "%%"))
        yield connection


@pytest.fixture
def bob(server: Server) -> Iterator[Connection]:
    """Bob's workspace in a database of his own, empty."""
    name = server.create_database()
    engine = create_engine(server.url(name), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        state.apply(connection)
        workspaces.claim(connection, owner_id=BOB, email="bob@x.example", name="Bob's")
        yield connection
    engine.dispose()
    server.drop(name, "nobody_at_all")


def exported(conn: Connection, owner_id: str = ALICE) -> bytes:
    file = io.BytesIO()
    writer = workspace_file.WorkspaceWriter(file, name="Ours", now=NOW)
    leaving.workspace(conn, owner_id=owner_id, into=writer)
    assert writer.finish() == len(file.getvalue())
    return file.getvalue()


def rows_of(conn: Connection, owner_id: str) -> Any:
    return json.loads(gzip.decompress(exported(conn, owner_id)))


def everything(conn: Connection) -> list[Any]:
    return [
        tuple(row)
        for table in TABLES
        for row in conn.exec_driver_sql(
            f"SELECT to_jsonb(t) - 'user_id' FROM {table} t ORDER BY id"
        )
    ]


def changed(content: bytes, table: str, row: int, **values: Any) -> bytes:
    """The file with some values of a row made others."""
    decoded = json.loads(gzip.decompress(content))
    decoded[table][row] |= values
    return json.dumps(decoded).encode()


def test_every_row_is_what_it_was(alice: Connection, bob: Connection) -> None:
    rows = workspace_file.read(exported(alice))
    assert arriving.restore(bob, owner_id=BOB, rows=rows)
    assert everything(bob) == everything(alice)
    owners = bob.exec_driver_sql("SELECT DISTINCT user_id::text FROM tasks").scalars().all()
    assert owners == [BOB]
    assert rows_of(bob, BOB) == rows_of(alice, ALICE)


def test_an_export_begun_anew_holds_every_row_once(alice: Connection) -> None:
    file = io.BytesIO()
    writer = workspace_file.WorkspaceWriter(file, name="Ours", now=NOW)
    for _ in range(2):
        leaving.workspace(alice, owner_id=ALICE, into=writer)
    writer.finish()
    assert file.getvalue() == exported(alice)


def test_an_empty_workspace_has_its_tables(bob: Connection) -> None:
    found = rows_of(bob, BOB)
    assert (found["projects"], found["team_members"], found["tasks"]) == ([], [], [])


def test_a_workspace_that_holds_anything_is_left_alone(alice: Connection, bob: Connection) -> None:
    bob.exec_driver_sql(f"INSERT INTO team_members (user_id, name) VALUES ('{BOB}', 'Mine')")
    before = everything(bob)
    assert not arriving.restore(bob, owner_id=BOB, rows=workspace_file.read(exported(alice)))
    assert everything(bob) == before


def test_a_reference_across_people_goes_out_as_none(alice: Connection) -> None:
    workspaces.claim(alice, owner_id=BOB, email="bob@x.example", name="Bob's")
    alice.exec_driver_sql(
        f"INSERT INTO tasks (user_id, title, project_id) VALUES"
        f" ('{BOB}', 'Mine', '10000000-0000-4000-8000-000000000001')"
    )
    assert [row["project_id"] for row in rows_of(alice, BOB)["tasks"]] == [None]


@pytest.mark.parametrize(
    ("table", "row", "values", "word"),
    [
        ("tasks", 0, {"id": "no id"}, "tasks, row 1, id"),
        ("tasks", 1, {"title": None}, "tasks, row 2, title"),
        ("tasks", 1, {"title": "a\0b"}, "cannot be stored"),
        ("tasks", 0, {"due_date": "'; DROP TABLE tasks"}, "tasks, row 1, due_date"),
        ("tasks", 0, {"created_at": "now"}, "tasks, row 1, created_at"),
        ("tasks", 0, {"user_id": ALICE}, "user_id"),
        ("tasks", 0, {"project_id": BOB}, "project is not in this file"),
        ("tasks", 0, {"assignee_id": BOB}, "assignee is not in this file"),
        ("tasks", 1, {"id": "30000000-0000-4000-8000-000000000001"}, "there twice"),
        ("team_members", 0, {"workload": 1.5}, "team_members, row 1, workload"),
        ("projects", 0, {"budget": "many"}, "projects, row 1, budget"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_by_row(
    alice: Connection, table: str, row: int, values: dict[str, Any], word: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        workspace_file.read(changed(exported(alice), table, row, **values))
    assert word in refused.value.errors["file"][0]


@pytest.mark.parametrize(
    "values",
    [
        {"due_date": "2026-02-31"},
        {"created_at": "9999-99-99T00:00:00"},
        {"position": "1e300000"},
        {"due_date": "9999999-01-01"},
    ],
)
def test_what_only_the_database_sees_is_refused_as_a_whole(
    alice: Connection, bob: Connection, values: dict[str, Any]
) -> None:
    rows = workspace_file.read(changed(exported(alice), "tasks", 1, **values))
    with pytest.raises(ValidationError):
        arriving.restore(bob, owner_id=BOB, rows=rows)
    assert everything(bob) == []


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "not JSON"),
        (b"{}", "not a workspace file"),
        (b"[1, 2]", "not as it should be"),
        (b'{"format": "provision-workspace", "version": 2}', "version 2"),
        (b'{"format": "provision-workspace", "version": 1}', "missing required field"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 200_000, "not"),
        (gzip.compress(b"x" * 17 * 1024 * 1024), "more than 16 MiB"),
        (gzip.compress(b'{"format": "provision-workspace"}')[:-9], "not complete"),
        (b"\x1f\x8bnonsense", "damaged"),
    ],
    ids=range(10),
)
def test_a_file_that_is_none_is_refused_in_words(content: bytes, word: str) -> None:
    with pytest.raises(ValidationError) as refused:
        workspace_file.read(content)
    assert word in refused.value.errors["file"][0]


@pytest.mark.parametrize("labels", [["evil"], ["tasks", "projects"]])
def test_a_server_that_names_other_tables_is_not_believed(
    alice: Connection, monkeypatch: pytest.MonkeyPatch, labels: list[str]
) -> None:
    values = ", ".join(f"('{label}', '{{}}')" for label in labels)
    lie: Select[Any, Any] = select(column("part"), column("row")).select_from(
        text(f"(VALUES {values}) AS lies(part, row)")
    )
    monkeypatch.setattr(leaving, "_WORKSPACE", lie)
    with pytest.raises(UnreachableError):
        exported(alice)


def test_a_restore_begins_an_epoch_of_its_own(alice: Connection, bob: Connection) -> None:
    """Versions from before the restore must be stale, whatever numbers the rows get here."""
    epoch = "SELECT epoch FROM provision_workspaces"
    before = bob.exec_driver_sql(epoch).scalar_one()
    assert arriving.restore(bob, owner_id=BOB, rows=workspace_file.read(exported(alice)))
    assert bob.exec_driver_sql(epoch).scalar_one() != before
