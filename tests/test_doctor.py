from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from provision.control.store import ControlStore
from tests.redis_server import REDIS_PASSWORD, redis_server, redis_url
from tests.running import call
from tests.tenant.real_servers import free_port

if TYPE_CHECKING:
    from pathlib import Path


def _make_installation(folder: Path) -> None:
    done = call(
        *("users", "create", "ana@example.org", "--name", "Ana"),
        directory=folder,
        stdin=b"a long enough password\n",
    )
    assert done.returncode == 0, done.stderr


def _doctor(folder: Path, **settings: str) -> tuple[int, str]:
    done = call("doctor", directory=folder, settings=settings)
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


def test_a_folder_before_the_first_start_is_sound_and_stays_empty(tmp_path: Path) -> None:
    code, said = _doctor(tmp_path)
    assert (code, "BAD" in said) == (0, False)
    assert "the first start makes one" in said
    assert list(tmp_path.iterdir()) == []


def test_a_sound_installation_is_said_to_be(tmp_path: Path) -> None:
    _make_installation(tmp_path)
    code, said = _doctor(tmp_path)
    assert (code, "BAD" in said) == (0, False), said
    assert "the encryption key is the one its secrets are sealed under" in said


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    code, said = _doctor(tmp_path, WORKERS="some")
    assert code == 1
    assert "BAD  PROVISION_WORKERS is 'some'" in said


def test_redis_is_looked_at_where_there_is_one(tmp_path: Path) -> None:
    port = free_port()
    with redis_server(port):
        code, said = _doctor(tmp_path, RATE_LIMIT_URL=redis_url(port))
        assert (code, "ok   Redis answers" in said) == (0, True), said
    code, said = _doctor(tmp_path, RATE_LIMIT_URL=redis_url(port))
    assert code == 1
    assert "BAD  Redis does not answer at PROVISION_RATE_LIMIT_URL (ConnectionError)" in said
    assert REDIS_PASSWORD not in said


def test_open_permissions_are_named_with_their_remedy(tmp_path: Path) -> None:
    _make_installation(tmp_path)
    key = tmp_path / "data" / "secret.key"
    key.chmod(0o644)
    code, said = _doctor(tmp_path)
    assert code == 1
    assert f"BAD  {key} has mode 0644\n     Others can reach it: chmod 0600 {key}\n" in said


def test_a_store_that_lies_elsewhere_is_looked_at_there(tmp_path: Path) -> None:
    store = tmp_path / "elsewhere.db"
    url = f"sqlite:///{store}"
    done = call(
        *("users", "create", "ana@example.org", "--name", "Ana"),
        directory=tmp_path,
        settings={"CONTROL_URL": url},
        stdin=b"a long enough password\n",
    )
    assert done.returncode == 0, done.stderr
    store.with_name("elsewhere.db-wal").touch(0o666)
    for path in (store, store.with_name("elsewhere.db-wal")):
        path.chmod(0o640)
    code, said = _doctor(tmp_path, CONTROL_URL=url)
    assert code == 1
    assert f"BAD  {store} has mode 0640" in said
    assert f"BAD  {store}-wal has mode 0640" in said


def test_a_key_that_is_not_the_stores_is_named(tmp_path: Path) -> None:
    _make_installation(tmp_path)
    code, said = _doctor(tmp_path, ENCRYPTION_KEY="not the key of this store")
    assert code == 1
    assert "BAD  PROVISION_ENCRYPTION_KEY is not the key" in said
    assert "not the key of this store" not in said


def test_a_clock_that_went_back_is_noticed(tmp_path: Path) -> None:
    _make_installation(tmp_path)
    store = ControlStore.open(f"sqlite:///{tmp_path / 'data' / 'control.db'}")
    with store.writing() as connection:
        connection.execute(text("UPDATE audit_events SET at = at + 86400"))
    store.dispose()
    code, said = _doctor(tmp_path)
    assert code == 1
    assert "That is in the past" in said
