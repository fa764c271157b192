"""For which hosts this server answers, and whose pages may have it change something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.security_headers import SECURITY
from provision.web.request.session import OPEN_ENDPOINTS
from tests.web.conftest import PASSWORD, Visitor
from tests.web.test_every_route import routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.test import TestResponse

LOOPBACK = (
    "localhost",
    "localhost:8000",
    "LocalHost.",
    "127.0.0.1",
    "127.0.0.1:65535",
    "127.8.9.1",
    "[::1]",
    "[::1]:8000",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
)
OTHERS = (
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "localhosts",
    "evil.localhost",
    "10.0.0.7",
    "0.0.0.0",
    "[::2]",
    "[::ffff:10.0.0.7]",
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "0177.0.0.1",
)


def _asked(app: Flask, host: str, path: str = "/login", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    environ = {"HTTP_HOST": host}
    return Visitor(app).raw("GET", path, headers=named, environ_overrides=environ)


def _assert_refused(answer: TestResponse, host: str) -> None:
    assert answer.status_code == 400, host
    assert "PROVISION_PUBLIC_URL" in answer.text
    assert host not in answer.text
    for name, value in SECURITY.items():
        assert answer.headers[name] == value


@pytest.mark.parametrize("options", [{}, {"mode": "demo"}, {"host": "::1"}, {"host": "localhost"}])
def test_on_loopback_only_names_of_loopback_are_answered(
    make_app: Callable[..., Flask], options: dict[str, Any]
) -> None:
    app = make_app(**options)
    for host in LOOPBACK:
        assert _asked(app, host).status_code == 200, host
    for host in OTHERS:
        for path in ("/login", "/", "/register", "/static/site.css", "/metrics", "/nothing"):
            _assert_refused(_asked(app, host, path), host)
        answer = _asked(app, host, "/api/user")
        _assert_refused(answer, host)
        assert answer.content_type == "application/problem+json"
        assert answer.get_json()["code"] == "bad_request"
        for path in ("/healthz", "/readyz"):
            assert _asked(app, host, path).status_code == 200, path


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "10.0.0.7", "inside.example"])
@pytest.mark.parametrize("mode", ["serve", "wsgi"])
def test_with_a_public_address_its_host_is_answered_too(
    make_app: Callable[..., Flask], host: str, mode: str
) -> None:
    app = make_app(mode=mode, host=host, public_url="https://Provision.example.org/")
    for known in (
        *LOOPBACK,
        host,
        f"{host}:8000",
        "provision.example.org",
        "PROVISION.example.org.",
    ):
        assert _asked(app, known).status_code == 200, known
    for other in set(OTHERS) - {host}:
        _assert_refused(_asked(app, other), other)
    for other in ("example.net", "provision.example.org.evil.example", "xprovision.example.org"):
        _assert_refused(_asked(app, other), other)


def test_the_public_address_may_be_written_in_any_language(make_app: Callable[..., Flask]) -> None:
    app = make_app(public_url="https://Bücher.example")
    assert _asked(app, "xn--bcher-kva.example").status_code == 200


def test_bound_elsewhere_without_a_public_address_any_host_is_answered(
    make_app: Callable[..., Flask],
) -> None:
    for options in ({"host": "0.0.0.0"}, {"host": "::"}, {"host": "10.0.0.7"}, {"mode": "wsgi"}):
        app = make_app(**options)
        for host in (*LOOPBACK, *OTHERS):
            assert _asked(app, host).status_code == 200, (options, host)


def test_numbers_are_told_to_this_machine_by_its_own_name_alone(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(host="0.0.0.0", metrics_token="the token of the metrics")
    for host in LOOPBACK:
        assert _asked(app, host, "/metrics").status_code == 200, host
    for host in OTHERS:
        answer = _asked(app, host, "/metrics")
        assert answer.status_code == 401, host
        assert "provision_" not in answer.text
        token = _asked(app, host, "/metrics", Authorization="Bearer the token of the metrics")
        assert token.status_code == 200, host
    app = make_app(public_url="https://provision.example.org")
    assert _asked(app, "provision.example.org", "/metrics").status_code == 403


def test_a_forwarded_host_counts_where_proxies_are_trusted_and_nowhere_else(
    make_app: Callable[..., Flask],
) -> None:
    public = "provision.example.org"
    app = make_app(public_url=f"https://{public}")
    assert _asked(app, "localhost", X_Forwarded_Host="evil.example").status_code == 200
    _assert_refused(_asked(app, "evil.example", X_Forwarded_Host=public), "evil.example")
    app = make_app(public_url=f"https://{public}", trusted_proxies=1)
    assert _asked(app, "127.0.0.1:8000", X_Forwarded_Host=public).status_code == 200
    assert _asked(app, "whatever", X_Forwarded_Host=public).status_code == 200
    _assert_refused(_asked(app, "localhost", X_Forwarded_Host="evil.example"), "evil.example")


def test_a_request_of_old_that_names_no_host_is_answered(app: Flask) -> None:
    environ = {"HTTP_HOST": None, "SERVER_PROTOCOL": "HTTP/1.0"}
    client = app.test_client()
    answer = client.get("/healthz", environ_overrides=environ)
    assert answer.status_code == 200


def test_a_malformed_host_is_a_problem_below_the_api(stranger: Visitor) -> None:
    answer = stranger.raw("GET", "/api/user", environ_overrides={"HTTP_HOST": "a b"})
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["code"] == "bad_request"


# ── Changes that other sites ask for ──

FOREIGN: tuple[dict[str, str], ...] = (
    {"Origin": "https://evil.example"},
    {"Origin": "http://evil.example"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "http://sub.localhost"},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://["},
    {"Origin": "localhost"},
    {"Origin": "ftp://localhost"},
    {"Origin": "http://localhost, http://localhost"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "anything"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
)
OWN: tuple[dict[str, str], ...] = (
    {},
    {"Origin": "http://localhost"},
    {"Origin": "http://localhost:80"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "none"},
    # A proxy in front that speaks TLS and is not trusted to say so.
    {"Origin": "https://localhost", "Sec-Fetch-Site": "same-origin"},
)


def _counted(client: Visitor) -> list[tuple[Any, ...]]:
    return client.rows("SELECT name FROM projects UNION ALL SELECT title FROM tasks ORDER BY 1")


def _token(client: Visitor) -> str:
    body = {"email": client.email(), "password": PASSWORD}
    return str(client.raw("POST", "/api/auth/token", json=body).get_json()["token"])


def test_no_other_site_has_anything_changed_through_any_route(app: Flask, client: Visitor) -> None:
    ids = {
        noun: client.api("POST", f"/api/{noun}", body).get_json()[member]["id"]
        for noun, member, body in (
            ("projects", "project", {"name": "P"}),
            ("tasks", "task", {"title": "T"}),
            ("team", "team_member", {"name": "A"}),
        )
    }
    before, token, walked = _counted(client), client.csrf_token(), 0
    good = {"X-CSRFToken": token}
    bearer = {"Authorization": f"Bearer {_token(client)}"}
    for method, path, endpoint in routes(app, ids):
        if method == "GET":
            continue
        ways = [good, good | {"HX-Request": "true"}] + [bearer] * path.startswith("/api/")
        for foreign in FOREIGN if endpoint in OPEN_ENDPOINTS else FOREIGN[::4]:
            for way in ways:
                answer = client.raw(method, path, headers=way | foreign, json={})
                where = (method, path, foreign)
                assert answer.status_code == 403, where
                assert "PROVISION_PUBLIC_URL" in answer.text, where
                if path.startswith("/api/"):
                    assert answer.get_json()["code"] == "csrf_failed", where
                walked += 1
    assert walked > 200
    assert _counted(client) == before


@pytest.mark.parametrize("own", OWN)
def test_own_pages_and_other_programs_still_change_what_they_may(
    client: Visitor, own: dict[str, str]
) -> None:
    token = client.csrf_token()
    made = client.raw("POST", "/tasks", data={"csrf_token": token, "title": "By form"}, headers=own)
    assert made.status_code == 303, made.text
    headers = {"X-CSRFToken": token, **own}
    assert client.raw("POST", "/api/tasks", json={"title": "x"}, headers=headers).status_code == 201
    bearer = {"Authorization": f"Bearer {_token(client)}", **own}
    assert client.raw("POST", "/api/tasks", json={"title": "x"}, headers=bearer).status_code == 201
    stranger = Visitor(client.app)
    fields = {"csrf_token": stranger.csrf_token(), "email": client.email(), "password": PASSWORD}
    assert stranger.raw("POST", "/login", data=fields, headers=own).status_code == 303


def test_another_site_may_still_lead_to_a_page(client: Visitor) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert client.raw("GET", "/tasks", headers=headers).status_code == 200
    assert client.raw("HEAD", "/tasks", headers=headers).status_code == 200


def test_behind_a_proxy_the_public_address_is_an_own_one(make_app: Callable[..., Flask]) -> None:
    public = "https://provision.example.org:8443"
    for options, sent in (
        ({"trusted_proxies": 0}, {}),
        (
            {"trusted_proxies": 1},
            {
                "X-Forwarded-Host": "provision.example.org",
                "X-Forwarded-Port": "8443",
                "X-Forwarded-Proto": "https",
                "Referer": f"{public}/login",
            },
        ),
    ):
        app = make_app(public_url=public, **options)
        visitor = Visitor(app)
        page = visitor.raw("GET", "/login", headers=sent)
        token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
        fields = {"csrf_token": token, "theme": "dark"}
        for origin, status in (
            (public, 303),
            ("https://provision.example.org", 403),
            ("http://provision.example.org:8443", 403),
            ("https://evil.example", 403),
        ):
            headers = {**sent, "Origin": origin}
            answer = visitor.raw("POST", "/theme", data=fields, headers=headers)
            assert answer.status_code == status, (options, origin)


def test_a_form_refused_for_its_site_says_what_to_do(client: Visitor) -> None:
    headers = {"Origin": "https://evil.example"}
    fields = {"csrf_token": client.csrf_token(), "title": "planted"}
    page = client.raw("POST", "/tasks", data=fields, headers=headers)
    assert page.status_code == 403
    assert "Load the page here and send it from there." in page.text
    assert "planted" not in page.text
    fragment = client.raw("POST", "/tasks", data=fields, headers=headers | {"HX-Request": "true"})
    assert fragment.headers["HX-Retarget"] == "#problem-region"


def test_nothing_may_be_read_by_another_site(app: Flask, client: Visitor) -> None:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for method, path in (
        ("GET", "/api/user"),
        ("GET", "/api/nothing"),
        ("GET", "/tasks"),
        ("GET", "/nothing"),
        ("GET", "/metrics"),
        ("GET", "/healthz"),
        ("GET", "/static/site.js"),
        ("GET", "/static/nothing"),
        ("GET", "/exports/tasks.csv"),
        ("OPTIONS", "/api/tasks"),
        ("OPTIONS", "/api/auth/token"),
        ("POST", "/api/tasks"),
        ("TRACE", "/login"),
    ):
        answer = client.raw(method, path, headers=headers)
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", path
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")], path
