"""No address that came with a request leads off this site, wherever the answer puts it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from provision.web.answer.urls import path_of, safe_next
from tests.web.conftest import PASSWORD, Visitor
from tests.web.test_every_route import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from werkzeug.test import TestResponse

_SITE = "http://localhost"
OWN = (
    "/",
    "/tasks",
    "/tasks/",
    "/tasks?view=list&q=a%5Cb//c",
    "/projects/0b6f4a7e-53a4-4f5e-9a0f-2b1c00000000?edit=1#top",
    "/auth/reset-password/a.b_c~d-e",
    "/tasks?q=ü",
)
# What a browser, or something on the way to it, might take for another site or for no address.
LEAD_OFF = (
    "//evil.example",
    "//evil.example/?new=1",
    "///evil.example",
    "/\\evil.example/?edit=1",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nLocation: https://evil.example",
    "/tasks\r\nSet-Cookie: a=b",
    "/%09/evil.example",
    "/%0d%0aLocation:%20https://evil.example",
    "/%5Cevil.example",
    "/%2Fevil.example",
    "/%2f%2fevil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/tasks/..//evil.example",
    "/tasks/../..//evil.example",
    "/tasks//evil.example",
    "https://evil.example/tasks",
    "https:evil.example",
    "http://localhost@evil.example/",
    "/@evil.example",
    "//localhost@evil.example/",
    "javascript:alert(1)//evil.example",
    "data:text/html,evil.example",
    " //evil.example",
    "\x00//evil.example",
    "\u2028//evil.example",
    "/\u2044/evil.example",
    "/" + "a" * 5_000 + "/evil.example",
    "evil.example",
    "?next=//evil.example",
    "http://[",
)
# As an address of this page, which browsers send in two headers.
_AS_PAGES = tuple(f"http://x{each}" if each[:1] in "/\\" else each for each in LEAD_OFF)
_ADDRESSES = ("href", "action", "formaction", "src", "hx-get", "hx-post", "hx-push-url", "value")
_HEADERS = (
    "Location",
    "HX-Redirect",
    "HX-Replace-Url",
    "HX-Push-Url",
    "Refresh",
    "Content-Location",
)


@pytest.mark.parametrize("address", OWN)
def test_a_path_of_this_site_stays(address: str) -> None:
    assert safe_next(address) == address


@pytest.mark.parametrize("address", ["", None, *LEAD_OFF])
def test_anything_else_is_none(address: str | None) -> None:
    assert safe_next(address) is None
    assert safe_next(path_of(f"http://x{address}")) is None or "evil" not in str(address)


class _Addresses(HTMLParser):
    """Collects what leads somewhere; of fields, those that hold where to go on."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name, value in attrs:
            if name == "value" and given.get("name") not in ("next", "at"):
                continue
            if name in _ADDRESSES and value:
                self.found.append(value)


def _leads_to(address: str) -> str:
    """The host that a browser goes to: it drops line breaks, and reads backslashes as slashes."""
    plain = re.sub(r"[\t\r\n]", "", address.strip("\x00 \t\r\n")).replace("\\", "/")
    plain = re.sub(r"^/{2,}", "//", plain)
    try:
        parts = urlsplit(urljoin(f"{_SITE}/here", plain))
    except ValueError:
        return "none"
    if parts.scheme in ("javascript", "data", "vbscript"):
        return parts.scheme
    return parts.hostname or ""


def _where_it_leads(answer: TestResponse) -> Iterator[str]:
    for name in _HEADERS:
        yield from answer.headers.getlist(name)
    if "HX-Location" in answer.headers:
        yield str(json.loads(answer.headers["HX-Location"])["path"])
    for text in answer.headers.getlist("HX-Trigger"):
        yield str(json.loads(text).get("toast", {}).get("undo", ""))
    if answer.mimetype == "text/html":
        yield from _Addresses(answer.text).found


def _assert_stays(answer: TestResponse, where: object) -> None:
    assert answer.status_code < 500, where
    for address in _where_it_leads(answer):
        host = _leads_to(address)
        assert "evil" not in host, (where, address)
        assert host not in ("javascript", "data", "vbscript"), (where, address)
    for name, value in answer.headers:
        assert "\r" not in value, (where, name)
        assert "\n" not in value, (where, name)
    assert "Set-Cookie" not in answer.headers or "a=b" not in str(answer.headers), where


