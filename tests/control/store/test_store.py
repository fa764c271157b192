from __future__ import annotations

import multiprocessing
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from provision.control.store.store import ControlStore
from provision.control.store.tables import installation, sessions
from provision.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.control.conftest import Clock

READ_ONLY = "options=-c%20default_transaction_read_only%3Don"
THREADS = 8
ROUNDS = 15


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[ControlStore]:
    opened = ControlStore.open(f"sqlite:///{tmp_path / 'data' / 'control.db'}")
    yield opened
    opened.dispose()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _add(store: ControlStore, key: str, value: str) -> None:
    with store.writing() as conn:
        conn.execute(insert(installation), {"key": key, "value": value})


def _value(store: ControlStore, key: str) -> str | None:
    with store.reading() as conn:
        value: str | None = conn.execute(
            select(installation.c.value).where(installation.c.key == key)
        ).scalar()
        return value


def _count_up(store: ControlStore) -> None:
    for _ in range(ROUNDS):
        with store.writing() as conn:
            value = conn.execute(
                select(installation.c.value).where(installation.c.key == "count")
            ).scalar_one()
            conn.execute(
                update(installation)
                .where(installation.c.key == "count")
                .values(value=str(int(value) + 1))
            )


def _count_up_in_process(url: str) -> None:
    store = ControlStore.open(url)
    with ThreadPoolExecutor(THREADS) as pool:
        for each in [pool.submit(_count_up, store) for _ in range(THREADS)]:
            each.result()
    store.dispose()


def test_no_update_is_lost_between_threads_and_processes(
    store: ControlStore, control_url: str
) -> None:
    _add(store, "count", "0")
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        pool.map(_count_up_in_process, [control_url] * 2, chunksize=1)
        pool.close()
        pool.join()
    assert _value(store, "count") == str(2 * THREADS * ROUNDS)


def test_a_transaction_that_fails_leaves_nothing(store: ControlStore) -> None:
    def fail() -> None:
        with store.writing() as conn:
            conn.execute(insert(installation), {"key": "a", "value": "1"})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert _value(store, "a") is None
    _add(store, "a", "2")
    assert _value(store, "a") == "2"


def test_a_reader_does_not_wait_for_a_writer(store: ControlStore) -> None:
    _add(store, "a", "before")
    with store.writing() as conn:
        conn.execute(update(installation).values(value="after"))
        assert _value(store, "a") == "before"
    assert _value(store, "a") == "after"


def test_references_are_enforced(store: ControlStore) -> None:
    row = {
        "id_hash": "0" * 64,
        "user_id": "nobody",
        "address": "",
        "agent": "",
        "idle_s": 1,
        "created_at": 1,
        "last_seen_at": 1,
        "expires_at": 1,
    }
    with pytest.raises(IntegrityError), store.writing() as conn:
        conn.execute(insert(sessions), row)


def test_errors_show_no_bound_values(store: ControlStore) -> None:
    _add(store, "a", "SECRET")
    with pytest.raises(IntegrityError) as caught:
        _add(store, "a", "SECRET")
    assert "SECRET" not in str(caught.value)


def test_a_standby_is_no_fault_of_ours(url_of: Callable[[str], str]) -> None:
    store = ControlStore.open(f"{url_of('postgresql')}?{READ_ONLY}")
    assert _value(store, "a") is None
    with pytest.raises(OperationalError):
        _add(store, "a", "SECRET")
    store.dispose()


def test_what_was_written_is_there_after_opening_again(empty_url: str) -> None:
    first = ControlStore.open(empty_url)
    _add(first, "a", "1")
    first.dispose()
    second = ControlStore.open(empty_url)
    assert _value(second, "a") == "1"
    second.dispose()


def test_tells_time_in_whole_seconds(store: ControlStore, clock: Clock) -> None:
    assert store.now() == 1_800_000_000
    clock.pass_s(0.1)
    assert store.now() == 1_800_000_001


def test_the_files_are_closed_to_others(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        opened = ControlStore.open(f"sqlite:///{tmp_path / 'data' / 'control.db'}")
        _add(opened, "a", "1")
    finally:
        os.umask(before)
    files = {each.name: _mode(each) for each in (tmp_path / "data").iterdir()}
    opened.dispose()
    assert files == dict.fromkeys(
        ["control.db", "control.db-shm", "control.db-wal", "control.db.lock"], 0o600
    )
    assert _mode(tmp_path / "data") == 0o700


def test_a_file_open_to_others_is_closed(file_store: ControlStore, tmp_path: Path) -> None:
    path = tmp_path / "data" / "control.db"
    path.chmod(0o644)
    ControlStore.open(f"sqlite:///{path}").dispose()
    assert _mode(path) == 0o600


def test_sqlite_is_set_up_to_keep_what_it_acknowledged(file_store: ControlStore) -> None:
    with file_store.reading() as conn:
        pragmas = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }


@pytest.mark.parametrize(
    "url",
    [
        "",
        "SECRET",
        "mysql://u:SECRET@h/d",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file.db?uri=true",
        "sqlite://host/file.db",
        "postgresql://u:SECRET@h:port/d",
    ],
)
def test_refuses_other_urls_in_one_line_without_repeating_them(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        ControlStore.open(url)
    line = str(caught.value)
    assert line.startswith("PROVISION_CONTROL_URL ")
    assert "\n" not in line
    assert "SECRET" not in line


def test_refuses_a_file_that_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    path.write_bytes(b"not a database, but some other file of some length" * 100)
    before = path.read_bytes()
    with pytest.raises(SettingsError, match=r"control\.db cannot be opened"):
        ControlStore.open(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_refuses_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be opened"):
        ControlStore.open(f"sqlite:///{tmp_path / 'file' / 'control.db'}")


def test_refuses_a_server_that_does_not_answer_without_showing_the_password() -> None:
    with pytest.raises(SettingsError) as caught:
        ControlStore.open("postgresql://somebody:SECRET@127.0.0.1:1/control")
    assert str(caught.value).startswith(
        "PROVISION_CONTROL_URL: the control store 127.0.0.1:1/control cannot be opened"
    )
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_shows_no_password(store: ControlStore, control_url: str) -> None:
    with store.reading() as conn:
        shown = repr((store, conn, conn.engine))
    password = control_url.partition("://")[2].partition("@")[0].partition(":")[2]
    assert not password or password not in shown


def test_reads_of_one_statement_leave_no_transaction_open(store: ControlStore) -> None:
    with store.reading() as conn:
        conn.execute(text("SELECT 1"))
        _add(store, "a", "1")
        assert conn.execute(select(installation.c.value)).scalar() == "1"
