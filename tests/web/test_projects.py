from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

FORM = {
    "name": "Website",
    "description": "Four hotels,\nthree languages.",
    "budget": "24000",
    "spent": "27360.50",
    "status": "active",
    "priority": "high",
    "due_date": "2026-12-18",
}


def _made(client: Visitor, **change: str) -> str:
    answer = client.post_form("/projects", FORM | change)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].rpartition("/")[2]


def _version(client: Visitor, project_id: str) -> str:
    page = client.get(f"/projects/{project_id}?edit=1").text
    found = re.search(r'name="version" value="([^"]+)"', page)
    assert found
    return found[1]


def test_a_plain_form_makes_a_project_and_shows_it(client: Visitor) -> None:
    project_id = _made(client)
    page = client.get(f"/projects/{project_id}")
    assert page.status_code == 200
    assert "<html" in page.text
    for text in ("Website", "three languages.", "27,360.50", "3,360.50 over"):
        assert text in page.text
    assert client.rows("SELECT name, budget::text, spent::text, due_date::text FROM projects") == [
        ("Website", "24000.00", "27360.50", "2026-12-18")
    ]


def test_htmx_gets_the_new_cell_and_an_empty_panel(client: Visitor) -> None:
    opened = client.get("/projects?new=1", htmx=True)
    assert "<html" not in opened.text
    assert 'name="name"' in opened.text

    answer = client.post_form("/projects", FORM, htmx=True)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "<form" not in answer.text
    assert 'hx-swap-oob="afterbegin:#project-cells"' in answer.text
    assert "Website" in answer.text
    assert "toast" in answer.headers["HX-Trigger"]
    assert answer.headers["Vary"] == "HX-Request, Accept-Encoding, Cookie"


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name": ""}, "name", "needed"),
        ({"name": "x" * 300}, "name", "this has 300"),
        ({"budget": "-5"}, "budget", "0 or more"),
        ({"budget": "lots"}, "budget", "a number such as"),
        ({"due_date": "2026-02-31"}, "due_date", "not a day"),
        ({"status": "odd"}, "project-status", "one of"),
    ],
)
def test_a_wrong_field_is_named_beside_it_and_the_rest_is_kept(
    client: Visitor, htmx: bool, change: dict[str, str], field: str, words: str
) -> None:
    answer = client.post_form("/projects", FORM | change, htmx=htmx)
    assert answer.status_code == 422
    assert ("<html" in answer.text) is not htmx
    message = answer.text.partition(f'id="{field}-error"')[2].partition("</p>")[0]
    assert words in message
    assert "three languages." in answer.text
    assert client.rows("SELECT 1 FROM projects") == []


def test_an_edit_changes_only_the_fields_it_carries(client: Visitor) -> None:
    project_id = _made(client)
    answer = client.post_form(f"/projects/{project_id}", {"name": "Booking site"})
    assert answer.status_code == 303
    assert client.rows("SELECT name, status, budget::text FROM projects") == [
        ("Booking site", "active", "24000.00")
    ]


def test_an_edit_by_htmx_swaps_the_head(client: Visitor) -> None:
    project_id = _made(client)
    form = FORM | {"name": "Booking site", "version": _version(client, project_id)}
    answer = client.post_form(f"/projects/{project_id}", form, htmx=True)
    assert answer.status_code == 200
    swapped = re.findall(r'id="(project-\w+)"[^>]* hx-swap-oob="true"', answer.text)
    assert swapped == ["project-name", "project-words", "project-money", "project-due"]
    assert "Booking site" in answer.text


