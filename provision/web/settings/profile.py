"""Name, formats and e-mail address of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request, url_for

from provision.control.accounts import formats, profile
from provision.errors import ValidationError
from provision.web.answer.partials import done, show_form
from provision.web.format import viewer
from provision.web.request import session
from provision.web.request.services import services
from provision.web.settings.blueprint import bp
from provision.web.settings.frame import frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

    from provision.control.accounts.users import Person

_PROFILE = "settings/profile.html"


@bp.get("", endpoint="page")
def show() -> Response:
    """Show the person's profile."""
    return _show(_shown(session.person()))


@bp.post("")
def save() -> Response:
    """Change the name and the formats; what the form does not hold stays."""
    names = ("name", *formats.FORMAT_NAMES)
    typed = {name: request.form[name] for name in names if name in request.form}
    # Nothing chosen is no answer: the zone stays as it is.
    sent = {name: text for name, text in typed.items() if (name, text) != ("time_zone", "")}
    try:
        person = profile.change(services().store, session.person().id, sent)
    except ValidationError as error:
        return _show(_shown(session.person()) | typed, error.errors)
    viewer.write_for(person)
    return done(
        url_for(".page"),
        "Your profile is saved.",
        _PROFILE,
        "profile_form",
        counts_changed=False,
        **_fields(_shown(person)),
    )


def _shown(person: Person) -> dict[str, str]:
    """Return what the form shows: of the time zone the one in force, chosen or not."""
    chosen = {name: getattr(person.formats, name) for name in formats.FORMAT_NAMES}
    return chosen | {"name": person.name, "time_zone": person.formats.zone.key}


def _fields(
    typed: Mapping[str, str], errors: Mapping[str, list[str]] | None = None
) -> dict[str, Any]:
    return {
        "typed": typed,
        "errors": errors or {},
        "choices": {
            "time_zone": [(name, name.replace("_", " ")) for name in formats.time_zones()],
            "week_start": list(formats.WEEK_STARTS.items()),
            "date_format": list(formats.DATE_FORMATS.items()),
            "number_format": list(formats.NUMBER_FORMATS.items()),
        },
    }


def _show(typed: Mapping[str, str], errors: Mapping[str, list[str]] | None = None) -> Response:
    fields = _fields(typed, errors)
    return show_form(_PROFILE, "profile_form", shell=frame(), **fields)
