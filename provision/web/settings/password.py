"""A new password, for who knows the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request, url_for

from provision.control.accounts import new_passwords
from provision.errors import (
    RateLimitedError,
    ReauthenticationRequiredError,
    SessionNotFoundError,
    ValidationError,
)
from provision.web.answer.partials import leave_for, show_form
from provision.web.request import session
from provision.web.request.services import services
from provision.web.settings.blueprint import bp
from provision.web.settings.frame import frame
from provision.web.two_factor.reauthentication import reauthenticate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response

_PAGE = "settings/password.html"


@bp.get("/password")
def password() -> Response:
    """Show the form; it is always empty at first."""
    return _show({})


@bp.post("/password")
def change_password() -> Response:
    """Replace the password and end every other session; a copy of this one's cookie, too."""
    person, new_password = session.person(), request.form.get("new_password", "")
    try:
        new_passwords.check(person, new_password)
        if new_password == request.form.get("password"):
            raise ValidationError({"new_password": ["This is the same as the old one."]})
        reauthenticate(request.form)
        ended = new_passwords.change(
            services().store,
            services().hasher,
            person.id,
            password=new_password,
            except_id_hash=session.id_hash(),
            client=session.client(),
        )
        session.renew()
    except (ValidationError, ReauthenticationRequiredError) as error:
        return _show(error.errors)
    except RateLimitedError as error:
        return _show({}, error)
    except SessionNotFoundError:
        # Another change from this browser gave the session its new id a moment before.
        session.forget_browser()
        return leave_for(url_for("account.login"), "Your new password is set. Sign in with it.")
    others = {0: "You were signed in nowhere else.", 1: "One other browser is signed out."}
    text = others.get(ended, f"{ended} other browsers are signed out.")
    return leave_for(url_for(".password"), f"Your new password is set. {text}")


def _show(errors: Mapping[str, Sequence[str]], refusal: RateLimitedError | None = None) -> Response:
    return show_form(_PAGE, "password_form", errors=errors, refusal=refusal, shell=frame())
