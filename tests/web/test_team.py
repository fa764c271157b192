from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

FORM = {
    "name": "Ana Lindqvist",
    "email": "ana@example.org",
    "role": "Design lead",
    "workload": "115",
    "status": "busy",
}


def _made(client: Visitor, **change: str) -> str:
    assert client.post_form("/team", FORM | change).status_code == 303
    members = client.api("GET", "/api/team").get_json()["team_members"]
    member_id: str = members[0]["id"]
    return member_id


def test_somebody_is_added_and_shown_with_too_much_to_do(client: Visitor) -> None:
    _made(client)
    page = client.get("/team").text
    for text in ("Ana Lindqvist", "Design lead", "115 %", "15 over", "Busy"):
        assert text in page
    assert client.rows("SELECT name, email, workload FROM team_members") == [
        ("Ana Lindqvist", "ana@example.org", 115)
    ]


def test_htmx_gets_the_new_cell(client: Visitor) -> None:
    answer = client.post_form("/team", FORM, htmx=True)
    assert answer.status_code == 200
    assert 'hx-swap-oob="beforeend:#member-cells"' in answer.text
    assert "Ana Lindqvist" in answer.text


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"email": "ana"}, "email"),
        ({"workload": "201"}, "workload"),
        ({"workload": "-1"}, "workload"),
        ({"status": "gone"}, "member-status"),
    ],
)
def test_a_wrong_field_is_named_beside_it(
    client: Visitor, htmx: bool, change: dict[str, str], field: str
) -> None:
    answer = client.post_form("/team", FORM | change, htmx=htmx)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert client.rows("SELECT 1 FROM team_members") == []


def test_a_person_is_changed_and_removed_and_their_tasks_stay(client: Visitor) -> None:
    member_id = _made(client)
    client.api("POST", "/api/tasks", {"title": "Proof", "assignee_id": member_id})
    page = client.get(f"/team/{member_id}")
    assert page.status_code == 200
    assert "Proof" in page.text
    assert client.post_form(f"/team/{member_id}", {"role": "Director"}).status_code == 303
    assert client.rows("SELECT role, workload FROM team_members") == [("Director", 115)]
    assert client.post_form(f"/team/{member_id}/delete").headers["Location"] == "/team"
    assert client.rows("SELECT title, assignee_id FROM tasks") == [("Proof", None)]
    assert client.get(f"/team/{member_id}").status_code == 404


def test_a_workload_no_form_would_take_is_drawn_all_the_same(client: Visitor) -> None:
    member_id = _made(client)
    client.rows("UPDATE team_members SET workload = 1000000000, status = 'sabbatical' RETURNING 1")
    for path in ("/team", f"/team/{member_id}", f"/team/{member_id}?edit=1", "/dashboard"):
        assert client.get(path).status_code == 200
    client.rows("UPDATE team_members SET workload = -5, status = NULL, role = NULL RETURNING 1")
    for path in ("/team", f"/team/{member_id}", f"/team/{member_id}?edit=1", "/dashboard"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("zone", "instant"),
    [("Asia/Tokyo", "9999-12-31 23:59:59"), ("America/New_York", "0001-01-01 00:00:00")],
)
def test_a_task_done_at_the_end_of_the_calendar_is_shown(
    client: Visitor, monkeypatch: pytest.MonkeyPatch, zone: str, instant: str
) -> None:
    member_id = _made(client)
    client.api("POST", "/api/tasks", {"title": "Proof", "assignee_id": member_id, "status": "done"})
    client.rows(f"UPDATE tasks SET completed_at = '{instant}' RETURNING 1")
    with monkeypatch.context() as there:
        there.setenv("TZ", zone)
        time.tzset()
        page = client.get(f"/team/{member_id}")
    time.tzset()
    assert page.status_code == 200
    assert "Proof" in page.text


def test_unknown_people_are_not_found(client: Visitor) -> None:
    assert client.get(f"/team/{uuid4()}").status_code == 404
