"""What our worker relies on of gunicorn, whose releases change much that is not written down."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

from gunicorn.config import Config
from gunicorn.workers import base

from provision.server.worker import Worker

_SOURCES = Path(inspect.getfile(Worker)).parent


def test_only_gunicorns_interface_for_workers_and_masters_is_used() -> None:
    imported = set()
    for path in _SOURCES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gunicorn"):
                imported.add(node.module)
    assert imported == {
        "gunicorn.app.base",
        "gunicorn.arbiter",
        "gunicorn.errors",
        "gunicorn.workers.base",
    }


def test_of_gunicorns_worker_two_methods_are_replaced() -> None:
    ours = {name for name in vars(Worker) if hasattr(base.Worker, name)}
    assert {name for name in ours if not name.startswith("__")} == {"init_signals", "run"}


def test_what_the_worker_reads_of_gunicorn_is_there() -> None:
    (worker,) = (
        node
        for node in ast.parse((_SOURCES / "worker.py").read_text()).body
        if isinstance(node, ast.ClassDef)
    )
    of_itself = {
        node.attr: node.ctx
        for node in ast.walk(worker)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        and not node.attr.startswith("_")
    }
    read = set(of_itself) - set(vars(Worker)) - {"publish"}
    assert read == {"alive", "cfg", "notify", "ppid", "sockets", "wsgi"}
    source = inspect.getsource(base.Worker)
    assert {name for name in read if f"self.{name} = " in source} == read - {"notify"}
    assert Config().threads == 1
    assert Config().graceful_timeout == 30
