from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from provision.errors import (
    ProjectNotFoundError,
    SchemaNotReadyError,
    TenantError,
    UnreachableError,
)
from provision.tenant.access import TenantAccess, Workspace
from provision.tenant.failures.wording import MAY_BE_DONE
from tests.patience import LONG_S
from tests.tenant.targets import backends, met_target_of, one, registry_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from provision.tenant.pool.registry import EngineRegistry
    from tests.conftest import Database, Server

WORKSPACE = Workspace("a", "the owner")


@pytest.fixture
def registry(database: Database) -> Iterator[EngineRegistry]:
    with database.connect() as connection:
        connection.execute("CREATE TABLE t (a int)")
    registry = registry_of(met_target_of(database.url))
    yield registry
    registry.close()


@pytest.fixture
def access(registry: EngineRegistry) -> TenantAccess:
    return TenantAccess(registry)


def rows(connection: Connection, owner_id: str) -> int:
    return int(connection.execute(text("SELECT count(*) FROM t")).scalar_one())


def insert(connection: Connection, owner_id: str, *, value: int = 1) -> None:
    connection.execute(text("INSERT INTO t VALUES (:value)"), {"value": value})


def terminate(connection: Connection) -> None:
    connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


def test_a_query_gets_the_owner_and_its_arguments(access: TenantAccess) -> None:
    def echo(connection: Connection, owner_id: str, *, word: str) -> tuple[str, str]:
        return owner_id, word

    assert access.read(WORKSPACE, echo, word="here") == ("the owner", "here")


def test_a_write_is_committed_by_itself(access: TenantAccess) -> None:
    access.write(WORKSPACE, insert, value=5)
    assert access.read(WORKSPACE, rows) == 1


def test_missing_tables_are_named_as_such(access: TenantAccess) -> None:
    def missing(connection: Connection, owner_id: str) -> None:
        connection.execute(text("SELECT * FROM nowhere"))

    def outdated(connection: Connection, owner_id: str) -> None:
        connection.execute(text("SELECT nothing FROM t"))

    for query, state in ((missing, "missing"), (outdated, "outdated")):
        with pytest.raises(SchemaNotReadyError) as caught:
            access.read(WORKSPACE, query)
        assert caught.value.state == state


def test_an_error_of_the_query_itself_passes(access: TenantAccess) -> None:
    def absent(connection: Connection, owner_id: str) -> None:
        raise ProjectNotFoundError

    with pytest.raises(ProjectNotFoundError):
        access.read(WORKSPACE, absent)


def test_no_driver_error_and_no_secret_gets_out(access: TenantAccess, database: Database) -> None:
    def broken(connection: Connection, owner_id: str) -> None:
        connection.execute(text("SELECT CAST(:word AS int)"), {"word": "a-secret-word"})

    with pytest.raises(TenantError) as caught:
        access.read(WORKSPACE, broken)
    shown = repr(caught.value) + str(caught.value) + caught.value.remedy
    assert "a-secret-word" not in shown
    assert database.password not in shown
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_read_whose_connection_dies_under_it_is_run_again_unseen(access: TenantAccess) -> None:
    runs = []

    def dying(connection: Connection, owner_id: str) -> int:
        runs.append(1)
        if len(runs) == 1:
            terminate(connection)
        return rows(connection, owner_id=owner_id)

    assert access.read(WORKSPACE, dying) == 0
    assert len(runs) == 2


def test_a_read_that_dies_each_time_is_run_twice(access: TenantAccess) -> None:
    runs = []

    def dying(connection: Connection, owner_id: str) -> None:
        runs.append(1)
        terminate(connection)

    with pytest.raises(UnreachableError):
        access.read(WORKSPACE, dying)
    assert len(runs) == 2


def test_a_write_whose_outcome_is_unknown_is_not_run_again(
    access: TenantAccess, database: Database
) -> None:
    def dying(connection: Connection, owner_id: str) -> None:
        insert(connection, owner_id=owner_id)
        terminate(connection)

    with pytest.raises(UnreachableError) as caught:
        access.write(WORKSPACE, dying)
    assert caught.value.remedy.startswith(MAY_BE_DONE)
    assert caught.value.retry_after_s is None
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)


