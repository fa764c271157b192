"""Ours beside a bare Flask view with the same SQL: requests a second, and the slowest hundredth.

Run it as `python -m benchmarks.reference`, or as `make bench`. Both servers run all the time, each
with one worker of 16 threads. 16 connections of wrk ask them alternately, in five rounds; it
prints the medians of the rounds' ratios beside their limits, and writes them as JSON where
`--json FILE` says; the shares that stood there before are printed, too. Ours includes
sign-in, finding the tenant and the registry.
"""

from __future__ import annotations

import argparse
import http.client
import json
import platform
import re
import statistics
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import psycopg

from benchmarks import wrk
from benchmarks.bare_app import serve
from benchmarks.rig import PASSWORD, Ask, Tenant, folder_and_postgres, load_with, make_tenants
from benchmarks.wrk import Seen
from tests.running import running

if TYPE_CHECKING:
    from collections.abc import Sequence

ROUNDS = 5
SECONDS = 3.0
CLIENTS = 16
TENANTS = 4
THREADS = 16
TASKS = 100
P99_LIMIT = 1.3
_JSON = {"Content-Type": "application/json"}
_NEW = '{"title": "Another task"}'
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Kind:
    """The same work asked of both: requests to ours, as several tenants, and to the bare app.

    `least` is the share of the bare app's requests that ours should reach.
    """

    name: str
    least: float
    ours: Sequence[Ask]
    bare: Sequence[Ask]


@dataclass(frozen=True, slots=True)
class Found:
    """The medians of one kind: requests a second and ms of both, and of the rounds' ratios."""

    name: str
    ours_a_second: float
    bare_a_second: float
    share: float
    least: float
    ours_p99_ms: float
    bare_p99_ms: float
    p99_ratio: float
    p99_limit: float
    answer_bytes: float
    errors: int


def main() -> None:
    asked = _parser().parse_args()
    before = _shares_in(asked.json) if asked.json else {}
    with folder_and_postgres() as (folder, postgres):
        tenants = make_tenants(folder, postgres, asked.tenants)
        rows = [fill(each) for each in tenants]
        options = ("--port", "0", "--threads", str(THREADS))
        with (
            running("serve", *options, directory=folder) as server,
            serve(url_of(tenants[0]), rows[0].owner_id, threads=THREADS) as bare,
        ):
            log = server.process.stdout
            threading.Thread(target=log.read if log else None, daemon=True).start()
            ours = (server.host, server.port)
            print(f"{'':20}{'ours/s':>8}{'bare/s':>8}{'share':>7}{'was':>6}{'least':>6}", end="")
            print(f"{'p99 ms':>9}{'bare':>7}{'ratio':>7}{'most':>5}{'bytes':>8}")
            found = []
            for kind in kinds(ours, tenants, rows):
                if asked.only in kind.name:
                    found.append(measure(kind, ours, bare, asked.rounds, asked.seconds))
                    print_line(found[-1], before.get(kind.name))
            server.stop()
    if asked.json:
        asked.json.write_text(json.dumps(_report(found), indent=2) + "\n")


def kinds(ours: tuple[str, int], tenants: Sequence[Tenant], rows: Sequence[Filled]) -> list[Kind]:
    """Return what is asked of both; what adds rows comes last, since lists grow by it."""
    bearers = [{"Authorization": f"Bearer {each.token}"} for each in tenants]
    cookies = [{"Cookie": sign_in(ours, number)} for number in range(len(tenants))]
    changes = [(status, f'{{"status": "{status}"}}') for status in ("todo", "review")]

    def get(path: str, headers: Sequence[dict[str, str]]) -> list[Ask]:
        return [Ask("GET", path, each) for each in headers]

    return [
        Kind("project list JSON", 1.0, get("/api/projects", bearers), get("/projects", [{}])),
        Kind("task list JSON", 1.2, get("/api/tasks?limit=100", bearers), get("/tasks", [{}])),
        Kind("board HTML", 0.7, get("/tasks", cookies), get("/board", [{}])),
        Kind("list HTML", 0.7, get("/tasks?view=list", cookies), get("/list", [{}])),
        Kind(
            "change a status",
            0.6,
            [
                Ask("PATCH", f"/api/tasks/{task_id}", bearer | _JSON, body)
                for bearer, row in zip(bearers, rows, strict=True)
                for task_id in row.task_ids
                for _, body in changes
            ],
            [
                Ask("PATCH", f"/tasks/{task_id}", _JSON, body)
                for task_id in rows[0].task_ids
                for _, body in changes
            ],
        ),
        Kind(
            "create a task",
            0.6,
            [Ask("POST", "/api/tasks", each | _JSON, _NEW) for each in bearers],
            [Ask("POST", "/tasks", _JSON, _NEW)],
        ),
    ]


