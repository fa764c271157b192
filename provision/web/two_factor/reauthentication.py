"""A dangerous action asks again who is asking: the password, and a code where two-factor is on.

The fields are `password` and `code` in every form and body. A form catches what is raised here and
shows it beside its fields (422); otherwise the answer is a 403 `reauthentication_required`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import flash

from provision.control.accounts import users
from provision.errors import (
    BadCredentialsError,
    ReauthenticationRequiredError,
    SecondFactorRejectedError,
    SecondFactorUnreadableError,
)
from provision.web.answer.urls import is_api_request
from provision.web.request import limits, session
from provision.web.request.services import services
from provision.web.two_factor import codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.control.second_factor.checking import Accepted

_RECENT_S: Final = 900


def is_recent() -> bool:
    """Return whether the person signed in so recently that nothing has to be asked again.

    For setting up what nobody has yet; only where a cookie lets in, as on all pages.
    """
    return services().store.now() < session.signed_in_at() + _RECENT_S


def reauthenticate(data: Mapping[str, object]) -> None:
    """Check the password and the code in `data`, and use the code up.

    Look at everything else in the form first: a code that is used up cannot be sent again. Raises
    ReauthenticationRequiredError, or RateLimitedError.
    """
    spend(check(data))


def check(data: Mapping[str, object]) -> Accepted | None:
    """Look at password and code without using the code up; None where no code is needed.

    For what takes long and may fail between the question and the deed. Raises
    ReauthenticationRequiredError, or RateLimitedError.
    """
    person = session.person()
    password, code = _text(data.get("password")), _text(data.get("code"))
    missing = {"password": ["Your password is needed."]} if not password else {}
    if person.two_factor and not code.strip():
        missing["code"] = ["A code is needed: six digits, or a recovery code."]
    if missing:
        raise ReauthenticationRequiredError(missing)
    limits.admit(person.email)
    try:
        users.confirm_password(
            services().store,
            services().hasher,
            person.id,
            password=password,
            client=session.client(),
        )
    except BadCredentialsError:
        limits.failed(person.email)
        message = "This is not your password."
        raise ReauthenticationRequiredError({"password": [message]}) from None
    if not person.two_factor:
        return None
    try:
        return codes.check(person, code)
    except (SecondFactorRejectedError, SecondFactorUnreadableError) as error:
        raise ReauthenticationRequiredError({"code": [str(error)]}) from None


def spend(accepted: Accepted | None) -> None:
    """Use the code of a `check` up. Raises ReauthenticationRequiredError when it is by now."""
    if accepted is None:
        return
    try:
        left = codes.spend(accepted)
    except SecondFactorRejectedError as error:
        raise ReauthenticationRequiredError({"code": [str(error)]}) from None
    if accepted.recovery_id is not None and not is_api_request():
        flash(codes.told_left(left))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
