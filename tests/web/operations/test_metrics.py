from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Database
from tests.counting_proxy import CountingProxy
from tests.web.conftest import Visitor
from tests.web.wizard import block

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.test import TestResponse

ELSEWHERE = "203.0.113.9"
_SAMPLE = re.compile(r'[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? -?[0-9.e+-]+')


def _metrics(app: Flask, /, _from: str = "127.0.0.1", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Visitor(app).raw("GET", "/metrics", headers=named, environ_base={"REMOTE_ADDR": _from})


def test_everything_is_told_in_the_text_format_and_nobody_is_named(
    app: Flask, client: Visitor
) -> None:
    client.get("/projects")
    client.get("/projects")
    client.get("/nothing-there")
    answer = _metrics(app)
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    assert [
        each for each in lines if not each.startswith("#") and not _SAMPLE.fullmatch(each)
    ] == []
    assert 'provision_request_seconds_count{route="/projects",method="GET",status="2xx"} 2' in lines
    assert (
        'provision_request_seconds_bucket{route="/projects",method="GET",status="2xx",le="+Inf"} 2'
        in lines
    )
    assert 'provision_request_seconds_count{route="",method="",status="4xx"} 1' in lines
    assert "provision_engines 1" in lines
    assert "provision_workers 1" in lines
    assert 'provision_breakers{state="open"} 0' in lines
    for told in ("alice", *(str(each) for (each,) in client.rows("SELECT id FROM profiles"))):
        assert told not in answer.text


def test_a_database_that_keeps_failing_is_told_by_its_code_and_to_its_owner(
    app: Flask, newcomer: Visitor, database: Database
) -> None:
    with CountingProxy(str(database.url.host), int(database.url.port or 0)) as proxy:
        url = database.url.set(host=proxy.host, port=proxy.port)
        newcomer.connect(Database(database.name, database.user, database.password, url))
    newcomer.api("GET", "/api/projects")
    assert "The last try failed" in block(newcomer.get("/settings/databases").text, "traffic")
    for _ in range(3):
        newcomer.api("GET", "/api/projects")
    part = block(newcomer.get("/settings/databases").text, "traffic")
    assert "Provision waits before it tries again" in part
    assert "<code>connection_refused</code>" in part
    lines = _metrics(app).text.splitlines()
    assert 'provision_failures_total{code="connection_refused"} 3' in lines
    assert 'provision_breakers{state="open"} 1' in lines


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_a_proxy_nobody_told_us_about_is_not_this_machine(app: Flask, header: str) -> None:
    answer = Visitor(app).raw("GET", "/metrics", headers={header: "127.0.0.1"})
    assert answer.status_code == 403


def test_strangers_are_told_how_to_be_let_in(app: Flask, make_app: Callable[..., Flask]) -> None:
    closed = _metrics(app, ELSEWHERE, Authorization="Bearer ")
    assert closed.status_code == 403
    assert "PROVISION_METRICS_TOKEN" in closed.text
    assert closed.content_type == "text/plain; charset=utf-8"
    guarded = make_app(metrics_token="the right tökén")
    refused = _metrics(guarded, ELSEWHERE)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert "tökén" not in refused.text
    for wrong in ("Bearer no", "Bearer", "Basic the right tökén", "Bearer \xff"):
        assert _metrics(guarded, ELSEWHERE, Authorization=wrong).status_code == 401
    sent = "the right tökén".encode().decode("latin-1")
    assert _metrics(guarded, ELSEWHERE, Authorization=f"Bearer {sent}").status_code == 200
    assert _metrics(guarded).status_code == 200


def test_behind_a_trusted_proxy_only_a_local_client_is_local(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(trusted_proxies=1)
    assert _metrics(app, X_Forwarded_For="203.0.113.9").status_code == 403
    assert _metrics(app, X_Forwarded_For="127.0.0.1").status_code == 200
    assert _metrics(app, ELSEWHERE, X_Forwarded_For="127.0.0.1").status_code == 403


def test_a_persons_own_connections_are_on_the_page_of_their_database(client: Visitor) -> None:
    part = block(client.get("/settings/databases").text, "traffic")
    assert "1 of 4 at most" in part
    assert "The last try failed" not in part