def measure(
    kind: Kind, ours: tuple[str, int], bare: tuple[str, int], rounds: int, seconds: float
) -> Found:
    ask(ours, kind.ours, 1.0)  # a first round fills what is kept; nobody times it
    ask(bare, kind.bare, 1.0)
    pairs = [(ask(ours, kind.ours, seconds), ask(bare, kind.bare, seconds)) for _ in range(rounds)]
    median = statistics.median
    return Found(
        name=kind.name,
        ours_a_second=median(mine.rate for mine, _ in pairs),
        bare_a_second=median(theirs.rate for _, theirs in pairs),
        share=median(mine.rate / theirs.rate for mine, theirs in pairs),
        least=kind.least,
        ours_p99_ms=median(mine.p99_ms for mine, _ in pairs),
        bare_p99_ms=median(theirs.p99_ms for _, theirs in pairs),
        p99_ratio=median(mine.p99_ms / theirs.p99_ms for mine, theirs in pairs),
        p99_limit=P99_LIMIT,
        answer_bytes=median(mine.answer_bytes for mine, _ in pairs),
        errors=sum(each.errors for pair in pairs for each in pair),
    )


def print_line(found: Found, share_before: float | None) -> None:
    was = "" if share_before is None else f"{share_before:.2f}"
    print(
        f"{found.name:20}{found.ours_a_second:8.0f}{found.bare_a_second:8.0f}{found.share:7.2f}"
        f"{was:>6}{found.least:6.1f}{found.ours_p99_ms:9.1f}{found.bare_p99_ms:7.1f}"
        f"{found.p99_ratio:7.2f}{found.p99_limit:5.1f}{found.answer_bytes:8.0f}"
        f"{f'   {found.errors} errors' if found.errors else ''}",
        flush=True,
    )


def ask(address: tuple[str, int], asks: Sequence[Ask], seconds: float) -> Seen:
    """Put the load on by wrk, or where that is not installed by a client in Python."""
    if wrk.is_here():
        return wrk.load(address, asks, clients=CLIENTS, seconds=seconds)
    load = load_with(address, asks, clients=CLIENTS, seconds=seconds)
    errors = sum(count for status, count in load.statuses.items() if not 200 <= status < 400)
    rate = len(load.ms) / seconds
    return Seen(rate, load.percentile(0.5), load.percentile(0.99), 0.0, errors)


@dataclass(frozen=True, slots=True)
class Filled:
    """A workspace with tasks."""

    owner_id: str
    task_ids: tuple[str, ...]


def fill(tenant: Tenant) -> Filled:
    """Add the tasks of the board, over all statuses and priorities, due before and after today."""
    with psycopg.connect(url_of(tenant), autocommit=True) as connection:
        row = connection.execute("SELECT user_id::text FROM projects LIMIT 1").fetchone()
        assert row is not None
        connection.execute(
            "INSERT INTO team_members (id, user_id, name) SELECT gen_random_uuid(), %s,"
            " (ARRAY['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald'])[n] || ' ' || n"
            " FROM generate_series(1, 5) n",
            row,
        )
        ids = connection.execute(
            "INSERT INTO tasks (id, user_id, project_id, assignee_id, title, status, priority,"
            " due_date, completed_at, position)"
            " SELECT gen_random_uuid(), %(owner)s,"
            " (SELECT id FROM projects WHERE user_id = %(owner)s ORDER BY name OFFSET n %% 7"
            " LIMIT 1), (SELECT id FROM team_members WHERE user_id = %(owner)s ORDER BY name"
            " OFFSET n %% 5 LIMIT 1), 'Task ' || n,"
            " (ARRAY['todo', 'in_progress', 'review', 'done'])[1 + n %% 4],"
            " (ARRAY['low', 'medium', 'high'])[1 + n %% 3], current_date + n - 50,"
            " CASE WHEN n %% 4 = 3 THEN now() - make_interval(days => n) END, n"
            " FROM generate_series(1, %(tasks)s) n RETURNING id::text",
            {"owner": row[0], "tasks": TASKS},
        ).fetchall()
        connection.execute("ANALYZE")
    return Filled(str(row[0]), tuple(str(each[0]) for each in ids))


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reference")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--tenants", type=int, default=TENANTS)
    parser.add_argument("--only", default="", help="measure the kinds whose name holds this")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser


def _shares_in(file: Path) -> dict[str, float]:
    if not file.exists():
        return {}
    return {each["name"]: each["share"] for each in json.loads(file.read_text())["kinds"]}


def _report(found: Sequence[Found]) -> dict[str, Any]:
    return {
        "day": time.strftime("%Y-%m-%d"),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "client": "wrk" if wrk.is_here() else "python",
        "kinds": [asdict(each) for each in found],
    }


if __name__ == "__main__":
    main()
