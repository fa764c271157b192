from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from provision.control import audit, connections, keys
from provision.control.secrets.sealed import (
    KEY_CHECK,
    SealedSecrets,
    open_vault,
    session_signing_key,
    unproved_vault,
)
from provision.control.store.tables import sealed, users
from provision.errors import SettingsError
from tests.control.conftest import CLIENT, KEY
from tests.control.test_connections import NEW, SECRET

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provision.control.accounts.users import Person
    from provision.control.store.store import ControlStore

NEWER = "cd" * 32
WRONG = "ef" * 32
MANY = 130  # more than two lots


def _opened(store: ControlStore, key: str, tmp_path: Path) -> SealedSecrets:
    return open_vault(store, encryption_key=key, key_file=tmp_path / "none", allow_generate=False)


def _fill(secrets: SealedSecrets, count: int = MANY) -> list[str]:
    with secrets.store.writing() as conn:
        return [
            secrets.put(conn, purpose="p", owner=str(number), plaintext=f"secret {number}")
            for number in range(count)
        ]


def _texts(secrets: SealedSecrets, ids: list[str]) -> list[str]:
    with secrets.store.reading() as conn:
        return [
            secrets.get(conn, each, purpose="p", owner=str(number))
            for number, each in enumerate(ids)
        ]


def _newest(secrets: SealedSecrets) -> int:
    """How many are under the newest key."""
    return sum(row.key_id == secrets.key_ids[0] for row in keys.examine(secrets))


def _at_once(_seconds: float) -> None:
    pass


def test_after_a_rotation_the_new_key_alone_opens_everything(
    store: ControlStore, secrets: SealedSecrets, alice: Person, tmp_path: Path
) -> None:
    ids, signing_key = _fill(secrets), session_signing_key(secrets, None)
    connection = connections.save(
        store, secrets, user_id=alice.id, new=NEW, secret=SECRET, client=CLIENT
    )
    done = keys.rotate(_opened(store, f"{NEWER},{KEY}", tmp_path), pause=_at_once)
    assert done.moved == {"p": MANY, "connection string": 1, "signing key": 1, KEY_CHECK: 1}
    assert (done.lost, done.late) == ((), 0)
    told = audit.listing(store)[0]
    assert (told.event, told.address, told.detail["count"]) == (
        *("keys_rotated", audit.OPERATOR.address),
        MANY + 3,
    )
    alone = _opened(store, NEWER, tmp_path)
    assert _texts(alone, ids) == [f"secret {number}" for number in range(MANY)]
    assert connections.open_secret(store, alone, connection.id) == SECRET
    assert session_signing_key(alone, None) == signing_key
    with pytest.raises(SettingsError, match="is not the key"):
        _opened(store, KEY, tmp_path)
    assert keys.rotate(alone, pause=_at_once).moved.total() == 0


def test_what_was_interrupted_goes_on_where_it_stopped(
    store: ControlStore, secrets: SealedSecrets, tmp_path: Path
) -> None:
    ids = _fill(secrets)
    both = _opened(store, f"{NEWER},{KEY}", tmp_path)

    def give_up(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keys.rotate(both, pause=give_up)
    assert 0 < _newest(both) < MANY
    assert len(_texts(both, ids)) == MANY
    # Not before all is done: it could not open the rest.
    with pytest.raises(SettingsError, match="is not the key"):
        _opened(store, NEWER, tmp_path)
    assert keys.rotate(both, pause=_at_once).moved.total() < MANY + 1
    assert len(_texts(_opened(store, NEWER, tmp_path), ids)) == MANY


def test_secrets_that_a_server_seals_under_the_older_key_meanwhile_are_moved_and_told(
    store: ControlStore, secrets: SealedSecrets, tmp_path: Path
) -> None:
    ids = _fill(secrets)
    late: list[str] = []

    def seal_some(_seconds: float) -> None:
        if not late:
            late.extend(_fill(secrets, count=40))

    done = keys.rotate(_opened(store, f"{NEWER},{KEY}", tmp_path), pause=seal_some)
    assert 0 < done.late < 40  # those whose random id lies behind what had been gone through
    alone = _opened(store, NEWER, tmp_path)
    assert (len(_texts(alone, ids)), len(_texts(alone, late))) == (MANY, 40)


def test_what_no_key_opens_is_left_as_it_is_and_named(
    store: ControlStore, secrets: SealedSecrets, alice: Person, tmp_path: Path
) -> None:
    connections.save(store, secrets, user_id=alice.id, new=NEW, secret=SECRET, client=CLIENT)
    both = _opened(store, f"{NEWER},{KEY}", tmp_path)
    keys.rotate(both, pause=_at_once)
    with store.writing() as conn:
        foreign = unproved_vault(store, encryption_key=WRONG, key_file=tmp_path / "none")
        lost = foreign.put(conn, purpose="p", owner=alice.id, plaintext="x")
        broken = both.put(conn, purpose="p", owner="o", plaintext="x")
        conn.execute(update(sealed).where(sealed.c.id == broken).values(value=b"short"))
    before = {row.id: row.key_id for row in keys.examine(both)}
    done = keys.rotate(both, pause=_at_once)
    assert {row.id: row.state for row in done.lost} == {lost: "no key", broken: "altered"}
    assert {row.id: row.key_id for row in keys.examine(both)} == before
    assert keys.owners(store, list(done.lost)) == {lost: alice.email, broken: keys.INSTALLATION}


def test_what_is_lost_for_good_can_be_given_up_but_no_second_factor(
    store: ControlStore,
    secrets: SealedSecrets,
    alice: Person,
    add_person: Callable[[str], Person],
    tmp_path: Path,
) -> None:
    bob = add_person("bob")
    connections.save(store, secrets, user_id=alice.id, new=NEW, secret=SECRET, client=CLIENT)
    session_signing_key(secrets, None)
    with store.writing() as conn:
        factor = secrets.put(conn, purpose="second factor", owner=bob.id, plaintext="x")
        conn.execute(update(users).where(users.c.id == bob.id).values(totp_secret_id=factor))
    fresh = unproved_vault(store, encryption_key=NEWER, key_file=tmp_path / "none")
    assert [row.id for row in keys.forget_lost(fresh)] == [factor]
    assert connections.active(store, alice.id) is None
    newest = audit.listing(store, user_id=alice.id)[0]
    assert (newest.event, newest.address) == ("connection_forgotten", "operator")
    opened = _opened(store, NEWER, tmp_path)
    assert session_signing_key(opened, None)
    again = connections.save(store, opened, user_id=alice.id, new=NEW, secret=SECRET, client=CLIENT)
    assert connections.open_secret(store, opened, again.id) == SECRET
    with store.reading() as conn:
        assert conn.execute(select(users.c.totp_secret_id).where(users.c.id == bob.id)).scalar()


def test_forgetting_what_is_lost_touches_nothing_that_opens(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    saved = connections.save(
        store, secrets, user_id=alice.id, new=NEW, secret=SECRET, client=CLIENT
    )
    assert keys.forget_lost(secrets) == []
    assert connections.open_secret(store, secrets, saved.id) == SECRET


def test_examining_goes_through_all_of_them_once(secrets: SealedSecrets) -> None:
    ids = _fill(secrets)
    seen = [row.id for row in keys.examine(secrets) if row.purpose == "p"]
    assert sorted(seen) == sorted(ids)
