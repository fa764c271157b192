"""A whole workspace by the pages: out of one account, into another's empty database."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING

import pytest

from tests.conftest import fresh_database
from tests.web.conftest import Visitor
from tests.web.exchange.trail import audited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from werkzeug.test import TestResponse

    from tests.conftest import Server

PATH = "/settings/exchange/workspace"
FILE = "/exports/workspace.json.gz"


@pytest.fixture
def carol(app: Flask, server: Server) -> Iterator[Visitor]:
    """Somebody with an empty workspace in a database of her own."""
    visitor = Visitor(app)
    visitor.register("carol")
    with fresh_database(server) as made:
        visitor.connect(made)
        yield visitor


@pytest.fixture
def filled(client: Visitor) -> Visitor:
    project = client.api("POST", "/api/projects", {"name": "Website"}).json
    member = client.api("POST", "/api/team", {"name": "Ana"}).json
    assert project is not None
    assert member is not None
    for title in ("One", "Two"):
        client.api(
            "POST",
            "/api/tasks",
            {
                "title": title,
                "project_id": project["project"]["id"],
                "assignee_id": member["team_member"]["id"],
            },
        )
    return client


def bring(visitor: Visitor, content: bytes, *, htmx: bool = False) -> TestResponse:
    return visitor.post_form(PATH, {"file": (io.BytesIO(content), "workspace.json.gz")}, htmx=htmx)


def rows(visitor: Visitor) -> list[object]:
    return [
        visitor.rows(f"SELECT to_jsonb(t) - 'user_id' FROM {table} t ORDER BY id")
        for table in ("projects", "team_members", "tasks")
    ]


def test_a_workspace_moves_to_another_account(filled: Visitor, carol: Visitor) -> None:
    answer = filled.get(FILE)
    assert answer.content_type == "application/gzip"
    assert answer.headers["Content-Disposition"].endswith('.json.gz"')
    assert json.loads(gzip.decompress(answer.data))["format"] == "provision-workspace"
    moved = bring(carol, answer.data)
    assert (moved.status_code, moved.location) == (303, "/dashboard")
    assert "2 tasks" in carol.get("/dashboard").text
    assert rows(carol) == rows(filled)
    assert {event for event, _ in audited(carol)} == {"exported", "imported"}


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_workspace_with_work_in_it_is_left_alone(filled: Visitor, htmx: bool) -> None:
    before = rows(filled)
    answer = bring(filled, filled.get(FILE).data, htmx=htmx)
    assert answer.status_code == 422
    assert "holds work already" in answer.text
    assert rows(filled) == before


def test_rows_that_the_database_holds_already_are_refused(filled: Visitor, bob: Visitor) -> None:
    before = rows(filled)
    answer = bring(bob, filled.get(FILE).data)
    assert answer.status_code == 422
    assert "another workspace of it" in answer.text
    assert rows(filled) == before


def test_what_no_column_can_hold_is_refused(filled: Visitor, carol: Visitor) -> None:
    decoded = json.loads(gzip.decompress(filled.get(FILE).data))
    decoded["projects"][0]["budget"] = 1e12
    answer = bring(carol, json.dumps(decoded).encode())
    assert answer.status_code == 422
    decoded["projects"][0] |= {"budget": 1, "due_date": "2026-02-31"}
    answer = bring(carol, json.dumps(decoded).encode())
    assert answer.status_code == 422
    assert rows(carol) == [[], [], []]


def test_a_file_that_is_too_large_is_refused_with_what_to_do(carol: Visitor) -> None:
    answer = carol.raw(
        "POST",
        PATH,
        data=b"x" * (1024 * 1024 + 1),
        content_type="multipart/form-data; boundary=x",
        headers={"X-CSRFToken": carol.csrf_token()},
    )
    assert answer.status_code == 413
    assert "1 MiB" in answer.text


def test_no_file_is_said_beside_the_field(carol: Visitor) -> None:
    answer = bring(carol, b"")
    assert answer.status_code == 422
    assert 'id="workspace-file-error"' in answer.text
