from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyotp
import pytest
from sqlalchemy import func, select, text, update

from provision.control import audit
from provision.control.accounts import users
from provision.control.second_factor import checking, enrolment, recovery_codes
from provision.control.store.tables import recovery_codes as codes_table
from provision.control.store.tables import sealed, two_factor_setups
from provision.control.store.tables import users as users_table
from provision.errors import (
    NotFoundError,
    SecondFactorRejectedError,
    SecondFactorUnreadableError,
    TwoFactorSetupOverError,
)
from tests.control.conftest import CLIENT

if TYPE_CHECKING:
    from provision.control.accounts.users import Person
    from provision.control.secrets.sealed import SealedSecrets
    from provision.control.store.store import ControlStore
    from tests.control.conftest import Clock

NOBODY = "00000000-0000-4000-8000-000000000000"


def _enrol(
    store: ControlStore, secrets: SealedSecrets, person: Person
) -> tuple[pyotp.TOTP, list[str]]:
    secret = enrolment.begin(store, secrets, person.id)
    assert secret is not None
    app = pyotp.TOTP(secret)
    return app, enrolment.turn_on(store, secrets, person.id, app.at(store.now()), client=CLIENT)


def _enter(store: ControlStore, secrets: SealedSecrets, person: Person, typed: str) -> int:
    return checking.spend(
        store, checking.check(store, secrets, person.id, typed, client=CLIENT), client=CLIENT
    )


def _events(store: ControlStore, person: Person) -> list[str]:
    return [each.event for each in reversed(audit.listing(store, user_id=person.id))]


def _sealed_count(store: ControlStore) -> int:
    with store.reading() as conn:
        return conn.execute(
            select(func.count()).where(sealed.c.purpose == checking.PURPOSE)
        ).scalar_one()


def _spend_together(store: ControlStore, seen: list[checking.Accepted]) -> list[int | None]:
    """What each gave when all were spent at once; None for one that was refused."""
    gate = threading.Barrier(len(seen))

    def spend(accepted: checking.Accepted) -> int | None:
        gate.wait()
        try:
            return checking.spend(store, accepted, client=CLIENT)
        except SecondFactorRejectedError:
            return None

    with ThreadPoolExecutor(len(seen)) as pool:
        return list(pool.map(spend, seen))


