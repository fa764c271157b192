"""Name and e-mail address of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request, url_for

from provision.control.accounts import users
from provision.errors import ValidationError
from provision.web.answer.partials import done, show_form
from provision.web.request import session
from provision.web.request.services import services
from provision.web.settings.blueprint import bp
from provision.web.settings.frame import frame

if TYPE_CHECKING:
    from flask import Response

_PROFILE = "settings/profile.html"


@bp.get("", endpoint="page")
def profile() -> Response:
    """Show the person's profile."""
    return _show(session.person().name)


@bp.post("")
def rename() -> Response:
    """Change the name."""
    name = request.form.get("name", "")
    try:
        users.rename(services().store, session.person().id, name=name)
    except ValidationError as error:
        return _show(name, error.errors)
    return done(
        url_for(".page"),
        "Your name is saved.",
        _PROFILE,
        "profile_form",
        counts_changed=False,
        name=name.strip(),
        errors={},
    )


def _show(name: str, errors: dict[str, list[str]] | None = None) -> Response:
    return show_form(_PROFILE, "profile_form", errors=errors or {}, shell=frame(), name=name)
