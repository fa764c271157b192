"""The list of routes is the app's own map, and what it says of each holds."""

from __future__ import annotations

import ast
from collections import Counter
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provision.tenant.transfer.workspace_file import WorkspaceWriter
from provision.web.request.session import OPEN_ENDPOINTS
from provision.web.routes import listing
from tests.web.test_every_route import routes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

    from tests.web.conftest import Visitor

_WEB = Path(__file__).parents[2] / "provision" / "web"


def _listed(*, demo: bool) -> Counter[tuple[str, str, str]]:
    found = (each for each in listing() if demo or "demo" not in each.demands)
    return Counter((method, each.rule, each.endpoint) for each in found for method in each.methods)


def _mapped(app: Flask) -> Counter[tuple[str, str, str]]:
    return Counter(
        (method, rule.rule, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def test_every_route_of_a_server_is_listed_and_no_other(app: Flask) -> None:
    assert _listed(demo=False) == _mapped(app)
    assert len(_listed(demo=False)) > 90


def test_the_demo_has_those_that_demand_it_besides(make_app: Callable[..., Flask]) -> None:
    assert _listed(demo=True) == _mapped(make_app(mode="demo"))


def test_the_list_names_the_function_that_answers(app: Flask) -> None:
    for each in listing():
        module, _, name = each.answers.partition(":")
        tree = ast.parse((_WEB.parents[1] / f"{module.replace('.', '/')}.py").read_text())
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name.rpartition(".")[2] in names, each


def test_what_is_listed_as_public_is_what_the_guard_lets_strangers_reach() -> None:
    public = {each.endpoint for each in listing() if "public" in each.demands}
    assert public == OPEN_ENDPOINTS


def test_what_is_listed_as_of_a_database_asks_for_one_and_nothing_else_does(
    app: Flask, newcomer: Visitor
) -> None:
    some_id = "00000000-0000-4000-8000-000000000000"
    demands = {(method, each.endpoint): each for each in listing() for method in each.methods}
    asked = set[tuple[str, str]]()
    ids = dict.fromkeys(("projects", "tasks", "team"), some_id)
    for method, path, endpoint in routes(app, ids):
        if endpoint.startswith("setup.") or endpoint == "account.logout":
            continue  # the wizard leads to itself; after the other nobody is signed in
        if _asked_for_a_database(newcomer, method, path):
            asked.add((method, endpoint))
    assert asked == {
        key for key, each in demands.items() if {"workspace", "connection"} & set(each.demands)
    }


def _asked_for_a_database(newcomer: Visitor, method: str, path: str) -> bool:
    headers = {"X-CSRFToken": newcomer.csrf_token()}
    if path.startswith("/api/"):
        fields = {"title" if "/tasks" in path else "name": "a"}
        fields = {} if path.endswith("/schema") else fields
        body: dict[str, Any] = {} if method in ("GET", "DELETE") else {"json": fields}
        answer = newcomer.raw(method, path, headers=headers, **body)
        return answer.status_code == 409
    form: dict[str, Any] = {"name": "a", "title": "a"}
    if path.startswith("/settings/exchange/"):
        content = b"title\na\n" if path.endswith("rows") else _workspace_file()
        form |= {"file": (BytesIO(content), "file"), "kind": "tasks"}
    if path == "/tasks/reading":
        headers |= {"HX-Request": "true"}
        form["title"] = "buy #a\nand #b"
    sent: dict[str, Any] = {"data": form}
    if method == "GET":
        sent = {"query_string": {"q": "words", "title": "buy #a"}}
    answer = newcomer.raw(method, path, headers=headers, **sent)
    to = answer.headers.get("Location") or answer.headers.get("HX-Redirect", "")
    return to.startswith("/auth/setup-database")


def _workspace_file() -> bytes:
    file = BytesIO()
    writer = WorkspaceWriter(file, name="Ours", now=datetime.now(UTC))
    writer.begin()
    writer.finish()
    return file.getvalue()


def _calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in ("add_url_rule", "route", "as_view"):
            yield node.attr
        if isinstance(node, ast.ClassDef):
            yield from (base.id for base in node.bases if isinstance(base, ast.Name))


def test_routes_are_declared_in_one_way() -> None:
    others = {"add_url_rule", "route", "as_view", "View", "MethodView"}
    for path in _WEB.rglob("*.py"):
        assert not others & set(_calls(path)), path
