from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from html import unescape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from provision.web.dashboard.routes import PANELS
from provision.web.format.dates import today
from tests.web.board import foreign, made, member

if TYPE_CHECKING:
    from tests.web.conftest import Visitor


def _project(client: Visitor, name: str, **fields: str) -> str:
    answer = client.api("POST", "/api/projects", {"name": name, "status": "active"} | fields)
    assert answer.json is not None, answer.text
    project_id: str = answer.json["project"]["id"]
    return project_id


def _words(page: str) -> str:
    """The page as it reads, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def _cell(page: str, title: str) -> str:
    return page.partition(f'<h2 class="panel-name">{title} ')[2].partition("</section>")[0]


def test_a_newcomer_sees_three_steps_and_no_dead_control(client: Visitor) -> None:
    page = client.get("/dashboard")
    assert page.status_code == 200
    assert "Welcome, in your own database." in _words(page.text)
    for href in ("/projects?new=1", "/team?new=1", "/tasks?new=1"):
        links = [unescape(each) for each in re.findall(r'href="([^"]*)"', page.text)]
        [link] = {each for each in links if each.partition("&")[0] == href}
        assert client.get(link).status_code == 200
    assert 'action="/sample"' in page.text
    assert page.text.count("button-primary") == 1


def test_htmx_gets_the_dashboard_without_its_frame(client: Visitor) -> None:
    for query in ("", "?panel=nothing-of-the-kind"):
        new = client.get(f"/dashboard{query}", htmx=True)
        assert "Welcome, in your own database." in _words(new.text)
        assert "<html" not in new.text
        assert "<main" not in new.text
    made(client)
    part = client.get("/dashboard", htmx=True)
    assert part.status_code == 200
    assert 'id="figures-panel"' in part.text
    assert 'id="workload-panel"' in part.text
    assert "<html" not in part.text
    assert 'id="side-lists"' not in part.text
    boosted = client.raw("GET", "/dashboard", headers={"HX-Request": "true", "HX-Boosted": "true"})
    assert "<html" in boosted.text


def test_a_step_that_was_taken_is_ticked(client: Visitor) -> None:
    _project(client, "Website")
    text = _words(client.get("/dashboard").text)
    assert "1 of 3, done" in text
    assert "2 of 3, done" not in text


def test_one_task_makes_it_a_dashboard(client: Visitor) -> None:
    made(client)
    page = client.get("/dashboard").text
    assert "Welcome, in your own database." not in page
    assert re.search(r'figure-number">1</span><span class="figure-noun">open', page)


def test_figures_and_week_tell_late_from_due(client: Visitor) -> None:
    now = today()
    made(client, "Was due", due_date=str(now - timedelta(days=3)))
    made(client, "Due now", due_date=str(now))
    made(client, "Closed", due_date=str(now), status="done")
    page = client.get("/dashboard").text
    text = _words(page)
    assert "2 open in 0 projects" in text
    assert "1 overdue oldest 3 days" in text
    assert "1 done this week 0 last week" in text
    late = page.partition('class="day day-late"')[2].partition("</li></ul>")[0]
    assert "Was due" in late
    day = page.partition("day-today")[2].partition("</li></ul>")[0]
    assert "Due now" in day
    assert "Today" in day


def test_a_busy_day_shows_a_few_and_counts_the_rest(client: Visitor) -> None:
    for number in range(9):
        made(client, f"Task {number}", due_date=str(today()))
    page = client.get("/dashboard").text
    day = page.partition("day-today")[2].partition("</ol>")[0]
    assert day.count('<a href="/tasks/') == 4
    rest = re.search(r'<a href="(/tasks\?[^"]+)">5 more</a>', day)
    assert rest
    assert client.get(unescape(rest[1])).text.count('<tr id="task-') == 9


def test_money_is_told_with_what_is_over(client: Visitor) -> None:
    _project(client, "Over", budget="100", spent="140.50")
    _project(client, "Near", budget="1000", spent="950")
    _project(client, "Free")
    made(client)
    cell = _cell(client.get("/dashboard").text, "Budget against spent")
    assert "1,090.50 of 1,100" in cell
    assert 'tone-red">40.50 over' in cell
    assert 'tone-amber">50 left' in cell
    assert "no budget" in cell
    assert 'aria-label="Over, spent: 140 %"' in cell


def test_tasks_are_counted_by_status_with_those_of_other_programs(client: Visitor) -> None:
    made(client, status="review")
    foreign(client, "Theirs", status="'blocked'")
    foreign(client, "Lost", status="NULL")
    text = _words(_cell(client.get("/dashboard").text, "Tasks by status"))
    assert "3 in all" in text
    assert "Review 1" in text
    assert "blocked 1" in text
    assert "none 1" in text


def test_what_was_done_is_counted_by_week(client: Visitor) -> None:
    made(client, status="done")
    cell = _cell(client.get("/dashboard").text, "Done by week")
    numbers = [int(number) for number in re.findall(r"<tr><td>(\d+)</td>", cell)]
    assert numbers == [0, 0, 0, 0, 0, 0, 0, 1]


def test_workload_names_people_as_briefly_as_tells_them_apart(client: Visitor) -> None:
    for name, load in [("Ana Lindqvist", 115), ("Ana Berg", 40), ("Tomás Rey", 90)]:
        client.api("POST", "/api/team", {"name": name, "workload": load})
    made(client)
    cell = _cell(client.get("/dashboard").text, "Workload")
    assert re.findall(r'title="[^"]+">([^<]+)</a>', cell) == [
        "Ana Lindqvist",
        "Tomás",
        "Ana Berg",
    ]
    assert 'tone-red">115 %' in cell


def test_the_last_changes_say_what_and_where(client: Visitor) -> None:
    website = _project(client, "Website", budget="100", spent="10")
    made(client, "Write copy", project_id=website, status="review")
    member(client, "Priya Nair")
    text = _words(_cell(client.get("/dashboard").text, "Changed last"))
    assert "Priya Nair joined the team" in text
    assert "Website spent 10 of 100" in text
    assert "Write copy" in text
    assert "#Website" in text


def test_rows_of_other_programs_never_break_it(client: Visitor) -> None:
    owner = "(SELECT id FROM profiles WHERE email = 'alice@example.org')"
    client.rows(
        "INSERT INTO projects (user_id, name, budget, spent, status, due_date, updated_at)"
        f" VALUES ({owner}, 'Odd', 'NaN', -5, NULL, 'infinity', 'infinity'),"
        f" ({owner}, '', -10, 'NaN', 'weird', '-infinity', NULL),"
        f" ({owner}, 'Zero', 0, 99999999.99, 'active', '0044-03-15 BC', '-infinity') RETURNING 1"
    )
    client.rows(
        "INSERT INTO team_members (user_id, name, workload, status, created_at)"
        f" VALUES ({owner}, 'Huge', 2000000000, 'x', 'infinity'),"
        f" ({owner}, 'Less', -2000000000, NULL, NULL), ({owner}, '', NULL, '', NULL)"
        " RETURNING 1"
    )
    foreign(client, "x" * 5000, status="'weird'", due_date="'-infinity'", updated_at="'infinity'")
    foreign(client, "", status="'done'", completed_at="'infinity'", due_date="'infinity'")
    page = client.get("/dashboard")
    assert page.status_code == 200
    assert "&gt;999 %" in page.text
    assert "&lt;0 %" in page.text
    assert "NaN" not in _cell(page.text, "Budget against spent")


def test_it_shows_nothing_of_another_person(client: Visitor, bob: Visitor) -> None:
    made(client, "Only Alice's", due_date=str(today()))
    _project(client, "Alice's project", budget="5")
    assert "Alice's" not in bob.get("/dashboard").text.replace("&#39;", "'")


@pytest.mark.parametrize("panel", PANELS)
def test_each_panel_is_fetched_alone_and_is_what_the_page_shows(
    client: Visitor, panel: str
) -> None:
    _project(client, "Website", budget="100", spent="140")
    member(client, "Priya Nair")
    made(client, "Was due", due_date=str(today() - timedelta(days=3)))
    made(client, "Done", status="done", due_date=str(today()))
    page = client.get("/dashboard").text
    answer = client.get(f"/dashboard?panel={panel}", htmx=True)
    assert answer.status_code == 200
    assert answer.text.strip().startswith("<section")
    assert answer.text.strip() in page
    assert f'hx-get="/dashboard?panel={panel}"' in answer.text


def test_a_panel_asked_for_without_htmx_is_the_whole_page(client: Visitor) -> None:
    made(client)
    assert "</html>" in client.get("/dashboard?panel=money").text


@pytest.mark.parametrize("week_start", ["monday", "sunday", "saturday"])
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu"])
def test_what_was_done_this_week_opens_as_many_tasks(
    client: Visitor, zone: str, week_start: str
) -> None:
    client.api("PATCH", "/api/user", {"time_zone": zone, "week_start": week_start})
    here = datetime.now(ZoneInfo(zone))
    first = {"monday": 0, "saturday": 5, "sunday": 6}[week_start]
    day = here.date() - timedelta(days=(here.weekday() - first) % 7)
    begins = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
    for title, moment in (
        ("first moment", begins),
        ("moment before", begins - timedelta(microseconds=1)),
        ("week before", begins - timedelta(days=7)),
        ("before that", begins - timedelta(days=7, microseconds=1)),
    ):
        client.api("POST", "/api/tasks", {"title": title, "status": "done"})
        client.rows(
            f"UPDATE tasks SET completed_at = '{moment}' WHERE title = '{title}' RETURNING 1"
        )
    client.api("POST", "/api/tasks", {"title": "just now", "status": "done"})
    words = _words(client.get("/dashboard").text)
    assert "2 done this week 2 last week" in words, words
    shown = client.get("/tasks?view=list&done=week").text
    assert [title in shown for title in ("first moment", "just now")] == [True, True]
    assert [title in shown for title in ("moment before", "week before")] == [False, False]
    assert "2 of 5 tasks" in re.sub(r"\s+", " ", shown)
    last = client.get("/tasks?view=list&done=last_week").text
    assert [title in last for title in ("moment before", "week before")] == [True, True]
    assert "before that" not in last
