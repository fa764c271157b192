"""Sets two-factor authentication of an account up, turns it on and off, resets it.

A row in `two_factor_setups` is a set-up that is not finished. Before the first right code its
secret is not in force, and nobody is asked for a code. After that the row stays, with the secret
now in force, until one of the recovery codes has been typed back or used: two-factor is on all the
same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from provision.control import audit
from provision.control.accounts.entitled import demand
from provision.control.second_factor import recovery_codes
from provision.control.second_factor.checking import PURPOSE
from provision.control.secrets.sealed import SealedSecrets
from provision.control.store.store import leave_no_trace
from provision.control.store.tables import half_sign_ins, two_factor_setups, users
from provision.credentials import totp
from provision.errors import (
    NotFoundError,
    SecondFactorRejectedError,
    TwoFactorSetupOverError,
    VaultError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from provision.control.accounts.entitled import Entitled
    from provision.control.store.store import ControlStore

# A QR code that nobody scanned is not left lying for ever.
_SETUP_LIFE_S: Final = 86_400

_ROW: Final = (
    select(users.c.totp_secret_id, two_factor_setups.c.sealed_id, two_factor_setups.c.created_at)
    .outerjoin(two_factor_setups, two_factor_setups.c.user_id == users.c.id)
    .where(users.c.id == bindparam("id"))
)


@dataclass(frozen=True, slots=True)
class TwoFactor:
    """How far an account is; `are_codes_saved`: a recovery code was typed back or used."""

    is_on: bool
    codes_left: int
    are_codes_saved: bool


def state(store: ControlStore, user_id: str) -> TwoFactor:
    """Return how far two-factor of an account is. Raises NotFoundError."""
    with store.reading() as conn:
        row = _row(conn, user_id)
        is_on = row.totp_secret_id is not None
        left = recovery_codes.left(conn, user_id) if is_on else 0
    return TwoFactor(is_on, left, are_codes_saved=is_on and row.sealed_id is None)


def begin(store: ControlStore, secrets: SealedSecrets, user_id: str) -> str | None:
    """Return the secret to scan, the same one for a day; None when two-factor is on."""
    with store.reading() as conn:
        row = _row(conn, user_id)
        if row.totp_secret_id is not None:
            return None
        if secret := _pending(conn, store, secrets, user_id, row):
            return secret
    with store.writing() as conn:
        row = _row(conn, user_id)
        if row.totp_secret_id is not None:
            return None
        if secret := _pending(conn, store, secrets, user_id, row):
            return secret
        _drop_setup(conn, user_id, row)
        secret = totp.new_secret()
        sealed_id = secrets.put(conn, purpose=PURPOSE, owner=user_id, plaintext=secret)
        _put_setup(conn, user_id, sealed_id, store.now())
    return secret


def turn_on(
    store: ControlStore,
    secrets: SealedSecrets,
    user_id: str,
    typed: str,
    *,
    client: audit.Client,
) -> list[str]:
    """Turn it on with a first code; return the recovery codes, which are kept nowhere else.

    Raises SecondFactorRejectedError, or TwoFactorSetupOverError when there is nothing to turn on.
    """
    with store.writing() as conn:
        at = store.now()
        row = _row(conn, user_id)
        secret = None
        if row.totp_secret_id is None:
            secret = _pending(conn, store, secrets, user_id, row)
        if secret is None:
            raise TwoFactorSetupOverError
        code = totp.code_from(typed)
        step = totp.step_of(secret, code, at=at) if code else None
        if step is None:
            raise SecondFactorRejectedError
        _set_secret(conn, user_id, row.sealed_id, step)
        codes = recovery_codes.replace(conn, user_id)
        audit.record(conn, at=at, event="two_factor_on", user_id=user_id, client=client)
    return codes


def confirm_saved(store: ControlStore, user_id: str, typed: str, *, client: audit.Client) -> None:
    """Accept a recovery code as proof that they were saved, without using it up.

    Raises SecondFactorRejectedError when it is none of them.
    """
    with store.writing() as conn:
        row = _row(conn, user_id)
        if row.totp_secret_id is None or not recovery_codes.find(conn, user_id, typed):
            raise SecondFactorRejectedError
        ended = delete(two_factor_setups).where(two_factor_setups.c.user_id == user_id)
        if conn.execute(ended).rowcount:
            audit.record(
                conn, at=store.now(), event="recovery_codes_saved", user_id=user_id, client=client
            )


def good_codes(store: ControlStore, user_id: str, typed: Sequence[str]) -> list[str]:
    """Return those of `typed` that are recovery codes of this person and unused."""
    with store.reading() as conn:
        return [each for each in typed if recovery_codes.find(conn, user_id, each)]


def new_codes(
    store: ControlStore,
    user_id: str,
    *,
    client: audit.Client,
    entitled: Entitled | None = None,
) -> list[str]:
    """Make ten new recovery codes in place of the old; one is to be typed back again.

    Raises NotFoundError when two-factor is off, or SignInOverError when not `entitled`.
    """
    with store.writing() as conn:
        demand(conn, entitled)
        at = store.now()
        row = _row(conn, user_id)
        if row.totp_secret_id is None:
            raise NotFoundError
        codes = recovery_codes.replace(conn, user_id)
        if row.sealed_id is None:
            _put_setup(conn, user_id, row.totp_secret_id, at)
        audit.record(conn, at=at, event="recovery_codes_made", user_id=user_id, client=client)
    return codes


def turn_off(
    store: ControlStore,
    user_id: str,
    *,
    client: audit.Client,
    entitled: Entitled | None = None,
) -> None:
    """Remove the secret, every code, and what is half done.

    Raises NotFoundError, or SignInOverError when not `entitled`.
    """
    _remove(store, user_id, "two_factor_off", client, entitled=entitled)


def reset(store: ControlStore, user_id: str) -> None:
    """Do what `turn_off` does, by the operator. Raises NotFoundError."""
    _remove(store, user_id, "two_factor_reset", audit.OPERATOR)


def _remove(
    store: ControlStore,
    user_id: str,
    event: audit.EventName,
    client: audit.Client,
    *,
    entitled: Entitled | None = None,
) -> None:
    with store.writing() as conn:
        demand(conn, entitled)
        row = _row(conn, user_id)
        _set_secret(conn, user_id, None, None)
        _drop_setup(conn, user_id, row)
        if row.totp_secret_id is not None:
            SealedSecrets.delete(conn, row.totp_secret_id)
            leave_no_trace(conn)
        recovery_codes.remove(conn, user_id)
        conn.execute(delete(half_sign_ins).where(half_sign_ins.c.user_id == user_id))
        audit.record(conn, at=store.now(), event=event, user_id=user_id, client=client)


def _row(conn: Connection, user_id: str) -> Row[Any, Any, Any]:
    row = conn.execute(_ROW, {"id": user_id}).first()
    if row is None:
        raise NotFoundError
    return row


def _pending(
    conn: Connection,
    store: ControlStore,
    secrets: SealedSecrets,
    user_id: str,
    row: Row[Any, Any, Any],
) -> str | None:
    """Return the secret that waits for its first code, unless it is too old or cannot be opened."""
    if row.sealed_id is None or row.created_at + _SETUP_LIFE_S <= store.now():
        return None
    try:
        return secrets.get(conn, row.sealed_id, purpose=PURPOSE, owner=user_id)
    except VaultError:
        return None  # nobody depends on it yet: a new one does as well


def _put_setup(conn: Connection, user_id: str, sealed_id: str, at: int) -> None:
    conn.execute(
        insert(two_factor_setups), {"user_id": user_id, "sealed_id": sealed_id, "created_at": at}
    )


def _drop_setup(conn: Connection, user_id: str, row: Row[Any, Any, Any]) -> None:
    """Remove the set-up, and its secret unless that is in force."""
    conn.execute(delete(two_factor_setups).where(two_factor_setups.c.user_id == user_id))
    if row.sealed_id is not None and row.sealed_id != row.totp_secret_id:
        SealedSecrets.delete(conn, row.sealed_id)
        leave_no_trace(conn)


def _set_secret(conn: Connection, user_id: str, sealed_id: str | None, step: int | None) -> None:
    conn.execute(
        update(users)
        .where(users.c.id == user_id)
        .values(totp_secret_id=sealed_id, totp_last_step=step)
    )
