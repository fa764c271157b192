"""The five calls of each noun, on a real database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.web.conftest import Visitor

NOUNS = [
    ("/api/projects", "project", "projects", {"name": "Website"}, "projects"),
    ("/api/tasks", "task", "tasks", {"title": "Write report"}, "tasks"),
    ("/api/team", "team_member", "team_members", {"name": "Ana"}, "team_members"),
]
EVERY_NOUN = pytest.mark.parametrize(("path", "member", "collection", "body", "table"), NOUNS)


def _problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    body: dict[str, Any] = answer.get_json(force=True)
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"]
    assert body["title"]
    assert body["detail"]
    return body


@EVERY_NOUN
def test_a_row_is_made_read_changed_and_deleted(
    client: Visitor, path: str, member: str, collection: str, body: dict[str, Any], table: str
) -> None:
    made = client.api("POST", path, body)
    assert made.status_code == 201
    row = made.get_json()[member]
    assert made.headers["Location"].endswith(f"{path}/{row['id']}")
    assert made.headers["ETag"] == f'"{row["version"]}"'
    assert client.rows(f"SELECT id::text FROM {table}") == [(row["id"],)]

    got = client.api("GET", f"{path}/{row['id']}")
    assert got.status_code == 200
    assert got.get_json() == {member: row}

    name = next(iter(body))
    changed = client.api("PATCH", f"{path}/{row['id']}", {name: "Other"})
    assert changed.status_code == 200
    assert changed.get_json()[member][name] == "Other"
    assert changed.headers["ETag"] != made.headers["ETag"]
    assert client.rows(f"SELECT {name} FROM {table}") == [("Other",)]

    listed = client.api("GET", path).get_json()
    assert [each["id"] for each in listed[collection]] == [row["id"]]
    assert listed["next_cursor"] is None

    gone = client.api("DELETE", f"{path}/{row['id']}")
    assert (gone.status_code, gone.data) == (204, b"")
    assert client.rows(f"SELECT 1 FROM {table}") == []
    _problem(client.api("GET", f"{path}/{row['id']}"), 404, "not_found")


@EVERY_NOUN
def test_somebody_elses_row_is_not_found_though_it_is_in_the_same_database(
    client: Visitor,
    bob: Visitor,
    path: str,
    member: str,
    collection: str,
    body: dict[str, Any],
    table: str,
) -> None:
    row = client.api("POST", path, body).get_json()[member]
    address = f"{path}/{row['id']}"
    assert bob.api("GET", path).get_json()[collection] == []
    _problem(bob.api("GET", address), 404, "not_found")
    _problem(bob.api("PATCH", address, body), 404, "not_found")
    _problem(bob.api("DELETE", address), 404, "not_found")
    assert client.api("GET", address).get_json()[member] == row


@EVERY_NOUN
def test_a_stale_if_match_changes_nothing_and_shows_the_row(
    client: Visitor, path: str, member: str, collection: str, body: dict[str, Any], table: str
) -> None:
    made = client.api("POST", path, body)
    address = f"{path}/{made.get_json()[member]['id']}"
    old = made.headers["ETag"]
    fresh = client.api("PATCH", address, body, **{"If-Match": old})
    assert fresh.status_code == 200

    for call in (
        client.api("PATCH", address, body, **{"If-Match": old}),
        client.api("DELETE", address, **{"If-Match": old}),
        client.api("DELETE", address, **{"If-Match": 'W/"1"'}),
    ):
        problem = _problem(call, 412, "stale_version")
        assert problem["current"] == fresh.get_json()[member]
    several = f"{old}, {fresh.headers['ETag']}"
    assert client.api("DELETE", address, **{"If-Match": several}).status_code == 204


@EVERY_NOUN
def test_an_unchanged_row_is_not_sent_again(
    client: Visitor, path: str, member: str, collection: str, body: dict[str, Any], table: str
) -> None:
    made = client.api("POST", path, body)
    address = f"{path}/{made.get_json()[member]['id']}"
    again = client.api("GET", address, **{"If-None-Match": made.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@EVERY_NOUN
def test_fields_that_cannot_be_set_are_refused_by_name(
    client: Visitor, path: str, member: str, collection: str, body: dict[str, Any], table: str
) -> None:
    problem = _problem(
        client.api("POST", path, body | {"user_id": str(uuid4()), "id": str(uuid4())}),
        422,
        "validation_failed",
    )
    assert set(problem["errors"]) == {"user_id", "id"}
    assert client.rows(f"SELECT 1 FROM {table}") == []


def test_bad_values_are_named_beside_their_fields_and_nothing_is_written(client: Visitor) -> None:
    body = {
        "name": "x" * 300,
        "budget": -1,
        "status": "odd",
        "due_date": "2026-02-31",
        "priority": None,
    }
    problem = _problem(client.api("POST", "/api/projects", body), 422, "validation_failed")
    assert set(problem["errors"]) == {"name", "budget", "status", "due_date", "priority"}
    assert client.rows("SELECT 1 FROM projects") == []


def test_money_is_a_number_with_two_decimals_at_most(client: Visitor) -> None:
    made = client.api("POST", "/api/projects", {"name": "W", "budget": 24000.5, "spent": "12.34"})
    assert '"budget":24000.50' in made.text.replace(" ", "")
    project = made.get_json()["project"]
    assert (project["budget"], project["spent"]) == (24000.5, 12.34)


@pytest.mark.parametrize(
    "number", ["1e999999999999999999999", "-1e999999999999999999999", "1e-999999999999999999999"]
)
def test_a_number_beyond_all_bounds_is_a_wrong_value_like_any_other(
    client: Visitor, number: str
) -> None:
    body = f'{{"name": "Website", "budget": {number}}}'
    headers = {"X-CSRFToken": client.csrf_token(), "Content-Type": "application/json"}
    refused = client.raw("POST", "/api/projects", data=body, headers=headers)
    assert "budget" in _problem(refused, 422, "validation_failed")["errors"]


def test_times_are_utc_and_dates_are_dates(client: Visitor) -> None:
    made = client.api("POST", "/api/projects", {"name": "W", "due_date": "2026-12-18"})
    project = made.get_json()["project"]
    assert project["due_date"] == "2026-12-18"
    assert project["created_at"].endswith("Z")
    assert project["created_at"][10] == "T"


def test_a_task_points_only_to_rows_of_its_own_workspace(client: Visitor, bob: Visitor) -> None:
    theirs = bob.api("POST", "/api/projects", {"name": "Bob's"}).get_json()["project"]["id"]
    person = bob.api("POST", "/api/team", {"name": "Ben"}).get_json()["team_member"]["id"]
    for field, value in (
        ("project_id", theirs),
        ("assignee_id", person),
        ("project_id", str(uuid4())),
        ("project_id", "the first"),
    ):
        problem = _problem(
            client.api("POST", "/api/tasks", {"title": "t", field: value}), 422, "validation_failed"
        )
        assert set(problem["errors"]) == {field}
    assert client.rows("SELECT 1 FROM tasks") == []


def test_deleting_a_project_deletes_its_tasks_and_a_person_leaves_theirs(client: Visitor) -> None:
    project = client.api("POST", "/api/projects", {"name": "P"}).get_json()["project"]["id"]
    person = client.api("POST", "/api/team", {"name": "Ana"}).get_json()["team_member"]["id"]
    client.api("POST", "/api/tasks", {"title": "a", "project_id": project})
    client.api("POST", "/api/tasks", {"title": "b", "assignee_id": person})
    client.api("DELETE", f"/api/team/{person}")
    client.api("DELETE", f"/api/projects/{project}")
    assert client.rows("SELECT title, assignee_id FROM tasks") == [("b", None)]


def test_a_list_is_read_in_pages(client: Visitor) -> None:
    for number in range(5):
        client.api("POST", "/api/tasks", {"title": f"task {number}"})
    seen: list[str] = []
    cursor = ""
    while True:
        page = client.api("GET", f"/api/tasks?limit=2&sort=title{cursor}").get_json()
        assert len(page["tasks"]) <= 2
        seen += [task["title"] for task in page["tasks"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [f"task {number}" for number in range(5)]
    _problem(client.api("GET", "/api/tasks?cursor=nonsense"), 400, "invalid_cursor")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "sort=odd", "due_before=soon", "project_id=1"]
)
def test_a_wrong_query_is_refused_in_words(client: Visitor, query: str) -> None:
    problem = _problem(client.api("GET", f"/api/tasks?{query}"), 422, "validation_failed")
    assert list(problem["errors"]) == [query.split("=", maxsplit=1)[0]]


def test_lists_are_filtered(client: Visitor) -> None:
    client.api("POST", "/api/tasks", {"title": "Proof", "status": "done", "due_date": "2026-01-02"})
    client.api("POST", "/api/tasks", {"title": "100% sure", "priority": "high"})
    for query, titles in (
        ("status=done", ["Proof"]),
        ("priority=high", ["100% sure"]),
        ("q=%25", ["100% sure"]),
        ("due_before=2026-02-01", ["Proof"]),
        ("due_after=2026-02-01", []),
    ):
        tasks = client.api("GET", f"/api/tasks?{query}").get_json()["tasks"]
        assert [task["title"] for task in tasks] == titles, query


@pytest.mark.parametrize(
    ("data", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed_json"),
        (b"[]", "application/json", 400, "malformed_json"),
        (b"", "application/json", 400, "malformed_json"),
        (b'{"a":' * 100_000, "application/json", 400, "malformed_json"),
        (b"\xff\xfe", "application/json", 400, "malformed_json"),
        (b"title=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"{}" + b" " * 1024 * 1024, "application/json", 413, "too_large"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    client: Visitor, data: bytes, content_type: str, status: int, code: str
) -> None:
    answer = client.raw(
        "POST",
        "/api/tasks",
        data=data,
        content_type=content_type,
        headers={"X-CSRFToken": client.csrf_token()},
    )
    _problem(answer, status, code)


def test_rows_written_by_other_programs_are_listed_and_editable(client: Visitor) -> None:
    client.api("POST", "/api/tasks", {"title": "t"})
    client.api("POST", "/api/projects", {"name": "p"})
    client.rows(
        "UPDATE tasks SET status = 'blocked', due_date = 'infinity', priority = NULL RETURNING 1"
    )
    client.rows("UPDATE projects SET budget = 'NaN', due_date = '0044-03-15 BC' RETURNING 1")
    task = client.api("GET", "/api/tasks").get_json()["tasks"][0]
    assert (task["status"], task["due_date"]) == ("blocked", "infinity")
    project = client.api("GET", "/api/projects").get_json()["projects"][0]
    assert project["budget"] == "NaN"
    address = f"/api/tasks/{task['id']}"
    assert client.api("PATCH", address, {"title": "u", "status": "blocked"}).status_code == 200
    _problem(client.api("PATCH", address, {"status": "parked"}), 422, "validation_failed")
    assert client.rows("SELECT title, status FROM tasks") == [("u", "blocked")]


def test_a_rule_of_the_users_own_database_is_no_failure_of_ours(client: Visitor) -> None:
    assert client.database is not None
    with client.database.connect() as connection:
        connection.execute("ALTER TABLE projects ADD CHECK (budget < 100)")
    for _ in range(5):
        refused = client.api("POST", "/api/projects", {"name": "P", "budget": 500})
        problem = _problem(refused, 422, "validation_failed")
        assert "rule of its own" in problem["detail"]
    assert client.api("POST", "/api/projects", {"name": "P", "budget": 50}).status_code == 201


def test_a_profile_deleted_by_hand_is_made_again(client: Visitor) -> None:
    client.rows("DELETE FROM profiles RETURNING 1")
    _problem(client.api("POST", "/api/projects", {"name": "P"}), 409, "schema_not_ready")
    assert client.api("POST", "/api/projects", {"name": "P"}).status_code == 201
    assert client.rows("SELECT email FROM profiles") == [("alice@example.org",)]


def test_an_unknown_address_or_method_is_a_problem_too(client: Visitor) -> None:
    _problem(client.api("GET", "/api/nothing"), 404, "not_found")
    _problem(client.api("GET", "/api/tasks/not-an-id"), 404, "not_found")
    answer = client.api("PUT", "/api/tasks", {})
    _problem(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]
