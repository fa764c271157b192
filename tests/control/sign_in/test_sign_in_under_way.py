"""Who was let in is let in no more when the account has changed before the row is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyotp
import pytest
from sqlalchemy import func, select

from provision.control import dossier
from provision.control.accounts import new_passwords, tokens, users
from provision.control.second_factor import enrolment
from provision.control.sign_in import half_sign_ins, sessions
from provision.control.store import tables
from provision.errors import SignInOverError
from tests.control.conftest import CLIENT, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.control.accounts.users import Person, Recognised
    from provision.control.secrets.sealed import SealedSecrets
    from provision.control.store.store import ControlStore
    from provision.credentials.passwords import PasswordHasher


def _start(store: ControlStore, found: Recognised) -> object:
    return sessions.start(
        store,
        user_id=found.person.id,
        absolute_s=3600,
        idle_s=3600,
        entitled=found.still_holds,
        client=CLIENT,
    )


def _make_token(store: ControlStore, found: Recognised) -> object:
    return tokens.create(
        store,
        user_id=found.person.id,
        name="t",
        read_only=False,
        expires_at=None,
        entitled=found.still_holds,
        client=CLIENT,
    )


_DOORS = {tables.sessions: _start, tables.half_sign_ins: half_sign_ins.start}
_DOORS[tables.tokens] = _make_token


@pytest.fixture(params=["password", "disabled", "deleted", "second factor"])
def change(
    request: pytest.FixtureRequest,
    store: ControlStore,
    hasher: PasswordHasher,
    secrets: SealedSecrets,
    alice: Person,
) -> Callable[[], object]:
    """Something that happens to Alice's account."""

    def turn_on() -> None:
        secret = enrolment.begin(store, secrets, alice.id)
        assert secret is not None
        enrolment.turn_on(
            store, secrets, alice.id, pyotp.TOTP(secret).at(store.now()), client=CLIENT
        )

    changes: dict[str, Callable[[], object]] = {
        "password": lambda: new_passwords.change(
            store, hasher, alice.id, password="another good one", client=CLIENT
        ),
        "disabled": lambda: users.set_enabled(store, alice.id, enabled=False),
        "deleted": lambda: dossier.erase(store, alice.id),
        "second factor": turn_on,
    }
    return changes[request.param]


def test_no_door_opens_after_the_account_was_changed(
    store: ControlStore,
    hasher: PasswordHasher,
    alice: Person,
    bob: Person,
    change: Callable[[], object],
) -> None:
    found, bobs = (
        users.authenticate(store, hasher, email=each.email, password=PASSWORD, client=CLIENT)
        for each in (alice, bob)
    )
    change()
    for table, enter in _DOORS.items():
        with pytest.raises(SignInOverError):
            enter(store, found)
        enter(store, bobs)
        with store.reading() as conn:
            assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 1
