"""Several workspaces of one person: each behind its own address, none mixed with another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from provision.control.store.tables import connections, memberships
from provision.web.request import entry
from provision.web.request.services import EXTENSION
from provision.web.routes import listing
from tests.conftest import fresh_database
from tests.web.conftest import PASSWORD, Visitor
from tests.web.second_factor import enrol
from tests.web.wizard import CONNECTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.web.request.services import Services
    from tests.conftest import Database, Server


@pytest.fixture
def other(server: Server) -> Iterator[Database]:
    """A second database."""
    with fresh_database(server) as made:
        yield made


def _add(client: Visitor, database: Database, **more: Any) -> str:
    """Connect one more database, with its tables; the id of the workspace."""
    body = {"connection_string": database.connection_string, **more}
    added = client.api("POST", "/api/workspaces", body)
    assert added.status_code == 201, added.text
    found: str = added.get_json()["workspace"]["id"]
    made = client.api("POST", f"/w/{found}/api/user/database-connection/schema")
    assert made.get_json()["state"] == "ready", made.text
    return found


def _first(client: Visitor) -> str:
    found = client.api("GET", "/api/workspaces").get_json()["workspaces"]
    return str(found[-1]["id"])


def _titles(client: Visitor, workspace_id: str) -> list[str]:
    answer = client.api("GET", f"/w/{workspace_id}/api/tasks")
    assert answer.status_code == 200, answer.text
    return [each["title"] for each in answer.get_json()["tasks"]]


def test_of_one_workspace_nothing_has_to_be_said(client: Visitor) -> None:
    (only,) = client.api("GET", "/api/workspaces").get_json()["workspaces"]
    assert only == {
        "id": only["id"],
        "name": "Alice",
        "role": "owner",
        "members": 1,
        "connected": True,
        "is_current": True,
    }
    assert client.get("/tasks").status_code == 200
    page = client.get(f"/w/{only['id']}/tasks")
    assert page.status_code == 200
    assert f'href="/w/{only["id"]}/projects"' in page.text
    assert f'"/w/{only["id"]}/static' not in page.text


def test_what_is_done_in_one_is_in_no_other(client: Visitor, other: Database) -> None:
    first, second = _first(client), _add(client, other, name="Lark Cycles")
    for place, title in ((first, "Here"), (second, "There")):
        made = client.api("POST", f"/w/{place}/api/tasks", {"title": title})
        assert made.status_code == 201
        assert made.headers["Location"].startswith(f"/w/{place}/api/tasks/")
        client.post_form(f"/w/{place}/tasks", {"title": f"{title} by form"})
    assert sorted(_titles(client, first)) == ["Here", "Here by form"]
    assert sorted(_titles(client, second)) == ["There", "There by form"]
    with other.connect() as connection:
        rows = connection.execute("SELECT title FROM tasks ORDER BY title").fetchall()
    assert rows == [("There",), ("There by form",)]
    names = client.api("GET", "/api/workspaces").get_json()["workspaces"]
    assert {each["name"] for each in names} == {"Alice", "Lark Cycles"}


def test_a_row_of_one_is_not_found_behind_the_address_of_the_other(
    client: Visitor, other: Database
) -> None:
    first, second = _first(client), _add(client, other)
    task = client.api("POST", f"/w/{first}/api/tasks", {"title": "Here"}).get_json()["task"]["id"]
    assert client.get(f"/w/{first}/tasks/{task}").status_code == 200
    assert client.get(f"/w/{second}/tasks/{task}").status_code == 404
    assert client.api("GET", f"/w/{second}/api/tasks/{task}").status_code == 404
    assert client.api("DELETE", f"/w/{second}/api/tasks/{task}").status_code == 404
    assert client.post_form(f"/w/{second}/tasks/{task}/delete").status_code == 404
    assert _titles(client, first) == ["Here"]


def test_without_the_prefix_a_page_leads_to_the_one_opened_last_and_a_change_asks_which(
    client: Visitor, other: Database
) -> None:
    second = _add(client, other)
    page = client.get("/tasks?view=list")
    assert page.status_code == 303
    assert page.headers["Location"] == f"/w/{second}/tasks?view=list"
    changed = client.post_form("/tasks", {"title": "Where?"})
    assert changed.status_code == 409
    asked = client.api("POST", "/api/tasks", {"title": "Where?"})
    assert (asked.status_code, asked.get_json()["code"]) == (409, "workspace_required")
    assert client.api("GET", "/api/tasks").get_json()["code"] == "workspace_required"
    # About no workspace.
    assert client.get("/settings/password").status_code == 200
    assert client.api("GET", "/api/user").status_code == 200


def test_a_token_means_the_first_that_is_its_person_s(client: Visitor, other: Database) -> None:
    first, second = _first(client), _add(client, other)
    made = client.api(
        "POST", "/api/auth/token", {"email": client.email(), "password": PASSWORD}
    ).get_json()
    stranger = Visitor(client.app)
    headers = {"Authorization": f"Bearer {made['token']}"}
    stranger.raw("POST", "/api/tasks", json={"title": "First"}, headers=headers)
    stranger.raw("POST", f"/w/{second}/api/tasks", json={"title": "Second"}, headers=headers)
    assert _titles(client, first) == ["First"]
    assert _titles(client, second) == ["Second"]


def test_a_token_for_one_workspace_reaches_no_other(client: Visitor, other: Database) -> None:
    first, second = _first(client), _add(client, other)
    body = {"email": client.email(), "password": PASSWORD, "workspace": second}
    made = client.api("POST", "/api/auth/token", body).get_json()
    stranger, headers = Visitor(client.app), {"Authorization": f"Bearer {made['token']}"}
    stranger.raw("POST", "/api/tasks", json={"title": "Second"}, headers=headers)
    assert _titles(client, second) == ["Second"]
    for method, path in (("GET", "/api/tasks"), ("POST", "/api/tasks"), ("GET", "/api/user")):
        assert stranger.raw(method, f"/w/{first}{path}", headers=headers).status_code == 404
    assert stranger.raw("GET", f"/w/{second}/api/tasks", headers=headers).status_code == 200
    listed = stranger.raw("GET", "/api/workspaces", headers=headers).get_json()["workspaces"]
    assert [(each["id"], each["is_current"]) for each in listed] == [(second, True)]
    forget = {"json": {"password": PASSWORD}, "headers": headers}
    more = {"json": {"connection_string": other.connection_string}, "headers": headers}
    for method, path, sent in (
        ("DELETE", f"/api/workspaces/{first}", forget),
        ("DELETE", f"/api/workspaces/{second}", forget),
        ("POST", "/api/workspaces", more),
        ("POST", "/api/user/database-connection", more),
        ("DELETE", "/api/user/database-connection", {"headers": headers}),
        ("PATCH", "/api/user", {"json": {"name": "Mallory"}, "headers": headers}),
    ):
        refused = stranger.raw(method, path, **sent)
        assert (refused.status_code, refused.get_json()["code"]) == (403, "role_required"), path
    of_all = client.api(
        "POST", "/api/auth/token", {"email": client.email(), "password": PASSWORD}
    ).get_json()["token_id"]
    seen = stranger.raw("GET", "/api/tokens", headers=headers).get_json()["tokens"]
    assert [each["id"] for each in seen] == [made["token_id"]]
    assert stranger.raw("DELETE", f"/api/tokens/{of_all}", headers=headers).status_code == 404
    # Once its workspace is gone, it means no other.
    gone = client.api("DELETE", f"/api/workspaces/{second}", {"password": PASSWORD})
    assert gone.status_code == 204
    for method, path, sent in (
        ("GET", "/api/tasks", {"headers": headers}),
        ("POST", "/api/user/database-connection", more),
    ):
        assert stranger.raw(method, path, **sent).status_code == 404
    assert _first(client) == first
    for wrong in (str(uuid4()), "x"):
        refused = client.api("POST", "/api/auth/token", body | {"workspace": wrong})
        assert refused.status_code == 422
        assert set(refused.get_json()["errors"]) == {"workspace"}


def test_all_that_is_kept_of_them_is_in_ones_own_data_and_goes_with_the_account(
    client: Visitor, other: Database
) -> None:
    places = {_first(client), _add(client, other)}
    held = json.loads(client.post_form("/settings/your-data/download").data)
    assert {each["id"] for each in held["workspaces"]} == places
    assert {each["role"] for each in held["workspaces"]} == {"owner"}
    assert client.post_form("/settings/your-data/delete", {"password": PASSWORD}).status_code == 303
    services: Services = client.app.extensions[EXTENSION]
    with services.store.reading() as conn:
        for table in (connections, memberships):
            assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 0


@pytest.mark.parametrize("path", ["/tasks", "/api/tasks", "/dashboard", "/settings", "/workspaces"])
def test_nobody_enters_or_learns_of_the_workspace_of_another(
    client: Visitor, bob: Visitor, path: str
) -> None:
    theirs, nowhere = _first(client), str(uuid4())
    answers = [bob.get(f"/w/{place}{path}") for place in (theirs, nowhere)]
    assert [each.status_code for each in answers] == [404, 404]
    assert answers[0].text.replace(theirs, nowhere) == answers[1].text
    for method in ("PATCH", "DELETE"):
        body = {"name": "Mine"} if method == "PATCH" else {"password": PASSWORD}
        assert bob.api(method, f"/api/workspaces/{theirs}", body).status_code == 404
    assert client.get(f"/w/{theirs}{path}").status_code == 200


@pytest.mark.parametrize("prefix", ["/w", "/w/", "/w/x", "/w/" + "0" * 36, "/w/{upper}"])
def test_what_is_no_id_is_no_prefix(client: Visitor, prefix: str) -> None:
    prefix = prefix.replace("{upper}", _first(client).upper())
    assert client.get(f"{prefix}/tasks").status_code in (404, 308)


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz", "/static/icons.svg"])
def test_what_is_about_the_server_alone_is_behind_no_prefix(client: Visitor, path: str) -> None:
    """A proxy that hides `/metrics` hides all of it."""
    assert client.get(path).status_code == 200
    place = _first(client)
    for visitor in (client, Visitor(client.app)):
        for prefix in (f"/w/{place}", f"/w/{place}/w/{place}", f"/w/{uuid4()}"):
            assert visitor.get(prefix + path).status_code == 404


def test_a_stranger_signs_in_and_is_where_they_wanted_to_be(
    client: Visitor, other: Database
) -> None:
    second = _add(client, other)
    stranger = Visitor(client.app)
    asked = stranger.get(f"/w/{second}/tasks?view=list")
    assert asked.status_code == 303
    there = f"/w/{second}/tasks?view=list"
    form = {"email": client.email(), "password": PASSWORD, "next": there}
    signed_in = stranger.post_form("/login", form)
    assert signed_in.headers["Location"] == there
    assert stranger.get(there).status_code == 200


def test_the_page_lists_them_and_the_wizard_adds_one(client: Visitor, other: Database) -> None:
    first = _first(client)
    form = client.get("/workspaces/new")
    assert 'action="/workspaces/new"' in form.text
    taken = client.post_form(
        "/workspaces/new", {"connection_string": other.connection_string, "adding": "1"}
    )
    assert taken.status_code == 303, taken.text
    place = taken.headers["Location"].removesuffix("/auth/setup-database/schema")
    assert place.startswith("/w/")
    assert place != f"/w/{first}"
    applied = client.post_form(taken.headers["Location"], {"action": "apply"})
    assert applied.headers["Location"].startswith(place)
    page = client.get(f"/w/{first}/workspaces")
    assert page.status_code == 200
    for where in (f"/w/{first}", place):
        assert f'href="{where}/dashboard"' in page.text
    menu = client.get(f"/w/{first}/workspaces/menu", htmx=True)
    assert menu.text.count('aria-current="true"') == 1
    assert "<html" not in menu.text


def test_one_that_is_connected_is_not_connected_again(client: Visitor, other: Database) -> None:
    second = _add(client, other)
    again = client.api(
        "POST",
        "/api/workspaces",
        {"connection_string": other.connection_string, "workspace": second},
    )
    assert again.status_code == 422
    beside = client.api("POST", "/api/workspaces", {"connection_string": other.connection_string})
    assert beside.status_code == 201
    assert beside.get_json()["workspaces"] == []
    assert len(client.api("GET", "/api/workspaces").get_json()["workspaces"]) == 3


def test_each_is_replaced_renamed_and_forgotten_for_itself(
    client: Visitor, other: Database
) -> None:
    first, second = _first(client), _add(client, other)
    renamed = client.api("PATCH", f"/api/workspaces/{second}", {"name": "  Second "})
    assert renamed.get_json()["workspace"]["name"] == "Second"
    with other.connect() as connection:
        rows = connection.execute("SELECT name FROM provision_workspaces").fetchall()
    assert rows == [("Second",)]
    body = {"connection_string": other.connection_string, "workspace": second}
    replaced = client.api("POST", f"/w/{second}/api/user/database-connection", body)
    assert replaced.status_code == 200, replaced.text
    assert _titles(client, second) == []
    for name in (None, "", "x" * 201, 7):
        refused = client.api("PATCH", f"/api/workspaces/{second}", {"name": name})
        assert set(refused.get_json()["errors"]) == {"name"}
    wrong = client.api("DELETE", f"/api/workspaces/{second}", {"password": "wrong"})
    assert wrong.status_code == 403
    gone = client.api("DELETE", f"/api/workspaces/{second}", {"password": PASSWORD})
    assert gone.status_code == 204
    assert client.get(f"/w/{second}/tasks").status_code == 404
    assert client.get("/tasks").status_code == 200
    (left,) = client.api("GET", "/api/workspaces").get_json()["workspaces"]
    assert left["id"] == first
    with other.connect() as connection:
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (0,)


def test_the_same_key_in_two_workspaces_is_two_things(client: Visitor, other: Database) -> None:
    first, second = _first(client), _add(client, other)
    key = {"Idempotency-Key": "the same"}
    made = client.api("POST", f"/w/{first}/api/tasks", {"title": "Once"}, **key)
    assert made.status_code == 201
    again = client.api("POST", f"/w/{second}/api/tasks", {"title": "Once"}, **key)
    assert again.status_code == 422
    assert _titles(client, second) == []


def test_the_same_key_of_two_tokens_is_two_things(client: Visitor, other: Database) -> None:
    first, second = _first(client), _add(client, other)
    answers = []
    for place in (first, second):
        body = {"email": client.email(), "password": PASSWORD, "workspace": place}
        raw = client.api("POST", "/api/auth/token", body).get_json()["token"]
        headers = {"Authorization": f"Bearer {raw}", "Idempotency-Key": "one"}
        sent = {"json": {"title": "Once"}, "headers": headers}
        answers.append(Visitor(client.app).raw("POST", "/api/tasks", **sent).status_code)
    assert answers == [201, 422]
    assert (_titles(client, first), _titles(client, second)) == (["Once"], [])


def test_every_route_is_about_a_workspace_or_about_none() -> None:
    """What is in no set of `entry` is refused to all but the owner."""
    for route in listing():
        kinds = [
            entry.about(route.endpoint) == "workspace",
            entry.about(route.endpoint) == "connection",
            entry._names(entry._CONNECTING, route.endpoint),
            entry._names(entry._ABOUT_NONE, route.endpoint),
            route.endpoint == "api.connection",
        ]
        assert kinds.count(True) == 1, route.endpoint


def test_a_workspace_is_called_the_same_in_its_own_database(
    client: Visitor, other: Database
) -> None:
    _add(client, other, name="Lark Cycles")
    with other.connect() as connection:
        rows = connection.execute("SELECT name FROM provision_workspaces").fetchall()
        people = connection.execute("SELECT name FROM profiles").fetchall()
    assert (rows, people) == ([("Lark Cycles",)], [("Alice",)])


def test_renaming_one_that_is_not_ready_leaves_the_others_as_they_are(
    client: Visitor, other: Database
) -> None:
    first = _first(client)
    task = client.api("POST", "/api/tasks", {"title": "Here"})
    added = client.api("POST", "/api/workspaces", {"connection_string": other.connection_string})
    unready = added.get_json()["workspace"]["id"]
    refused = client.api("PATCH", f"/w/{first}/api/workspaces/{unready}", {"name": "X"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "schema_not_ready")
    path = f"/w/{first}/api/tasks/{task.get_json()['task']['id']}"
    headers = {"If-Match": task.headers["ETag"]}
    assert client.api("PATCH", path, {"title": "Still"}, **headers).status_code == 200


def test_after_a_replacement_and_a_farewell_one_stands_where_there_is_something(
    client: Visitor, other: Database
) -> None:
    second = _add(client, other)
    form = {"connection_string": other.connection_string, "workspace": "new"}
    replaced = client.post_form(f"/w/{second}/auth/setup-database/connection", form)
    third = replaced.headers["Location"].split("/")[2]
    assert third not in (second, "auth")
    assert client.get(replaced.headers["Location"]).status_code == 200
    forgotten = client.post_form(f"/w/{third}/settings/databases/forget")
    page = client.raw("GET", forgotten.headers["Location"], follow_redirects=True)
    assert page.status_code == 200
    nowhere = client.get(f"/w/{third}/tasks")
    assert nowhere.status_code == 404
    assert f"/w/{third}" not in nowhere.text


@pytest.mark.parametrize("way", ["/api/workspaces", "/workspaces/new", CONNECTION])
def test_with_two_factor_nothing_takes_the_place_of_what_was_forgotten_unconfirmed(
    client: Visitor, other: Database, way: str
) -> None:
    enrol(client.app, client)
    client.post_form("/settings/databases/forget")
    body = {"connection_string": other.connection_string, "adding": "1"}
    if way.startswith("/api"):
        del body["adding"]
        assert client.api("POST", way, body).status_code == 403
    else:
        assert client.post_form(way, body).status_code == 422
    assert client.api("GET", "/api/workspaces").get_json()["workspaces"] == []
