"""What the pages are given, over rows of the app and of other programs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from provision.tenant.queries import dashboard, options, projects, tasks, team
from provision.tenant.queries.projects import PROJECTS
from provision.tenant.queries.statements import shell
from provision.tenant.queries.statements.filters import TaskFilters
from provision.tenant.queries.tasks import TASKS
from provision.tenant.queries.team import TEAM
from tests.tenant.queries.conftest import MONDAY, weeks_to

if TYPE_CHECKING:
    from tests.tenant.queries.conftest import Person

# What other programs may leave in any row.
STRANGE = """
UPDATE projects SET status = 'blocked', priority = NULL, budget = 'NaN', spent = NULL,
  due_date = 'infinity', created_at = 'infinity', updated_at = NULL WHERE name = 'strange';
UPDATE tasks SET status = 'waiting "for" Godot', priority = 'p0', due_date = '-infinity',
  created_at = NULL, updated_at = 'infinity', completed_at = '-infinity', position = 'NaN'
  WHERE title = 'strange';
UPDATE tasks SET status = NULL, priority = NULL, due_date = '0044-03-15 BC',
  created_at = '-infinity', position = NULL WHERE title = 'old';
UPDATE team_members SET status = NULL, role = NULL, workload = -2147483648, created_at = NULL
  WHERE name = 'strange';
