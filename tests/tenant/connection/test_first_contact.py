"""First contacts: what they cost, what they teach, and what a hostile server can do with one."""

from __future__ import annotations

import os
import resource
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from provision.errors import DatabaseBusyError, TenantError
from provision.tenant.connection import first_contact
from provision.tenant.connection.connect import connect
from provision.tenant.connection.deadline import Deadline
from provision.tenant.host.target import Target
from provision.tenant.probe.walk import probe
from tests.patience import LONG_S
from tests.tenant import faulty_servers as faulty
from tests.tenant.real_servers import DEBIAN_15, PASSWORD, made_by
from tests.tenant.scram_server import asking_for_rounds
from tests.tenant.targets import LOOPBACK, one, registry_of, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.tenant.connection.driver import TenantConnection
    from tests.conftest import Database, Server

MANY = 2_147_483_647


def _connect(target: Target, timeout_s: float = 5.0) -> TenantConnection:
    return connect(
        Deadline(timeout_s), target, policy=LOOPBACK, query_timeout_s=5.0, max_result_bytes=None
    )


def _met(target: Target) -> Target:
    with _connect(target) as connection:
        assert connection.target is not None
        return connection.target


def _at(port: int) -> Target:
    return Target("127.0.0.1", port, "d", "u", "hunter2", "disable")


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def test_it_is_possible_here() -> None:
    assert first_contact.is_possible()


def test_the_first_contact_leads_to_keys_that_the_later_ones_use(database: Database) -> None:
    met = _met(target_of(database.url))
    assert met.had_contact
    assert met.password == database.password
    with _connect(replace(met, password="not needed any more")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert connection.target is not None
        assert connection.target.client_key == met.client_key


def test_keys_are_sealed_with_the_target_and_shown_by_nothing(database: Database) -> None:
    met = _met(target_of(database.url))
    assert Target.from_secret(met.to_secret()) == met
    assert met.client_key is not None
    assert met.server_key is not None
    for shown in (repr(met), str(met), repr(first_contact.Contact("scram", met.client_key))):
        assert met.client_key not in shown
        assert met.server_key not in shown
    assert "client_key" not in met.before_contact().to_secret()


def test_a_secret_of_an_earlier_version_still_opens() -> None:
    text = (
        '{"host": "h", "port": 5432, "database": "d", "user": "u", "password": "p", '
        '"sslmode": "require", "endpoint": "ep-x"}'
    )
    assert not Target.from_secret(text).had_contact
    assert Target.from_secret(text).to_secret() == text


@pytest.mark.parametrize("password", ["Grüße aus Köln", "パスワード", "a\u00a0b\u00adc", "ⅸ"])
def test_a_password_of_any_letters_leads_to_keys(
    server: Server, database: Database, password: str
) -> None:
    server.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(database.user), sql.Literal(password)
        )
    )
    assert _met(replace(target_of(database.url), password=password)).had_contact


def test_a_password_set_anew_is_met_again(server: Server, database: Database) -> None:
    met = _met(target_of(database.url))
    role = sql.Identifier(database.user)
    # The same password, and yet another salt.
    server.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(database.password))
    )
    again = _met(met)
    assert again.client_key != met.client_key
    server.execute(sql.SQL("ALTER ROLE {} PASSWORD 'another'").format(role))
    with pytest.raises(TenantError) as caught:
        _connect(again)
    assert caught.value.code == "auth_failed"
    assert caught.value.__context__ is None or database.password not in repr(
        caught.value.__context__
    )


def test_a_server_that_asks_for_md5_is_asked_for_nothing_else_later() -> None:
    with made_by(DEBIAN_15) as cluster, cluster.running(rules="host all all all md5") as port:
        target = Target("127.0.0.1", port, "shop", "aged", PASSWORD, "disable", allow_md5=True)
        met = _met(target)
        assert met.is_md5
        _connect(met).close()
        seen: list[bytes] = []
        with (
            faulty.serving(asking_for_rounds(4096, seen)) as hostile,
            pytest.raises(TenantError) as caught,
        ):
            _connect(replace(met, port=hostile))
        # Answered once, by the isolated contact it went back to.
        assert len([each for each in seen if each]) == 1
    assert caught.value.code == "auth_failed"


def test_a_hostile_iteration_count_is_left_and_takes_no_time_of_ours() -> None:
    with faulty.serving(asking_for_rounds(MANY)) as port:
        before = _own_cpu_s()
        # It is left after a second or so of computing, which can take long on a busy machine.
        text = f"postgresql://u:hunter2@127.0.0.1:{port}/d"
        report = probe(text, policy=LOOPBACK, timeout_s=LONG_S)
        used = _own_cpu_s() - before
    assert report.code == "auth_method_refused"
    assert "scram_iterations" in report.remedy
    assert (report.stages[4].ms or 0) > 1000
    assert used < 1
    assert _children() == set()


