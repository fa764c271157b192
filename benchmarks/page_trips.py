"""What pages and calls cost: round trips to the workspace's database, and time by its distance.

Run it as `python -m benchmarks.page_trips`. It starts a PostgreSQL of its own (the `demo` extra)
and the whole app in this process, with a sample workspace behind a counting proxy at each distance,
and prints one table. Nothing is asserted here: `tests/web/test_round_trips.py` holds the counts.
Times are the app's, from request to answer, as medians of the rounds.
"""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from sqlalchemy import URL

from benchmarks.counting_proxy import CountingProxy
from benchmarks.rig import app_and_postgres
from provision.tenant.access import Workspace
from provision.tenant.transfer import sample
from provision.web.request.services import EXTENSION, Services
from tests.conftest import Database
from tests.web.conftest import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask

    from provision.built_in.postgres import BuiltInPostgres

DISTANCES_MS = (0, 20, 50)
ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Place:
    """A person whose filled workspace is one distance away; `ids` has a row of each noun."""

    visitor: Visitor
    proxy: CountingProxy
    services: Services
    workspace: Workspace
    token: str
    ids: dict[str, str] = field(default_factory=dict)

    def forget(self) -> None:
        self.services.access.forget(self.workspace)

    def make_task(self) -> None:
        """Make the task that is deleted next."""
        answer = self.send("POST", "/api/tasks", json={"title": "Draw it"})
        self.ids["made"] = answer.headers["Location"].rpartition("/")[2]

    def send(self, method: str, path: str, **body: Any) -> Any:
        answer = self.visitor.raw(
            method, path.format(**self.ids), headers={"X-CSRFToken": self.token}, **body
        )
        assert answer.status_code < 400, answer.text
        return answer


def nothing(_: Place) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request; `before` is done first and not counted."""

    name: str
    method: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[Place], None] = nothing


KINDS = (
    Kind("dashboard, first contact", "GET", "/dashboard", before=Place.forget),
    Kind("dashboard", "GET", "/dashboard"),
    Kind("projects", "GET", "/projects"),
    Kind("a project", "GET", "/projects/{project}"),
    Kind("tasks as a board", "GET", "/tasks"),
    Kind("tasks as a list", "GET", "/tasks?view=list"),
    Kind("a task", "GET", "/tasks/{task}"),
    Kind("team", "GET", "/team"),
    Kind("a team member", "GET", "/team/{member}"),
    Kind("GET /api/projects", "GET", "/api/projects"),
    Kind("GET /api/tasks", "GET", "/api/tasks"),
    Kind("GET /api/team", "GET", "/api/team"),
    Kind("GET /api/tasks/<id>", "GET", "/api/tasks/{task}"),
    Kind("make a task, by form", "POST", "/tasks", {"data": {"title": "Draw it"}}),
    Kind("edit a task, by form", "POST", "/tasks/{task}", {"data": {"title": "Print it"}}),
    Kind("POST /api/tasks", "POST", "/api/tasks", {"json": {"title": "Draw it"}}),
    Kind("PATCH /api/tasks/<id>", "PATCH", "/api/tasks/{task}", {"json": {"priority": "low"}}),
    Kind("DELETE /api/tasks/<id>", "DELETE", "/api/tasks/{made}", before=Place.make_task),
)


def main() -> None:
    with app_and_postgres() as (app, postgres), ExitStack() as stack:
        print_table([place(app, postgres, stack, each) for each in DISTANCES_MS])


def place(app: Flask, postgres: BuiltInPostgres, stack: ExitStack, distance_ms: int) -> Place:
    """An account with the sample workspace in a database of its own, that far away."""
    made = postgres.database_for(str(uuid4()))
    proxy = stack.enter_context(
        CountingProxy(made.host, made.port, trip_s=distance_ms / 1000),
    )
    url = URL.create(
        "postgresql", made.user, made.password, proxy.host, proxy.port, database=made.database
    )
    visitor = Visitor(app)
    visitor.register(f"person-{distance_ms}")
    visitor.connect(Database(made.database, made.user, made.password, url))
    connected: Any = visitor.api("GET", "/api/user/database-connection").json
    ((owner_id,),) = visitor.rows("SELECT owner_id::text FROM provision_workspaces")
    workspace = Workspace(connected["connection"]["id"], owner_id)
    services = cast("Services", app.extensions[EXTENSION])
    with services.access.transaction(workspace) as tenant:
        sample.fill(tenant, owner_id=owner_id, now=datetime.now(UTC))
    tables = {"project": "projects", "task": "tasks", "member": "team_members"}
    ids = {
        noun: str(visitor.rows(f"SELECT id FROM {table} LIMIT 1")[0][0])
        for noun, table in tables.items()
    }
    return Place(visitor, proxy, services, workspace, visitor.csrf_token(), ids)


def print_table(places: list[Place]) -> None:
    """One line a kind of request: its round trips, and milliseconds at each distance."""
    away = "".join(f"{f'{each} ms away':>12}" for each in DISTANCES_MS)
    print(f"{'':26}  trips{away}")
    for kind in KINDS:
        measured = [measure(each, kind) for each in places]
        trips = "/".join(sorted({str(count) for count, _ in measured}))
        times = "".join(f"{took_ms:12.1f}" for _, took_ms in measured)
        print(f"{kind.name:26}  {trips:>5}{times}")


def measure(where: Place, kind: Kind) -> tuple[int, float]:
    """Round trips of one such request, the most seen, and the median of its milliseconds."""
    counted, took_ms = [], []
    where.send("GET", "/dashboard")
    for _ in range(ROUNDS):
        kind.before(where)
        where.proxy.count()
        begun = time.perf_counter()
        where.send(kind.method, kind.path, **kind.body)
        took_ms.append((time.perf_counter() - begun) * 1000)
        counted.append(where.proxy.count())
    return max(counted), statistics.median(took_ms)


if __name__ == "__main__":
    main()
