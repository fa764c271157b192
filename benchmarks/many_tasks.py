"""What the tasks cost as they become many: trips, statements, time and bytes by interaction.

Run it as `python -m benchmarks.many_tasks [COUNT ...]`, by default with 500, 5,000 and 50,000
tasks. It starts a PostgreSQL of its own (the `demo` extra) and the whole app in this process behind
a counting proxy, and prints a table for each count. Nothing is asserted here. Times are the app's,
from request to answer, as medians of the rounds; bytes are of the answer, as it is and as gzip.
"""

from __future__ import annotations

import gzip
import re
import statistics
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import URL

from benchmarks.counting_proxy import CountingProxy
from benchmarks.rig import app_and_postgres
from tests.conftest import Database
from tests.web.conftest import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask

    from provision.built_in.postgres import BuiltInPostgres

COUNTS = (500, 5_000, 50_000)
ROUNDS = 9

# 20 projects, 12 people; six in ten tasks are done, as in a workspace of some age.
_FILL = """
WITH owner AS (SELECT owner_id AS id FROM provision_workspaces LIMIT 1),
p AS (INSERT INTO projects (user_id, name, status)
  SELECT owner.id, 'Project ' || n, 'active' FROM owner, generate_series(1, 20) n
  RETURNING id, name),
m AS (INSERT INTO team_members (user_id, name)
  SELECT owner.id, 'Person ' || n FROM owner, generate_series(1, 12) n RETURNING id),
ps AS (SELECT array_agg(id) AS ids FROM p), ms AS (SELECT array_agg(id) AS ids FROM m)
INSERT INTO tasks (user_id, project_id, assignee_id, title, description, status, priority,
  due_date, created_at, updated_at, completed_at)
SELECT owner.id, ps.ids[1 + n % 20], ms.ids[1 + n % 13], 'Task number ' || n || ' of many',
  repeat('What has to be done, and why. ', 8),
  (ARRAY['todo', 'todo', 'in_progress', 'review', 'done', 'done', 'done', 'done', 'done', 'done'])
    [1 + n % 10],
  (ARRAY['low', 'medium', 'high', 'urgent'])[1 + n % 4], current_date + (n * 7 % 90) - 20,
  now() - n * interval '3 minutes', now() - n * interval '1 minute',
  CASE WHEN n % 10 > 3 THEN now() - n * interval '1 minute' END
FROM owner, ps, ms, generate_series(1, {count}) n
RETURNING 1
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A person whose workspace holds so many tasks; `ids` are what paths and forms name."""

    visitor: Visitor
    proxy: CountingProxy
    token: str
    ids: dict[str, str] = field(default_factory=dict)

    def send(self, kind: Kind) -> Any:
        headers = {"X-CSRFToken": self.token}
        if kind.at:
            headers |= {"HX-Request": "true", "HX-Current-URL": f"http://localhost{kind.at}"}
        body = {name: text.format(**self.ids) for name, text in kind.form.items()}
        path = kind.path.format(**self.ids)
        answer = self.visitor.raw(
            "POST" if body else "GET", path, headers=headers, data=body or None
        )
        assert answer.status_code == 200, (kind.name, answer.status_code, answer.text[:2000])
        return answer


@dataclass(frozen=True, slots=True)
class Kind:
    """An interaction; `at` is the page htmx asks from, empty for a plain request."""

    name: str
    path: str
    at: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[Place], None] | None = None


def _look(place: Place) -> None:
    """Note the first cards of a column, and the version of the first."""
    rows = place.visitor.rows(
        "SELECT tasks.id::text, left(w.epoch::text, 8) || '-' || tasks.xmin::text"
        " FROM tasks JOIN provision_workspaces w ON w.owner_id = tasks.user_id"
        " WHERE status = 'todo'"
        " ORDER BY coalesce(position, extract(epoch FROM tasks.created_at)) LIMIT 3"
    )
    for number, (row_id, version) in enumerate(rows, start=1):
        place.ids.update({f"task{number}": row_id, f"version{number}": version})


KINDS = (
    Kind("dashboard", "/dashboard"),
    Kind("board, whole page", "/tasks"),
    Kind("board, by a filter", "/tasks?priority=high", at="/tasks"),
    Kind("board, text", "/tasks?q=number+77", at="/tasks"),
    Kind("a column's next cards", "/tasks?status=todo&column=todo&offset=50", at="/tasks"),
    Kind("list, whole page", "/tasks?view=list"),
    Kind("list, by title", "/tasks?view=list&sort=title", at="/tasks?view=list"),
    Kind("list, open ones", "/tasks?view=list&status=not_done", at="/tasks?view=list"),
    Kind("a task's panel", "/tasks/{task1}", at="/tasks", before=_look),
    Kind(
        "move within a column",
        "/tasks/{task1}/move",
        at="/tasks",
        form={"was": "todo", "status": "todo", "above": "{task2}", "below": "{task3}"},
        before=_look,
    ),
    Kind(
        "move to another column",
        "/tasks/{task1}/move",
        at="/tasks",
        form={"was": "todo", "status": "review", "count-todo": "9", "count-review": "9"},
        before=_look,
    ),
    Kind(
        "status change in the panel",
        "/tasks/{task1}",
        at="/tasks",
        form={"was": "todo", "status": "done", "version": "{version1}", "count-todo": "9"},
        before=_look,
    ),
)


def main() -> None:
    counts = tuple(int(text) for text in sys.argv[1:]) or COUNTS
    with app_and_postgres() as (app, postgres):
        for count in counts:
            with ExitStack() as stack:
                print_table(place(app, postgres, stack, count), count)


def place(app: Flask, postgres: BuiltInPostgres, stack: ExitStack, count: int) -> Place:
    """An account with so many tasks in a database of its own."""
    made = postgres.database_for(str(uuid4()))
    proxy = stack.enter_context(CountingProxy(made.host, made.port))
    url = URL.create(
        "postgresql", made.user, made.password, proxy.host, proxy.port, database=made.database
    )
    visitor = Visitor(app)
    visitor.register(f"person-{count}")
    database = Database(made.database, made.user, made.password, url)
    visitor.connect(database)
    with database.connect() as connection:
        connection.execute(_FILL.replace("{count}", str(count)).encode())
        connection.execute(b"ANALYZE")
    return Place(visitor, proxy, visitor.csrf_token())


def print_table(where: Place, count: int) -> None:
    """One line an interaction."""
    print(f"{count:,} tasks{'':24}  trips      ms     bytes   gzipped")
    for kind in KINDS:
        trips, took_ms, body = measure(where, kind)
        packed = len(gzip.compress(body, 6))
        print(f"  {kind.name:32}  {trips:>5}{took_ms:8.1f}{len(body):10,}{packed:10,}")
        if kind.path == "/tasks":
            cards = re.findall(rb"<article class=\"card.*?</article>", body, re.DOTALL)
            nodes = max((len(re.findall(rb"<[a-z]", card)) for card in cards), default=0)
            print(f"  {'':32}  {len(cards)} cards, {nodes} nodes in the largest")


def measure(where: Place, kind: Kind) -> tuple[int, float, bytes]:
    """Round trips (the most seen), the median of milliseconds, and one answer."""
    counted, took_ms, body = [], [], b""
    where.visitor.get("/dashboard")
    for _ in range(ROUNDS):
        if kind.before:
            kind.before(where)
        where.proxy.count()
        begun = time.perf_counter()
        body = where.send(kind).data
        took_ms.append((time.perf_counter() - begun) * 1000)
        counted.append(where.proxy.count())
    return max(counted), statistics.median(took_ms), body


if __name__ == "__main__":
    main()
