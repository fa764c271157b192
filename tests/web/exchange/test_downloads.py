"""Lists as files: what the filter leaves, harmless in a spreadsheet, and read again exactly."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from typing import TYPE_CHECKING

import pytest

from tests.web.exchange.forms import go_on, upload
from tests.web.exchange.trail import audited

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.conftest import Visitor

ODD = ["=1+1", "-2", "plain", "'quoted", "'=x", 'a "b", c', "Ünïcode 😀"]


@pytest.fixture
def filled(client: Visitor) -> Visitor:
    project = client.api("POST", "/api/projects", {"name": "@Website", "budget": "1200.50"}).json
    assert project is not None
    for number, title in enumerate(ODD):
        client.api(
            "POST",
            "/api/tasks",
            {
                "title": title,
                "description": "one\ntwo" if number else None,
                "project_id": project["project"]["id"] if number < 3 else None,
                "due_date": "2026-11-28",
            },
        )
    client.api("POST", "/api/team", {"name": "Ana", "workload": 80})
    return client


def test_a_list_is_a_file_with_its_day_and_leaves_a_trace(filled: Visitor) -> None:
    answer = filled.get("/exports/tasks.csv?sort=created_at")
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith(
        'attachment; filename="provision-tasks-2'
    )
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
    assert [row["title"] for row in rows] == [
        "'=1+1", "-2", "plain", "'quoted", "''=x", 'a "b", c', "Ünïcode 😀",
    ]  # fmt: skip
    assert rows[1]["project_name"] == "'@Website"
    assert rows[1]["description"] == "one\ntwo"
    assert audited(filled) == [("exported", {"what": "tasks", "format": "csv", "rows": 7})]


def test_what_was_exported_can_be_imported_again(filled: Visitor) -> None:
    content = filled.get("/exports/tasks.csv").data
    assert "All of it is here already" in upload(filled, content).text
    columns = "title, description, status, priority, due_date, project_id, created_at"
    before = filled.rows(f"SELECT {columns} FROM tasks ORDER BY title")
    filled.rows("DELETE FROM tasks RETURNING 1")
    page = upload(filled, content)
    assert "7 tasks can be imported" in page.text
    assert "not here yet" not in page.text
    assert go_on(filled, page).status_code == 303
    assert filled.rows(f"SELECT {columns} FROM tasks ORDER BY title") == before


def test_only_what_the_filter_leaves_goes_out(filled: Visitor) -> None:
    answer = filled.get("/exports/tasks.json?q=plain").json
    assert answer is not None
    assert [row["title"] for row in answer["tasks"]] == ["plain"]
    assert answer["tasks"][0]["project_name"] == "@Website"
    none = filled.get("/exports/projects.json?status=active").json
    assert none == {"projects": []}
    everybody = filled.get("/exports/team.csv").text.splitlines()
    assert everybody[1].startswith("Ana,,Developer,80,available,")
    projects = filled.get("/exports/projects.csv").text.splitlines()
    assert projects[1].startswith("'@Website,,planning,medium,1200.50,0.00,,")


def test_the_order_is_that_of_the_list(filled: Visitor) -> None:
    for sort, expected in (("title", sorted(ODD, key=str.lower)), ("-created_at", ODD[::-1])):
        answer = filled.get(f"/exports/tasks.json?sort={sort}").json
        assert answer is not None
        assert [row["title"] for row in answer["tasks"]] == expected
    assert filled.get("/exports/tasks.json?sort=; DROP TABLE tasks").status_code == 200


def test_a_list_that_is_none_is_not_found(client: Visitor) -> None:
    for path in ("/exports/secrets.csv", "/exports/tasks.exe"):
        assert client.get(path).status_code == 404


def test_nothing_of_somebody_else_is_in_it(filled: Visitor, bob: Visitor) -> None:
    for path in ("/exports/tasks.json", "/exports/projects.json", "/exports/team.json"):
        assert json.loads(bob.get(path).text) in (
            {"tasks": []},
            {"projects": []},
            {"team_members": []},
        )


@pytest.mark.parametrize("path", ["tasks.csv", "tasks.json", "workspace.json.gz"])
def test_where_the_disk_takes_no_file_it_is_said_and_is_no_fault(
    filled: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    answer = filled.get(f"/exports/{path}")
    assert answer.status_code == 503
    assert "no room on its disk" in answer.text
