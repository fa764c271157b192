from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from provision.control.store.backup import write_backup
from provision.control.store.store import ControlStore
from provision.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Database


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[ControlStore]:
    store = ControlStore.open(f"sqlite:///{tmp_path / 'control.db'}")
    yield store
    store.dispose()


def _note(store: ControlStore, value: str) -> None:
    with store.writing() as connection:
        connection.execute(
            text("INSERT INTO installation (key, value) VALUES (:key, :value)"),
            {"key": value, "value": value},
        )


def _noted(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as copy:
        return [str(row[0]) for row in copy.execute("SELECT key FROM installation ORDER BY key")]


def test_a_backup_holds_what_was_committed_and_nothing_of_a_write_under_way(
    sqlite_store: ControlStore, tmp_path: Path
) -> None:
    _note(sqlite_store, "before")
    copy = tmp_path / "copy.db"
    with sqlite_store.writing() as connection:
        connection.execute(text("INSERT INTO installation (key, value) VALUES ('now', 'x')"))
        write_backup(sqlite_store, copy)
    assert _noted(copy) == ["before"]
    assert _noted(tmp_path / "control.db") == ["before", "now"]


def test_a_backup_stands_for_itself_and_is_closed_to_others(
    sqlite_store: ControlStore, tmp_path: Path
) -> None:
    copy = tmp_path / "kept" / "copy.db"
    copy.parent.mkdir()
    write_backup(sqlite_store, copy)
    assert [path.name for path in copy.parent.iterdir()] == ["copy.db"]
    assert copy.stat().st_mode & 0o777 == 0o600
    again = ControlStore.open(f"sqlite:///{copy}")
    _note(again, "after")
    again.dispose()
    assert _noted(copy) == ["after"]


def test_a_file_that_is_there_is_not_written_over(
    sqlite_store: ControlStore, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("something of value")
    with pytest.raises(SettingsError, match=r"copy\.db cannot be written: it is there already"):
        write_backup(sqlite_store, copy)
    assert copy.read_text() == "something of value"
    assert not (tmp_path / "copy.db.part").exists()


def test_a_folder_that_is_missing_is_named(sqlite_store: ControlStore, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere/copy\.db cannot be written: No such file"):
        write_backup(sqlite_store, tmp_path / "nowhere" / "copy.db")


def test_a_store_on_postgresql_is_left_to_pg_dump(database: Database, tmp_path: Path) -> None:
    store = ControlStore.open(database.url.render_as_string(hide_password=False))
    try:
        with pytest.raises(SettingsError, match="pg_dump"):
            write_backup(store, tmp_path / "copy.db")
    finally:
        store.dispose()
