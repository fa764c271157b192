"""Databases whose encoding lacks characters that people type."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Database
from tests.web.conftest import Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from tests.conftest import Server


@pytest.fixture(params=["LATIN1", "EUC_JP"])
def narrow(server: Server, app: Flask, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """Somebody with a ready workspace in a database of another encoding than UTF8."""
    user, password = server.create_role()
    name = f"t_{secrets.token_hex(6)}"
    server.execute(
        f"CREATE DATABASE {name} OWNER {user} ENCODING '{request.param}' LOCALE_PROVIDER libc "
        "LOCALE 'C' TEMPLATE template0"
    )
    visitor = Visitor(app)
    visitor.register("nora")
    visitor.connect(Database(name, user, password, server.url(name, user, password)))
    yield visitor
    server.drop(name, user)


@pytest.mark.parametrize("htmx", [False, True])
def test_a_character_that_it_lacks_is_told_beside_the_field(narrow: Visitor, htmx: bool) -> None:
    refused = narrow.post_form("/projects", {"name": "Plan \u2713 \U0001f680"}, htmx=htmx)
    assert refused.status_code == 422
    assert "an encoding that lacks one of these characters" in refused.text
    answer = narrow.api("POST", "/api/projects", {"name": "Plan \U0001f680"})
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["code"] == "validation_failed"
    assert narrow.rows("SELECT 1 FROM projects") == []


def test_what_it_has_is_kept(narrow: Visitor) -> None:
    assert narrow.post_form("/projects", {"name": "Plan"}).status_code == 303
    assert narrow.rows("SELECT name FROM projects") == [("Plan",)]


@pytest.mark.parametrize(
    "path", ["/tasks?q=\U0001f680", "/api/tasks?q=\U0001f680", "/search?q=\U0001f680"]
)
def test_a_search_for_it_is_no_broken_database(narrow: Visitor, path: str) -> None:
    answer = narrow.get(path)
    assert answer.status_code in (200, 422)
    assert "encoding" in answer.text if answer.status_code == 422 else True
