"""What a disc shows is heard, people's text has its own direction, each settings page its title."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.web.exchange.corpus.workbooks import workbook
from tests.web.exchange.forms import upload

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


def test_names_in_choices_keep_their_direction(client: Visitor) -> None:
    project = client.api("POST", "/api/projects", {"name": TITLE}).get_json()["project"]["id"]
    client.api("POST", "/api/team", {"name": "דנה כהן"})
    task = client.api("POST", "/api/tasks", {"title": "One", "project_id": project}).get_json()
    one = f"/tasks/{task['task']['id']}"
    shown = [client.get(path).text for path in ("/tasks", "/tasks?view=list", "/tasks?new=1")]
    shown += [client.get(f"{one}?edit=1").text]
    shown += [client.get(f"{one}?field=project_id", htmx=True).text]
    sheets = workbook((TITLE, [["Title"], ["One"]]), ("Other", [["Title"], ["Two"]]))
    shown += [upload(client, sheets).text]
    for page in shown:
        options = re.findall(f"<option([^>]*)>(?:{TITLE}|דנה כהן)", page)
        assert options
        assert all('dir="auto"' in each for each in options)


def test_each_settings_page_has_a_title_of_its_own(client: Visitor) -> None:
    paths = set(re.findall(r'href="(/settings[^"#?]*)"', client.get("/settings").text))
    pages = {path: client.get(path).text for path in paths}
    titles = [re.findall(r"<title>(.*?) · Settings", page)[0] for page in pages.values()]
    assert len(set(titles)) == len(titles) >= 10
    assert {path: page.count("<h1") for path, page in pages.items() if page.count("<h1") != 1} == {}
