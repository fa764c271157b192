"""Another e-mail address to sign in with, for who knows the password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request, url_for

from provision.control.accounts import users
from provision.control.accounts.naming import normalized_email
from provision.errors import (
    EmailTakenError,
    RateLimitedError,
    ReauthenticationRequiredError,
    RegistrationClosedError,
    ValidationError,
)
from provision.web.account.registration import refuse_foreign_domain
from provision.web.answer.partials import leave_for, show_form
from provision.web.request import limits, session
from provision.web.request.services import services
from provision.web.settings.blueprint import bp
from provision.web.settings.frame import frame
from provision.web.two_factor.reauthentication import reauthenticate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response

_PAGE = "settings/email.html"


@bp.get("/email")
def email() -> Response:
    """Show the form."""
    return _show("", {})


@bp.post("/email")
def change_email() -> Response:
    """Replace the address of the account; the one in the workspace's `profiles` stays."""
    person, new_email = session.person(), request.form.get("email", "")
    try:
        users.check_email(new_email)
        if normalized_email(new_email) == person.email:
            raise ValidationError({"email": ["This is your address already."]})
        refuse_foreign_domain(new_email)
        reauthenticate(request.form)
        # Whoever is in might otherwise ask which addresses have an account.
        limits.admit_registration()
        users.change_email(
            services().store,
            person.id,
            email=new_email,
            client=session.client(),
            entitled=session.still_stands,
        )
    except (ValidationError, ReauthenticationRequiredError) as error:
        return _show(new_email, error.errors)
    except (EmailTakenError, RegistrationClosedError) as error:
        return _show(new_email, {"email": [str(error)]})
    except RateLimitedError as error:
        return _show(new_email, {}, error)
    return leave_for(url_for(".page"), "From now on, sign in with your new e-mail address.")


def _show(
    new_email: str,
    errors: Mapping[str, Sequence[str]],
    refusal: RateLimitedError | None = None,
) -> Response:
    return show_form(
        _PAGE, "email_form", errors=errors, refusal=refusal, shell=frame(), new_email=new_email
    )
