"""The second half of signing in: a code from the authenticator, or a recovery code.

Who gets here has given the right password in this browser, and may do nothing but this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Response, flash, request, url_for
from flask import session as cookie

from provision.control.second_factor import enrolment
from provision.control.sign_in import half_sign_ins
from provision.errors import (
    RateLimitedError,
    SecondFactorRejectedError,
    SecondFactorUnreadableError,
    SignInOverError,
)
from provision.web.answer import typed
from provision.web.answer.partials import leave_for, show_form
from provision.web.answer.urls import safe_next
from provision.web.request import session
from provision.web.request.services import services
from provision.web.two_factor import codes
from provision.web.two_factor.blueprint import bp
from provision.web.two_factor.login_form import show_login

if TYPE_CHECKING:
    from provision.control.accounts.users import Person, Recognised
    from provision.control.second_factor.checking import Accepted

_COOKIE: Final = "half_sign_in"
_TOO_LATE: Final = "That took too long, or your account was changed meanwhile. Sign in again."
_TOO_MANY: Final = "Too many wrong codes. Sign in again."


def begin(found: Recognised, target: str) -> Response:
    """Ask for the second factor of who gave the right password, then go on to `target`.

    Raises SignInOverError when it is not the right one any more.
    """
    session.end_present_session()
    cookie[_COOKIE] = half_sign_ins.start(services().store, found)
    if typed.carried():
        return _show(found.person, target)
    return leave_for(url_for("two_factor.challenge", next=target))


@bp.get("")
@bp.post("")
def challenge() -> Response:
    """Take a code and sign the person in; with `do` show another form, and lose nothing typed."""
    target = safe_next(request.values.get("next")) or url_for("dashboard.page")
    if session.person_or_none():
        return typed.show_carried(target) or leave_for(target)
    raw = str(cookie.get(_COOKIE, ""))
    person = half_sign_ins.person_of(services().store, raw) if raw else None
    if person is None:
        return _start_over(target, _TOO_LATE if raw else None)
    wanted = request.form.get("do")
    if wanted == "start_over":
        return _start_over(target, None)
    if request.method == "GET" or wanted == "show":
        return _show(person, target)
    return _take_code(person, raw, target)


def _take_code(person: Person, raw: str, target: str) -> Response:
    store = services().store
    if not half_sign_ins.count_attempt(store, raw):
        return _start_over(target, _TOO_MANY)
    try:
        accepted = codes.check(person, request.form.get("code", ""))
        left = codes.spend(accepted)
    except (RateLimitedError, SecondFactorRejectedError, SecondFactorUnreadableError) as error:
        return _refuse(person, raw, target, error)
    now = store.now()
    try:
        session.sign_in(person.id, entitled=lambda conn: half_sign_ins.finish(conn, raw, now=now))
    except SignInOverError:
        return _start_over(target, _TOO_LATE)
    _say_what_is_left(person.id, accepted, left)
    return typed.show_carried(target) or leave_for(target)


def _refuse(
    person: Person,
    raw: str,
    target: str,
    error: RateLimitedError | SecondFactorRejectedError | SecondFactorUnreadableError,
) -> Response:
    store = services().store
    if isinstance(error, SecondFactorRejectedError):
        if half_sign_ins.end_after_last(store, raw):
            return _start_over(target, _TOO_MANY)
        return _show(person, target, errors={"code": [_told_wrong(error)]})
    half_sign_ins.withdraw_attempt(store, raw)
    if isinstance(error, RateLimitedError):
        return _show(person, target, refusal=error)
    return _show(person, target, errors={"code": [str(error)]})


def _told_wrong(error: SecondFactorRejectedError) -> str:
    if _by_recovery_code():
        return "This is none of your recovery codes, or it was used already. Try another one."
    return str(error)


def _by_recovery_code() -> bool:
    return request.values.get("with") == "recovery-code"


def _start_over(target: str, why: str | None) -> Response:
    """Ask for the password again; what was typed before all this goes along."""
    cookie.pop(_COOKIE, None)
    if carried := typed.carried():
        return show_login(target, carried, why=why or "", refusal=None, email="", errors={})
    return leave_for(url_for("account.login", next=target), why)


def _say_what_is_left(user_id: str, accepted: Accepted, left: int) -> None:
    if accepted.recovery_id is not None:
        flash(codes.told_left(left))
    elif not enrolment.state(services().store, user_id).are_codes_saved:
        flash("You have not shown yet that your recovery codes are saved: Settings, Two-factor.")


def _show(
    person: Person,
    target: str,
    *,
    errors: dict[str, list[str]] | None = None,
    refusal: RateLimitedError | None = None,
) -> Response:
    return show_form(
        "two_factor/challenge.html",
        "challenge_form",
        errors=errors or {},
        refusal=refusal,
        email=person.email,
        by_recovery_code=_by_recovery_code(),
        next=target,
        carried=typed.carried(),
    )
