"""Hosts, proxies and cookies: what a request may say of how it came, and what is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.conftest import PASSWORD, Visitor, with_cookie

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.test import TestResponse

_FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "444",
    "Forwarded": "for=203.0.113.9;proto=https;host=evil.example",
}


def _addresses(visitor: Visitor) -> str:
    return visitor.get("/settings/sessions").text


def _sign_in(app: Flask, headers: dict[str, str]) -> Visitor:
    """Nora, signed in by a request with these headers."""
    visitor = Visitor(app)
    fields = {"csrf_token": visitor.csrf_token(), "email": "nora@example.org", "password": PASSWORD}
    answer = visitor.raw("POST", "/login", data=fields, headers=headers)
    assert answer.status_code == 303, answer.text
    return visitor


def _theme_cookie(answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.text
    return next(each for each in answer.headers.getlist("Set-Cookie") if "theme=" in each)


def test_without_a_proxy_forwarded_headers_mean_nothing(newcomer: Visitor) -> None:
    answer = newcomer.raw("GET", "/login", headers=_FORGED)
    assert "Strict-Transport-Security" not in answer.headers
    assert answer.location == "/dashboard"
    shown = _addresses(_sign_in(newcomer.app, _FORGED))
    assert "203.0.113.9" not in shown
    assert "127.0.0.1" in shown


@pytest.mark.parametrize(
    ("proxies", "sent", "believed"),
    [
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.7, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        # Fewer than there are proxies: it did not come through all of them.
        (2, "203.0.113.9", "127.0.0.1"),
    ],
)
def test_of_forwarded_addresses_only_those_our_proxies_added_are_believed(
    make_app: Callable[..., Flask], proxies: int, sent: str, believed: str
) -> None:
    app = make_app(trusted_proxies=proxies)
    Visitor(app).register("nora")
    shown = _addresses(_sign_in(app, {"X-Forwarded-For": sent}))
    assert believed in shown
    assert "198.51.100.7" not in shown


def test_over_https_cookies_are_bound_to_this_host_and_never_sent_in_clear(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(trusted_proxies=1)
    visitor = Visitor(app)
    https = {"X-Forwarded-Proto": "https", "Referer": "https://localhost/login"}
    page = visitor.raw("GET", "/login", headers=https)
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    (cookie,) = page.headers.getlist("Set-Cookie")
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    fields = {"csrf_token": token, "theme": "dark"}
    theme = _theme_cookie(visitor.raw("POST", "/theme", data=fields, headers=https))
    fields["theme"] = "system"
    gone = _theme_cookie(visitor.raw("POST", "/theme", data=fields, headers=https))
    assert cookie.startswith("__Host-provision_session=")
    for each in (cookie, theme, gone):
        assert each.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(each.split("; ")), each
        assert "Domain" not in each
    shown = with_cookie(app, theme.partition(";")[0], "/login", **https)
    assert 'data-theme="dark"' in shown.text


def test_in_clear_cookies_are_kept_from_scripts_and_other_sites(stranger: Visitor) -> None:
    answer = stranger.raw("GET", "/login")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("provision_session=")
    signature = cookie.partition(";")[0].rpartition(".")[2]
    assert len(signature) == 43  # 256 bits in base64
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        "a b",
        "evil.example/@x",
        'evil"><script>',
        "a\\b",
        "x" * 300,
        "[::1",
        "a:b",
        "é.com",
    ],
)
def test_a_host_that_no_browser_asks_for_is_refused(stranger: Visitor, host: str) -> None:
    answer = stranger.raw("GET", "/login", environ_overrides={"HTTP_HOST": host})
    assert answer.status_code == 400
    assert host not in answer.text or not host.strip()


@pytest.mark.parametrize("host", ["web_1:99999", "10.0.0.7", "[::1]:8000", "xn--bcher-kva.de."])
def test_any_other_host_is_answered_and_appears_nowhere(stranger: Visitor, host: str) -> None:
    for path in ("/login", "//login", "/dashboard", "/nothing", "/login/", "/static/site.css"):
        answer = stranger.raw("GET", path, environ_overrides={"HTTP_HOST": host})
        assert answer.status_code < 500
        assert host not in answer.text + str(answer.headers), path


def test_the_session_cookie_of_plain_http_is_no_good_over_https(
    make_app: Callable[..., Flask],
) -> None:
    visitor = Visitor(make_app(trusted_proxies=1))
    visitor.register("nora")
    assert visitor.get("/settings").status_code == 200
    cookie = f"provision_session={visitor.cookie('provision_session')}"
    assert with_cookie(visitor.app, cookie, "/settings").status_code == 200
    over_https = {"X-Forwarded-Proto": "https"}
    assert with_cookie(visitor.app, cookie, "/settings", **over_https).status_code == 303
