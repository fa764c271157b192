"""Databases that send without end, or what nobody asked for: only their owner hears of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from psycopg import generators
from sqlalchemy import text

from provision.errors import ResultTooLargeError, TenantError, UnreachableError
from provision.tenant.access import TenantAccess, Workspace
from provision.tenant.connection.connect import connect
from provision.tenant.connection.deadline import Deadline
from provision.tenant.connection.driver import TooTalkativeError, poll_to_end
from tests.tenant.faulty_servers import serving
from tests.tenant.floods import (
    END,
    ENDING,
    ENDLESS,
    columns,
    flooding,
    message,
    never_logging_in,
    row,
)
from tests.tenant.real_servers import wait_until
from tests.tenant.targets import LOOPBACK, met_target_of, one, registry_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from tests.conftest import Database

_MEGABYTE = 1 << 20
# Both say that it was the database, and neither that anything is wrong with us.
_SAID = {"result_too_large", "database_unreachable", "database_timeout"}
# A server may speak of itself for as long as it likes, to the end of the time.
_SLOW = {"short parameters"}


def _ask(connection: Connection, owner_id: str) -> object:
    return connection.execute(text("SELECT name FROM pg_settings")).all()


@pytest.mark.parametrize("kind", [each for each in (*ENDLESS, *ENDING) if each not in _SLOW])
def test_a_flood_costs_its_owner_the_answer_and_nobody_else_anything(
    database: Database, kind: str
) -> None:
    floods: list[Callable[[], Iterator[bytes]]] = []
    met = met_target_of(database.url)
    with serving(flooding((met.host, met.port), lambda: floods[0] if floods else None)) as port:
        hostile = met_target_of(database.url, port=port)
        registry = registry_of(
            lambda name: hostile if name == "hostile" else met,
            max_result_bytes=4 * _MEGABYTE,
            query_timeout_s=20.0,
        )
        access = TenantAccess(registry)
        assert access.read(Workspace("hostile", "o"), one) == 1
        floods.append({**ENDLESS, **ENDING}[kind])

        def ask(name: str) -> str:
            try:
                access.read(Workspace(name, "o"), _ask if name == "hostile" else one)
            except TenantError as error:
                return error.problem
            return "answered"

        with ThreadPoolExecutor(6) as pool:
            said = list(pool.map(ask, ["hostile", "well"] * 3))
        assert set(said[1::2]) == {"answered"}
        assert set(said[::2]) <= _SAID
        # A server that was left in the middle of an answer is told so first.
        wait_until(lambda: registry.stats()["connections_lent"] == 0)
        assert registry.stats()["answer_bytes_held"] == 0
        registry.close()


def test_a_server_that_only_speaks_of_itself_is_left_in_time(database: Database) -> None:
    floods: list[Callable[[], Iterator[bytes]]] = []
    met = met_target_of(database.url)
    with serving(flooding((met.host, met.port), lambda: floods[0] if floods else None)) as port:
        hostile = met_target_of(database.url, port=port)
        registry = registry_of(hostile, max_result_bytes=4 * _MEGABYTE, query_timeout_s=1.0)
        assert TenantAccess(registry).read(Workspace("a", "o"), one) == 1
        floods.append(ENDLESS["short parameters"])
        with pytest.raises(TenantError) as caught:
            TenantAccess(registry).read(Workspace("a", "o"), _ask)
        assert caught.value.problem in _SAID
        registry.close()


@pytest.mark.parametrize(
    "repeated",
    [
        message(b"S", b"name\0" + b"v" * 1000 + b"\0"),
        message(b"N", b"SNOTICE\0M" + b"n" * 1000 + b"\0\0"),
        message(b"A", bytes(4) + b"channel\0payload\0"),
        message(b"K", b"k" * 8),
        message(b"N", b"SNOTICE\0M" + b"n" * 1000, claims=1 << 30),
    ],
)
def test_a_greeting_without_end_is_none_of_postgresql(database: Database, repeated: bytes) -> None:
    met = met_target_of(database.url)
    with serving(never_logging_in((met.host, met.port), repeated)) as port:
        with pytest.raises(UnreachableError) as caught:
            connect(
                Deadline(20.0),
                met_target_of(database.url, port=port),
                policy=LOOPBACK,
                query_timeout_s=5.0,
                max_result_bytes=None,
            )
        assert caught.value.code == "not_postgres"
        words = f"host=127.0.0.1 port={port} user={met.user} password={met.password}"
        log_in = generators.connect(f"{words} dbname={met.database} sslmode=disable")
        with pytest.raises(TooTalkativeError):
            poll_to_end(log_in, Deadline(20.0))


def test_what_a_server_says_of_itself_does_not_add_up(database: Database) -> None:
    """libpq keeps it for as long as a connection lives: one that was told much is not kept."""
    extras: list[bytes] = []

    def flood() -> Iterator[bytes]:
        said = message(b"S", b"p%d\0" % len(extras) + b"v" * 25_000 + b"\0")
        extras.append(said)
        yield said + columns(1) + row(b"1") + END

    floods: list[Callable[[], Iterator[bytes]]] = []
    met = met_target_of(database.url)
    with serving(flooding((met.host, met.port), lambda: floods[0] if floods else None)) as port:
        registry = registry_of(met_target_of(database.url, port=port))
        access = TenantAccess(registry)
        assert access.read(Workspace("a", "o"), one) == 1
        floods.append(flood)
        for _ in range(100):
            assert access.read(Workspace("a", "o"), one) == 1
        assert registry.stats()["connections_opened_total"] == 1 + 100 * 25_000 // _MEGABYTE
        registry.close()


def test_notifications_and_notices_are_dropped_and_the_answer_kept(database: Database) -> None:
    registry = registry_of(met_target_of(database.url))

    def noisy(connection: Connection, owner_id: str) -> object:
        heard: list[object] = []
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.add_notify_handler(heard.append)
        connection.execute(text("LISTEN noise"))
        connection.execute(
            text(
                "DO $$ BEGIN FOR n IN 1..5000 LOOP PERFORM pg_notify('noise', n::text);"
                " RAISE NOTICE 'number %', n; END LOOP; END $$"
            )
        )
        return heard, connection.execute(text("SELECT 7")).scalar()

    assert TenantAccess(registry).read(Workspace("a", "o"), noisy) == ([], 7)
    registry.close()


@pytest.mark.parametrize("size", [1, 20_000, 60_000, 300_000, 2_000_000])
def test_long_answers_come_through_whole(database: Database, size: int) -> None:
    registry = registry_of(met_target_of(database.url))
    access = TenantAccess(registry)

    def long(connection: Connection, owner_id: str) -> list[tuple[str, int]]:
        found = connection.execute(
            text("SELECT repeat('\u00e4', :size), n FROM generate_series(1, 3) AS n"),
            {"size": size},
        )
        return [(each[0], each[1]) for each in found]

    for _ in range(2):
        assert access.read(Workspace("a", "o"), long) == [("\u00e4" * size, n) for n in (1, 2, 3)]
    assert registry.stats()["answer_bytes_held"] == 0
    registry.close()


def test_many_rows_come_in_order_and_can_be_taken_a_few_at_a_time(database: Database) -> None:
    registry = registry_of(met_target_of(database.url))

    def many(connection: Connection, owner_id: str) -> list[int]:
        found = connection.execute(text("SELECT n FROM generate_series(1, 1000) AS n"))
        first = found.fetchone()
        assert first is not None
        assert found.rowcount in (-1, 1000)
        return [first[0], *(each[0] for each in found.fetchmany(300)), *found.scalars()]

    assert TenantAccess(registry).read(Workspace("a", "o"), many) == list(range(1, 1001))
    registry.close()


def test_a_long_list_is_streamed_whole_and_counted_as_one_answer(database: Database) -> None:
    registry = registry_of(met_target_of(database.url), max_result_bytes=16 * _MEGABYTE)
    access = TenantAccess(registry)

    def streaming(rows: int) -> Callable[..., int]:
        def ask(connection: Connection, owner_id: str) -> int:
            driver = connection.connection.driver_connection
            assert driver is not None
            statement = b"SELECT repeat('x', 20000), n FROM generate_series(1, %d) AS n" % rows
            numbers = [row[1] for row in driver.cursor().stream(statement)]
            assert numbers == list(range(1, rows + 1))
            return rows

        return ask

    for _ in range(3):
        assert access.read(Workspace("a", "o"), streaming(700)) == 700
        assert access.read(Workspace("a", "o"), one) == 1
    assert registry.stats()["connections_opened_total"] == 1
    with pytest.raises(ResultTooLargeError):
        access.read(Workspace("a", "o"), streaming(2000))
    registry.close()


@pytest.mark.parametrize("kind", ["rows", "a gigabyte in a row", "errors", "a copy", "answers"])
def test_a_flood_in_a_stream_ends_it(database: Database, kind: str) -> None:
    floods: list[Callable[[], Iterator[bytes]]] = []
    met = met_target_of(database.url)
    with serving(flooding((met.host, met.port), lambda: floods[0] if floods else None)) as port:
        hostile = met_target_of(database.url, port=port)
        registry = registry_of(hostile, max_result_bytes=4 * _MEGABYTE, query_timeout_s=20.0)
        assert TenantAccess(registry).read(Workspace("a", "o"), one) == 1
        floods.append(ENDLESS[kind])

        def streaming(connection: Connection, owner_id: str) -> None:
            driver = connection.connection.driver_connection
            assert driver is not None
            for _ in driver.cursor().stream("SELECT name FROM pg_settings"):
                pass

        with pytest.raises(TenantError) as caught:
            TenantAccess(registry).read(Workspace("a", "o"), streaming)
        assert caught.value.problem in _SAID
        registry.close()


def test_a_row_is_only_a_part_of_what_an_answer_may_be(database: Database) -> None:
    registry = registry_of(met_target_of(database.url), max_result_bytes=16 * _MEGABYTE)
    access = TenantAccess(registry)

    def rows(number: int, size: int) -> Callable[..., int]:
        def ask(connection: Connection, owner_id: str) -> int:
            statement = text(f"SELECT repeat('x', {size}) FROM generate_series(1, {number})")
            return len(connection.execute(statement).all())

        return ask

    assert access.read(Workspace("a", "o"), rows(120, 100_000)) == 120
    with pytest.raises(ResultTooLargeError) as caught:
        access.read(Workspace("a", "o"), rows(1, 10_000_000))
    assert "in one piece more than 4,096 KiB" in caught.value.detail
    registry.close()
