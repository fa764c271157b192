"""Accounts: register, log in, log out, and the theme a browser wants."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from provision.control.accounts import users
from provision.control.accounts.formats import guess_time_zone
from provision.errors import (
    BadCredentialsError,
    EmailTakenError,
    RateLimitedError,
    RegistrationClosedError,
    SignInOverError,
    ValidationError,
)
from provision.web.account.registration import refuse_closed
from provision.web.answer import headers, typed
from provision.web.answer.partials import leave_for, show_form
from provision.web.answer.urls import safe_next
from provision.web.request import limits, session
from provision.web.request.services import services
from provision.web.two_factor import challenge
from provision.web.two_factor.login_form import show_login

bp = Blueprint("account", __name__)

_YEAR_S = 31_536_000


@bp.get("/register")
@bp.post("/register")
def register() -> Response:
    """Make an account and sign it in."""
    if session.person_or_none():
        return leave_for(url_for("dashboard.page"))
    name, email = request.form.get("name", ""), request.form.get("email", "")
    password = request.form.get("password", "")
    errors: dict[str, list[str]] = {}
    refusal: RateLimitedError | None = None
    closed = services().settings.registration == "closed"
    if request.method == "POST":
        try:
            refuse_closed(email)
            users.check_registration(email=email, name=name, password=password)
            limits.admit_registration()
            person = users.register(
                services().store,
                services().hasher,
                email=email,
                name=name,
                password=password,
                client=session.client(),
            )
        except RateLimitedError as error:
            refusal = error
        except ValidationError as error:
            errors = error.errors
        except (EmailTakenError, RegistrationClosedError) as error:
            errors = {"email": [str(error)]}
        else:
            guess_time_zone(services().store, person.id, request.form.get("time_zone", ""))
            session.sign_in(person.id)
            return leave_for(url_for("setup.step"))
    return show_form(
        "account/register.html",
        refusal=refusal,
        name=name,
        email=email,
        errors=errors,
        closed=closed,
    )


@bp.get("/login")
@bp.post("/login")
def login() -> Response:
    """Sign in, then on to where the person was going."""
    target = safe_next(request.values.get("next")) or url_for("dashboard.page")
    if session.person_or_none():
        return typed.show_carried(target) or leave_for(target)
    email = request.form.get("email", "")
    errors: dict[str, list[str]] = {}
    refusal: RateLimitedError | None = None
    if request.method == "POST":
        try:
            limits.admit(email)
            found = users.authenticate(
                services().store,
                services().hasher,
                email=email,
                password=request.form.get("password", ""),
                client=session.client(),
            )
            if found.person.two_factor:
                return challenge.begin(found, target)
            session.sign_in(found.person.id, entitled=found.still_holds)
            if found.person.formats.time_zone is None:
                zone = request.form.get("time_zone", "")
                guess_time_zone(services().store, found.person.id, zone)
        except RateLimitedError as error:
            refusal = error
        except BadCredentialsError as error:
            limits.failed(email)
            errors = {"password": [str(error)]}
        except SignInOverError as error:
            errors = {"password": [str(error)]}
        else:
            return typed.show_carried(target) or leave_for(target)
    return show_login(
        target if request.values.get("next") else "",
        typed.carried(),
        refusal=refusal,
        email=email,
        errors=errors,
    )


@bp.app_errorhandler(session.SentByStrangerError)
def ask_to_log_in(error: session.SentByStrangerError) -> Response:
    """Keep what a plain form held while the person logs in again; nothing of it is done yet."""
    carried = typed.to_carry()
    if not carried:
        return leave_for(url_for("account.login", next=error.page))
    response = show_login(error.page, carried, refusal=None, email="", errors={})
    response.status_code = 401
    return response


@bp.post("/logout")
def logout() -> Response:
    """Sign this browser out."""
    session.end_present_session()
    return leave_for(url_for("landing.page"), "You are signed out.")


@bp.post("/theme")
def theme() -> Response:
    """Remember light, dark or the system's choice in this browser."""
    wanted = request.form.get("theme", "")
    target = safe_next(request.form.get("next")) or url_for("landing.page")
    response = leave_for(target)
    name, secure = headers.cookie_name("theme"), request.is_secure
    if wanted in ("light", "dark"):
        response.set_cookie(
            name, wanted, max_age=_YEAR_S, secure=secure, httponly=True, samesite="Lax"
        )
    else:
        # Over HTTPS a browser deletes a cookie only with the attributes that it was set with.
        response.delete_cookie(name, secure=secure, httponly=True, samesite="Lax")
    return response
