"""The whole description."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any, Final

from provision.web.answer import headers as site
from provision.web.api.openapi import calls, headers, problems, row_calls, row_shapes, shapes

_INTRODUCTION: Final = (
    "JSON in and out, in UTF-8. Send a token as `Authorization: Bearer …`; a browser's session "
    "does too, for anything but reading with its `X-CSRFToken`. Rows live in the person's own "
    "database, where other programs may have written values that are not listed here; what is "
    "written through this API is held to the lists. Money is a number with two decimals at most, "
    "days are `YYYY-MM-DD`, moments RFC 3339 in UTC. Blanks around a text are dropped before its "
    "length is counted. Unknown members and parameters are refused by name (422). Every error is "
    "a problem document (RFC 9457) with a `code`."
)


def description() -> dict[str, Any]:
    """Return all calls and all shapes, for the scheme (http or https) of the present request."""
    return _description(site.cookie_name("provision_session"))


@cache
def _description(cookie: str) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for call in (*calls.CALLS, *row_calls.calls()):
        paths.setdefault(call.path, {}).update(call.operations())
    kinds = (*problems.ALL, *row_calls.stale())
    tags = list(calls.TAGS.items()) + list(row_calls.TAGS.values())
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Provision",
            "version": version("provision"),
            "summary": "Project management in a database of one's own.",
            "description": _INTRODUCTION,
            "contact": {"name": "Whoever runs this server"},
            # A license expression of SPDX for terms that it has no name for.
            "license": {
                "name": "On the terms of whoever runs this server",
                "identifier": "LicenseRef-terms-of-the-operator",
            },
        },
        "servers": [{"url": "/", "description": "The server that this was read from."}],
        "security": [{"token": []}, {"session": []}],
        "tags": [{"name": name, "description": words} for name, words in tags],
        "paths": paths,
        "components": {
            "schemas": {
                **row_shapes.schemas(),
                **shapes.schemas(),
                **{each.name: each.schema() for each in kinds},
            },
            "responses": {each.name: each.response() for each in kinds},
            "headers": headers.HEADERS,
            "parameters": headers.PARAMETERS,
            "securitySchemes": _security(cookie),
        },
    }


def _security(cookie: str) -> dict[str, Any]:
    return {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from `POST /api/auth/token` or from the settings. A request "
            "that sends one is judged by it alone, whatever cookies it has.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie,
            "description": "The session of a browser that is signed in.",
        },
        "csrf": {
            "type": "apiKey",
            "in": "header",
            "name": "X-CSRFToken",
            "description": "The `csrf_token` of any form of the same session.",
        },
    }
