"""A page is one trip: requests to the whole app, counted between it and the tenant's server."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from provision.control import connections
from provision.tenant.access import Workspace
from provision.tenant.transfer import sample
from provision.web.request.services import EXTENSION, Services
from tests.counting_proxy import CountingProxy
from tests.web.conftest import Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from werkzeug.test import TestResponse

    from tests.conftest import Database

# Start-up and the two exchanges of SCRAM; the test of the string has learnt that there is no TLS.
HANDSHAKE = 3

PAGES = [
    "/dashboard",
    "/dashboard?panel=week",
    "/dashboard?panel=workload",
    "/projects",
    "/projects?status=active&priority=high&q=e",
    "/projects?new=1",
    "/projects/{project}",
    "/projects/{project}?edit=1",
    "/tasks",
    "/tasks?view=board&q=e",
    "/tasks?view=list",
    "/tasks?view=list&sort=title",
    "/tasks?view=list&print=1",
    "/tasks?print=1",
    "/projects?print=1",
    "/tasks?view=list&due=soon&assignee_id=nobody&sort=-project",
    "/tasks/{task}/move?status=review",
    "/tasks?new=1",
    "/tasks/{task}",
    "/tasks/{task}?edit=1",
    "/team",
    "/team?new=1",
    "/team/{member}",
    "/team/{member}?edit=1",
    "/search",
    "/search?q=fix+form",
    "/settings",
    "/settings/appearance",
    "/settings/exchange",
    "/sample",
    "/settings/databases",
]
API_READS = [
    "/api/projects",
    "/api/projects?limit=1&status=active",
    "/api/projects/{project}",
    "/api/tasks",
    "/api/tasks?project_id={project}",
    "/api/tasks/{task}",
    "/api/team",
    "/api/team/{member}",
    "/api/user/database-connection/schema",
]
# What is known on our side is not asked for.
OUR_OWN = [
    "/auth/setup-database",
    "/auth/setup-database/connection",
    "/api/user",
    "/api/user/database-connection",
]
each_noun = pytest.mark.parametrize(
    ("path", "member", "new", "change"),
    [
        ("projects", "project", {"name": "Website", "budget": "100"}, {"name": "Booking site"}),
        ("tasks", "task", {"title": "Draw it"}, {"title": "Draw it again", "status": "done"}),
        ("team", "team_member", {"name": "Ana"}, {"name": "Ana L.", "workload": "90"}),
    ],
    ids=["projects", "tasks", "team"],
)


@dataclass(frozen=True, slots=True)
class Distant:
    """A person whose workspace lies behind a counting proxy."""

    visitor: Visitor
    proxy: CountingProxy
    services: Services
    workspace: Workspace

    def trips_of(self, path: str, **options: Any) -> int:
        """Ask for a page; returns its round trips."""
        self.proxy.count()
        answer = self.visitor.get(path, **options)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return self.proxy.count()

    def post(
        self, path: str, fields: dict[str, str], *, htmx: bool = False
    ) -> tuple[TestResponse, int]:
        """Send a form; returns the answer and its round trips."""
        # Taken first: the page that it is taken off asks the database.
        fields = {"csrf_token": self.visitor.csrf_token()} | fields
        headers = {"HX-Request": "true"} if htmx else {}
        self.proxy.count()
        answer = self.visitor.raw("POST", path, data=fields, headers=headers)
        return answer, self.proxy.count()

    def call(self, method: str, path: str, body: Any = None) -> tuple[Any, int]:
        """A call of the API; returns its JSON and its round trips."""
        headers = {"X-CSRFToken": self.visitor.csrf_token()}
        self.proxy.count()
        answer = self.visitor.raw(method, path, json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json if answer.data else None, self.proxy.count()

    def fill(self) -> dict[str, str]:
        """Write the sample workspace; returns the id of one row of each noun."""
        with self.services.access.transaction(self.workspace) as tenant:
            owner_id = self.workspace.owner_id
            sample.fill(tenant, owner_id=owner_id, now=datetime.now(UTC))
        tables = {"project": "projects", "task": "tasks", "member": "team_members"}
        return {
            noun: str(self.visitor.rows(f"SELECT id FROM {table} LIMIT 1")[0][0])
            for noun, table in tables.items()
        }

    def cool(self) -> None:
        """Close the connections to this database, as after a while without a request."""
        self.services.access.forget(self.workspace)


@pytest.fixture
def distant(app: Flask, database: Database) -> Iterator[Distant]:
    services = cast("Services", app.extensions[EXTENSION])
    with CountingProxy(str(database.url.host), int(database.url.port or 0)) as proxy:
        visitor = Visitor(app)
        visitor.register("alice")
        visitor.connect(replace(database, url=database.url.set(host=proxy.host, port=proxy.port)))
        person = visitor.api("GET", "/api/user").json
        assert person is not None
        connection = connections.active(services.store, person["user"]["id"])
        assert connection is not None
        workspace = Workspace(connections.name_of(connection), connection.owner_id)
        yield Distant(visitor, proxy, services, workspace)
        services.access.forget(workspace)


def test_each_warm_page_and_list_is_one_trip(distant: Distant) -> None:
    assert distant.trips_of("/dashboard") == 1, "of an empty workspace"
    ids = distant.fill()
    paths = [path.format(**ids) for path in PAGES + API_READS]
    distant.trips_of(paths[0])
    assert {path: distant.trips_of(path) for path in paths} == dict.fromkeys(paths, 1)


def test_a_fragment_is_one_trip_at_most(distant: Distant) -> None:
    ids = distant.fill()
    paths = [path.format(**ids) for path in PAGES]
    distant.trips_of(paths[0])
    counted = {path: distant.trips_of(path, htmx=True) for path in paths}
    assert {path: trips for path, trips in counted.items() if trips > 1} == {}


def test_what_is_known_here_is_no_trip(distant: Distant) -> None:
    assert {path: distant.trips_of(path) for path in OUR_OWN} == dict.fromkeys(OUR_OWN, 0)


@pytest.mark.parametrize("path", ["/dashboard", "/projects", "/tasks", "/team", "/api/tasks"])
def test_the_first_page_after_a_while_is_the_handshake_and_one(distant: Distant, path: str) -> None:
    distant.cool()
    assert distant.trips_of(path) == HANDSHAKE + 1
    assert distant.trips_of(path) == 1


@each_noun
def test_each_write_by_the_api_is_one_trip(
    distant: Distant, path: str, member: str, new: dict[str, str], change: dict[str, str]
) -> None:
    distant.trips_of("/dashboard")
    made, trips = distant.call("POST", f"/api/{path}", new)
    assert trips == 1
    address = f"/api/{path}/{made[member]['id']}"
    _, trips = distant.call("PATCH", address, change)
    assert trips == 1
    _, trips = distant.call("DELETE", address)
    assert trips == 1


@each_noun
def test_each_form_is_one_trip_and_the_page_after_it_another(
    distant: Distant, path: str, member: str, new: dict[str, str], change: dict[str, str]
) -> None:
    distant.trips_of("/dashboard")
    made, trips = distant.post(f"/{path}", new)
    assert (made.status_code, trips) == (303, 1)
    assert distant.trips_of(made.location) == 1
    address = f"/{path}/" + str(distant.visitor.rows(f"SELECT id FROM {_table(path)}")[0][0])
    version = _version(distant.visitor.get(f"{address}?edit=1").text)
    saved, trips = distant.post(address, new | change | {"version": version})
    assert (saved.status_code, trips) == (303, 1)
    assert distant.trips_of(saved.location) == 1
    gone, trips = distant.post(f"{address}/delete", {})
    assert (gone.status_code, trips) == (303, 1)
    assert distant.trips_of(gone.location) == 1


@each_noun
def test_each_form_by_htmx_is_one_trip_in_all(
    distant: Distant, path: str, member: str, new: dict[str, str], change: dict[str, str]
) -> None:
    distant.trips_of("/dashboard")
    made, trips = distant.post(f"/{path}", new, htmx=True)
    assert (made.status_code, trips) == (200, 1)
    address = f"/{path}/" + str(distant.visitor.rows(f"SELECT id FROM {_table(path)}")[0][0])
    version = _version(distant.visitor.get(f"{address}?edit=1", htmx=True).text)
    saved, trips = distant.post(address, new | change | {"version": version}, htmx=True)
    assert (saved.status_code, trips) == (200, 1)


def test_a_move_and_a_change_of_many_are_one_trip(distant: Distant) -> None:
    ids = distant.fill()
    distant.trips_of("/tasks")
    rows = distant.visitor.rows("SELECT id::text FROM tasks WHERE status = 'todo' LIMIT 2")
    (first,), (second,) = rows
    fields = {"was": "todo", "status": "review", "above": second}
    moved, trips = distant.post(f"/tasks/{first}/move", fields, htmx=True)
    assert (moved.status_code, trips) == (200, 1)
    many = {"at": "/tasks?view=list", "id": second, "priority": "low"}
    changed, trips = distant.post("/tasks/bulk", many)
    assert (changed.status_code, trips) == (303, 1)
    deleted, trips = distant.post("/tasks/bulk", many | {"action": "delete"})
    assert (deleted.status_code, trips) == (303, 1)
    assert ids


def test_a_line_is_one_trip_and_names_in_it_another(distant: Distant) -> None:
    distant.fill()
    distant.trips_of("/tasks")
    assert distant.trips_of("/tasks/reading?title=Call+!high+fri", htmx=True) == 0
    assert distant.trips_of("/tasks/reading?title=Call+%23web+@ana", htmx=True) == 1
    for line, expected in (("Call !high fri", 1), ("Call #web", 2)):
        made, trips = distant.post("/tasks", {"quick": "1", "title": line}, htmx=True)
        assert (made.status_code, trips) == (200, expected), made.text


def test_a_form_refused_for_a_field_writes_nothing_and_asks_once(distant: Distant) -> None:
    distant.trips_of("/dashboard")
    for path, field in (("projects", "name"), ("tasks", "title"), ("team", "name")):
        refused, trips = distant.post(f"/{path}", {field: ""})
        assert (refused.status_code, trips) == (422, 1)
        refused, trips = distant.post(f"/{path}", {field: ""}, htmx=True)
        assert refused.status_code == 422
        assert trips <= 1


def _table(path: str) -> str:
    return {"team": "team_members"}.get(path, path)


def _version(page: str) -> str:
    found = re.search(r'name="version" value="([0-9a-f-]+)"', page)
    assert found, "no form with a version"
    return found[1]
