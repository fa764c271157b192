"""Files of seventeen tools: nearly all tasks arrive at the first press, and none wrong unsaid."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from provision.tenant.transfer.arriving import Names
from provision.web.exchange.checking.check import Here, check
from provision.web.exchange.checking.draft import begin
from provision.web.exchange.checking.writing import rows
from provision.web.exchange.columns.kinds import TASKS
from tests.web.exchange.corpus import FILES, File, Task

if TYPE_CHECKING:
    from provision.web.exchange.checking.result import Checked

_TEAM = {"p1": "Eva Lind", "p2": "Karl Noe"}
_PEOPLE = [Names("p1", "Eva Lind", "eva@example.org"), Names("p2", "Karl Noe", "karl@example.org")]


def _arrived(file: File) -> tuple[Checked, list[Task]]:
    """What is written when Import is pressed at once."""
    zone = ZoneInfo(file.zone)
    here = Here({"project": [], "assignee": _PEOPLE}, zone, lambda ids, names: [])
    draft = begin(TASKS, file.content, "here")
    checked = check(draft, here)
    if checked.lacks or checked.bad:
        return checked, []
    added, _ = rows(draft, checked)
    names = {row["id"]: row["name"] for row in (*added.projects, *added.team_members)} | _TEAM
    return checked, [
        Task(
            row["title"],
            row["status"],
            str(row["due_date"]) if row.get("due_date") else None,
            names.get(row.get("assignee_id"), ""),
            names.get(row.get("project_id"), ""),
            _day(row["completed_at"], zone),
        )
        for row in added.tasks
    ]


def _day(moment: str | None, zone: ZoneInfo) -> str | None:
    if moment is None:
        return None
    return datetime.fromisoformat(f"{moment}+00:00").astimezone(zone).date().isoformat()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.tool)
def test_the_tasks_of_a_file(file: File) -> None:
    checked, arrived = _arrived(file)
    assert arrived == list(file.tasks), [checked.lacks, *(row.why for row in checked.bad)]
    asked = bool(checked.questions) or any(not word.is_sure for word in checked.words)
    assert asked or not file.asks


def test_the_share_that_arrives_at_the_first_press() -> None:
    wanted = [(file, task) for file in FILES for task in file.tasks]
    arrived = {file.tool: _arrived(file)[1] for file in FILES}
    right = [task in arrived[file.tool] for file, task in wanted]
    opened = [
        (file.tool, task.title)
        for file, task in wanted
        for each in arrived[file.tool]
        if each.title == task.title and task.status == "done" and each.status != "done"
    ]
    print(f"{sum(right)} of {len(right)} tasks of {len(FILES)} files arrive at the first press")
    assert sum(right) >= 0.9 * len(right)
    assert opened == []
