"""The operator changes the key: while the server runs, killed on the way, and with it lost."""

from __future__ import annotations

import http.client
import json
import re
import sqlite3
import subprocess
import threading
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from provision.control import connections
from provision.control.accounts import users
from provision.control.secrets.sealed import open_vault
from provision.control.store.store import ControlStore
from tests.control.conftest import CLIENT
from tests.control.test_connections import NEW as CONNECTION
from tests.running import PROVISION, call, environment, running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Database
    from tests.running import Running

OLD, NEW = "the old key of this store", "ab" * 32
BOTH = f"{NEW},{OLD}"
MANY = 1500
EMAIL, PASSWORD = "ana@example.org", "a long enough password"


def _control(folder: Path) -> Path:
    return folder / "data" / "control.db"


def _make_person(folder: Path, key: str) -> str:
    """Ana, and an API token of hers."""
    settings = {"ENCRYPTION_KEY": key}
    made = call(
        *("users", "create", EMAIL, "--name", "Ana"),
        directory=folder,
        stdin=f"{PASSWORD}\n".encode(),
        settings=settings,
    )
    assert made.returncode == 0, made.stderr
    token = call("token", "create", EMAIL, "--name", "t", directory=folder, settings=settings)
    return token.stdout.decode().strip()


def _fill(folder: Path, key: str) -> None:
    """Secrets enough for a rotation to take a while."""
    store = ControlStore.open(f"sqlite:///{_control(folder)}")
    secrets = open_vault(store, encryption_key=key, key_file=folder / "none", allow_generate=False)
    with store.writing() as conn:
        for number in range(MANY):
            secrets.put(conn, purpose="p", owner=str(number), plaintext="x")
    store.dispose()


def _under(folder: Path, key_id: str) -> int:
    with closing(sqlite3.connect(_control(folder))) as conn:
        query = "SELECT count(*) FROM sealed WHERE lower(hex(substr(value, 2, 8))) = ?"
        return int(conn.execute(query, (key_id,)).fetchone()[0])


def _key_id(folder: Path, key: str) -> str:
    store = ControlStore.open(f"sqlite:///{_control(folder)}")
    try:
        secrets = open_vault(
            store, encryption_key=key, key_file=folder / "none", allow_generate=False
        )
        return secrets.key_ids[0]
    finally:
        store.dispose()


def _rotate(folder: Path, key: str = BOTH) -> subprocess.CompletedProcess[bytes]:
    return call("keys", "rotate", directory=folder, settings={"ENCRYPTION_KEY": key})


def _sign_in(server: Running) -> str:
    """The session cookie of a browser that signed in by the form."""
    with closing(http.client.HTTPConnection(server.host, server.port, timeout=20)) as browser:
        browser.request("GET", "/login")
        page = browser.getresponse()
        cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode())
        assert token is not None
        fields = {"csrf_token": token[1], "email": EMAIL, "password": PASSWORD}
        form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        browser.request("POST", "/login", urlencode(fields), form)
        answer = browser.getresponse()
        assert answer.status == 303
        return str(answer.headers["Set-Cookie"]).partition(";")[0]


