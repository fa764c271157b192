"""A new password by the operator's one-time link (`provision users reset-password`).

The link is all that who opens it has to show, so its page is for strangers. What is in it is
logged nowhere, and no other address is told of it.
"""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from provision.control.accounts import new_passwords
from provision.errors import RateLimitedError, ValidationError
from provision.web.answer.partials import leave_for, show_form
from provision.web.request import session
from provision.web.request.services import services

bp = Blueprint("reset", __name__)


@bp.get("/auth/reset-password/<secret>")
@bp.post("/auth/reset-password/<secret>")
def password(secret: str) -> Response:
    """Choose a new password, once."""
    store = services().store
    person = new_passwords.holder(store, secret)
    errors: dict[str, list[str]] = {}
    refusal: RateLimitedError | None = None
    if request.method == "POST":
        try:
            new_passwords.reset(
                store,
                services().hasher,
                secret,
                password=request.form.get("new_password", ""),
                client=session.client(),
            )
        except ValidationError as error:
            errors = error.errors
        except RateLimitedError as error:
            refusal = error
        else:
            session.end_present_session()
            return leave_for(url_for("account.login"), "Your new password is set. Sign in with it.")
    response = show_form("account/reset.html", errors=errors, refusal=refusal, account=person)
    # The origin alone: the form's own check wants that, and the secret stays out of other logs.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
