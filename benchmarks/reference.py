"""Ours beside a bare Flask view with the same SQL: requests a second, and the slowest hundredth.

Run it as `python -m benchmarks.reference`. Both servers run all the time. 16 connections
ask them alternately, in five rounds; it prints medians and their ratios. Ours includes sign-in,
finding the tenant and the registry. The aim is 1.0 of the bare view's requests for JSON lists, 0.7
for the board and 0.6 for writes, and 1.3 of its p99 at most.
"""

from __future__ import annotations

import http.client
import re
import statistics
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import psycopg

from benchmarks.bare_app import serve
from benchmarks.rig import (
    PASSWORD,
    Ask,
    Load,
    Tenant,
    folder_and_postgres,
    load_with,
    make_tenants,
)
from tests.running import running

if TYPE_CHECKING:
    from collections.abc import Sequence

ROUNDS = 5
SECONDS = 3.0
CLIENTS = 16
TENANTS = 4
THREADS = 16
TASKS = 100
_JSON = {"Content-Type": "application/json"}
_NAMED = '{"name": "Another name"}'
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Kind:
    """The same work asked of both: requests to ours, as several tenants, and to the bare app."""

    name: str
    ours: Sequence[Ask]
    bare: Ask


def main(seconds: float = SECONDS) -> None:
    with folder_and_postgres() as (folder, postgres):
        tenants = make_tenants(folder, postgres, TENANTS)
        rows = [fill(each) for each in tenants]
        # One more of the same for the bare app, so that neither finds its rows changed.
        owner_id, project_id = rows[0]
        options = ("--port", "0", "--threads", str(THREADS))
        with (
            running("serve", *options, directory=folder) as server,
            serve(url_of(tenants[0]), owner_id, threads=THREADS) as bare,
        ):
            log = server.process.stdout
            threading.Thread(target=log.read if log else None, daemon=True).start()
            ours = (server.host, server.port)
            bearers = [{"Authorization": f"Bearer {each.token}"} for each in tenants]
            cookies = [{"Cookie": sign_in(ours, number)} for number in range(TENANTS)]
            kinds = (
                Kind(
                    "project list, 50 rows",
                    [Ask("GET", "/api/projects", each) for each in bearers],
                    Ask("GET", "/projects", {}),
                ),
                Kind(
                    "task list, 100 rows",
                    [Ask("GET", "/api/tasks?limit=100", each) for each in bearers],
                    Ask("GET", "/tasks", {}),
                ),
                Kind(
                    "board of 100 tasks, HTML",
                    [Ask("GET", "/tasks", each) for each in cookies],
                    Ask("GET", "/board", {}),
                ),
                Kind(
                    "update of a project",
                    [
                        Ask("PATCH", f"/api/projects/{row[1]}", each | _JSON, _NAMED)
                        for each, row in zip(bearers, rows, strict=True)
                    ],
                    Ask("PATCH", f"/projects/{project_id}", _JSON, _NAMED),
                ),
                # Last, since lists grow by it.
                Kind(
                    "a new project",
                    [Ask("POST", "/api/projects", each | _JSON, _NAMED) for each in bearers],
                    Ask("POST", "/projects", _JSON, _NAMED),
                ),
            )
            print(f"{'':26}{'ours/s':>9}{'bare/s':>9}{'ratio':>7}   p99: ours   bare  ratio")
            for kind in kinds:
                measure(kind, ours, bare, seconds)
            server.stop()


def measure(kind: Kind, ours: tuple[str, int], bare: tuple[str, int], seconds: float) -> None:
    seen: list[tuple[Load, Load]] = [
        (
            load_with(ours, kind.ours, clients=CLIENTS, seconds=seconds),
            load_with(bare, [kind.bare], clients=CLIENTS, seconds=seconds),
        )
        for _ in range(ROUNDS)
    ]
    statuses = {status for pair in seen for each in pair for status in each.statuses}
    mine, theirs = (statistics.median(len(pair[at].ms) / seconds for pair in seen) for at in (0, 1))
    slow, slow_bare = (
        statistics.median(pair[at].percentile(0.99) for pair in seen) for at in (0, 1)
    )
    print(
        f"{kind.name:26}{mine:9.0f}{theirs:9.0f}{mine / theirs:7.2f}"
        f"{slow:12.1f}{slow_bare:7.1f}{slow / slow_bare:7.2f}   statuses {sorted(statuses)}"
    )


def fill(tenant: Tenant) -> tuple[str, str]:
    """Add the tasks of the board; returns the owner's id and that of a project."""
    with psycopg.connect(url_of(tenant), autocommit=True) as connection:
        row = connection.execute("SELECT user_id::text, id::text FROM projects LIMIT 1").fetchone()
        assert row is not None
        connection.execute(
            "INSERT INTO tasks (id, user_id, project_id, title, status, priority, position)"
            " SELECT gen_random_uuid(), %s, %s, 'Task ' || n,"
            " (ARRAY['todo', 'in_progress', 'review', 'done'])[1 + n %% 4], 'medium', n"
            " FROM generate_series(1, %s) n",
            (*row, TASKS),
        )
        connection.execute("ANALYZE")
    return str(row[0]), str(row[1])


def sign_in(address: tuple[str, int], number: int) -> str:
    """Sign a tenant's person in by the form; returns the cookie."""
    connection = http.client.HTTPConnection(*address)
    connection.request("GET", "/login")
    reply = connection.getresponse()
    token = _CSRF.search(reply.read().decode())
    assert token is not None
    fields = {"csrf_token": token[1], "email": f"t{number}@example.org", "password": PASSWORD}
    connection.request(
        "POST",
        "/login",
        urlencode(fields),
        {"Content-Type": "application/x-www-form-urlencoded", "Cookie": _cookie(reply)},
    )
    reply = connection.getresponse()
    reply.read()
    assert reply.status == 303
    connection.close()
    return _cookie(reply)


def url_of(tenant: Tenant) -> str:
    return tenant.target.url.set(drivername="postgresql").render_as_string(hide_password=False)


def _cookie(reply: http.client.HTTPResponse) -> str:
    return (reply.getheader("Set-Cookie") or "").partition(";")[0]


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
