"""The control store is busy, full or gone: nobody is told it was their database, or a fault."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from provision.control import audit
from provision.control.accounts import users
from tests.control.conftest import CLIENT
from tests.running import call
from tests.tenant.real_servers import missing
from tests.web.conftest import PASSWORD, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask

    from provision.control.store.store import ControlStore


@contextmanager
def _held(app: Flask) -> Iterator[None]:
    """Another process writes to the store and does not come to an end."""
    path = app.extensions["provision"].settings.data_dir / "control.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_reading_goes_on_while_the_store_cannot_be_written(app: Flask, client: Visitor) -> None:
    with _held(app):
        assert client.get("/projects").status_code == 200
        assert client.api("POST", "/api/projects", {"name": "P"}).status_code == 201


def test_what_needs_the_store_is_refused_in_words(app: Flask, client: Visitor) -> None:
    token = client.csrf_token()
    with _held(app):
        fields = {"csrf_token": token, "name": "Nora"}
        answer = client.raw("POST", "/settings", data=fields)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "own store does not answer" in answer.text


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """A disk of 24 MB at `folder`."""
    folder.mkdir()
    if os.geteuid() != 0:
        missing("only root can mount a small disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "none", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        missing("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 65_536)
    return filler


def _lines(caplog: pytest.LogCaptureFixture, part: str) -> list[str]:
    return [each for each in caplog.messages if part in each]


def test_a_full_disk_is_told_once_by_its_name_and_is_over_when_there_is_room(
    make_app: Callable[..., Flask], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "disk"
    with _small_disk(folder):
        app = make_app(data_dir=folder)
        stranger, person = Visitor(app), Visitor(app)
        assert person.register("nora").status_code == 303
        assert stranger.get("/readyz").status_code == 200
        token = stranger.csrf_token()
        filler = _fill(folder)
        refused = 0
        for number in range(40):
            fields = {
                "csrf_token": token,
                "name": "N" * 100,
                "email": f"n{number}@example.org",
                "password": "a long enough password",
            }
            answer = stranger.raw("POST", "/register", data=fields)
            assert answer.status_code in (303, 503), answer.text
            if answer.status_code == 503:
                refused += 1
                assert "own store does not answer" in answer.text
                assert "unavailable" in answer.text
            else:  # into what room the journal still had
                stranger, token = (new := Visitor(app)), new.csrf_token()
        assert refused > 5
        assert len(_lines(caplog, "the control store failed")) == 1
        assert _lines(caplog, "SQLITE_FULL")
        ready = stranger.get("/readyz")
        assert ready.status_code == 503
        assert "disk is full" in ready.text
        assert stranger.get("/healthz").status_code == 200
        # Reading goes on, and JSON says the same.
        assert person.get("/settings").status_code == 200
        body = {"email": "nora@example.org", "password": PASSWORD}
        answer = stranger.raw("POST", "/api/auth/token", json=body)
        assert (answer.status_code, answer.json and answer.json["code"]) == (503, "unavailable")
        said = call("doctor", directory=tmp_path, settings={"DATA_DIR": str(folder)})
        assert said.returncode == 1
        assert f"BAD  the disk of {folder} has 0 MB free" in said.stdout.decode()
        filler.unlink()
        assert stranger.get("/readyz").status_code == 200
        assert stranger.raw("POST", "/api/auth/token", json=body).status_code == 201
        assert len(_lines(caplog, "the control store works again")) == 1
        app.extensions["provision"].store.dispose()


def _note_a_lot(store: ControlStore) -> None:
    (person,) = users.listing(store)
    for _ in range(1_000):
        audit.note(store, event="exported", user_id=person.id, detail={}, client=CLIENT)


def test_a_limit_of_pages_is_a_full_disk_too(
    app: Flask, newcomer: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    """The same where nothing can be mounted: SQLite itself refuses to grow."""
    store = app.extensions["provision"].store
    pages = 0

    def limit(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}").close()

    with store.reading() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
    event.listen(store._reader, "checkout", limit)
    with pytest.raises(OperationalError):
        _note_a_lot(store)
    body = {"email": newcomer.email(), "password": "wrong"}
    answers = [newcomer.raw("POST", "/api/auth/token", json=body) for _ in range(60)]
    # A short line may still fit into the last page.
    assert 503 in {answer.status_code for answer in answers}
    codes = {answer.json["code"] for answer in answers if answer.json}
    assert codes <= {"unavailable", "invalid_credentials"}
    assert len(_lines(caplog, "the control store failed: SQLITE_FULL")) == 1
    pages += 10_000
    assert newcomer.raw("POST", "/api/auth/token", json=body).status_code == 401
    assert newcomer.get("/readyz").status_code == 200
    assert len(_lines(caplog, "the control store works again")) == 1
    event.remove(store._reader, "checkout", limit)


@pytest.mark.parametrize("how", ["deleted", "replaced", "moved"])
def test_a_file_that_is_gone_is_noticed_and_no_change_is_lost_in_it(
    app: Flask, newcomer: Visitor, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    file = app.extensions["provision"].settings.control_file
    kept = file.with_name("kept.db")
    fields = {"csrf_token": newcomer.csrf_token(), "name": "Nora"}
    if how == "deleted":
        os.link(file, kept)
        file.unlink()
    elif how == "moved":
        file.rename(kept)
    else:
        shutil.copy(file, kept.with_suffix(".copy"))
        os.link(file, kept)
        kept.with_suffix(".copy").replace(file)
    for _ in range(3):
        assert newcomer.raw("POST", "/settings", data=fields).status_code == 503
    ready = newcomer.get("/readyz")
    assert ready.status_code == 503
    assert "its file was moved, replaced or deleted" in ready.text
    assert len(_lines(caplog, "the control store failed: its file was moved")) == 1
    # No empty file took its place.
    assert file.exists() is (how == "replaced")
    kept.replace(file)
    assert newcomer.raw("POST", "/settings", data=fields).status_code == 303
    assert newcomer.get("/readyz").status_code == 200


def test_a_disk_that_takes_no_changes_is_named(
    make_app: Callable[..., Flask], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "disk"
    with _small_disk(folder):
        app = make_app(data_dir=folder)
        visitor = Visitor(app)
        visitor.register("nora")
        fields = {"csrf_token": visitor.csrf_token(), "name": "Nora"}
        app.extensions["provision"].store.dispose()  # what is open for writing stays so
        remounted = subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=False)
        assert remounted.returncode == 0
        for _ in range(3):
            assert visitor.raw("POST", "/settings", data=fields).status_code == 503
        assert visitor.get("/readyz").status_code == 503
        (line,) = _lines(caplog, "the control store failed")
        assert "SQLITE_" in line
        said = call("doctor", directory=tmp_path, settings={"DATA_DIR": str(folder)})
        assert said.returncode == 1
        assert "Traceback" not in said.stderr.decode()
        assert "takes no changes (read-only)" in said.stdout.decode()
        subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
        assert visitor.raw("POST", "/settings", data=fields).status_code == 303
        assert visitor.get("/readyz").status_code == 200
        app.extensions["provision"].store.dispose()


def test_a_store_that_is_locked_for_long_is_told_once_and_recovers(
    app: Flask, newcomer: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    fields = {"csrf_token": newcomer.csrf_token(), "name": "Nora"}
    with _held(app):
        for _ in range(2):
            assert newcomer.raw("POST", "/settings", data=fields).status_code == 503
        ready = newcomer.get("/readyz")
        assert (ready.status_code, "SQLITE_BUSY" in ready.text) == (503, True)
    assert len(_lines(caplog, "the control store failed: SQLITE_BUSY")) == 1
    assert newcomer.get("/readyz").status_code == 200
    assert newcomer.raw("POST", "/settings", data=fields).status_code == 303


def test_a_file_that_holds_something_else_is_no_fault_of_ours(
    app: Flask, newcomer: Visitor
) -> None:
    services = app.extensions["provision"]
    services.store.dispose()
    file = services.settings.control_file
    for suffix in ("-wal", "-shm"):
        file.with_name(f"control.db{suffix}").unlink(missing_ok=True)
    file.write_bytes(b"no database" * 1000)
    assert newcomer.get("/settings").status_code == 503
    assert newcomer.get("/readyz").status_code == 503
    assert newcomer.get("/healthz").status_code == 200