@pytest.mark.parametrize("htmx", [False, True])
def test_two_people_editing_are_shown_both_values_and_nothing_is_lost(
    client: Visitor, htmx: bool
) -> None:
    project_id = _made(client)
    old = _version(client, project_id)
    client.post_form(f"/projects/{project_id}", {"name": "Theirs", "status": "on_hold"})

    mine = FORM | {"name": "Mine", "version": old}
    answer = client.post_form(f"/projects/{project_id}", mine, htmx=htmx)
    assert answer.status_code == 409
    conflict = answer.text.partition('class="conflict"')[2].partition("</div>")[0]
    assert "Mine" in conflict
    assert "Theirs" in conflict
    assert "24000" not in conflict
    assert client.rows("SELECT name FROM projects") == [("Theirs",)]

    found = re.search(r'name="version" value="([^"]+)"', answer.text)
    assert found
    kept = client.post_form(f"/projects/{project_id}", mine | {"version": found[1]})
    assert kept.status_code == 303
    assert client.rows("SELECT name, status FROM projects") == [("Mine", "active")]


def test_deleting_takes_the_tasks_along(client: Visitor) -> None:
    project_id = _made(client)
    client.api("POST", "/api/tasks", {"title": "t", "project_id": project_id})
    answer = client.post_form(f"/projects/{project_id}/delete")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/projects")
    assert client.rows("SELECT 1 FROM projects UNION ALL SELECT 1 FROM tasks") == []
    assert client.post_form(f"/projects/{project_id}/delete").status_code == 404


def test_the_list_is_filtered_and_the_address_says_so(client: Visitor) -> None:
    _made(client, name="Alpha", status="active")
    _made(client, name="Beta", status="on_hold")
    everything = client.get("/projects").text
    assert "Alpha" in everything
    assert "Beta" in everything
    fragment = client.get("/projects?status=on_hold", htmx=True).text
    assert fragment.lstrip().startswith('<section class="sheet-body" id="project-list"')
    assert "Alpha" not in fragment
    assert "Beta" in fragment
    assert "No projects match this filter" in client.get("/projects?q=gamma").text


def test_rows_of_other_programs_are_shown_and_stay_editable(client: Visitor) -> None:
    project_id = _made(client)
    client.rows(
        "UPDATE projects SET budget = 'NaN', spent = -5, status = 'parked', priority = NULL,"
        " due_date = 'infinity', name = repeat('long ', 1000) RETURNING 1"
    )
    assert client.get("/projects").status_code == 200
    assert client.get("/dashboard").status_code == 200
    page = client.get(f"/projects/{project_id}?edit=1")
    assert page.status_code == 200
    assert "parked" in page.text
    assert "infinity" in page.text
    form = {
        "name": "long " * 1000,
        "budget": "NaN",
        "spent": "-5.00",
        "status": "parked",
        "due_date": "infinity",
        "description": "changed",
    }
    assert client.post_form(f"/projects/{project_id}", form).status_code == 303
    assert client.rows("SELECT description, status, budget::text FROM projects") == [
        ("changed", "parked", "NaN")
    ]


def test_what_people_write_is_never_markup(client: Visitor) -> None:
    nasty = "<script>alert(1)</script>\"'"
    project_id = _made(client, name=nasty, description=nasty)
    for path in ("/projects", f"/projects/{project_id}", f"/projects/{project_id}?edit=1"):
        assert "<script>alert" not in client.get(path).text
    answer = client.post_form("/projects", FORM | {"name": nasty}, htmx=True)
    assert "<script>alert" not in answer.text


def test_unknown_projects_are_not_found(client: Visitor) -> None:
    assert client.get(f"/projects/{uuid4()}").status_code == 404
    assert client.get("/projects/seven").status_code == 404
    assert client.get("/projects?cursor=nonsense").status_code == 400


def test_without_a_workspace_the_way_leads_to_the_wizard(newcomer: Visitor) -> None:
    for path in ("/dashboard", "/projects", "/tasks", "/team"):
        answer = newcomer.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/auth/setup-database")
    answer = newcomer.get("/projects", htmx=True)
    assert answer.headers["HX-Redirect"] == "/auth/setup-database"


def test_a_version_that_is_none_is_a_conflict_and_no_fault_of_the_database(
    client: Visitor,
) -> None:
    made = client.post_form("/projects", {"name": "Harbour"})
    page = made.headers["Location"]
    late = client.post_form(page, {"name": "Marina", "version": "\x00"})
    assert late.status_code == 409
    assert client.rows("SELECT name FROM projects") == [("Harbour",)]
