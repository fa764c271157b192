from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyotp
import pytest
from sqlalchemy import func, select

from provision.control.accounts import users
from provision.control.second_factor import enrolment
from provision.control.sign_in import half_sign_ins
from provision.control.store.tables import half_sign_ins as table
from tests.control.conftest import CLIENT, PASSWORD

if TYPE_CHECKING:
    from provision.control.accounts.users import Person, Recognised
    from provision.control.secrets.sealed import SealedSecrets
    from provision.control.store.store import ControlStore
    from provision.credentials.passwords import PasswordHasher
    from tests.control.conftest import Clock


@pytest.fixture
def nora(
    store: ControlStore, secrets: SealedSecrets, hasher: PasswordHasher, alice: Person
) -> Recognised:
    """Somebody whose two-factor is on, and whose password was right."""
    secret = enrolment.begin(store, secrets, alice.id)
    assert secret is not None
    enrolment.turn_on(store, secrets, alice.id, pyotp.TOTP(secret).at(store.now()), client=CLIENT)
    return users.authenticate(store, hasher, email=alice.email, password=PASSWORD, client=CLIENT)


def _finish(store: ControlStore, raw: str) -> bool:
    with store.writing() as conn:
        return half_sign_ins.finish(conn, raw, now=store.now())


def _count(store: ControlStore) -> int:
    with store.reading() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def test_it_names_the_person_for_five_minutes(
    store: ControlStore, nora: Recognised, clock: Clock
) -> None:
    raw = half_sign_ins.start(store, nora)
    clock.pass_s(299)
    assert half_sign_ins.person_of(store, raw) == nora.person
    clock.pass_s(1)
    assert half_sign_ins.person_of(store, raw) is None
    assert not _finish(store, raw)
    half_sign_ins.start(store, nora)
    assert _count(store) == 1, "what is over is not cleared away"


def test_of_codes_tried_at_once_no_more_are_looked_at_than_one_after_the_other(
    store: ControlStore, nora: Recognised
) -> None:
    raw, other = half_sign_ins.start(store, nora), half_sign_ins.start(store, nora)
    half_sign_ins.count_attempt(store, raw)
    half_sign_ins.withdraw_attempt(store, raw)
    with ThreadPoolExecutor(6) as pool:
        counted = list(pool.map(lambda _: half_sign_ins.count_attempt(store, raw), range(14)))
    assert counted.count(True) == half_sign_ins.MOST_FAILURES
    assert half_sign_ins.end_after_last(store, raw)
    assert not _finish(store, raw)
    assert not half_sign_ins.count_attempt(store, raw)
    assert not half_sign_ins.end_after_last(store, other)
    assert half_sign_ins.person_of(store, other) == nora.person


def test_a_person_has_only_so_many_under_way(
    store: ControlStore, nora: Recognised, clock: Clock
) -> None:
    first = half_sign_ins.start(store, nora)
    clock.pass_s(1)
    for _ in range(30):
        last = half_sign_ins.start(store, nora)
    assert _count(store) == 20
    assert half_sign_ins.person_of(store, first) is None
    assert half_sign_ins.person_of(store, last) == nora.person


def test_it_is_finished_once_however_many_try(store: ControlStore, nora: Recognised) -> None:
    raw = half_sign_ins.start(store, nora)
    gate = threading.Barrier(4)

    def finish(_: int) -> bool:
        gate.wait()
        return _finish(store, raw)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(finish, range(4))) == [False, False, False, True]
    assert half_sign_ins.person_of(store, raw) is None


@pytest.mark.parametrize("raw", ["", "x", "\ud800", "0" * 64])
def test_any_other_value_is_nobody(store: ControlStore, nora: Recognised, raw: str) -> None:
    half_sign_ins.start(store, nora)
    assert half_sign_ins.person_of(store, raw) is None
    assert not _finish(store, raw)


def test_without_a_second_factor_there_is_no_half_way(
    store: ControlStore, hasher: PasswordHasher, bob: Person
) -> None:
    found = users.authenticate(store, hasher, email=bob.email, password=PASSWORD, client=CLIENT)
    assert half_sign_ins.person_of(store, half_sign_ins.start(store, found)) is None
