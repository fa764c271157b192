"""What ours is measured against: bare Flask views over a pool of psycopg connections, dict rows.

No sign-in, no tenants, no check of what comes in; the same server with as many threads. `serve`
runs it in a process of its own. It has it easier than most: its pool is a queue, its connections
commit by themselves (one trip a statement), psycopg prepares what it repeats, as it does unless it
is told otherwise, and its templates are compiled once.
"""

from __future__ import annotations

import json
import multiprocessing
import queue
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg
from flask import Flask, Response, render_template, request
from gunicorn.app.base import BaseApplication
from psycopg.rows import dict_row

from provision.server.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROJECTS: Final = (
    "SELECT id, name, description, budget, spent, status, priority, due_date, created_at,"
    " updated_at, xmin::text AS version FROM projects WHERE user_id = %s"
    " ORDER BY created_at DESC, id DESC LIMIT 50"
)
_TASKS: Final = (
    "SELECT id, title, description, status, priority, due_date, project_id, assignee_id, position,"
    " completed_at, created_at, updated_at, xmin::text AS version FROM tasks WHERE user_id = %s"
    " ORDER BY created_at DESC, id DESC LIMIT 100"
)
_BOARD: Final = (
    "SELECT t.id, t.title, t.status, t.priority, t.due_date, p.name AS project, m.name AS assignee"
    " FROM tasks t LEFT JOIN projects p ON p.id = t.project_id"
    " LEFT JOIN team_members m ON m.id = t.assignee_id"
    " WHERE t.user_id = %s ORDER BY t.position LIMIT 100"
)
_LIST: Final = (
    "SELECT t.id, t.title, t.status, t.priority, t.due_date, t.updated_at, p.name AS project,"
    " m.name AS assignee FROM tasks t LEFT JOIN projects p ON p.id = t.project_id"
    " LEFT JOIN team_members m ON m.id = t.assignee_id"
    " WHERE t.user_id = %s ORDER BY t.due_date, t.id LIMIT 100"
)
_CREATE: Final = (
    "INSERT INTO tasks (id, user_id, title) VALUES (gen_random_uuid(), %s, %s)"
    " RETURNING id, title, description, status, priority, due_date, project_id, assignee_id,"
    " position, completed_at, created_at, updated_at, xmin::text AS version"
)
_UPDATE: Final = (
    "UPDATE tasks SET status = %s, updated_at = now() WHERE user_id = %s AND id = %s"
    " RETURNING id, title, description, status, priority, due_date, project_id, assignee_id,"
    " position, completed_at, created_at, updated_at, xmin::text AS version"
)
_PAGE: Final = """<!doctype html><html lang="en"><head><title>Tasks</title></head><body><main>
{% for status in statuses %}<section><h2>{{ status }}</h2>
{% for task in tasks if task.status == status %}<article id="task-{{ task.id }}">
<h3><a href="/tasks/{{ task.id }}">{{ task.title }}</a></h3>
<p>{{ task.priority }} {{ task.project or '' }} {{ task.assignee or '' }}
{{ task.due_date or '' }}</p>
<form method="post" action="/tasks/{{ task.id }}"><select name="status">{% for each in statuses %}
<option{% if each == task.status %} selected{% endif %}>{{ each }}</option>{% endfor %}
</select></form>
</article>{% endfor %}</section>{% endfor %}</main></body></html>"""
_TABLE: Final = """<!doctype html><html lang="en"><head><title>Tasks</title></head><body><main>
<table><tr><th>Title</th><th>Status</th><th>Project</th><th>Priority</th><th>Assignee</th>
<th>Due</th><th>Changed</th></tr>
{% for task in tasks %}<tr id="task-{{ task.id }}"><td>
<a href="/tasks/{{ task.id }}">{{ task.title }}</a></td><td>{{ task.status }}</td>
<td>{{ task.project or '' }}</td><td>{{ task.priority }}</td><td>{{ task.assignee or '' }}</td>
<td>{{ task.due_date or '' }}</td>
<td>{{ task.updated_at.strftime('%d %b %H:%M') if task.updated_at else '' }}</td></tr>
{% endfor %}</table></main></body></html>"""


def make(conninfo: str, owner_id: str, connections: int) -> Flask:
    app = Flask(__name__)
    page, table = (app.jinja_env.from_string(each) for each in (_PAGE, _TABLE))
    pool: queue.SimpleQueue[psycopg.Connection[dict[str, Any]]] = queue.SimpleQueue()
    for _ in range(connections):
        pool.put(psycopg.connect(conninfo, autocommit=True, row_factory=dict_row))

    def run(statement: str, *values: object) -> list[dict[str, Any]]:
        connection = pool.get()
        try:
            return connection.execute(statement.encode(), values).fetchall()
        finally:
            pool.put(connection)

    def answer(body: object, status: int = 200) -> Response:
        text = json.dumps(body, default=str)
        return Response(text, status, content_type="application/json")

    @app.get("/projects")
    def projects() -> Response:
        return answer({"projects": run(_PROJECTS, owner_id)})

    @app.get("/tasks")
    def tasks() -> Response:
        return answer({"tasks": run(_TASKS, owner_id)})

    @app.get("/board")
    def board() -> str:
        statuses = ("todo", "in_progress", "review", "done")
        return render_template(page, tasks=run(_BOARD, owner_id), statuses=statuses)

    @app.get("/list")
    def list_page() -> str:
        return render_template(table, tasks=run(_LIST, owner_id))

    @app.post("/tasks")
    def create() -> Response:
        return answer({"task": run(_CREATE, owner_id, request.get_json()["title"])[0]}, 201)

    @app.patch("/tasks/<uuid:row_id>")
    def update(row_id: object) -> Response:
        return answer({"task": run(_UPDATE, request.get_json()["status"], owner_id, row_id)[0]})

    return app


@contextmanager
def serve(conninfo: str, owner_id: str, *, threads: int) -> Iterator[tuple[str, int]]:
    """Run it; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    process = multiprocessing.get_context("spawn").Process(
        target=_run, args=(conninfo, owner_id, threads, address)
    )
    process.start()
    try:
        _wait_for(address)
        yield address
    finally:
        process.terminate()
        process.join()


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, conninfo: str, owner_id: str, threads: int, address: tuple[str, int]):
        self._arguments = (conninfo, owner_id, threads)
        self._address = address
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": [f"{self._address[0]}:{self._address[1]}"],
            "worker_class": Worker,
            "threads": self._arguments[2],
            "keepalive": 15,
            "control_socket_disable": True,
            "loglevel": "warning",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return make(*self._arguments)


def _run(conninfo: str, owner_id: str, threads: int, address: tuple[str, int]) -> None:
    _Server(conninfo, owner_id, threads, address).run()


def _wait_for(address: tuple[str, int]) -> None:
    until = time.monotonic() + 20.0
    while time.monotonic() < until:
        try:
            socket.create_connection(address).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the bare app did not start")
