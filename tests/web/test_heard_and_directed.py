"""What a disc shows is heard, people's text has its own direction, each settings page its title."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

TITLE = "לכתוב את הדוח"


def test_the_state_of_a_task_is_heard_and_its_title_keeps_its_direction(client: Visitor) -> None:
    member = client.api("POST", "/api/team", {"name": "דנה כהן"}).get_json()["team_member"]["id"]
    task = {"title": TITLE, "status": "review", "due_date": "2020-01-01", "assignee_id": member}
    made = client.api("POST", "/api/tasks", task)
    assert made.status_code == 201
    for path in ("/dashboard", "/team", f"/team/{member}"):
        link = re.search(f'<a [^>]*dir="auto"[^>]*>{TITLE}(.*?)</a>', client.get(path).text)
        assert link is not None, path
        assert '<span class="visually-hidden">, Review</span>' in link[1], path
    for path in ("/tasks", "/tasks?view=list"):
        assert re.search(f'<a [^>]*dir="auto"[^>]*>{TITLE}', client.get(path).text), path
    page = client.get(f"/tasks/{made.get_json()['task']['id']}").text
    assert f"<title>\u2068{TITLE}\u2069" in page
    assert "due-late" in page


def test_each_settings_page_has_a_title_of_its_own(client: Visitor) -> None:
    paths = set(re.findall(r'href="(/settings[^"#?]*)"', client.get("/settings").text))
    pages = {path: client.get(path).text for path in paths}
    titles = [re.findall(r"<title>(.*?) · Settings", page)[0] for page in pages.values()]
    assert len(set(titles)) == len(titles) >= 10
    assert {path: page.count("<h1") for path, page in pages.items() if page.count("<h1") != 1} == {}
