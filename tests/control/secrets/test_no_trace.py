"""What was forgotten is in none of the store's files any more, its write-ahead log included."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pyotp
import pytest
from sqlalchemy import select, update

from provision.control import connections, dossier, keys
from provision.control.accounts import new_passwords
from provision.control.connections import NewConnection
from provision.control.second_factor import checking, enrolment
from provision.control.secrets.sealed import open_vault
from provision.control.store.backup import write_backup
from provision.control.store.tables import sealed, users
from tests.control.conftest import CLIENT, KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provision.control.accounts.users import Person
    from provision.control.secrets.sealed import SealedSecrets
    from provision.control.store.store import ControlStore
    from provision.credentials.passwords import PasswordHasher

_NEW = NewConnection(
    name="Ours",
    kind="pasted",
    host="db.example.com",
    port=5432,
    database="app",
    username="app",
    provider="",
    tls="verified",
    owner_id="6f2d6c3e-4a0e-4a55-8f0e-000000000001",
    server_version="18",
)


def _save(
    store: ControlStore, secrets: SealedSecrets, person: Person, instead_of: str | None = None
) -> str:
    return connections.save(
        *(store, secrets),
        user_id=person.id,
        new=_NEW,
        secret="a secret",
        client=CLIENT,
        instead_of=instead_of,
    ).id


def _sealed(store: ControlStore, purpose: str) -> bytes:
    """The one value of that purpose, as it lies in the files."""
    with store.reading() as conn:
        found = conn.execute(select(sealed.c.value).where(sealed.c.purpose == purpose))
        return bytes(found.scalar_one())


def _files(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))


@pytest.fixture
def control_url(url_of: Callable[[str], str]) -> str:
    """Only SQLite has files that are ours."""
    return url_of("sqlite")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.db"


def _replace(
    store: ControlStore, secrets: SealedSecrets, person: Person, connection_id: str
) -> None:
    _save(store, secrets, person, instead_of=connection_id)


def _learn(store: ControlStore, secrets: SealedSecrets, _: Person, connection_id: str) -> None:
    connections.replace_secret(store, secrets, connection_id, before="a secret", after="keys")


def _forget(store: ControlStore, _: SealedSecrets, person: Person, connection_id: str) -> None:
    connections.forget(store, user_id=person.id, connection_id=connection_id, client=CLIENT)


def _delete(store: ControlStore, _: SealedSecrets, person: Person, _id: str) -> None:
    dossier.erase(store, person.id)


@pytest.mark.parametrize("forget", [_replace, _learn, _forget, _delete])
def test_a_string_that_is_kept_no_more_is_in_no_file(
    store: ControlStore,
    secrets: SealedSecrets,
    alice: Person,
    path: Path,
    forget: Callable[..., None],
) -> None:
    connection_id = _save(store, secrets, alice)
    value = _sealed(store, connections.PURPOSE)
    assert value in _files(path)
    forget(store, secrets, alice, connection_id)
    assert value not in _files(path)
    write_backup(store, path.with_name("copy.db"))
    assert value not in path.with_name("copy.db").read_bytes()


def test_a_second_factor_that_is_off_is_in_no_file(
    store: ControlStore, secrets: SealedSecrets, alice: Person, path: Path
) -> None:
    secret = enrolment.begin(store, secrets, alice.id)
    assert secret is not None
    enrolment.turn_on(store, secrets, alice.id, pyotp.TOTP(secret).at(store.now()), client=CLIENT)
    value = _sealed(store, checking.PURPOSE)
    enrolment.turn_off(store, alice.id, client=CLIENT)
    assert value not in _files(path)


def test_a_former_password_is_in_no_file(
    store: ControlStore, hasher: PasswordHasher, alice: Person, path: Path
) -> None:
    with store.reading() as conn:
        former = conn.execute(select(users.c.password_hash)).scalar_one().encode()
    assert former in _files(path)
    new_passwords.change(store, hasher, alice.id, password="another horse battery", client=CLIENT)
    assert former not in _files(path)


def test_what_a_former_key_sealed_is_in_no_file(
    store: ControlStore, secrets: SealedSecrets, alice: Person, path: Path
) -> None:
    _save(store, secrets, alice)
    value = _sealed(store, connections.PURPOSE)
    both = f"{'cd' * 32},{KEY}"
    rotated = open_vault(
        store, encryption_key=both, key_file=path.with_name("none"), allow_generate=False
    )
    keys.rotate(rotated, pause=lambda _: None)
    assert value not in _files(path)


def test_a_reader_who_stays_holds_up_nobody_and_the_next_write_clears_away(
    store: ControlStore, secrets: SealedSecrets, alice: Person, path: Path
) -> None:
    connection_id = _save(store, secrets, alice)
    value = _sealed(store, connections.PURPOSE)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM users").fetchall()
        connections.forget(store, user_id=alice.id, connection_id=connection_id, client=CLIENT)
        assert connections.active(store, alice.id) is None
        assert value in _files(path)
    with store.writing() as conn:
        conn.execute(update(users).values(name="Alice"))
    assert value not in _files(path)