def test_it_is_off_until_a_right_code_has_been_seen(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    secret = enrolment.begin(store, secrets, alice.id)
    assert secret is not None
    assert enrolment.begin(store, secrets, alice.id) == secret
    assert not enrolment.state(store, alice.id).is_on
    app = pyotp.TOTP(secret)
    with pytest.raises(SecondFactorRejectedError):
        enrolment.turn_on(store, secrets, alice.id, app.at(store.now() - 90), client=CLIENT)
    with pytest.raises(SecondFactorRejectedError):
        checking.check(store, secrets, alice.id, app.at(store.now()), client=CLIENT)
    codes = enrolment.turn_on(store, secrets, alice.id, app.at(store.now()), client=CLIENT)
    assert len(set(codes)) == 10
    assert enrolment.state(store, alice.id) == enrolment.TwoFactor(True, 10, False)
    found = users.by_id(store, alice.id)
    assert found is not None
    assert found.two_factor
    assert enrolment.begin(store, secrets, alice.id) is None
    with pytest.raises(TwoFactorSetupOverError):
        enrolment.turn_on(store, secrets, alice.id, app.at(store.now() + 30), client=CLIENT)
    assert _events(store, alice)[-1] == "two_factor_on"


def test_a_setup_left_lying_for_a_day_gets_another_secret(
    store: ControlStore, secrets: SealedSecrets, alice: Person, clock: Clock
) -> None:
    old = enrolment.begin(store, secrets, alice.id)
    assert old is not None
    clock.pass_s(86_400)
    with pytest.raises(TwoFactorSetupOverError):
        enrolment.turn_on(store, secrets, alice.id, pyotp.TOTP(old).at(store.now()), client=CLIENT)
    assert enrolment.begin(store, secrets, alice.id) not in (None, old)
    assert _sealed_count(store) == 1


def test_the_code_that_turned_it_on_and_any_before_it_are_used(
    store: ControlStore, secrets: SealedSecrets, alice: Person, clock: Clock
) -> None:
    app, _ = _enrol(store, secrets, alice)
    for at in (store.now() - 30, store.now()):
        with pytest.raises(SecondFactorRejectedError):
            checking.check(store, secrets, alice.id, app.at(at), client=CLIENT)
    _enter(store, secrets, alice, app.at(store.now() + 30))
    # A step further the last one is still in the window, and used.
    clock.pass_s(30)
    with pytest.raises(SecondFactorRejectedError):
        checking.check(store, secrets, alice.id, app.at(store.now()), client=CLIENT)
    _enter(store, secrets, alice, app.at(store.now() + 30))
    assert "second_factor_failed" in _events(store, alice)


def test_two_requests_with_one_code_let_one_in(
    store: ControlStore, secrets: SealedSecrets, alice: Person, clock: Clock
) -> None:
    app, _ = _enrol(store, secrets, alice)
    clock.pass_s(30)
    code = app.at(store.now())
    seen = [checking.check(store, secrets, alice.id, code, client=CLIENT) for _ in range(4)]
    results = _spend_together(store, seen)
    assert [each for each in results if each is not None] == [10]


def test_a_recovery_code_is_good_once_also_for_two_at_a_time(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    _, codes = _enrol(store, secrets, alice)
    typed = f"  {codes[0].upper().replace('-', ' ')}"
    seen = [checking.check(store, secrets, alice.id, typed, client=CLIENT) for _ in range(3)]
    results = _spend_together(store, seen)
    assert [each for each in results if each is not None] == [9]
    with pytest.raises(SecondFactorRejectedError):
        checking.check(store, secrets, alice.id, codes[0], client=CLIENT)
    assert _enter(store, secrets, alice, codes[9]) == 8
    assert _events(store, alice).count("recovery_code_used") == 2


def test_a_recovery_code_used_proves_them_saved(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    _, codes = _enrol(store, secrets, alice)
    _enter(store, secrets, alice, codes[0])
    assert enrolment.state(store, alice.id) == enrolment.TwoFactor(True, 9, True)
    # Of new ones nobody has shown a copy.
    enrolment.new_codes(store, alice.id, client=CLIENT)
    assert enrolment.state(store, alice.id) == enrolment.TwoFactor(True, 10, False)


def test_a_code_looked_at_does_not_outlive_its_secret(
    store: ControlStore, secrets: SealedSecrets, alice: Person, clock: Clock
) -> None:
    app, codes = _enrol(store, secrets, alice)
    clock.pass_s(30)
    by_app = checking.check(store, secrets, alice.id, app.at(store.now()), client=CLIENT)
    by_recovery = checking.check(store, secrets, alice.id, codes[0], client=CLIENT)
    enrolment.turn_off(store, alice.id, client=CLIENT)
    _enrol(store, secrets, alice)
    for each in (by_app, by_recovery):
        with pytest.raises(SecondFactorRejectedError):
            checking.spend(store, each, client=CLIENT)


def test_recovery_codes_are_proven_saved_by_one_typed_back(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    _, codes = _enrol(store, secrets, alice)
    with pytest.raises(SecondFactorRejectedError):
        enrolment.confirm_saved(store, alice.id, "0000-0000-0000-0000-0000-0000", client=CLIENT)
    enrolment.confirm_saved(store, alice.id, codes[3], client=CLIENT)
    # It was shown, not used.
    assert enrolment.state(store, alice.id) == enrolment.TwoFactor(True, 10, True)
    fresh = enrolment.new_codes(store, alice.id, client=CLIENT)
    assert not set(fresh) & set(codes)
    assert enrolment.state(store, alice.id) == enrolment.TwoFactor(True, 10, False)
    with pytest.raises(SecondFactorRejectedError):
        checking.check(store, secrets, alice.id, codes[3], client=CLIENT)
    assert _events(store, alice)[-4:-1] == [
        "two_factor_on",
        "recovery_codes_saved",
        "recovery_codes_made",
    ]


@pytest.mark.parametrize("is_proven", [True, False])
def test_turning_it_off_leaves_nothing_behind(
    store: ControlStore, secrets: SealedSecrets, alice: Person, is_proven: bool
) -> None:
    before = _sealed_count(store)
    app, codes = _enrol(store, secrets, alice)
    if is_proven:
        enrolment.confirm_saved(store, alice.id, codes[0], client=CLIENT)
    enrolment.turn_off(store, alice.id, client=CLIENT)
    assert enrolment.state(store, alice.id) == enrolment.TwoFactor(False, 0, False)
    assert _sealed_count(store) == before
    with store.reading() as conn:
        assert conn.execute(select(func.count()).select_from(codes_table)).scalar() == 0
        assert conn.execute(select(func.count()).select_from(two_factor_setups)).scalar() == 0
    with pytest.raises(SecondFactorRejectedError):
        checking.check(store, secrets, alice.id, app.at(store.now() + 30), client=CLIENT)
    with pytest.raises(NotFoundError):
        enrolment.new_codes(store, alice.id, client=CLIENT)
    with pytest.raises(NotFoundError):
        enrolment.turn_off(store, NOBODY, client=CLIENT)


def test_what_is_kept_tells_neither_secret_nor_codes(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    app, codes = _enrol(store, secrets, alice)
    with store.reading() as conn:
        kept = " ".join(
            str(tuple(row))
            for table in ("users", "sealed", "recovery_codes", "audit_events")
            for row in conn.execute(text(f"SELECT * FROM {table}"))
        )
    assert app.secret not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_ciphertexts_swapped_between_two_people_open_for_neither(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person, clock: Clock
) -> None:
    of_alice, codes = _enrol(store, secrets, alice)
    of_bob, _ = _enrol(store, secrets, bob)
    with store.writing() as conn:
        first, second = (
            conn.execute(
                select(users_table.c.totp_secret_id).where(users_table.c.id == person.id)
            ).scalar_one()
            for person in (alice, bob)
        )
        values = {
            each: conn.execute(select(sealed.c.value).where(sealed.c.id == each)).scalar_one()
            for each in (first, second)
        }
        for mine, theirs in ((first, second), (second, first)):
            conn.execute(update(sealed).where(sealed.c.id == mine).values(value=values[theirs]))
    clock.pass_s(30)
    for person in (alice, bob):
        for app in (of_alice, of_bob):
            with pytest.raises(SecondFactorUnreadableError):
                checking.check(store, secrets, person.id, app.at(store.now()), client=CLIENT)
    # The way out needs no secret.
    assert _enter(store, secrets, alice, codes[0]) == 9


def test_one_persons_codes_are_nothing_to_another(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person
) -> None:
    _, codes = _enrol(store, secrets, alice)
    _enrol(store, secrets, bob)
    with pytest.raises(SecondFactorRejectedError):
        checking.check(store, secrets, bob.id, codes[0], client=CLIENT)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("k7wm-3fhd-9qtx-p2va-8h2k-m4zr", "k7wm-3fhd-9qtx-p2va-8h2k-m4zr"),
        (" K7WM3FHD 9QTXP2VA\n8h2k M4ZR", "k7wm-3fhd-9qtx-p2va-8h2k-m4zr"),
        ("oilO-ILil-0000-1111-2222-3333", "0110-1111-0000-1111-2222-3333"),
        ("k7wm-3fhd-9qtx-p2va-8h2k-m4z", None),
        ("k7wm-3fhd-9qtx-p2va-8h2k-m4zu", None),
        ("k7wm-3fhd-9qtx-p2va-8h2k-m4zé", None),
        ("123456", None),
        ("", None),
        ("k" * 5_000, None),
    ],
)
def test_a_recovery_code_is_read_however_it_is_typed(typed: str, read: str | None) -> None:
    assert recovery_codes.code_from(typed) == read
