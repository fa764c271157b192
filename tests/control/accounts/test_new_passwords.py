from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, insert, select

from provision.control import audit
from provision.control.accounts import new_passwords, users
from provision.control.audit import Client
from provision.control.sign_in import sessions
from provision.control.store.identifiers import digest
from provision.control.store.tables import half_sign_ins, password_resets
from provision.errors import (
    BadCredentialsError,
    NotFoundError,
    ResetLinkNotFoundError,
    ValidationError,
)
from tests.control.conftest import CLIENT, PASSWORD

if TYPE_CHECKING:
    from sqlalchemy import Table

    from provision.control.accounts.users import Person
    from provision.control.store.store import ControlStore
    from provision.credentials.passwords import PasswordHasher
    from tests.control.conftest import Clock

NEW = "another good one"
NOBODY = "00000000-0000-4000-8000-000000000000"


def _start(store: ControlStore, person: Person) -> str:
    return sessions.start(store, user_id=person.id, absolute_s=3600, idle_s=3600, client=CLIENT)


def _half_sign_in(store: ControlStore, person: Person) -> None:
    with store.writing() as conn:
        values = {"id_hash": digest(person.id), "user_id": person.id}
        conn.execute(
            insert(half_sign_ins), values | {"failures": 0, "created_at": 0, "expires_at": 2**40}
        )


def _count(store: ControlStore, table: Table) -> int:
    with store.reading() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def _lets_in(store: ControlStore, hasher: PasswordHasher, person: Person, password: str) -> bool:
    try:
        users.authenticate(store, hasher, email=person.email, password=password, client=CLIENT)
    except BadCredentialsError:
        return False
    return True


def test_a_new_password_closes_what_the_old_one_opened(
    store: ControlStore, hasher: PasswordHasher, alice: Person, bob: Person
) -> None:
    here, elsewhere, bobs = _start(store, alice), _start(store, alice), _start(store, bob)
    _half_sign_in(store, alice)
    _half_sign_in(store, bob)
    link = new_passwords.new_reset(store, alice.id)
    bobs_link = new_passwords.new_reset(store, bob.id)

    ended = new_passwords.change(
        store,
        hasher,
        alice.id,
        password=NEW,
        except_id_hash=digest(here),
        client=Client("192.0.2.1", ""),
    )
    assert ended == 1
    assert sessions.resolve(store, here)
    assert sessions.resolve(store, elsewhere) is None
    assert sessions.resolve(store, bobs)
    assert _count(store, half_sign_ins) == 1
    with pytest.raises(ResetLinkNotFoundError):
        new_passwords.holder(store, link)
    assert new_passwords.holder(store, bobs_link) == bob
    assert not _lets_in(store, hasher, alice, PASSWORD)
    assert _lets_in(store, hasher, alice, NEW)
    told = audit.listing(store, user_id=alice.id)
    assert ("password_changed", "192.0.2.1") in [(each.event, each.address) for each in told]

    assert new_passwords.change(store, hasher, alice.id, password=PASSWORD, client=CLIENT) == 1
    assert sessions.resolve(store, here) is None


@pytest.mark.parametrize("password", ["short", "password123", "alice@example.org", "Alice 2026"])
def test_a_password_that_is_refused_changes_nothing(
    store: ControlStore, hasher: PasswordHasher, alice: Person, password: str
) -> None:
    link = new_passwords.new_reset(store, alice.id)
    for refused in (
        lambda: new_passwords.change(store, hasher, alice.id, password=password, client=CLIENT),
        lambda: new_passwords.reset(store, hasher, link, password=password, client=CLIENT),
    ):
        with pytest.raises(ValidationError) as caught:
            refused()
        assert set(caught.value.errors) == {"new_password"}
    assert new_passwords.holder(store, link) == alice
    assert _lets_in(store, hasher, alice, PASSWORD)


def test_nobody_has_no_password(store: ControlStore, hasher: PasswordHasher) -> None:
    with pytest.raises(NotFoundError):
        new_passwords.change(store, hasher, NOBODY, password=NEW, client=CLIENT)


def test_a_link_resets_once_and_ends_every_session(
    store: ControlStore, hasher: PasswordHasher, alice: Person, bob: Person
) -> None:
    here, bobs = _start(store, alice), _start(store, bob)
    link = new_passwords.new_reset(store, alice.id)
    assert new_passwords.holder(store, link) == alice
    new_passwords.reset(store, hasher, link, password=NEW, client=Client("192.0.2.1", ""))
    assert sessions.resolve(store, here) is None
    assert sessions.resolve(store, bobs)
    assert _lets_in(store, hasher, alice, NEW)
    with pytest.raises(ResetLinkNotFoundError):
        new_passwords.reset(store, hasher, link, password=PASSWORD, client=CLIENT)
    told = [(each.event, each.address) for each in audit.listing(store, user_id=alice.id)]
    assert told[:2] == [("password_reset", "192.0.2.1"), ("password_reset_issued", "operator")]
    with store.reading() as conn:
        assert link not in str(conn.exec_driver_sql("SELECT * FROM audit_events").fetchall())


def test_a_link_is_good_for_a_day_and_the_newest_alone(
    store: ControlStore, alice: Person, bob: Person, clock: Clock
) -> None:
    first = new_passwords.new_reset(store, alice.id)
    second = new_passwords.new_reset(store, alice.id)
    with pytest.raises(ResetLinkNotFoundError):
        new_passwords.holder(store, first)
    clock.pass_s(86_399)
    assert new_passwords.holder(store, second) == alice
    clock.pass_s(1)
    with pytest.raises(ResetLinkNotFoundError):
        new_passwords.holder(store, second)
    # What is over is cleared away by the next one for anybody.
    new_passwords.new_reset(store, bob.id)
    assert _count(store, password_resets) == 1


def test_a_link_opens_no_disabled_account(store: ControlStore, alice: Person) -> None:
    link = new_passwords.new_reset(store, alice.id)
    users.set_enabled(store, alice.id, enabled=False)
    with pytest.raises(ResetLinkNotFoundError):
        new_passwords.holder(store, link)


@pytest.mark.parametrize("secret", ["", "x", "0" * 64, "\ud800", "' OR 1=1 --"])
def test_what_is_no_link_opens_nothing(store: ControlStore, alice: Person, secret: str) -> None:
    new_passwords.new_reset(store, alice.id)
    with pytest.raises(ResetLinkNotFoundError):
        new_passwords.holder(store, secret)


def test_of_one_link_in_two_tabs_one_wins(
    store: ControlStore, hasher: PasswordHasher, alice: Person
) -> None:
    link = new_passwords.new_reset(store, alice.id)

    def reset(password: str) -> bool:
        try:
            new_passwords.reset(store, hasher, link, password=password, client=CLIENT)
        except ResetLinkNotFoundError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(reset, [f"a different one, {n}" for n in range(4)]))
    assert results.count(True) == 1
    assert _lets_in(store, hasher, alice, f"a different one, {results.index(True)}")