"""


def on(alice: Person, **more: Any) -> dict[str, Any]:
    return {"owner_id": alice.owner_id, "today": MONDAY, "shell": True, **more}


def test_every_page_shows_rows_that_other_programs_wrote(alice: Person) -> None:
    project, member = alice.project("strange"), alice.member("strange")
    task = alice.task("strange", project_id=project.id, assignee_id=member.id)
    alice.task("old", project_id=project.id, assignee_id=member.id)
    alice.run(STRANGE)
    conn = alice.conn
    (card,) = PROJECTS.list_page(conn, **on(alice)).rows
    assert (card.status, card.due, card.due_date) == ("blocked", None, "infinity")
    assert (card.budget_amount, card.spent_amount) == (None, None)
    assert card.created is None
    page = projects.detail_page(conn, **on(alice, row_id=project.id))
    assert {each.status for each in page.counts} == {None, 'waiting "for" Godot'}
    assert {each.title for each in page.tasks} == {"strange", "old"}
    shown = tasks.detail_page(conn, **on(alice, row_id=task.id)).task
    assert (shown.due, shown.completed, shown.created) == (None, None, None)
    assert len(tasks.board_page(conn, **on(alice)).tasks) == 2
    (person,) = TEAM.list_page(conn, **on(alice)).rows
    assert (person.workload, person.open_tasks) == (-2147483648, 2)
    assert len(team.detail_page(conn, **on(alice, row_id=member.id)).tasks) == 2
    overview = dashboard.overview(conn, **on(alice), weeks=weeks_to(MONDAY))
    assert overview.figures.budget == 0
    assert overview.figures.overdue == 2
    assert {each.noun for each in overview.changes} <= {"task", "project", "team_member"}


def test_a_card_counts_the_tasks_of_its_project(alice: Person) -> None:
    project = alice.project()
    alice.task("a", project_id=project.id, status="done", due_date=date(2020, 1, 1))
    alice.task("b", project_id=project.id, due_date=date(2020, 1, 1))
    alice.task("c", project_id=project.id, due_date=MONDAY)
    alice.task("elsewhere")
    (card,) = PROJECTS.list_page(alice.conn, **on(alice)).rows
    assert (card.tasks_total, card.tasks_done, card.tasks_late) == (3, 1, 1)


def test_the_shell_counts_and_lists_what_is_being_worked_on(alice: Person) -> None:
    for name, status in (("Old", "completed"), ("Off", "cancelled"), ("Later", "planning")):
        alice.project(name, status=status)
    active = alice.project("Now", status="active")
    alice.task("late", project_id=active.id, due_date=date(2026, 11, 20))
    alice.task("done", project_id=active.id, status="done")
    alice.task("loose")
    alice.member()
    frame = shell.frame(alice.conn, owner_id=alice.owner_id, today=MONDAY)
    assert (frame.projects, frame.open_tasks, frame.team_members) == (4, 2, 1)
    assert [each.name for each in frame.sidebar_projects] == ["Now", "Later"]
    first = frame.sidebar_projects[0]
    assert (first.tasks_total, first.tasks_done, first.tasks_late) == (2, 1, 1)
    assert tasks.board_page(alice.conn, **on(alice)).shell == frame
    assert tasks.board_page(alice.conn, **on(alice, shell=False)).shell is None


def test_the_shell_of_an_empty_workspace_is_all_zero(alice: Person) -> None:
    frame = shell.frame(alice.conn, owner_id=alice.owner_id, today=MONDAY)
    assert (frame.projects, frame.open_tasks, frame.team_members) == (0, 0, 0)
    assert frame.sidebar_projects == ()


def test_choices_are_in_order_of_name(alice: Person) -> None:
    alice.project("b")
    alice.project("A")
    alice.member("c")
    choices = options.choices(alice.conn, owner_id=alice.owner_id)
    assert [each.name for each in choices.projects] == ["A", "b"]
    assert [each.name for each in choices.members] == ["c"]


def test_the_board_gives_each_status_its_first_cards_and_all_counts(alice: Person) -> None:
    for title in "abc":
        alice.task(title)
    alice.task("odd", status="blocked")
    page = tasks.board_page(alice.conn, **on(alice, limit=2))
    assert [task.title for task in page.tasks if task.status == "todo"] == ["a", "b"]
    assert {each.status: each.tasks for each in page.counts} == {"todo": 3, "blocked": 1}
    assert page.tasks[0].description is None
    more = tasks.board_page(
        alice.conn, **on(alice, limit=2, offset=2, filters=TaskFilters(status="todo"))
    )
    assert [task.title for task in more.tasks] == ["c"]


def test_a_column_keeps_the_order_people_gave_it(alice: Person) -> None:
    first, second = alice.task("first"), alice.task("second")
    third = alice.task("third")
    assert first.position is not None
    assert second.position is not None
    TASKS.update(
        alice.conn,
        owner_id=alice.owner_id,
        row_id=third.id,
        values={"position": (first.position + second.position) / 2},
    )
    page = tasks.board_page(alice.conn, **on(alice))
    assert [task.title for task in page.tasks] == ["first", "third", "second"]


def test_tasks_without_a_position_stand_where_they_were_created(alice: Person) -> None:
    for title in "abc":
        alice.task(title)
    alice.run("UPDATE tasks SET position = NULL WHERE title <> 'b'")
    page = tasks.board_page(alice.conn, **on(alice))
    assert [task.title for task in page.tasks] == ["a", "b", "c"]


def test_what_is_done_stands_latest_first(alice: Person) -> None:
    for title in "abc":
        alice.task(title, status="done")
    page = tasks.board_page(alice.conn, **on(alice))
    assert [task.title for task in page.tasks] == ["c", "b", "a"]


def test_the_people_on_a_project_are_those_with_tasks_in_it(alice: Person) -> None:
    project, ana, tomas = alice.project(), alice.member("Ana"), alice.member("Tomás")
    alice.member("Oskar")
    for status in ("todo", "review", "done"):
        alice.task(project_id=project.id, assignee_id=tomas.id, status=status)
    alice.task(project_id=project.id, assignee_id=ana.id, status="done")
    page = projects.detail_page(alice.conn, **on(alice, row_id=project.id))
    assert [(each.name, each.open_tasks) for each in page.people] == [("Tomás", 2), ("Ana", 0)]
    assert [each.name for each in page.members] == ["Ana", "Oskar", "Tomás"]


def test_a_person_shows_five_next_tasks_soonest_first(alice: Person) -> None:
    ana = alice.member()
    alice.task("undated", assignee_id=ana.id)
    alice.task("done", assignee_id=ana.id, status="done", due_date=MONDAY)
    for day in range(6, 0, -1):
        alice.task(f"in {day}", assignee_id=ana.id, due_date=MONDAY + timedelta(days=day))
    (card,) = TEAM.list_page(alice.conn, **on(alice)).rows
    assert [task.title for task in card.next_tasks] == [f"in {day}" for day in range(1, 6)]
    assert (card.open_tasks, card.late_tasks) == (7, 0)
    page = team.detail_page(alice.conn, **on(alice, row_id=ana.id))
    assert page.member == card
    assert [task.title for task in page.tasks][-2:] == ["undated", "done"]


def done_at(alice: Person, title: str, instant: str) -> None:
    alice.task(title, status="done")
    alice.run(f"UPDATE tasks SET completed_at = '{instant}' WHERE title = '{title}'")


def test_the_dashboard_counts_by_weeks_that_start_on_monday(alice: Person) -> None:
    wednesday = MONDAY + timedelta(days=2)
    site = alice.project("Site", status="active", budget=Decimal(24000), spent=Decimal(27360))
    alice.project("Off", status="cancelled", budget=Decimal(999))
    alice.task("late", due_date=date(2026, 11, 20), project_id=site.id)
    alice.task("monday", due_date=MONDAY)
    alice.task("today", due_date=wednesday, status="blocked")
    alice.task("tomorrow", due_date=wednesday + timedelta(days=1))
    alice.task("sunday", due_date=MONDAY + timedelta(days=6))
    alice.task("next monday", due_date=MONDAY + timedelta(days=7))
    done_at(alice, "this week", "2026-11-23 00:00")
    done_at(alice, "last week", "2026-11-22 23:59:59.999")
    done_at(alice, "eight weeks ago", "2026-10-05 00:00")
    done_at(alice, "nine weeks ago", "2026-10-04 23:59")
    view = dashboard.overview(
        alice.conn,
        owner_id=alice.owner_id,
        today=wednesday,
        weeks=weeks_to(MONDAY),
        shell=True,
    )
    figures = view.figures
    assert (figures.tasks, figures.open, figures.open_projects) == (10, 6, 1)
    assert (figures.overdue, figures.oldest_overdue_days) == (2, 5)
    assert (figures.due_this_week, figures.due_tomorrow) == (3, 1)
    assert (figures.done_this_week, figures.done_last_week) == (1, 1)
    assert (figures.budget, figures.spent) == (Decimal(24000), Decimal(27360))
    assert [task.title for task in view.late] == ["late", "monday"]
    assert view.late[0].project_name == "Site"
    by_day = {day.day.isoformat()[-2:]: [task.title for task in day.tasks] for day in view.week}
    assert by_day == {
        "23": [],
        "24": [],
        "25": ["today"],
        "26": ["tomorrow"],
        "27": [],
        "28": [],
        "29": ["sunday"],
    }
    assert [day.open for day in view.week] == [0, 0, 1, 1, 0, 0, 1]
    assert [each.tasks for each in view.done_by_week] == [1, 0, 0, 0, 0, 0, 1, 1]
    assert view.done_by_week[0].week == date(2026, 10, 5)
    assert {each.status: (each.tasks, each.late) for each in view.statuses} == {
        "todo": (5, 2),
        "blocked": (1, 0),
        "done": (4, 0),
    }
    assert [each.name for each in view.money] == ["Site"]


def test_weeks_begin_when_they_do_for_the_person_who_looks(alice: Person) -> None:
    """Sunday, 13 hours east of UTC: the week of 29 November begins on the 28th at 11:00 UTC."""
    sunday = date(2026, 11, 29)
    done_at(alice, "this week", "2026-11-28 11:00")
    done_at(alice, "last week", "2026-11-28 10:59:59.999")
    alice.task("due on saturday", due_date=date(2026, 12, 5))
    alice.task("due next sunday", due_date=date(2026, 12, 6))
    view = dashboard.overview(
        alice.conn,
        owner_id=alice.owner_id,
        today=sunday,
        weeks=weeks_to(sunday, timedelta(hours=13)),
        shell=False,
    )
    assert (view.figures.done_this_week, view.figures.done_last_week) == (1, 1)
    assert [each.tasks for each in view.done_by_week] == [0, 0, 0, 0, 0, 0, 1, 1]
    assert view.figures.due_this_week == 1
    assert [day.day for day in view.week] == [sunday + timedelta(days=each) for each in range(7)]


def test_the_dashboard_shows_who_carries_what_and_what_changed_last(alice: Person) -> None:
    ana, tomas = alice.member("Ana", workload=115), alice.member("Tomás", workload=90)
    task = alice.task("first", assignee_id=tomas.id, due_date=date(2026, 11, 1))
    alice.task("second", assignee_id=ana.id, status="done")
    TASKS.update(alice.conn, owner_id=alice.owner_id, row_id=task.id, values={"status": "review"})
    view = dashboard.overview(alice.conn, **on(alice), weeks=weeks_to(MONDAY))
    load = [(each.name, each.workload, each.open_tasks, each.late_tasks) for each in view.workload]
    assert load == [("Ana", 115, 0, 0), ("Tomás", 90, 1, 1)]
    changes = [(each.noun, each.name, each.is_new) for each in view.changes]
    assert changes == [
        ("task", "first", False),
        ("task", "second", True),
        ("team_member", "Tomás", True),
        ("team_member", "Ana", True),
    ]
    assert view.changes[0].changed is not None


def test_the_dashboard_of_an_empty_workspace_is_all_there(alice: Person) -> None:
    view = dashboard.overview(alice.conn, **on(alice), weeks=weeks_to(MONDAY))
    assert view.figures.open == 0
    assert view.figures.oldest_overdue_days is None
    assert len(view.week) == 7
    assert [each.tasks for each in view.done_by_week] == [0] * 8
    assert view.changes == ()
