"""What is held about the person: to take along, and to have deleted with the account."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from flask import make_response, request, url_for

from provision.control import connections, dossier
from provision.errors import RateLimitedError, ReauthenticationRequiredError
from provision.web.answer.partials import leave_for, show_form
from provision.web.format.dates import rfc3339
from provision.web.request import session, workspace
from provision.web.request.services import services
from provision.web.settings.blueprint import bp
from provision.web.settings.frame import frame
from provision.web.two_factor import reauthentication

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

    from provision.control.workspaces.memberships import Listed

_PAGE: Final = "settings/your_data.html"
_NOT_IN_IT: Final = (
    "Not in here: your password, second factor, recovery codes, tokens and session ids, of which "
    "we keep only hashes or sealed values; answers to calls of the API that carried an "
    "Idempotency-Key, which are sealed and deleted after 24 hours; and your connection string, "
    "which is never shown again. "
    "Your projects, tasks and people are in your own database."
)


@bp.get("/your-data")
def your_data() -> Response:
    """Show what is kept where, and what the person can do with it."""
    return _show({})


@bp.post("/your-data/download")
def download_data() -> Response:
    """Send all that is held about the person, as a JSON file."""
    found = dossier.gather(services().store, session.person().id, client=session.client())
    response = make_response(json.dumps(_readable(found), indent=2, ensure_ascii=False) + "\n")
    response.content_type = "application/json"
    response.headers["Content-Disposition"] = 'attachment; filename="provision-account.json"'
    return response


@bp.post("/your-data/delete")
def delete_account() -> Response:
    """Delete the account; the database of its person is left as it is."""
    try:
        reauthentication.reauthenticate(request.form)
    except ReauthenticationRequiredError as error:
        return _show(error.errors)
    except RateLimitedError as error:
        return _show({}, error)
    kept = connections.listing(services().store, session.person().id)
    dossier.erase(services().store, session.person().id, entitled=session.still_stands)
    for connection in kept:
        services().access.forget(workspace.of(connection))
    session.forget_browser()
    return leave_for(
        url_for("landing.page"), "Your account is deleted. Your own database is as it was."
    )


def _show(errors: Mapping[str, list[str]], refusal: RateLimitedError | None = None) -> Response:
    return show_form(
        _PAGE,
        "your_data",
        errors=errors,
        refusal=refusal,
        shell=frame(),
        connection=session.connection_or_none(),
        is_asked=bool(errors or refusal),
    )


def _readable(found: dossier.Dossier) -> dict[str, Any]:
    here = session.id_hash()
    return {
        "exported_at": rfc3339(services().store.now()),
        "about": _NOT_IN_IT,
        "account": _times(found.account),
        "sessions": [
            _times(_without(asdict(each), "id_hash")) | {"is_this_browser": each.id_hash == here}
            for each in found.sessions
        ],
        "tokens": [_times(_without(asdict(each), "user_id")) for each in found.tokens],
        "workspaces": [_workspace(each) for each in found.workspaces],
        "half_sign_ins": [_times(each) for each in found.half_sign_ins],
        "password_reset_links": [_times(each) for each in found.password_resets],
        "idempotency_keys": [_times(each) for each in found.idempotency_keys],
        "import_words": found.import_words,
        "activity": [
            {"at": rfc3339(each.at)} | _without(asdict(each), "id", "user_id", "at")
            for each in found.events
        ],
    }


def _workspace(listed: Listed) -> dict[str, Any]:
    connection = listed.connection
    return _times(_without(asdict(listed), "connection")) | {
        "connection": _times(_without(asdict(connection), "user_id")) if connection else None
    }


def _times(values: dict[str, Any]) -> dict[str, Any]:
    """Return `values` with every `…_at` as the API writes times."""
    return {
        name: rfc3339(value) if name.endswith("_at") else value for name, value in values.items()
    }


def _without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
