"""Every module that answers addresses, and the list of all routes.

A route is declared in one way: by `get`, `post`, `patch` or `delete` of its blueprint, as the
decorator of the function that answers, or called with the method of a noun's pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import Flask

from provision.web import (
    landing,
    projects,
    sample,
    search,
    styleguide,
    team,
    undo,
    workspaces,
)
from provision.web.account import reset
from provision.web.account import routes as account
from provision.web.answer import assets
from provision.web.api import account as api_account
from provision.web.api import connection as api_connection
from provision.web.api import docs as api_docs
from provision.web.api import nouns as api_nouns
from provision.web.api import tokens as api_tokens
from provision.web.api import workspaces as api_workspaces
from provision.web.dashboard import routes as dashboard
from provision.web.exchange import downloads, pages
from provision.web.operations import health, metrics
from provision.web.request import entry, session
from provision.web.settings import (
    activity,
    appearance,
    databases,
    email,
    password,
    profile,
    sessions,
    tokens,
    two_factor,
    your_data,
)
from provision.web.setup import routes as setup
from provision.web.tasks import routes as tasks
from provision.web.two_factor import challenge
from provision.web.two_factor import setup as two_factor_setup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from werkzeug.routing import Rule

# Several modules may declare their routes on one blueprint.
_MODULES: Final = (
    *(landing, account, reset, challenge, two_factor_setup, setup, workspaces),
    *(dashboard, projects, tasks, team, search, undo, sample, pages, downloads),
    *(profile, email, password, two_factor, sessions, tokens, databases, activity, appearance),
    *(your_data, api_account, api_workspaces, api_tokens, api_connection, api_nouns, api_docs),
    *(health, metrics),
)


@dataclass(frozen=True, slots=True)
class Route:
    """An address; `answers` is `module:function`, `demands` what a request has to bring.

    `public` is nothing, `session` a cookie, `csrf` the token of forms where a cookie tells who
    asks, `connection` a saved one, `workspace` a connection with ready tables.
    """

    methods: tuple[str, ...]
    rule: str
    endpoint: str
    answers: str
    demands: tuple[str, ...]


def declare(app: Flask, *, demo: bool) -> None:
    """Put all routes on `app`; the style guide only in a demo."""
    app.get("/static/<path:filename>", endpoint="static")(assets.send)
    for blueprint in dict.fromkeys(module.bp for module in _MODULES):
        app.register_blueprint(blueprint)
    if demo:
        app.register_blueprint(styleguide.bp)


def listing() -> list[Route]:
    """Return all routes, by address; those of the demo alone demand `demo`."""
    app = Flask("provision", static_folder=None)
    declare(app, demo=True)
    rules = sorted(app.url_map.iter_rules(), key=lambda each: (each.rule, sorted(_methods(each))))
    return [
        Route(
            _methods(rule),
            rule.rule,
            rule.endpoint,
            _answers(app.view_functions[rule.endpoint]),
            tuple(_demands(rule)),
        )
        for rule in rules
    ]


def _methods(rule: Rule) -> tuple[str, ...]:
    return tuple(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def _answers(view: Callable[..., Any]) -> str:
    # A noun's method is bound, and what is wrapped knows what it wraps.
    return f"{view.__module__}:{view.__qualname__}"


def _demands(rule: Rule) -> Iterator[str]:
    yield from session.demands(rule.endpoint, rule.rule, set(_methods(rule)))
    if (what := entry.about(rule.endpoint)) is not None:
        yield what
    if rule.endpoint == "metrics.page":
        yield "loopback or PROVISION_METRICS_TOKEN"
    if rule.endpoint.startswith(f"{styleguide.bp.name}."):
        yield "demo"