def test_with_keys_no_round_is_computed_however_many_are_asked_for(database: Database) -> None:
    met = _met(target_of(database.url))
    seen: list[bytes] = []
    with faulty.serving(asking_for_rounds(MANY, seen)) as port, pytest.raises(TenantError):
        _connect(replace(met, port=port))
    # A proof came, for which no time would have been enough; what took time was the isolated
    # contact after it was refused.
    assert seen[0]


def test_a_silent_server_is_left_at_the_limit_and_no_process_stays() -> None:
    with faulty.serving(faulty.silent) as port:
        begun = time.monotonic()
        with pytest.raises(TenantError) as caught:
            _connect(_at(port), timeout_s=1.0)
        assert time.monotonic() - begun < LONG_S
    assert caught.value.code == "connect_timeout"
    assert _children() == set()


def test_a_contact_waits_for_its_turn_to_start(database: Database) -> None:
    with _no_start_free():
        caller = threading.Thread(target=lambda: met.append(_met(target_of(database.url))))
        met: list[Target] = []
        caller.start()
        time.sleep(0.3)
        assert _children() == set()
    caller.join()
    assert met[0].had_contact


def test_a_contact_whose_turn_does_not_come_is_not_held_against_the_server(
    database: Database,
) -> None:
    registry = registry_of(target_of(database.url), connect_timeout_s=0.3)
    try:
        with _no_start_free():
            for _ in range(4):
                with (
                    pytest.raises(DatabaseBusyError, match="first time"),
                    registry.connection("c"),
                ):
                    pytest.fail("it was lent without a contact")
        stats = registry.stats()
    finally:
        registry.close()
    assert (stats["tenants_failing"], stats["failures_total"]) == (0, {})
    assert _children() == set()


def test_silent_servers_keep_nobody_from_being_met(database: Database) -> None:
    with faulty.serving(faulty.silent) as port:
        callers = [
            threading.Thread(target=_fail, args=(_at(port),))
            for _ in range(1 + (os.cpu_count() or 1))
        ]
        for each in callers:
            each.start()
        assert _met(target_of(database.url)).had_contact
        assert any(each.is_alive() for each in callers)
        for each in callers:
            each.join()


def test_the_process_is_told_nothing_by_its_arguments_or_environment() -> None:
    with faulty.serving(faulty.silent) as port:
        caller = threading.Thread(target=_fail, args=(_at(port),))
        caller.start()
        until = time.monotonic() + 5
        while not (running := _children()) and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.3)
        told = [
            (Path("/proc") / pid / name).read_bytes()
            for pid in running
            for name in ("cmdline", "environ")
        ]
        caller.join()
    assert len(told) == 2
    assert b"contact" in told[0]
    assert not any(b"hunter2" in each for each in told)
    assert b"PROVISION" not in told[1]


def test_the_registry_keeps_what_the_first_contact_taught(database: Database) -> None:
    kept: list[tuple[str, Target]] = []
    registry = registry_of(target_of(database.url), keep_target=lambda *found: kept.append(found))
    for _ in range(2):
        with registry.connection("a") as connection:
            one(connection, owner_id="o")
    registry.close()
    assert [(name, target.had_contact) for name, target in kept] == [("a", True)]


def test_the_registry_does_not_meet_who_was_met(database: Database) -> None:
    kept: list[object] = []
    registry = registry_of(
        _met(target_of(database.url)), keep_target=lambda *found: kept.append(found)
    )
    with registry.connection("a") as connection:
        assert one(connection, owner_id="o") == 1
    registry.close()
    assert kept == []


def test_the_built_in_server_is_not_met(database: Database) -> None:
    target = replace(target_of(database.url), built_in=True)
    assert not _met(target).had_contact


@contextmanager
def _no_start_free() -> Iterator[None]:
    starts = os.cpu_count() or 1
    for _ in range(starts):
        first_contact.starts.acquire()
    try:
        yield
    finally:
        first_contact.starts.release(starts)


def _fail(target: Target) -> None:
    with pytest.raises(TenantError):
        _connect(target, timeout_s=2.0)


def _children() -> set[str]:
    """The processes that `first_contact` has running for this one."""
    found = set()
    for tasks in Path("/proc/self/task").iterdir():
        try:
            children = (tasks / "children").read_text().split()
        except OSError:  # a thread that has ended meanwhile
            continue
        for pid in children:
            try:
                command = (Path("/proc") / pid / "cmdline").read_bytes()
            except OSError:
                continue
            if b"provision.tenant.connection.first_contact_child" in command:
                found.add(pid)
    return found
