"""Writes the sample workspace, and takes it away again.

Its rows have ids made from the owner's, so they are known again without a mark on them; and since
everything in them follows from the moment they were written, which each row tells, a row that
somebody has changed is known as well.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import ARRAY, Select, Text, Uuid, and_, bindparam, cast, or_, select, text

from provision.tenant.connection.decoding import decode_rows, strange_answer
from provision.tenant.queries.statements import (
    bundle,
    gather,
    own,
    read_shell,
    row_version,
    row_version_sql,
    shell_part,
    versions_by_hash,
)
from provision.tenant.schema.tables import projects, tasks, team_members
from provision.tenant.transfer import arriving
from provision.tenant.transfer.arriving import COLUMNS, TABLES, Rows
from provision.tenant.transfer.sample_rows import MEMBERS, PROJECTS, TASKS, SampleTask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Table, TextClause

    from provision.tenant.queries.statements import Shell

# A place in a column of the board counts seconds since 1970; what is added later goes below.
_STEP_S: Final = 3600
_CREATED_DAYS_AGO: Final = 60
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  # the tables have no time zone
_FAR: Final = datetime(9000, 1, 1)  # noqa: DTZ001


class OwnTask(msgspec.Struct, frozen=True):
    """A task of the person's own in a sample project, or given to a sample person."""

    id: str
    title: str
    project_id: str | None
    assignee_id: str | None


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample rows that are still there, by table; `changed` are the ids of those that differ.

    `own_tasks` are the person's tasks that lean on them.
    """

    shell: Shell | None
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    changed: frozenset[str]
    own_tasks: Sequence[OwnTask]

    @property
    def count(self) -> int:
        return sum(map(len, self.rows.values()))

    def kept(self) -> frozenset[str]:
        """Return the sample rows to keep so that nothing of the person's own is lost or altered.

        What they changed, and the project and person of each task that they changed or wrote.
        """
        leaning = [
            (row["project_id"], row["assignee_id"])
            for row in self.rows["tasks"]
            if row["id"] in self.changed
        ] + [(task.project_id, task.assignee_id) for task in self.own_tasks]
        ids = {row["id"] for rows in self.rows.values() for row in rows}
        return self.changed | {each for pair in leaning for each in pair if each in ids}


def fill(conn: Connection, owner_id: str, *, now: datetime) -> bool:
    """Write the sample into a workspace that holds nothing yet; False where it holds something.

    `now` is in UTC.
    """
    return arriving.restore(conn, owner_id=owner_id, rows=_rows(owner_id, now.replace(tzinfo=None)))


def look(conn: Connection, owner_id: str, *, today: date | None = None) -> Sample:
    """Return what is there of the sample, and what of the person's own refers to it.

    With `today` what stands around a page comes along.
    """
    ids = {name: list(rows) for name, rows in _by_id(owner_id, _EPOCH).items()}
    parameters = {f"{name}_ids": each for name, each in ids.items()}
    statement = _look(today is not None)
    parts = gather(conn, statement, {"owner_id": owner_id, "today": today, **parameters})
    found = {table.name: decode_rows(parts[table.name], COLUMNS[table.name]) for table in TABLES}
    if any(row["id"] not in ids[name] for name, rows in found.items() for row in rows):
        raise strange_answer()
    expected = _by_id(owner_id, _moment(owner_id, found))
    changed = {
        row["id"]
        for name, rows in found.items()
        for row in rows
        if not _is_as_written(row, expected[name][row["id"]])
    }
    own_tasks = parts.rows("own_tasks", OwnTask)
    return Sample(read_shell(parts), found, frozenset(changed), own_tasks)


def remove(conn: Connection, owner_id: str, *, sample: Sample, keeps: bool) -> int:
    """Take the sample away as it was looked at; with `keeps` without `Sample.kept`.

    Without it the person's own tasks stay and are in no project, and given to nobody, where those
    were the sample's. A row that was changed since it was looked at stays. How many rows are gone.
    """
    left = sample.kept() if keeps else frozenset[str]()
    gone = {
        name: msgspec.json.encode(
            [{"id": row["id"], "version": row["version"]} for row in rows if row["id"] not in left]
        ).decode()
        for name, rows in sample.rows.items()
    }
    statement = _remove(by_hash=versions_by_hash(conn.dialect))
    answer = conn.execute(statement, {"owner_id": owner_id, "frees": not keeps, **gone}).scalar()
    return int(answer or 0)


def _moment(owner_id: str, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> datetime:
    """Return when the sample was written, as most of its rows say."""
    told: Counter[datetime] = Counter()
    at_epoch = _by_id(owner_id, _EPOCH)
    for name, rows in found.items():
        for row in rows:
            created = _instant(row["created_at"])
            # Somebody may have written any time there is, even one that has no day before it.
            if created is not None and _EPOCH < created < _FAR:
                told[created - (at_epoch[name][row["id"]]["created_at"] - _EPOCH)] += 1
    return told.most_common(1)[0][0] if told else _EPOCH


def _instant(value: object) -> datetime | None:
    """Return a time as the tables hold it, without a time zone; None for anything else."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is None else None