def _killed_midway(folder: Path, new_id: str) -> None:
    with subprocess.Popen(
        [*PROVISION, "keys", "rotate"],
        cwd=folder,
        env=environment({"ENCRYPTION_KEY": BOTH}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as rotation:
        while not _under(folder, new_id):
            assert rotation.poll() is None, "it ended before anything was seen of it"
        rotation.kill()
    assert 0 < _under(folder, new_id) < MANY


def test_the_key_is_changed_while_people_work_and_after_a_kill_on_the_way(
    tmp_path: Path, database: Database
) -> None:
    token = _make_person(tmp_path, OLD)
    bearer = {"Authorization": f"Bearer {token}"}
    _fill(tmp_path, OLD)
    new_id = _key_id(tmp_path, BOTH)
    answers: list[int] = []
    is_over = threading.Event()

    def work(server: Running) -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            answers.append(server.ask("/api/projects", {"name": f"P{number}"}, **bearer).status)

    def connect(server: Running) -> None:
        saved = server.ask(
            "/api/user/database-connection",
            {"connection_string": database.connection_string},
            **bearer,
        )
        assert saved.status == 200, saved.body
        assert server.ask("/api/user/database-connection/schema", {}, **bearer).status == 200

    # The engine is closed at once when idle, so that the string is opened again and again.
    settings = {"ENCRYPTION_KEY": OLD, "ENGINE_IDLE_SECONDS": "1"}
    with running("serve", "--port", "0", directory=tmp_path, settings=settings) as server:
        connect(server)
        cookie = _sign_in(server)
        assert server.stop() == 0
    settings["ENCRYPTION_KEY"] = BOTH
    with running("serve", "--port", "0", directory=tmp_path, settings=settings) as server:
        worker = threading.Thread(target=work, args=(server,))
        worker.start()
        _killed_midway(tmp_path, new_id)
        refused = _rotate(tmp_path, NEW)
        assert (refused.returncode, refused.stderr.count(b"\n")) == (1, 1)
        done = _rotate(tmp_path)
        assert done.returncode == 0, done.stderr
        # A call that is under way while its string is replaced is rightly told so (409).
        is_over.set()
        worker.join()
        connect(server)
        assert server.stop() == 0
    assert set(answers) == {201}
    settings["ENCRYPTION_KEY"] = NEW
    with running("serve", "--port", "0", directory=tmp_path, settings=settings) as server:
        assert server.ask("/api/projects", **bearer).status == 200
        user = json.loads(server.ask("/api/user", Cookie=cookie).body)["user"]
        assert user["email"] == EMAIL
        assert server.stop() == 0


def test_the_check_names_key_state_and_person_of_each_secret_and_counts_them(
    tmp_path: Path,
) -> None:
    _make_person(tmp_path, OLD)
    old_id, both = _key_id(tmp_path, OLD), {"ENCRYPTION_KEY": BOTH}
    done = call("keys", "check", directory=tmp_path, settings=both)
    assert (done.returncode, done.stderr) == (0, b"")
    first, last = done.stdout.decode().splitlines()
    assert first == f"{old_id}\topens\tkey check\tthis installation"
    assert last == f"1 under {old_id} (an older one): opens"
    lost = call("keys", "check", directory=tmp_path, settings={"ENCRYPTION_KEY": NEW})
    assert lost.returncode == 1
    assert f"{old_id}\tthe key is not given\tkey check" in lost.stdout.decode()


def test_the_doctor_names_who_lost_what_and_a_new_start_can_be_made(tmp_path: Path) -> None:
    _make_person(tmp_path, OLD)
    store = ControlStore.open(f"sqlite:///{_control(tmp_path)}")
    ana = users.by_email(store, EMAIL)
    assert ana is not None
    secrets = open_vault(store, encryption_key=OLD, key_file=tmp_path, allow_generate=False)
    connections.save(store, secrets, user_id=ana.id, new=CONNECTION, secret="x", client=CLIENT)
    new = {"ENCRYPTION_KEY": NEW}
    said = call("doctor", directory=tmp_path, settings=new)
    assert said.returncode == 1
    assert f"BAD  cannot be opened: connection string of {EMAIL}\n" in said.stdout.decode()
    assert "pastes their connection string again" in said.stdout.decode()
    assert "BAD  the key check cannot be opened" in said.stdout.decode()
    assert call("keys", "rotate", directory=tmp_path, settings=new).returncode == 1
    done = call("keys", "rotate", "--forget-lost", directory=tmp_path, settings=new)
    assert done.returncode == 0, done.stderr
    assert connections.active(store, ana.id) is None
    store.dispose()
    assert call("keys", "check", directory=tmp_path, settings=new).returncode == 0
    assert call("doctor", directory=tmp_path, settings=new).returncode == 0


def test_without_any_key_nothing_is_tried(tmp_path: Path) -> None:
    _make_person(tmp_path, OLD)
    for command in (("check",), ("rotate",), ("rotate", "--forget-lost")):
        done = call("keys", *command, directory=tmp_path)
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr.startswith(b"provision: PROVISION_ENCRYPTION_KEY is not set")
    assert not (tmp_path / "data" / "secret.key").exists()
