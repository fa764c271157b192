from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from provision.control.store.store import ControlStore
from tests.redis_server import REDIS_PASSWORD, redis_server, redis_url
from tests.running import call
from tests.tenant.real_servers import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Server


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


def test_where_nothing_is_nothing_is_called_sound_and_nothing_is_made(tmp_path: Path) -> None:
    code, said = _doctor(tmp_path)
    assert code == 1
    assert f"BAD  there is no installation here: no settings in {tmp_path}" in said
    assert f"no control store at {tmp_path / 'data' / 'control.db'}\n" in said
    assert "set PROVISION_DATA_DIR" in said
    assert list(tmp_path.iterdir()) == []


def test_before_the_first_start_the_settings_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"PROVISION_ENCRYPTION_KEY={'ab' * 32}\n")
    code, said = _doctor(tmp_path)
    assert (code, "BAD" in said) == (0, False), said
    assert f"note there is no installation at {tmp_path / 'data' / 'control.db'} yet" in said
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_a_store_that_lies_close_by_is_pointed_to(tmp_path: Path) -> None:
    _make_installation(tmp_path)
    for folder, settings in ((tmp_path / "data", {}), (tmp_path, {"DATA_DIR": "elsewhere"})):
        before = sorted(folder.rglob("*"))
        code, said = _doctor(folder, **settings)
        assert code == 1, said
        assert f"but there is one at {tmp_path / 'data' / 'control.db'}\n" in said
        assert f"set PROVISION_DATA_DIR={tmp_path / 'data'} " in said
        assert sorted(folder.rglob("*")) == before


def test_an_empty_database_stays_empty(tmp_path: Path, server: Server) -> None:
    name = server.create_database()
    url = server.url(name).render_as_string(hide_password=False)
    code, said = _doctor(tmp_path, CONTROL_URL=url, ENCRYPTION_KEY="ab" * 32)
    assert code == 0, said
    assert f"note there is no installation at {server.host}:{server.port}/{name} yet" in said
    for command in (("users", "list"), ("audit",), ("keys", "check"), ("control", "backup", "f")):
        done = call(
            *command,
            directory=tmp_path,
            settings={"CONTROL_URL": url, "ENCRYPTION_KEY": "ab" * 32},
        )
        assert done.returncode == 1
        assert done.stderr.startswith(b"provision: There is no control store at ")
    with server.connect(name) as connection:
        assert connection.execute("SELECT FROM pg_tables WHERE schemaname = 'public'").rowcount == 0
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert list(tmp_path.iterdir()) == []


def test_an_older_store_is_not_brought_up_to_date_by_looking(tmp_path: Path) -> None:
    _make_installation(tmp_path)
    store = ControlStore.open(f"sqlite:///{tmp_path / 'data' / 'control.db'}")
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    code, said = _doctor(tmp_path)
    assert code == 1
    assert "is at revision '0001'" in said
    with store.reading() as connection:
        assert (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0001"
        )
    store.dispose()


def test_a_store_without_a_key_gets_none_by_looking(tmp_path: Path) -> None:
    ControlStore.open(f"sqlite:///{tmp_path / 'data' / 'control.db'}").dispose()
    code, said = _doctor(tmp_path)
    assert code == 0, said
    assert "no key was ever used with this store" in said
    done = call("keys", "rotate", directory=tmp_path)
    assert done.returncode == 1
    assert not (tmp_path / "data" / "secret.key").exists()
    # A key that is only in this shell is not made the store's by a look.
    assert _doctor(tmp_path, ENCRYPTION_KEY="cd" * 32)[0] == 0
    assert _doctor(tmp_path, ENCRYPTION_KEY="ab" * 32)[0] == 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"TRUSTED_PROXIES": "1"}, "PROVISION_TRUSTED_PROXIES is 1 and PROVISION_PUBLIC_URL is"),
        (
            {"PUBLIC_URL": "https://p.example.org"},
            "PROVISION_PUBLIC_URL is https and PROVISION_TRU",
        ),
        (
            {"ALLOW_NETWORKS": "10.1.0.0/16", "DENY_NETWORKS": "10.0.0.0/8"},
            "holds 10.1.0.0/16, which PROVISION_DENY_NETWORKS=10.0.0.0/8 takes back",
        ),
        (
            {"ALLOW_NETWORKS": "127.0.0.0/8", "NETWORK_POLICY": "public"},
            "holds 127.0.0.0/8, which PROVISION_NETWORK_POLICY=public never lets in",
        ),
        ({"ALLOW_NETWORKS": "169.254.0.0/16"}, "holds 169.254.0.0/16, which no setting lets in"),
        ({"MAX_CONNECTIONS": "2000000000"}, "PROVISION_MAX_CONNECTIONS is 2000000000, and a"),
    ],
)
def test_what_takes_the_sense_from_another_setting_is_noted(
    tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    _make_installation(tmp_path)
    code, found = _doctor(tmp_path, **settings)
    assert code == 0, found
    (line,) = [line for line in found.splitlines() if line.startswith("note")]
    assert said in line
    assert "note" not in _doctor(tmp_path)[1]


def test_a_contradiction_names_both_settings(tmp_path: Path) -> None:
    _make_installation(tmp_path)
    code, said = _doctor(tmp_path, MAX_CONNECTIONS="3")
    assert code == 1
    (line,) = [line for line in said.splitlines() if line.startswith("BAD")]
    assert "PROVISION_TENANT_CONNECTIONS is 4" in line
    assert "PROVISION_MAX_CONNECTIONS is 3" in line


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
