"""Two machines share one store and their clocks differ: what one lets in the other lets in too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyotp
import pytest

from provision.control.accounts import new_passwords, tokens, users
from provision.control.attempts.budgets import AttemptBudget, AttemptsInStore
from provision.control.second_factor import checking, enrolment
from provision.control.secrets.sealed import SealedSecrets, open_vault
from provision.control.sign_in import half_sign_ins, sessions
from provision.control.store.store import ControlStore
from provision.errors import (
    ResetLinkNotFoundError,
    SecondFactorRejectedError,
    TooManyAttemptsError,
)
from tests.control.conftest import CLIENT, KEY, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provision.control.accounts.users import Person
    from provision.credentials.passwords import PasswordHasher
    from tests.control.conftest import Clock

SKEWS = (-60, -30, -1, 1, 30, 60)


@pytest.fixture(params=SKEWS)
def other(
    request: pytest.FixtureRequest, store: ControlStore, control_url: str, clock: Clock
) -> Iterator[ControlStore]:
    """The same store as another machine opens it, whose clock is that many seconds ahead."""
    skew = request.param
    opened = ControlStore.open(control_url, clock=lambda: clock() + skew)
    yield opened
    opened.dispose()


@pytest.fixture
def other_secrets(secrets: SealedSecrets, other: ControlStore, tmp_path: Path) -> SealedSecrets:
    return open_vault(
        other, encryption_key=KEY, key_file=tmp_path / "secret.key", allow_generate=False
    )


def test_a_sign_in_holds_on_both(store: ControlStore, other: ControlStore, alice: Person) -> None:
    for here, there in ((store, other), (other, store)):
        raw = sessions.start(here, user_id=alice.id, absolute_s=86_400, idle_s=3_600, client=CLIENT)
        for each in (there, here, there):
            assert sessions.resolve(each, raw) is not None
            assert len(sessions.listing(each, user_id=alice.id)) == 1
        sessions.end(there, raw, client=CLIENT)
        assert sessions.resolve(here, raw) is None


def test_a_session_ends_on_both_but_for_the_difference(
    store: ControlStore, other: ControlStore, alice: Person, clock: Clock
) -> None:
    raw = sessions.start(other, user_id=alice.id, absolute_s=86_400, idle_s=3_600, client=CLIENT)
    clock.pass_s(3_600 - 61)
    assert sessions.resolve(store, raw) is not None
    clock.pass_s(3_600 + 122)
    assert sessions.resolve(store, raw) is None
    assert sessions.resolve(other, raw) is None


def test_a_code_is_asked_for_here_and_given_there(
    store: ControlStore,
    other: ControlStore,
    secrets: SealedSecrets,
    other_secrets: SealedSecrets,
    alice: Person,
    hasher: PasswordHasher,
    clock: Clock,
) -> None:
    secret = enrolment.begin(store, secrets, alice.id)
    assert secret is not None
    totp = pyotp.TOTP(secret)
    # The phone keeps the time that is right; each machine may be as far off as that is forgiven.
    enrolment.turn_on(store, secrets, alice.id, totp.at(int(clock())), client=CLIENT)
    clock.pass_s(120)
    found = users.authenticate(other, hasher, email=alice.email, password=PASSWORD, client=CLIENT)
    half = half_sign_ins.start(other, found)
    person = half_sign_ins.person_of(store, half)
    assert person is not None
    assert person.id == alice.id
    code = totp.at(int(clock()))
    accepted = checking.check(store, secrets, alice.id, code, client=CLIENT)
    checking.spend(store, accepted, client=CLIENT)
    with store.writing() as conn:
        assert half_sign_ins.finish(conn, half, now=store.now())
    # A code used here is good nowhere any more.
    with pytest.raises(SecondFactorRejectedError):
        checking.check(other, other_secrets, alice.id, code, client=CLIENT)


def test_a_link_and_a_token_hold_on_both(
    store: ControlStore, other: ControlStore, alice: Person, clock: Clock
) -> None:
    link = new_passwords.new_reset(other, alice.id)
    assert new_passwords.holder(store, link) == alice
    raw, _ = tokens.create(
        other,
        user_id=alice.id,
        name="ci",
        read_only=False,
        expires_at=other.now() + 86_400,
        client=CLIENT,
    )
    for each in (store, other):
        assert tokens.resolve(each, raw) is not None
    clock.pass_s(86_400 + 61)
    for each in (store, other):
        assert tokens.resolve(each, raw) is None
        with pytest.raises(ResetLinkNotFoundError):
            new_passwords.holder(each, link)


def test_limits_are_counted_by_the_servers_clock(server_url: str) -> None:
    """Else the machine that is ahead would free the places that the other has taken."""
    ahead, behind = ControlStore.open(server_url), ControlStore.open(server_url)
    budget = AttemptBudget("c" * 64, 3, 60)
    with ahead.reading() as conn:
        now = ahead.shared_now(conn)
    # As with a clock that is wrong by an hour: the store is asked, not this machine.
    behind._clock = lambda: now - 3_600.0
    ahead._clock = lambda: now + 3_600.0
    assert round(ahead.ahead_s()) == pytest.approx(3_600, abs=30)
    assert round(behind.ahead_s()) == pytest.approx(-3_600, abs=30)
    for store in (ahead, behind, ahead):
        AttemptsInStore(store).take([budget])
    for store in (ahead, behind):
        with pytest.raises(TooManyAttemptsError) as refused:
            AttemptsInStore(store).take([budget])
        assert refused.value.retry_after_s <= 60
        store.dispose()


@pytest.fixture
def server_url(request: pytest.FixtureRequest) -> str:
    """The URL of a store on PostgreSQL."""
    made: str = request.getfixturevalue("url_of")("postgresql")
    return made
