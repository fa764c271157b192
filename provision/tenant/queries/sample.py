"""Writes the sample workspace."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sqlalchemy import exists, insert, select

from provision.tenant.sample import MEMBERS, PROJECTS, TASKS, SampleTask
from provision.tenant.tables import projects, tasks, team_members

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

# A place in a column of the board counts seconds since 1970; what is added later goes below.
_STEP_S: Final = 3600
_CREATED_DAYS_AGO: Final = 60


def fill(conn: Connection, *, owner_id: str, now: datetime) -> bool:
    """Write the sample into a workspace that holds nothing yet; False where it holds something.

    `now` is in UTC. One INSERT a table, inside the caller's transaction.
    """
    present = select(exists().where(projects.c.user_id == owner_id))
    if conn.execute(present).scalar():
        return False
    moment = now.replace(tzinfo=None)
    project_ids = {project.name: str(uuid4()) for project in PROJECTS}
    member_ids = {member.name.split()[0]: str(uuid4()) for member in MEMBERS}
    first = Decimal(int((now - timedelta(days=_CREATED_DAYS_AGO)).timestamp()))
    conn.execute(
        insert(projects).values(
            [
                {
                    "id": project_ids[project.name],
                    "user_id": owner_id,
                    "name": project.name,
                    "description": project.description,
                    "budget": project.budget,
                    "spent": project.spent,
                    "status": project.status,
                    "priority": project.priority,
                    "due_date": None
                    if project.due_in_days is None
                    else moment.date() + timedelta(days=project.due_in_days),
                    # The first one was made last, as lists by time of making show it on top.
                    "created_at": moment - timedelta(days=_CREATED_DAYS_AGO, hours=number),
                    "updated_at": moment - timedelta(hours=4 + 9 * number),
                }
                for number, project in enumerate(PROJECTS)
            ]
        )
    )
    conn.execute(
        insert(team_members).values(
            [
                {
                    "id": member_ids[member.name.split()[0]],
                    "user_id": owner_id,
                    **member._asdict(),
                    "created_at": moment - timedelta(days=_CREATED_DAYS_AGO, hours=-number),
                }
                for number, member in enumerate(MEMBERS)
            ]
        )
    )
    conn.execute(
        insert(tasks).values(
            [
                {
                    "user_id": owner_id,
                    "project_id": project_ids[project_name],
                    "assignee_id": member_ids[task.assignee],
                    "title": task.title,
                    "status": task.status,
                    "priority": task.priority,
                    "position": first + _STEP_S * number,
                    **_dates(task, number, moment),
                }
                for number, (project_name, task) in enumerate(_in_board_order(), start=1)
            ]
        )
    )
    return True


def _in_board_order() -> list[tuple[str, SampleTask]]:
    """All tasks with their project, the most pressing and the most lately done first."""
    pairs = [(project, task) for project, found in TASKS.items() for task in found]
    return sorted(pairs, key=lambda pair: pair[1].days)


def _dates(task: SampleTask, number: int, moment: datetime) -> dict[str, Any]:
    if task.status == "done":
        # Within working hours of a day that is over; today's just now.
        done = moment - timedelta(days=task.days, minutes=40 + 65 * (number % 4))
        return {
            "due_date": done.date() + timedelta(days=number % 3),
            "created_at": done - timedelta(days=6 + number % 5),
            "updated_at": done,
            "completed_at": done,
        }
    return {
        "due_date": moment.date() + timedelta(days=task.days),
        "created_at": moment - timedelta(days=4 + number % 17),
        # In no order that can be read off: changed by several people over two days.
        "updated_at": moment - timedelta(minutes=11 + 97 * (number * 17 % 31)),
        "completed_at": None,
    }
