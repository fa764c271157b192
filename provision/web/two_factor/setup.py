"""Setting two-factor up: scan, a first code that turns it on, ten recovery codes, one typed back.

It is on from the first right code, whatever comes after. Who leaves before a recovery code has been
typed back is asked for one when they come again; the codes themselves are in one answer only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import segno
from flask import Response, make_response, request, url_for
from markupsafe import Markup

from provision.control.second_factor import enrolment, recovery_codes
from provision.credentials import totp
from provision.errors import (
    RateLimitedError,
    ReauthenticationRequiredError,
    SecondFactorRejectedError,
    TwoFactorSetupOverError,
)
from provision.web.answer.compression import keep_plain
from provision.web.answer.partials import leave_for, show_form
from provision.web.answer.urls import safe_next
from provision.web.request import session
from provision.web.request.services import services
from provision.web.two_factor.blueprint import bp
from provision.web.two_factor.reauthentication import is_recent, reauthenticate

if TYPE_CHECKING:
    from collections.abc import Sequence


_PAGE = "two_factor/setup.html"
_GROUP = 4


@bp.get("/setup")
def setup() -> Response:
    """Show the QR code; if two-factor is on already, show what is left to do."""
    state = enrolment.state(services().store, session.person().id)
    if state.is_on and state.are_codes_saved:
        return leave_for(url_for("settings.two_factor"))
    return show_codes(()) if state.is_on else _show_secret()


@bp.post("/setup")
def turn_on() -> Response:
    """Turn it on with a first code, and show the recovery codes.

    Who signed in a while ago gives the password again, so that somebody else at an open browser
    cannot lock the person out.
    """
    try:
        if not is_recent():
            reauthenticate({"password": request.form.get("password")})
        codes = enrolment.turn_on(
            services().store,
            services().secrets,
            session.person().id,
            request.form.get("code", ""),
            client=session.client(),
        )
    except RateLimitedError as error:
        return _show_secret(refusal=error)
    except ReauthenticationRequiredError as error:
        return _show_secret(error.errors)
    except (SecondFactorRejectedError, TwoFactorSetupOverError) as error:
        return _show_secret({"code": [str(error)]})
    return show_codes(codes)


@bp.post("/recovery-codes")
def confirm_saved() -> Response:
    """Take one of the codes typed back, and go on."""
    try:
        enrolment.confirm_saved(
            services().store,
            session.person().id,
            request.form.get("code", ""),
            client=session.client(),
        )
    except SecondFactorRejectedError:
        message = "This is none of your recovery codes. Look at your copy and type one of them."
        return show_codes(_codes_of_form(), {"code": [message]})
    return leave_for(_next() or url_for("dashboard.page"), "Two-factor is on.")


@bp.post("/recovery-codes.txt")
def download() -> Response:
    """Answer with the codes of the page as a file."""
    codes = _codes_of_form()
    if not codes:
        return leave_for(url_for(".setup"))
    heading = f"Provision, recovery codes of {session.person().email}. Each is good once."
    response = make_response("\n".join([heading, "", *codes, ""]))
    response.content_type = "text/plain; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="provision-recovery-codes.txt"'
    return response


def show_codes(codes: Sequence[str], errors: dict[str, list[str]] | None = None) -> Response:
    """Show the recovery codes, if they are known, and ask for one of them."""
    return _show("codes", errors, None, codes=codes)


def _show_secret(
    errors: dict[str, list[str]] | None = None, refusal: RateLimitedError | None = None
) -> Response:
    person = session.person()
    secret = enrolment.begin(services().store, services().secrets, person.id)
    if secret is None:
        return leave_for(url_for(".setup"))
    uri = totp.uri(secret, account=person.email)
    return _show(
        "scan",
        errors,
        refusal,
        uri=uri,
        qr=_qr(uri),
        secret=_grouped(secret),
        codes=(),
        asks_again=not is_recent(),
    )


def _show(
    step: str,
    errors: dict[str, list[str]] | None,
    refusal: RateLimitedError | None,
    **context: object,
) -> Response:
    keep_plain()
    return show_form(
        _PAGE,
        "two_factor_setup",
        errors=errors or {},
        refusal=refusal,
        step=step,
        next=_next() or "",
        **context,
    )


def _codes_of_form() -> list[str]:
    """Return those codes in the form that are valid recovery codes of this person.

    They are kept nowhere else in clear, and nobody makes us repeat another text.
    """
    typed = request.form.get("recovery_codes", "").split()[: recovery_codes.CODES]
    return enrolment.good_codes(services().store, session.person().id, typed)


def _next() -> str | None:
    return safe_next(request.values.get("next"))


def _grouped(secret: str) -> str:
    return " ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP))


def _qr(text: str) -> Markup:
    svg = segno.make(text, error="m", micro=False).svg_inline(
        svgclass=None, lineclass=None, omitsize=True
    )
    return Markup(svg)  # noqa: S704  # made of numbers by segno: the text is not in it
