"""The Flask app: its settings, hooks, routes and template environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, request
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from provision.tenant.queries.statements.undo_notes import MOST_ROWS
from provision.web import routes
from provision.web.answer import assets, compression, headers, swapping
from provision.web.answer.kept_macros import KeptMacros
from provision.web.answer.urls import address_of, safe_next
from provision.web.exchange import downloads
from provision.web.format import filters
from provision.web.operations import metrics, retention
from provision.web.request import entry, limits, problems, session, sites, workspace
from provision.web.request.body_stream import WholeBodyRequest
from provision.web.request.prefix import WorkspacePrefix
from provision.web.request.services import EXTENSION
from provision.web.tasks.view import row_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.web.request.services import Services

_MAX_BODY_BYTES = 1024 * 1024


def make_app(services: Services, *, signing_key: str) -> Flask:
    """Make the WSGI app around `services`; `signing_key` signs its cookies."""
    app = Flask(
        "provision",
        template_folder=str(assets.folder("templates")),
        static_folder=None,
        static_url_path="/static",
    )
    assets.join()
    app.request_class = WholeBodyRequest
    # No view or hook of ours is a coroutine; Flask would look at each of them in each request.
    app.ensure_sync = _as_it_is  # type: ignore[method-assign]
    app.config.update(
        SECRET_KEY=signing_key,
        MAX_CONTENT_LENGTH=_MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=_MAX_BODY_BYTES,
        SESSION_COOKIE_NAME="provision_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=services.settings.session_days * 86_400,
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    app.extensions[EXTENSION] = services
    app.session_interface = headers.SessionCookie()
    app.wsgi_app = WorkspacePrefix(app.wsgi_app)  # type: ignore[assignment,method-assign]
    proxies = services.settings.trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies, x_port=proxies
        )
    metrics.install(app)
    app.before_request(headers.refuse_malformed_host)
    app.before_request(sites.refuse_unknown_host)
    app.before_request(headers.redirect_within_this_site)
    app.before_request(sites.refuse_other_sites)
    retention.install(app, services.store, days=services.settings.audit_days)
    session.install(app)
    app.before_request(swapping.refuse_files)
    entry.install(app)
    problems.install(app)
    limits.install(app)
    app.after_request(workspace.tell_health)
    app.after_request(headers.add_security_headers)
    app.after_request(compression.compress)
    routes.declare(app, demo=services.settings.mode == "demo")
    _prepare_templates(app)
    return app


def _as_it_is(func: Callable[..., Any]) -> Callable[..., Any]:
    return func


def _prepare_templates(app: Flask) -> None:
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(
        asset=assets.asset,
        url_for=address_of,
        integrity=assets.integrity,
        labels=filters.labels,
        csrf_token=session.csrf_token,
        export_url=downloads.address,
        most_undone=MOST_ROWS,
    )
    filters.install(env)
    app.context_processor(_page_context)
    # The macros are a global, as a block that is rendered alone does not run its page's imports.
    env.globals["ui"] = KeptMacros(env.get_template("_ui.html").module, "_ui.html")
    env.globals["fixed"] = KeptMacros(env.get_template("_fixed.html").module, "_fixed.html")


def _page_context() -> dict[str, Any]:
    """Return what the frame of every page shows."""
    theme = request.cookies.get(headers.cookie_name("theme"), "")
    return {
        "person": session.person_or_none(),
        "workspace": workspace.shown(),
        "trip": workspace.last_trip(),
        "active": request.blueprint or "",
        "here": safe_next(request.script_root + request.path) or "/",
        "back": safe_next(request.args.get("back")) or "",
        "named_task": row_id(request.args.get("task", "")),
        "theme": theme if theme in ("light", "dark") else "",
        "shell": None,
    }
