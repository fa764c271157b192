"""Find who is asking. The guard refuses strangers on all routes but `OPEN_ENDPOINTS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Flask, Response, g, make_response, redirect, request, url_for
from flask import session as cookie
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect, generate_csrf

from provision.control.accounts import tokens
from provision.control.accounts.entitled import session_stands
from provision.control.audit import Client
from provision.control.sign_in import sessions
from provision.web.answer import htmx as hx
from provision.web.answer.htmx import htmx
from provision.web.answer.problem_details import ApiError, problem
from provision.web.answer.urls import is_api_request, is_of_api, path_of, present, safe_next
from provision.web.format import viewer
from provision.web.request.prefix import wanted
from provision.web.request.services import services
from provision.web.request.sites import SAFE_METHODS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection as SqlConnection

    from provision.control.accounts.entitled import Entitled
    from provision.control.accounts.tokens import TokenHolder
    from provision.control.accounts.users import Person
    from provision.control.connections import SavedConnection
    from provision.control.sign_in.sessions import SignedIn
    from provision.control.workspaces.memberships import Place

OPEN_ENDPOINTS: Final = frozenset(
    {
        "static",
        "landing.page",
        "account.register",
        "account.login",
        "account.theme",
        "two_factor.challenge",
        "reset.password",
        "health.live",
        "health.ready",
        "metrics.page",
        "api.create_token",
        "api.docs",
        "api.openapi",
    }
)
# The body alone proves who asks, with password and code. Another site could misuse no cookie.
_NO_CSRF: Final = frozenset({"api.create_token"})
# Machines ask these, most of all while the control store, which knows people, fails.
_ABOUT_NOBODY: Final = frozenset({"health.live", "health.ready", "metrics.page"})

csrf = CSRFProtect()


class SentByStrangerError(Exception):
    """A plain form came after its session was over; `page` is where the person was."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page


class BrowserSession(UserMixin):  # type: ignore[misc]
    """A signed-in browser, as Flask-Login wants it: its id is the raw id of the session."""

    def __init__(self, raw_session_id: str, signed_in: SignedIn | None) -> None:
        self.raw_session_id = raw_session_id
        self.signed_in = signed_in

    def get_id(self) -> str:
        return self.raw_session_id


def install(app: Flask) -> None:
    """Hook sign-in, CSRF and the guard into `app`."""
    app.config.update(
        # Checked by the guard below, which knows about tokens.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_HEADERS=["X-CSRFToken"],
    )
    csrf.init_app(app)
    manager = LoginManager()
    manager.session_protection = None  # sessions are rows in the control store, not cookie claims
    manager.user_loader(_load_visitor)
    manager.init_app(app, add_context_processor=False)
    app.before_request(_guard)


def csrf_token() -> str:
    """Return the token of the forms of this answer; a page has half a dozen."""
    # Flask-WTF keeps it there, too, but reads its settings first, each time.
    token: str = g.get("csrf_token") or generate_csrf()
    return token


def person() -> Person:
    """Return the person asking; only for routes that the guard refuses to strangers."""
    holder: SignedIn | TokenHolder = g.holder
    return holder.person


def person_or_none() -> Person | None:
    """Return the person asking; None for a stranger."""
    holder: SignedIn | TokenHolder | None = g.get("holder")
    return holder.person if holder else None


def place_or_none() -> Place | None:
    """Return the workspace that this request is about, as it was when the request came in."""
    holder: SignedIn | TokenHolder | None = g.get("holder")
    return holder.place if holder else None


def connection_or_none() -> SavedConnection | None:
    """Return the connection of the workspace that this request is about."""
    place = place_or_none()
    return place.connection if place else None


def token_id_or_none() -> str | None:
    """Return the id of the API token of this request; None if it came with a cookie."""
    holder: SignedIn | TokenHolder | None = g.get("holder")
    return holder.token.id if isinstance(holder, tokens.TokenHolder) else None


def token_workspace_or_none() -> str | None:
    """Return the id of the one workspace that this request's token reaches; None for all."""
    holder: SignedIn | TokenHolder | None = g.get("holder")
    return holder.token.workspace_id if isinstance(holder, tokens.TokenHolder) else None


def id_hash() -> str:
    """Return the id hash of the browser's session; only for requests with a cookie, as on pages."""
    holder: SignedIn = g.holder
    return holder.session_id_hash


def still_stands(conn: SqlConnection) -> bool:
    """Tell whether nobody has ended the browser's session meanwhile; only for pages."""
    return session_stands(conn, id_hash())


def signed_in_at() -> int:
    """Return when the browser signed in (unix seconds); only for requests with a cookie."""
    holder: SignedIn = g.holder
    return holder.signed_in_at


