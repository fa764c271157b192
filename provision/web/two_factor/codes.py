"""A second factor's code at any door: counted before it is looked at, spent when all is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.control.second_factor import checking
from provision.credentials import totp
from provision.errors import SecondFactorRejectedError, SecondFactorUnreadableError
from provision.web.request import limits, session
from provision.web.request.services import services

if TYPE_CHECKING:
    from provision.control.accounts.users import Person
    from provision.control.second_factor.checking import Accepted


def check(person: Person, typed: str) -> Accepted:
    """Look at a code without using it up.

    Raises RateLimitedError, SecondFactorRejectedError, or SecondFactorUnreadableError.
    """
    limits.admit(person.email)
    if totp.code_from(typed):
        limits.admit_code(person.id)
    try:
        return checking.check(
            services().store, services().secrets, person.id, typed, client=session.client()
        )
    except (SecondFactorRejectedError, SecondFactorUnreadableError):
        limits.failed(person.email)
        limits.failed_code(person.id)
        raise


def spend(accepted: Accepted) -> int:
    """Use a code up; returns how many recovery codes are left. Raises SecondFactorRejectedError."""
    return checking.spend(services().store, accepted, client=session.client())


def told_left(left: int) -> str:
    """Say how many recovery codes are left after one was used."""
    codes = "code is" if left == 1 else "codes are"
    few = " Make new ones under Settings, Two-factor." if left <= checking.FEW_CODES else ""
    return f"That recovery code is used up; {left or 'no'} {codes} left.{few}"
