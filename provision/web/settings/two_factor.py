"""Two-factor of the account: whether it is on, new recovery codes, turning it off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request, url_for

from provision.control.second_factor import checking, recovery_codes
from provision.control.second_factor import enrolment as factors
from provision.errors import NotFoundError, RateLimitedError, ReauthenticationRequiredError
from provision.web.answer.partials import leave_for, show_form
from provision.web.request import session
from provision.web.request.services import services
from provision.web.settings.blueprint import bp
from provision.web.settings.frame import frame
from provision.web.two_factor.reauthentication import reauthenticate
from provision.web.two_factor.setup import show_codes

if TYPE_CHECKING:
    from flask import Response


@bp.get("/two-factor")
def two_factor() -> Response:
    """Show whether two-factor is on, and what the person can change."""
    return _show()


@bp.post("/two-factor/recovery-codes")
def new_codes() -> Response:
    """Replace the recovery codes by ten new ones, and show them once."""
    if not session.person().two_factor:
        raise NotFoundError
    try:
        reauthenticate(request.form)
    except RateLimitedError as error:
        return _show("codes", refusal=error)
    except ReauthenticationRequiredError as error:
        return _show("codes", error.errors)
    person = session.person()
    return show_codes(
        factors.new_codes(
            services().store, person.id, client=session.client(), entitled=session.still_stands
        )
    )


@bp.post("/two-factor/off")
def turn_off() -> Response:
    """Remove the second factor."""
    if not session.person().two_factor:
        raise NotFoundError
    try:
        reauthenticate(request.form)
    except RateLimitedError as error:
        return _show("off", refusal=error)
    except ReauthenticationRequiredError as error:
        return _show("off", error.errors)
    factors.turn_off(
        services().store,
        session.person().id,
        client=session.client(),
        entitled=session.still_stands,
    )
    return leave_for(url_for(".two_factor"), "Two-factor is off.")


def _show(
    form: str = "",
    errors: dict[str, list[str]] | None = None,
    refusal: RateLimitedError | None = None,
) -> Response:
    """Draw the page; `errors` and `refusal` belong to its `form`."""
    return show_form(
        "settings/two_factor.html",
        "two_factor",
        errors=errors or {},
        refusal=refusal,
        shell=frame(),
        state=factors.state(services().store, session.person().id),
        most=recovery_codes.CODES,
        few=checking.FEW_CODES,
        wrong_form=form,
    )
