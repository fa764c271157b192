"""Making workspaces, and finding those a database holds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text

from provision.tenant.queries import workspaces
from tests.tenant.schema.test_state import V1_FILE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.conftest import Database
    from tests.tenant.queries.conftest import Person

OWNER = "6f2d6c3e-4a0e-4a55-8f0e-0d7f1a3f000{}"
NORA = "nora@halden.example"


def addresses(conn: Connection) -> dict[str, str]:
    rows = conn.execute(text("SELECT id::text, email FROM profiles")).all()
    return {str(row[0]): str(row[1]) for row in rows}


def test_a_claim_makes_the_profile_and_the_workspace_in_one_statement(
    ready: Connection, statements: list[str]
) -> None:
    workspaces.claim(ready, owner_id=OWNER.format(1), email=NORA, name="Halden Studio")
    assert len(statements) == 1
    assert addresses(ready) == {OWNER.format(1): NORA}
    row = ready.execute(text("SELECT name, schema_version FROM provision_workspaces")).one()
    assert tuple(row) == ("Halden Studio", 2)


def test_an_address_that_another_row_holds_is_replaced(ready: Connection) -> None:
    for number in (1, 2):
        workspaces.claim(ready, owner_id=OWNER.format(number), email=NORA, name="Halden")
    assert addresses(ready) == {
        OWNER.format(1): NORA,
        OWNER.format(2): f"{OWNER.format(2)}@workspace.invalid",
    }


def test_claiming_again_keeps_name_and_address(ready: Connection) -> None:
    workspaces.claim(ready, owner_id=OWNER.format(1), email=NORA, name="Halden")
    ready.execute(text("UPDATE provision_workspaces SET schema_version = 1"))
    workspaces.claim(ready, owner_id=OWNER.format(1), email="other@halden.example", name="Other")
    assert addresses(ready) == {OWNER.format(1): NORA}
    row = ready.execute(text("SELECT name, schema_version FROM provision_workspaces")).one()
    assert tuple(row) == ("Halden", 2)


def test_each_claim_begins_an_epoch_in_which_nothing_can_be_undone(ready: Connection) -> None:
    """What was noted before holds the row numbers of wherever the rows came from."""
    epochs = set()
    for _ in range(2):
        workspaces.claim(ready, owner_id=OWNER.format(1), email=NORA, name="Halden")
        row = ready.execute(text("SELECT epoch, undo FROM provision_workspaces")).one()
        assert row.undo is None
        epochs.add(row.epoch)
        ready.execute(text("UPDATE provision_workspaces SET undo = '[]'"))
    assert len(epochs) == 2


def test_claims_of_one_address_at_the_same_moment_all_succeed(
    ready: Connection, database: Database
) -> None:
    engine = create_engine(database.url, isolation_level="AUTOCOMMIT", pool_size=4)
    start = threading.Barrier(4)
    failures: list[BaseException] = []

    def claim(number: int) -> None:
        with engine.connect() as conn:
            start.wait()
            try:
                workspaces.claim(conn, owner_id=OWNER.format(number), email=NORA, name="Halden")
            except Exception as error:  # noqa: BLE001  # told by the assertion below
                failures.append(error)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    assert failures == []
    assert sorted(addresses(ready)) == [OWNER.format(number) for number in range(4)]


def test_found_tells_what_each_workspace_holds(alice: Person, bob: Person) -> None:
    alice.project()
    alice.task("last")
    first, second = workspaces.found(alice.conn)
    assert (first.owner_id, first.name, first.projects, first.tasks) == (
        alice.owner_id,
        "alice",
        1,
        1,
    )
    assert str(first.last_change).endswith("Z")
    assert (second.owner_id, second.projects, second.tasks, second.last_change) == (
        bob.owner_id,
        0,
        0,
        None,
    )


def test_found_reads_a_database_of_version_1(conn: Connection) -> None:
    conn.exec_driver_sql(V1_FILE)
    conn.exec_driver_sql(
        f"""INSERT INTO profiles (id, email, name) VALUES ('{OWNER.format(1)}', '{NORA}', 'Nora');
        INSERT INTO projects (user_id, name, updated_at)
          VALUES ('{OWNER.format(1)}', 'Website', 'infinity')"""
    )
    (found,) = workspaces.found(conn, 1)
    assert (found.name, found.projects, found.tasks) == ("Nora", 1, 0)
    assert found.last_change is None


def test_an_empty_database_holds_no_workspace(ready: Connection) -> None:
    assert workspaces.found(ready) == []
