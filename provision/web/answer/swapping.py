"""Let htmx put only HTML of our templates into a page.

Each such answer has a header, and static/js/site/swapping.js swaps in no answer without it. Answers
that are not pages (files, the JSON API, metrics) are refused to htmx before they are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import make_response, request

from provision.web.answer import htmx as hx
from provision.web.answer.problem_details import problem
from provision.web.answer.urls import present

if TYPE_CHECKING:
    from flask import Response

DRAWN: Final = "Provision-Drawn"

# Endpoints that do not answer with a page; so do all of the API but its documentation.
_FILES: Final = frozenset(
    {
        "static",
        "exchange.lists",
        "exchange.template",
        "exchange.whole",
        "setup.sql",
        "settings.download_data",
        "two_factor.download",
        "health.live",
        "health.ready",
        "metrics.page",
    }
)


def mark_as_drawn(response: Response) -> None:
    """Say that the body is HTML of our templates."""
    response.headers[DRAWN] = "1"


def refuse_files() -> Response | None:
    """Answer 400 to htmx for an address without a page; a GET loads the file as a link does."""
    # Any value counts: an attribute on the page can change what htmx sends.
    if "HX-Request" not in request.headers:
        return None
    endpoint = request.endpoint or ""
    if endpoint.startswith("api.") and endpoint != "api.docs":
        return problem(
            400,
            "bad_request",
            "The API answers with JSON, which is no part of a page. Leave HX-Request out.",
        )
    if endpoint not in _FILES:
        return None
    response = make_response("This is a file and no part of a page. Leave HX-Request out.\n", 400)
    response.content_type = "text/plain; charset=utf-8"
    address = present()
    if request.method == "GET" and address:
        hx.redirect(response, address)
    return response