def test_a_write_left_at_the_deadline_may_be_done_and_one_that_was_not_sent_is_not(
    database: Database,
) -> None:
    hasty = registry_of(met_target_of(database.url), query_timeout_s=0.3, connect_timeout_s=0.3)
    access = TenantAccess(hasty)

    def slow(connection: Connection, owner_id: str) -> None:
        connection.execute(text("SELECT pg_sleep(3)"))

    told = []
    for _ in range(4):
        with pytest.raises(TenantError) as caught:
            access.write(WORKSPACE, slow)
        told.append((caught.value.at_once, caught.value.remedy.startswith(MAY_BE_DONE)))
    assert told == [(False, True), (False, True), (False, True), (True, False)]
    with pytest.raises(TenantError) as caught:
        access.read(Workspace("another", "o"), slow)
    assert not caught.value.remedy.startswith(MAY_BE_DONE)
    hasty.close()


def test_a_write_killed_before_it_was_done_is_run_again(
    access: TenantAccess, server: Server, database: Database
) -> None:
    """The server says that it was told to go: a statement it had not finished is undone."""
    runs = []

    def killed_once(connection: Connection, owner_id: str) -> None:
        runs.append(1)
        statement = "INSERT INTO t SELECT 1"
        if len(runs) == 1:
            statement += " FROM pg_terminate_backend(pg_backend_pid())"
        connection.execute(text(statement))

    access.write(WORKSPACE, killed_once)
    assert len(runs) == 2
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)


def test_a_transaction_is_committed_as_one(access: TenantAccess, database: Database) -> None:
    with access.transaction(WORKSPACE) as connection:
        insert(connection, owner_id="o")
        with database.connect() as beside:
            assert beside.execute("SELECT count(*) FROM t").fetchone() == (0,)
        insert(connection, owner_id="o")
    assert access.read(WORKSPACE, rows) == 2


@pytest.mark.parametrize("error", [ProjectNotFoundError, KeyError, KeyboardInterrupt])
def test_a_transaction_is_rolled_back_when_its_block_raises(
    access: TenantAccess, registry: EngineRegistry, error: type[BaseException]
) -> None:
    def raising() -> None:
        with access.transaction(WORKSPACE) as connection:
            insert(connection, owner_id="o")
            raise error

    with pytest.raises(error):
        raising()
    assert access.read(WORKSPACE, rows) == 0
    assert registry.stats()["connections_opened_total"] == 1


def test_a_transaction_is_rolled_back_when_a_statement_fails(
    access: TenantAccess, registry: EngineRegistry
) -> None:
    def failing() -> None:
        with access.transaction(WORKSPACE) as connection:
            insert(connection, owner_id="o")
            connection.execute(text("SELECT 1/0"))

    with pytest.raises(TenantError):
        failing()
    assert access.read(WORKSPACE, rows) == 0
    assert registry.stats()["connections_opened_total"] == 1


def test_a_transaction_with_a_swallowed_failure_is_not_taken_for_done(
    access: TenantAccess,
) -> None:
    def swallowing() -> None:
        with access.transaction(WORKSPACE) as connection:
            insert(connection, owner_id="o")
            with suppress(DBAPIError):
                connection.execute(text("SELECT 1/0"))

    with pytest.raises(RuntimeError, match="went on"):
        swallowing()
    assert access.read(WORKSPACE, rows) == 0


def test_a_transaction_past_its_deadline_leaves_nothing(
    database: Database, access: TenantAccess
) -> None:
    hasty = registry_of(met_target_of(database.url), query_timeout_s=0.4)

    def too_slow() -> None:
        with TenantAccess(hasty).transaction(WORKSPACE) as connection:
            insert(connection, owner_id="o")
            connection.execute(text("SELECT pg_sleep(3)"))

    with pytest.raises(TenantError) as caught:
        too_slow()
    assert caught.value.code == "query_timeout"
    assert access.read(WORKSPACE, rows) == 0
    hasty.close()


def test_a_transaction_begins_on_a_live_connection(
    access: TenantAccess, server: Server, database: Database
) -> None:
    access.read(WORKSPACE, one)
    server.execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.name}'"
    )
    with access.transaction(WORKSPACE) as connection:
        insert(connection, owner_id="o")
    assert access.read(WORKSPACE, rows) == 1


def test_forgetting_closes_its_connections(
    access: TenantAccess, server: Server, database: Database
) -> None:
    access.read(WORKSPACE, one)
    access.forget(WORKSPACE)
    until = time.monotonic() + LONG_S
    while backends(server, database=database.name):
        assert time.monotonic() < until
