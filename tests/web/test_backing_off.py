"""We back off from a database that keeps failing: answers come at once, and the log stays short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.server.answers import REFUSED
from tests.conftest import Database
from tests.counting_proxy import CountingProxy

if TYPE_CHECKING:
    import pytest
    from flask import Flask

    from tests.web.conftest import Visitor


def test_answers_given_at_once_are_told_to_the_server_and_not_to_the_log(
    app: Flask, newcomer: Visitor, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    flags: list[bool] = []
    inside = app.wsgi_app

    def server(environ: dict[str, Any], start_response: Any) -> Any:
        answer = inside(environ, start_response)
        flags.append(environ.get(REFUSED, False))
        return answer

    with CountingProxy(str(database.url.host), int(database.url.port or 0)) as proxy:
        url = database.url.set(host=proxy.host, port=proxy.port)
        newcomer.connect(Database(database.name, database.user, database.password, url))
    app.wsgi_app = server  # type: ignore[method-assign]
    answers = [newcomer.raw("GET", "/api/projects") for _ in range(8)]
    assert {each.status_code for each in answers} == {503}
    at_once = flags.count(True)
    assert flags == sorted(flags)
    assert 3 <= at_once <= 5
    told = [each for each in caplog.records if each.name == "provision.web.request.problems"]
    assert len(told) == len(answers) - at_once
    assert [each.message[:30] for each in caplog.records if each.name.endswith("breaker")] == [
        "tenant database fails, backing"
    ]


def test_script_is_told_whether_it_answered(newcomer: Visitor, database: Database) -> None:
    def health(*, htmx: bool = True) -> str | None:
        return newcomer.get("/projects", htmx=htmx).headers.get("Provision-Health")

    with CountingProxy(str(database.url.host), int(database.url.port or 0)) as proxy:
        url = database.url.set(host=proxy.host, port=proxy.port)
        newcomer.connect(Database(database.name, database.user, database.password, url))
        assert health() == "ok"
        assert health(htmx=False) is None
    assert health() == "down"
    assert "Provision-Health" not in newcomer.get("/settings", htmx=True).headers
