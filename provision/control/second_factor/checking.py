"""Checks codes of the second factor: of the authenticator, or recovery codes; each is good once.

A code is checked first, and spent when what it was given for is done, so that another mistake in
the form does not cost a code. Spending is atomic: of two requests with one code, one gets in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from sqlalchemy import bindparam, delete, or_, select, update

from provision.control import audit
from provision.control.second_factor import recovery_codes
from provision.control.store.tables import two_factor_setups, users
from provision.credentials import totp
from provision.errors import (
    SecondFactorRejectedError,
    SecondFactorUnreadableError,
    VaultError,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from provision.control.secrets.sealed import SealedSecrets
    from provision.control.store.store import ControlStore

FEW_CODES: Final = 3  # recovery codes left at which it is time for new ones
PURPOSE: Final = "totp secret"

_FACTOR: Final = select(users.c.totp_secret_id, users.c.totp_last_step).where(
    users.c.id == bindparam("id"), users.c.totp_secret_id.is_not(None)
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A code that was right when it was looked at: of a time step, or one of the recovery codes.

    `secret_id` is the secret in force then; a code does not outlive it.
    """

    user_id: str
    secret_id: str
    step: int | None = None
    recovery_id: str | None = None


def check(
    store: ControlStore,
    secrets: SealedSecrets,
    user_id: str,
    typed: str,
    *,
    client: audit.Client,
) -> Accepted:
    """Check a code without using it up.

    Raises SecondFactorRejectedError, alike for a wrong code, a used one and an account without a
    second factor; SecondFactorUnreadableError where the secret behind it cannot be opened.
    """
    accepted = _look(store, secrets, user_id, typed)
    if accepted is None:
        _refuse(store, user_id, client=client)
    return accepted


def spend(store: ControlStore, accepted: Accepted, *, client: audit.Client) -> int:
    """Use a code up; return how many recovery codes are left.

    Raises SecondFactorRejectedError when it has been used since it was looked at.
    """
    with store.writing() as conn:
        if accepted.recovery_id is None:
            is_spent = _spend_step(conn, accepted)
        else:
            is_spent = recovery_codes.spend(conn, accepted.recovery_id, at=store.now())
        left = recovery_codes.left(conn, accepted.user_id)
        if is_spent and accepted.recovery_id is not None:
            # Somebody who uses one has a copy: they need not type one back.
            conn.execute(
                delete(two_factor_setups).where(two_factor_setups.c.user_id == accepted.user_id)
            )
            audit.record(
                conn,
                at=store.now(),
                event="recovery_code_used",
                user_id=accepted.user_id,
                client=client,
                detail={"left": left},
            )
    if not is_spent:
        _refuse(store, accepted.user_id, client=client)
    return left


def _spend_step(conn: Connection, accepted: Accepted) -> bool:
    """Note the time step of a code as used; return False if it or a later one was used before."""
    last = users.c.totp_last_step
    taken = (
        update(users)
        .where(
            users.c.id == accepted.user_id,
            users.c.totp_secret_id == accepted.secret_id,
            or_(last.is_(None), last < accepted.step),
        )
        .values(totp_last_step=accepted.step)
    )
    return conn.execute(taken).rowcount == 1


def _look(store: ControlStore, secrets: SealedSecrets, user_id: str, typed: str) -> Accepted | None:
    with store.reading() as conn:
        row = conn.execute(_FACTOR, {"id": user_id}).first()
        if row is None:
            return None
        code = totp.code_from(typed)
        if code is None:
            recovery_id = recovery_codes.find(conn, user_id, typed)
            return Accepted(user_id, row[0], recovery_id=recovery_id) if recovery_id else None
        try:
            secret = secrets.get(conn, row[0], purpose=PURPOSE, owner=user_id)
        except VaultError as error:
            raise SecondFactorUnreadableError from error
    step = totp.step_of(secret, code, at=store.now())
    if step is None or (row[1] is not None and step <= row[1]):
        return None
    return Accepted(user_id, row[0], step=step)


def _refuse(store: ControlStore, user_id: str, *, client: audit.Client) -> NoReturn:
    with store.writing() as conn:
        audit.record(
            conn,
            at=store.now(),
            event="second_factor_failed",
            user_id=user_id,
            client=client,
        )
    raise SecondFactorRejectedError