def _rows(client: Visitor) -> dict[str, str]:
    made = {}
    for noun, member, body in (
        ("projects", "project", {"name": "P"}),
        ("team", "team_member", {"name": "A"}),
        ("tasks", "task", {"title": "T"}),
    ):
        made[noun] = client.api("POST", f"/api/{noun}", body).get_json()[member]["id"]
    return made


def _header(text: str) -> str:
    """As much of it as a header can carry: line breaks end one."""
    return re.sub(r"[\r\n\x00]", "", text).encode().decode("latin-1")


def test_no_answer_of_any_route_leads_where_the_request_says(app: Flask, client: Visitor) -> None:
    stranger, walked = Visitor(app), 0
    kept = ("/logout", "/delete", "/forget", "/end", "/end-others", "/end_others")
    ids = _rows(client)
    token = client.csrf_token()
    for at, (method, path, _) in enumerate(routes(app, ids)):
        # Each route gets every third of them, so that every one is tried on many.
        for bad, page in list(zip(LEAD_OFF, _AS_PAGES, strict=True))[at % 3 :: 3]:
            headers = {
                "Referer": _header(page),
                "HX-Current-URL": _header(page),
                "HX-Target": _header(bad),
                "X-Forwarded-Host": "evil.example",
                "X-Forwarded-Prefix": _header(bad),
                "X-Original-URL": _header(bad),
                "X-CSRFToken": token,
            }
            asked = dict.fromkeys(("next", "at", "url", "return_to", "panel", "cursor"), bad)
            for more in ({}, {"HX-Request": "true"}):
                options: dict[str, Any] = {"headers": headers | more}
                if method == "GET" or path.startswith("/api/"):
                    options["query_string"] = asked
                elif not path.endswith(kept):
                    options["data"] = asked | {"title": "T", "name": "N", "theme": "dark"}
                else:
                    options["headers"] = options["headers"] | {"X-CSRFToken": ""}
                where = (method, path, bad, more)
                _assert_stays(client.raw(method, path, **options), where)
                if method == "GET":
                    _assert_stays(stranger.raw(method, path, **options), where)
                walked += 1
    assert walked > 1_000


def test_no_path_that_is_asked_for_is_answered_with_one_that_leads_off(client: Visitor) -> None:
    for bad in LEAD_OFF:
        for path in (bad, f"/{bad}", f"/tasks/{bad}", f"/static/{bad}", f"/exports/{bad}.csv"):
            for headers in ({}, {"HX-Request": "true"}, {"HX-Boosted": "true"}):
                # As it is after the server has read it, escapes resolved.
                as_read = unquote(path).encode().decode("latin-1")
                environ = {"PATH_INFO": as_read, "REQUEST_URI": _header(path)}
                answer = client.raw("GET", "/", headers=headers, environ_overrides=environ)
                _assert_stays(answer, (path, headers))


@pytest.mark.parametrize("bad", LEAD_OFF)
def test_signing_in_goes_on_within_this_site(client: Visitor, bad: str) -> None:
    stranger = Visitor(client.app)
    page = stranger.raw("GET", "/login", query_string={"next": bad})
    assert "evil" not in "".join(_Addresses(page.text).found)
    fields = {"email": client.email(), "password": PASSWORD, "next": bad}
    answer = stranger.post_form("/login", fields)
    assert answer.location == "/dashboard"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("http://x//evil.example/?new=1", "false"),
        ("http://x/\\evil.example/?new=1", "false"),
        ("http://x/%09/evil.example/?new=1", "false"),
        ("http://localhost/projects?new=1", "/projects"),
        ("http://localhost/projects?view=table&new=1", "/projects?view=table"),
    ],
)
def test_the_address_bar_is_tidied_within_this_site(client: Visitor, sent: str, shown: str) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": sent, "X-CSRFToken": client.csrf_token()}
    answer = client.raw("POST", "/projects", data={"name": "P"}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["HX-Replace-Url"] == shown
