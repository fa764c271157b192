"""What a plain form held that could not be carried out, so that it can be sent once more.

Secrets are never repeated. What a stranger sends, whose session was over, goes through the log-in
page in a hidden field and is shown again afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

from flask import request, url_for
from werkzeug.exceptions import HTTPException

from provision.web.answer.partials import respond
from provision.web.answer.urls import present, safe_next

if TYPE_CHECKING:
    from flask import Response

# More fields than any form of ours has; of half a million a page of 20 MB would be made.
_MOST_REPEATED: Final = 100
_ADDRESSES: Final = ("next", "at")
_NEVER_REPEATED: Final = frozenset(
    {
        "csrf_token",
        "password",
        "new_password",
        "code",
        "recovery_codes",
        "connection_string",
        "ca_certificate",
    }
)
_ABOUT_NOTHING: Final = frozenset({"csrf_token", "version", "seen", "was", "quick", "next", "at"})
_MOST_CARRIED: Final = 200_000
# The fields in which it is carried: what was sent, and where to.
CARRIED: Final = "typed"
CARRIED_TO: Final = "typed_to"


def sent() -> list[tuple[str, str]]:
    """Return what a plain form held, to be offered for sending again; secrets are not repeated."""
    if request.method != "POST" or request.content_length is None:
        return []
    try:
        fields = list(request.form.items(multi=True))
    except HTTPException:
        return []
    if len(fields) > _MOST_REPEATED:
        return []
    return [(name, value) for name, value in fields if _may_repeat(name, value)]


def to_carry() -> dict[str, str]:
    """Return the hidden fields that carry a stranger's form through the log-in; none if empty."""
    fields = sent()
    text = urlencode(fields)
    path = present()
    has_words = any(value.strip() for name, value in fields if name not in _ABOUT_NOTHING)
    if not path or not has_words or len(text) > _MOST_CARRIED:
        return {}
    return {CARRIED: text, CARRIED_TO: path}


def carried() -> dict[str, str]:
    """Return the same fields as the log-in forms send them on."""
    text, path = request.form.get(CARRIED, ""), safe_next(request.form.get(CARRIED_TO))
    return {CARRIED: text, CARRIED_TO: path} if text and path else {}


def show_carried(target: str) -> Response | None:
    """Show what was carried here, to be sent; None where nothing was. `target` is the way past."""
    fields = carried()
    if not fields:
        return None
    pairs = parse_qsl(fields[CARRIED], keep_blank_values=True)[:_MOST_REPEATED]
    return respond(
        "account/typed.html",
        action=fields[CARRIED_TO],
        typed=[(name, value) for name, value in pairs if _may_repeat(name, value)],
        shown=[
            (name.replace("_", " ").capitalize(), value)
            for name, value in pairs
            if value and name not in _ABOUT_NOTHING and not name.endswith("_id")
        ],
        past=safe_next(target) or url_for("dashboard.page"),
    )


def _may_repeat(name: str, value: str) -> bool:
    """Say whether a field is offered again: no secret, and no address of another site."""
    if name in _ADDRESSES:
        return safe_next(value) is not None
    return name not in _NEVER_REPEATED
