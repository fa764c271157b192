"""The `HX-*` headers of a request and of a response: read and written here only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from flask import request
from werkzeug.urls import iri_to_uri

from provision.web.answer.urls import safe_next

if TYPE_CHECKING:
    from flask import Response


_HOME: Final = "/"


@dataclass(frozen=True, slots=True)
class Made:
    """What was just made: the id of its card or line, and where it is shown if not on this page."""

    row: str
    show: str = ""


class Htmx:
    """What htmx says about the present request; true when it wants a fragment.

    A history restore asks for the page again and is answered with the whole page; so is a boosted
    link, unless it opens what it leads to in the panel beside a board or list.
    """

    def __bool__(self) -> bool:
        headers = request.headers
        return (
            headers.get("HX-Request") == "true"
            and headers.get("HX-History-Restore-Request") != "true"
            and (headers.get("HX-Boosted") != "true" or self.target == "panel")
        )

    @property
    def target(self) -> str | None:
        """Return the id of the element that will be replaced."""
        return request.headers.get("HX-Target")

    @property
    def is_making(self) -> bool:
        """Tell whether the answer goes into the dialog that makes something over any page."""
        return bool(self) and self.target == "making-form"

    @property
    def current_url(self) -> str:
        """Return the address in the address bar; empty if htmx does not send it."""
        address = request.headers.get("HX-Current-URL", "")
        try:
            urlsplit(address)
        except ValueError:  # such as an unclosed bracket: a header is whatever the client sends
            return ""
        return address


htmx = Htmx()


def redirect(response: Response, location: str) -> Response:
    """Make the browser load another page of this site (`HX-Redirect`)."""
    response.headers["HX-Redirect"] = iri_to_uri(safe_next(location) or _HOME)
    return response


def retarget(response: Response, selector: str, swap: str = "innerHTML") -> Response:
    """Put the answer elsewhere than where the control asked for it."""
    response.headers["HX-Retarget"] = selector
    response.headers["HX-Reswap"] = swap
    return response


def push_url(response: Response, location: str) -> Response:
    """Add `location` to the history and show it in the address bar, if it is of this site."""
    response.headers["HX-Push-Url"] = _own_or_none(location)
    return response


def replace_url(response: Response, location: str) -> Response:
    """Replace the address in the address bar with `location`, if it is of this site."""
    response.headers["HX-Replace-Url"] = _own_or_none(location)
    return response


def toast(
    response: Response,
    text: str,
    kind: str = "done",
    *,
    undo: str = "",
    made: Made | None = None,
    counts_changed: bool = False,
    is_undone: bool = False,
) -> Response:
    """Say `text` in the page's toast region once the answer has been swapped in.

    `undo` is the address that takes it back, `counts_changed` makes the sidebar fetch its numbers
    anew, `is_undone` the page what it shows.
    """
    detail = {"text": text, "kind": kind, "undo": undo}
    if made:
        detail |= {"row": made.row, "show": made.show}
    events: dict[str, object] = {"toast": detail}
    if counts_changed:
        events["counts-changed"] = True
    if is_undone:
        events["undone"] = True
    # A header is ASCII: the standard encoder writes everything else as a JSON escape.
    response.headers["HX-Trigger"] = json.dumps(events)
    return response


def _own_or_none(location: str) -> str:
    """Return an address of this site; for others `false`, with which htmx changes nothing."""
    own = safe_next(location)
    return iri_to_uri(own) if own else "false"
