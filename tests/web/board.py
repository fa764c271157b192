"""Tasks as a browser makes and opens them: plain, or from the panel beside a board or list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.web.conftest import Visitor

CARD = re.compile(r'<article class="card[^"]*" id="task-([0-9a-f-]{36})"')


def made(client: Visitor, title: str = "Write report", **fields: str) -> str:
    """The id of a task made with the API."""
    answer = client.api("POST", "/api/tasks", {"title": title, **fields})
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    task_id: str = answer.json["task"]["id"]
    return task_id


def project(client: Visitor, name: str = "Website") -> str:
    answer = client.api("POST", "/api/projects", {"name": name})
    assert answer.json is not None, answer.text
    project_id: str = answer.json["project"]["id"]
    return project_id


def member(client: Visitor, name: str = "Ana Lindqvist") -> str:
    answer = client.api("POST", "/api/team", {"name": name})
    assert answer.json is not None, answer.text
    member_id: str = answer.json["team_member"]["id"]
    return member_id


VERSION_OF_TASK = (
    "SELECT left(w.epoch::text, 8) || '-' || tasks.xmin::text"
    " FROM tasks JOIN provision_workspaces w ON w.owner_id = tasks.user_id"
)


def version(client: Visitor, task_id: str) -> str:
    [(found,)] = client.rows(f"{VERSION_OF_TASK} WHERE tasks.id = '{task_id}'")
    return str(found)


def beside(
    client: Visitor,
    path: str,
    data: dict[str, Any] | None = None,
    *,
    at: str = "/tasks",
    target: str = "panel",
) -> TestResponse:
    """Ask as htmx does from the panel beside the board or list `at` an address; POST with data."""
    headers = {
        "HX-Request": "true",
        "HX-Target": target,
        "HX-Current-URL": f"http://localhost{at}",
    }
    if data is None:
        return client.raw("GET", path, headers=headers)
    fields = {"csrf_token": client.csrf_token()} | data
    return client.raw("POST", path, headers=headers, data=fields)


def column(page: str, key: str) -> list[str]:
    """The ids of the cards in a column of a board."""
    part = page.partition(f'id="cards-{key}"')[2].partition("</section>")[0]
    return CARD.findall(part)


def foreign(client: Visitor, title: str, **columns: str) -> str:
    """A row as another program writes it; `columns` hold SQL."""
    names = "".join(f", {name}" for name in columns)
    values = "".join(f", {sql}" for sql in columns.values())
    [(task_id,)] = client.rows(
        f"INSERT INTO tasks (user_id, title{names}) SELECT id, '{title}'{values} FROM profiles"
        " WHERE email = 'alice@example.org' RETURNING id::text"
    )
    return str(task_id)
