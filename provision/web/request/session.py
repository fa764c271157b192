"""Who is asking, and the guard: every route refuses strangers unless it is on the list here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Flask, Response, g, make_response, redirect, request, url_for
from flask import session as cookie
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect

from provision.control.accounts import tokens
from provision.control.accounts.entitled import session_stands
from provision.control.audit import Client
from provision.control.sign_in import sessions
from provision.web.answer import htmx as hx
from provision.web.answer.htmx import htmx
from provision.web.answer.problem_details import ApiError, problem
from provision.web.answer.urls import is_api_request, is_of_api, path_of, safe_next
from provision.web.format import viewer
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
# Proves itself by its body alone; there is no cookie it could misuse (CONTRACT section 4).
_NO_CSRF: Final = frozenset({"api.create_token"})
# Asked by machines, and most of all while the store that knows people is in trouble.
_ABOUT_NOBODY: Final = frozenset({"health.live", "health.ready", "metrics.page"})

csrf = CSRFProtect()


class Visitor(UserMixin):  # type: ignore[misc]
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


def person() -> Person:
    """The person asking; only for routes that the guard keeps strangers from."""
    holder: SignedIn | TokenHolder = g.holder
    return holder.person


def person_or_none() -> Person | None:
    """The person asking, None for a stranger."""
    holder: SignedIn | TokenHolder | None = g.get("holder")
    return holder.person if holder else None


def connection_or_none() -> SavedConnection | None:
    """The active connection of the person asking, as it was when the request came in."""
    holder: SignedIn | TokenHolder | None = g.get("holder")
    return holder.connection if holder else None


def token_id_or_none() -> str | None:
    """The id of the token that asks; None where a cookie lets in."""
    holder: SignedIn | TokenHolder | None = g.get("holder")
    return holder.token.id if isinstance(holder, tokens.TokenHolder) else None


def id_hash() -> str:
    """What names the present browser's session; only where a cookie lets in, as on all pages."""
    holder: SignedIn = g.holder
    return holder.session_id_hash


def still_stands(conn: SqlConnection) -> bool:
    """Whether the present browser's session has not been ended meanwhile; on all pages."""
    return session_stands(conn, id_hash())


def signed_in_at() -> int:
    """When the present browser signed in (unix seconds); only where a cookie lets in."""
    holder: SignedIn = g.holder
    return holder.signed_in_at


def sign_in(user_id: str, *, entitled: Entitled | None = None) -> None:
    """Start a fresh session for `user_id` in this browser; what it held before is dropped.

    Raises SignInOverError when the person is not `entitled` to it any more.
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
    """Give the present session another id, so that a copy of its cookie is good no more."""
    _hold(sessions.renew(services().store, id_hash=id_hash()))


def end_present_session() -> None:
    """Sign this browser out, here and in the control store."""
    raw = cookie.get("_user_id")
    if isinstance(raw, str):
        sessions.end(services().store, raw, client=client())
    forget_browser()


def forget_browser() -> None:
    """Empty this browser's cookie, where its session is over already."""
    logout_user()
    cookie.clear()


def client() -> Client:
    """Return who is asking, for the audit log.

    Forwarded headers are believed as PROVISION_TRUSTED_PROXIES says.
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
    signed_in = sessions.resolve(services().store, raw)
    login_user(Visitor(raw, signed_in))
    _answer_to(signed_in)


def _load_visitor(raw_session_id: str) -> Visitor | None:
    signed_in = sessions.resolve(services().store, raw_session_id)
    return Visitor(raw_session_id, signed_in) if signed_in else None


def _guard() -> Response | None:
    """Runs before every request: identify, refuse strangers, check the CSRF token."""
    endpoint = request.endpoint
    if endpoint == "static":
        return None
    if endpoint is None:
        # 404 or 405: nothing of anybody's, but the page around it is the person's own.
        _answer_to(None if is_api_request() else _cookie_holder())
        return None
    if endpoint in _NO_CSRF or endpoint in _ABOUT_NOBODY:
        return None
    by_token = is_api_request() and "Authorization" in request.headers
    _answer_to(_token_holder() if by_token else _cookie_holder())
    # A bad token is refused by what is open to everybody, too: else it would seem to be a good one.
    if g.holder is None and (by_token or endpoint not in OPEN_ENDPOINTS):
        return _refuse_stranger(by_token=by_token)
    if by_token:
        _hold_token_to_its_rights()
    elif request.method not in SAFE_METHODS:
        if is_api_request():
            # Kept: what looks for the token in a form would use the body up.
            request.get_data()
        csrf.protect()
    return None


def _answer_to(holder: SignedIn | TokenHolder | None) -> None:
    """Remember who asks, and write days and amounts as they want them; None is a stranger."""
    g.holder = holder
    viewer.write_for(holder.person if holder else None)


def _cookie_holder() -> SignedIn | None:
    return current_user.signed_in if current_user.is_authenticated else None


def _token_holder() -> TokenHolder | None:
    scheme, _, raw = request.headers["Authorization"].partition(" ")
    if scheme.lower() != "bearer":
        return None
    return tokens.resolve(services().store, raw.strip())


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
        # Where the person is, not the address of the fragment.
        page = safe_next(path_of(request.headers.get("HX-Current-URL")))
        return hx.redirect(make_response("", 401), url_for("account.login", next=page))
    if request.method in SAFE_METHODS:
        page = safe_next(request.full_path.rstrip("?"))
    else:
        page = safe_next(path_of(request.referrer)) or url_for("dashboard.page")
    return make_response(redirect(url_for("account.login", next=page), 303))