def _is_as_written(row: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    return all(_is_same(row[name], value) for name, value in expected.items())


def _is_same(found: object, expected: object) -> bool:
    if isinstance(expected, datetime):
        return _instant(found) == expected
    if isinstance(expected, date):
        return found == expected.isoformat()
    if isinstance(expected, int | Decimal):
        try:
            return Decimal(str(found)) == expected
        except InvalidOperation:
            return False
    return found == expected


def _by_id(owner_id: str, moment: datetime) -> dict[str, dict[str, dict[str, Any]]]:
    rows = _rows(owner_id, moment)
    return {table.name: {row["id"]: row for row in getattr(rows, table.name)} for table in TABLES}


def _rows(owner_id: str, moment: datetime) -> Rows:
    """Return every row as it is written at `moment`."""
    project_ids = {each.name: _id(owner_id, "project", each.name) for each in PROJECTS}
    member_ids = {each.name.split()[0]: _id(owner_id, "member", each.name) for each in MEMBERS}
    first = moment - timedelta(days=_CREATED_DAYS_AGO)
    start = int((first - _EPOCH).total_seconds())
    tasks = [
        {
            "id": _id(owner_id, "task", f"{project_name} {task.title}"),
            "project_id": project_ids[project_name],
            "assignee_id": member_ids[task.assignee],
            "title": task.title,
            "description": None,
            "status": task.status,
            "priority": task.priority,
            "position": start + _STEP_S * number,
            **_dates(task, number, moment),
        }
        for number, (project_name, task) in enumerate(_in_board_order(), start=1)
    ]
    team_members = [
        {
            "id": member_ids[member.name.split()[0]],
            **member._asdict(),
            "created_at": first + timedelta(hours=number),
        }
        for number, member in enumerate(MEMBERS)
    ]
    return Rows(_projects(project_ids, moment, first), team_members, tasks)


def _projects(ids: Mapping[str, str], moment: datetime, first: datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": ids[project.name],
            "name": project.name,
            "description": project.description,
            "budget": project.budget,
            "spent": project.spent,
            "status": project.status,
            "priority": project.priority,
            "due_date": None
            if project.due_in_days is None
            else moment.date() + timedelta(days=project.due_in_days),
            # The first one gets the latest time, as lists by creation show it on top.
            "created_at": first - timedelta(hours=number),
            "updated_at": moment - timedelta(hours=4 + 9 * number),
        }
        for number, project in enumerate(PROJECTS)
    ]


def _id(owner_id: str, noun: str, name: str) -> str:
    return str(uuid5(UUID(owner_id), f"provision sample {noun} {name}"))


def _in_board_order() -> list[tuple[str, SampleTask]]:
    """Return all tasks with their project, the most pressing and the latest done first."""
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


def _ids(table: Table) -> Any:
    return bindparam(f"{table.name}_ids", type_=ARRAY(Uuid(as_uuid=False)))


def _parts() -> Iterator[tuple[str, Select[Any]]]:
    for table in TABLES:
        columns = [column for column in table.columns if column.name != "user_id"]
        rows = select(*columns, cast(row_version(table), Text).label("version"))
        in_order = table.c.created_at.desc().nulls_last()
        yield (
            table.name,
            rows.where(own(table), table.c.id == _ids(table).any_()).order_by(in_order, table.c.id),
        )
    leans = or_(
        tasks.c.project_id == _ids(projects).any_(),
        tasks.c.assignee_id == _ids(team_members).any_(),
    )
    yield (
        "own_tasks",
        select(tasks.c.id, tasks.c.title, tasks.c.project_id, tasks.c.assignee_id).where(
            and_(own(tasks), leans, tasks.c.id != _ids(tasks).all_())
        ),
    )


@lru_cache
def _look(shell: bool) -> Select[Any]:
    return bundle(**dict(_parts()), **shell_part(shell))


# A project goes only if no task is left in it, unless those are freed; a foreign key would take
# them along. What it takes of the sample itself goes anyway.
_REMOVE: Final = """
WITH p AS (
  SELECT projects.id FROM projects
  JOIN json_to_recordset(CAST(:projects AS json)) AS r (id uuid, version text)
    ON r.id = projects.id AND r.version = {projects} AND projects.user_id = :owner_id
  WHERE :frees OR NOT EXISTS (
    SELECT FROM tasks WHERE tasks.project_id = projects.id AND tasks.user_id = :owner_id
    AND (tasks.id, {tasks}) NOT IN (SELECT x.id, x.version
      FROM json_to_recordset(CAST(:tasks AS json)) AS x (id uuid, version text)))
), freed AS (
  UPDATE tasks SET project_id = NULL
  WHERE tasks.user_id = :owner_id AND tasks.project_id IN (SELECT p.id FROM p)
  AND (tasks.id, {tasks}) NOT IN (SELECT x.id, x.version
    FROM json_to_recordset(CAST(:tasks AS json)) AS x (id uuid, version text))
), t AS (
  DELETE FROM tasks
  USING json_to_recordset(CAST(:tasks AS json)) AS r (id uuid, version text)
  WHERE tasks.id = r.id AND {tasks} = r.version AND tasks.user_id = :owner_id
  RETURNING 1
), j AS (
  DELETE FROM projects
  USING p
  WHERE projects.id = p.id AND projects.user_id = :owner_id
  RETURNING 1
), m AS (
  DELETE FROM team_members
  USING json_to_recordset(CAST(:team_members AS json)) AS r (id uuid, version text)
  WHERE team_members.id = r.id AND {team_members} = r.version
  AND team_members.user_id = :owner_id
  RETURNING 1
)
SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM j) + (SELECT count(*) FROM m)
"""


@cache
def _remove(*, by_hash: bool) -> TextClause:
    versions = {
        table.name: f"{row_version_sql(table.name, by_hash=by_hash)}::text" for table in TABLES
    }
    return text(_REMOVE.format(**versions))