def sign_in(user_id: str, *, entitled: Entitled | None = None) -> None:
    """Start a new session for `user_id` in this browser, and end the one it had.

    Raises SignInOverError if the person is no longer `entitled` to it.
    """
    end_present_session()
    settings = services().settings
    raw = sessions.start(
        services().store,
        user_id=user_id,
        client=client(),
        absolute_s=settings.session_days * 86_400,
        idle_s=settings.session_idle_hours * 3_600,
        entitled=entitled,
    )
    cookie.clear()
    cookie.permanent = True
    _hold(raw)


def renew() -> None:
    """Give the present session another id, so that a copy of its cookie no longer works."""
    _hold(sessions.renew(services().store, id_hash=id_hash()))


def end_present_session() -> None:
    """Sign this browser out, here and in the control store."""
    raw = cookie.get("_user_id")
    if isinstance(raw, str):
        sessions.end(services().store, raw, client=client())
    forget_browser()


def forget_browser() -> None:
    """Empty this browser's cookie, after its session has ended."""
    logout_user()
    cookie.clear()


def client() -> Client:
    """Return address and browser of the client, for the audit log.

    PROVISION_TRUSTED_PROXIES says which forwarded headers count.
    """
    return Client(request.remote_addr or "", request.user_agent.string)


def demands(endpoint: str, path: str, methods: set[str]) -> Iterator[str]:
    """Say what the guard demands of a request: `public`, `session` or `session or token`; `csrf`.

    A token needs no CSRF token beside it.
    """
    if endpoint in OPEN_ENDPOINTS:
        yield "public"
    else:
        yield "session or token" if is_of_api(path) else "session"
    if methods - SAFE_METHODS and endpoint not in _NO_CSRF:
        yield "csrf"


def _hold(raw: str) -> None:
    signed_in = sessions.resolve(services().store, raw, workspace_id=wanted())
    login_user(BrowserSession(raw, signed_in))
    _answer_to(signed_in)


def _load_visitor(raw_session_id: str) -> BrowserSession | None:
    signed_in = sessions.resolve(services().store, raw_session_id, workspace_id=wanted())
    return BrowserSession(raw_session_id, signed_in) if signed_in else None


def _guard() -> Response | None:
    """Identify who asks, refuse strangers, check the CSRF token; runs before every request."""
    endpoint = request.endpoint
    if endpoint == "static":
        return None
    if endpoint is None:
        # 404 or 405: the error page has the person's own frame around it.
        _answer_to(None if is_api_request() else _cookie_holder())
        return None
    if endpoint in _NO_CSRF or endpoint in _ABOUT_NOBODY:
        return None
    by_token = is_api_request() and "Authorization" in request.headers
    _answer_to(_token_holder() if by_token else _cookie_holder())
    # Open routes refuse a bad token too; otherwise it would look like a good one.
    if g.holder is None and (by_token or endpoint not in OPEN_ENDPOINTS):
        return _refuse_stranger(by_token=by_token)
    if by_token:
        _hold_token_to_its_rights()
    elif request.method not in SAFE_METHODS:
        if is_api_request():
            # Read and keep the body first: the search for a form's CSRF token would consume it.
            request.get_data()
        csrf.protect()
    return None


def _answer_to(holder: SignedIn | TokenHolder | None) -> None:
    """Remember who asks, and set the formats of days and amounts; None is a stranger."""
    g.holder = holder
    viewer.write_for(holder.person if holder else None)


def _cookie_holder() -> SignedIn | None:
    return current_user.signed_in if current_user.is_authenticated else None


def _token_holder() -> TokenHolder | None:
    scheme, _, raw = request.headers["Authorization"].partition(" ")
    if scheme.lower() != "bearer":
        return None
    return tokens.resolve(services().store, raw.strip(), workspace_id=wanted())


def _hold_token_to_its_rights() -> None:
    if g.holder.token.read_only and request.method not in SAFE_METHODS:
        raise ApiError(403, "read_only_token", "This token may only read. Use one that may write.")


def _refuse_stranger(*, by_token: bool) -> Response:
    if is_api_request():
        detail = "This token is not valid (any more)." if by_token else "Sign in, or send a token."
        response = problem(401, "unauthorized", detail)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    if htmx:
        # Go back to the page of the person, not to the address of the fragment.
        page = safe_next(path_of(request.headers.get("HX-Current-URL")))
        return hx.redirect(make_response("", 401), url_for("account.login", next=page))
    if request.method in SAFE_METHODS:
        page = present()
    else:
        page = safe_next(path_of(request.referrer)) or url_for("dashboard.page")
        if "HX-Request" not in request.headers:
            raise SentByStrangerError(page)
    return make_response(redirect(url_for("account.login", next=page), 303))
