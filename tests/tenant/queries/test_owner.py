"""Two people in one database: nobody sees, counts, changes or refers to the other's rows.

Every query function has to be in `CALLS`; a new one that is not fails here.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from provision.errors import NotFoundError, ValidationError
from provision.tenant import queries, transfer
from provision.tenant.queries import (
    bulk,
    dashboard,
    moving,
    options,
    places,
    projects,
    search,
    statements,
    tasks,
    team,
    workspaces,
)
from provision.tenant.queries.bulk import ChosenTasks, Outcome
from provision.tenant.queries.projects import PROJECTS
from provision.tenant.queries.statements import shell
from provision.tenant.queries.statements.collection import Collection
from provision.tenant.queries.statements.undo_notes import Note
from provision.tenant.queries.tasks import TASKS
from provision.tenant.queries.team import TEAM
from provision.tenant.transfer import arriving, importing, leaving, sample
from tests.tenant.queries.conftest import MONDAY, weeks_to

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.tenant.queries.conftest import Person

NOUNS: dict[str, Collection[Any, Any]] = {"projects": PROJECTS, "tasks": TASKS, "team": TEAM}
PAGES = {"projects": projects, "tasks": tasks, "team": team}
VALUES = {"projects": {"name": "New"}, "tasks": {"title": "New"}, "team": {"name": "New"}}

# As whom, and with the id of a row where one is asked for.
Call = Callable[["Connection", str, str], Any]


def _call(function: Callable[..., Any], **given: Any) -> Call:
    return lambda conn, owner_id, _: function(conn, owner_id=owner_id, **given)


class Collected(list[tuple[str, str]]):
    def begin(self) -> None:
        self.clear()

    def take(self, table: str, row: str) -> None:
        self.append((table, row))


def _collect(function: Callable[..., Any], **given: Any) -> Call:
    def call(conn: Connection, owner_id: str, _row_id: str) -> Collected:
        into = Collected()
        function(conn, owner_id=owner_id, into=into, **given)
        return into

    return call


def _call_by_id(function: Callable[..., Any], **given: Any) -> Call:
    return lambda conn, owner_id, row_id: function(conn, owner_id=owner_id, row_id=row_id, **given)


ARRIVING = arriving.Rows(
    tasks=[{"id": f"30000000-0000-4000-8000-0000000000{n:02}", "title": "New"} for n in range(20)]
)
READS = {
    **{f"{name}.page": _call(noun.page) for name, noun in NOUNS.items()},
    **{
        f"{name}.list_page": _call(noun.list_page, today=MONDAY, shell=True)
        for name, noun in NOUNS.items()
    },
    "tasks.list_page_with_counts": _call(tasks.list_page_with_counts, today=MONDAY, shell=True),
    "tasks.board_page": _call(tasks.board_page, today=MONDAY, shell=True),
    "tasks.beside": _call(tasks.beside, today=MONDAY),
    "dashboard.overview": _call(
        dashboard.overview, today=MONDAY, weeks=weeks_to(MONDAY), shell=True
    ),
    "shell.frame": _call(shell.frame, today=MONDAY),
    "options.choices": _call(options.choices),
    **{
        f"leaving.rows:{name}": _collect(leaving.rows, of=noun, filters=noun.filters())
        for name, noun in NOUNS.items()
    },
    "leaving.workspace": _collect(leaving.workspace),
    "search.find": _call(search.find, words=("alice",), today=MONDAY, shell=True),
    "arriving.names": _call(arriving.names),
    **{
        f"importing.present:{name}": _call(
            importing.present, table=noun.table.name, ids=[], names=[f"ALICE {one}"]
        )
        for (name, noun), one in zip(NOUNS.items(), ("project", "task", "member"), strict=True)
    },
}

# Of a row that is not theirs, each raises the noun's NotFoundError.
BY_ID = {
    **{f"{name}.get": _call_by_id(noun.get, today=MONDAY) for name, noun in NOUNS.items()},
    **{
        f"{name}.detail_page": _call_by_id(pages.detail_page, today=MONDAY, shell=True)
        for name, pages in PAGES.items()
    },
    **{
        f"{name}.update": _call_by_id(noun.update, values=VALUES[name], today=MONDAY)
        for name, noun in NOUNS.items()
    },
    "places.places": _call_by_id(places.places, today=MONDAY, shell=True),
    "moving.move": _call_by_id(moving.move, was="todo", status="review", today=MONDAY),
    **{f"{name}.delete": _call_by_id(noun.delete) for name, noun in NOUNS.items()},
}

CREATES = {
    f"{name}.create": _call(noun.create, values=VALUES[name], today=MONDAY)
    for name, noun in NOUNS.items()
}

# Of rows that are not theirs, each finds none.
MANY: dict[str, Call] = {
    "bulk.change_many": lambda conn, owner_id, row_id: bulk.change_many(
        conn, owner_id=owner_id, chosen=ChosenTasks(1, ids=[row_id]), values={"status": "done"}
    ),
    "bulk.delete_many": lambda conn, owner_id, row_id: bulk.delete_many(
        conn, owner_id=owner_id, chosen=ChosenTasks(1, ids=[row_id])
    ),
}

# Several statements, in a transaction of its own.
FILLS = {
    "sample.fill": _call(sample.fill, now=datetime(2026, 11, 23, 9, tzinfo=UTC)),
    "importing.add": lambda conn, owner_id, _row_id: importing.add(
        conn, owner_id, rows=ARRIVING, changed=arriving.Rows(), what="", note=Note(owner_id)
    ),
    "arriving.restore": _call(arriving.restore, rows=ARRIVING),
}

CALLS = READS | BY_ID | CREATES | MANY

# Of rows that only filling a workspace makes; see test_sample.
OF_THE_SAMPLE = {"sample.look", "sample.remove"}
# Of what only a write has noted; see test_undo.
OF_A_NOTE = {"undo.take_back", "importing.recent"}
# What is about the database as a whole, before anybody in it is chosen; see test_workspaces.
OF_NOBODY = {"workspaces.found", "workspaces.claim"}
# Of the workspace itself; see test_renaming_a_workspace_leaves_others_alone.
OF_THE_WORKSPACE = {"workspaces.rename"}


def populate(alice: Person) -> dict[str, str]:
    """One row of each noun, tied to each other; their ids."""
    project = alice.project("ALICE project", due_date=MONDAY, budget=70_000, status="active")
    member = alice.member("ALICE member", workload=90)
    task = alice.task("ALICE task", due_date=MONDAY, project_id=project.id, assignee_id=member.id)
    return {"projects": project.id, "tasks": task.id, "team": member.id}


def everything(person: Person) -> list[Any]:
    tables = ("profiles", "projects", "tasks", "team_members", "provision_workspaces")
    return [
        tuple(row)
        for table in tables
        for row in person.conn.execute(
            text(f"SELECT t.*, xmin FROM {table} t WHERE to_jsonb(t)::text LIKE :mark"),
            {"mark": f"%{person.owner_id}%"},
        )
    ]


def test_every_query_function_is_tested_here() -> None:
    functions = set()
    modules = [
        (package, module)
        for package in (queries, statements, transfer)
        for module in pkgutil.iter_modules(package.__path__)
    ]
    for package, module in modules:
        members = inspect.getmembers(
            importlib.import_module(f"{package.__name__}.{module.name}"), inspect.isfunction
        )
        for name, function in members:
            is_here = function.__module__.endswith(f".{module.name}")
            parameters = inspect.signature(function).parameters
            if package is statements and list(parameters)[:2] != ["conn", "owner_id"]:
                continue  # a piece of a query
            if not is_here or name.startswith("_") or next(iter(parameters), "") != "conn":
                continue
            functions.add(f"{module.name}.{name}")
            if f"{module.name}.{name}" not in OF_NOBODY:
                assert list(parameters)[1] == "owner_id"
    # The calls of a collection are those of each noun.
    calls = [name for name in vars(Collection) if _asks(getattr(Collection, name))]
    functions |= {f"{noun}.{call}" for noun in NOUNS for call in calls}
    known = {name.partition(":")[0] for name in CALLS | FILLS}
    assert functions == known | OF_NOBODY | OF_THE_SAMPLE | OF_A_NOTE | OF_THE_WORKSPACE


def _asks(call: object) -> bool:
    return inspect.isfunction(call) and "conn" in inspect.signature(call).parameters


@pytest.mark.parametrize("name", READS)
def test_a_read_shows_nothing_of_somebody_else(name: str, alice: Person, bob: Person) -> None:
    ids = populate(alice)
    seen = repr(READS[name](bob.conn, bob.owner_id, ""))
    assert "ALICE" not in seen
    assert not any(row_id in seen for row_id in ids.values())
    assert seen == repr(READS[name](bob.conn, "6f2d6c3e-4a0e-4a55-8f0e-00000000000f", ""))
    own = repr(READS[name](alice.conn, alice.owner_id, ""))
    assert "ALICE" in own
    assert own != seen


@pytest.mark.parametrize("name", BY_ID)
def test_a_row_of_somebody_else_does_not_exist(name: str, alice: Person, bob: Person) -> None:
    row_id = populate(alice)[_noun_of(name)]
    before = everything(alice)
    with pytest.raises(NotFoundError):
        BY_ID[name](bob.conn, bob.owner_id, row_id)
    assert everything(alice) == before
    BY_ID[name](alice.conn, alice.owner_id, row_id)


def _noun_of(name: str) -> str:
    module = name.split(".", maxsplit=1)[0]
    return "tasks" if module in {"bulk", "moving", "places"} else module


@pytest.mark.parametrize("name", MANY)
def test_many_rows_of_somebody_else_are_none(name: str, alice: Person, bob: Person) -> None:
    row_id = populate(alice)["tasks"]
    before = everything(alice)
    assert MANY[name](bob.conn, bob.owner_id, row_id) == Outcome(0, 0)
    assert everything(alice) == before
    assert MANY[name](alice.conn, alice.owner_id, row_id) == Outcome(1, 1)


@pytest.mark.parametrize("name", CREATES)
def test_a_new_row_is_its_makers(name: str, alice: Person, bob: Person) -> None:
    populate(alice)
    before = everything(alice)
    CREATES[name](bob.conn, bob.owner_id, "")
    assert everything(alice) == before
    assert len(everything(bob)) == 3


@pytest.mark.parametrize("name", FILLS)
def test_filling_a_workspace_leaves_others_alone(name: str, alice: Person, bob: Person) -> None:
    populate(alice)
    before = everything(alice)
    FILLS[name](bob.conn, bob.owner_id, "")
    assert everything(alice) == before
    assert len(everything(bob)) > 10


def test_renaming_a_workspace_leaves_others_alone(alice: Person, bob: Person) -> None:
    populate(alice)
    for person in (alice, bob):
        workspaces.claim(
            person.conn, person.owner_id, email=f"{person.owner_id}@x.example", name="Before"
        )
    before = everything(alice)
    workspaces.rename(bob.conn, bob.owner_id, name="Renamed")
    assert everything(alice) == before
    assert "Renamed" in repr(everything(bob))


@pytest.mark.parametrize(("field", "noun"), [("project_id", "projects"), ("assignee_id", "team")])
def test_nobody_refers_to_rows_of_somebody_else(
    field: str, noun: str, alice: Person, bob: Person
) -> None:
    foreign = populate(alice)[noun]
    task = bob.task()
    before = everything(bob)
    with pytest.raises(ValidationError) as created:
        bob.task(**{field: foreign})
    with pytest.raises(ValidationError) as updated:
        TASKS.update(bob.conn, owner_id=bob.owner_id, row_id=task.id, values={field: foreign})
    assert created.value.errors.keys() == updated.value.errors.keys() == {field}
    assert everything(bob) == before


def test_a_reference_that_another_program_made_across_people_shows_no_name(
    alice: Person, bob: Person
) -> None:
    ids = populate(alice)
    task = bob.task()
    bob.run(
        f"UPDATE tasks SET project_id = '{ids['projects']}', assignee_id = '{ids['team']}' "
        f"WHERE id = '{task.id}'"
    )
    for read in READS.values():
        assert "ALICE" not in repr(read(bob.conn, bob.owner_id, ""))
    shown = TASKS.get(bob.conn, owner_id=bob.owner_id, row_id=task.id, today=MONDAY)
    assert "ALICE" not in shown
    page = projects.detail_page(
        alice.conn, owner_id=alice.owner_id, row_id=ids["projects"], today=MONDAY, shell=True
    )
    assert [each.title for each in page.tasks] == ["ALICE task"]
    assert page.project.tasks_total == 1


@pytest.mark.parametrize("name", CALLS)
def test_each_is_one_statement_with_the_owner_on_every_table(
    name: str, alice: Person, statements: list[str]
) -> None:
    ids = populate(alice)
    statements.clear()
    CALLS[name](alice.conn, alice.owner_id, ids.get(_noun_of(name), ""))
    (statement,) = statements
    for table in ("projects", "tasks", "team_members"):
        scans = re.findall(rf"(?:FROM|JOIN|UPDATE|,) +{table}\b(?!\.)", statement)
        bounds = re.findall(rf"\b{table}\.user_id = %\(owner_id\)s", statement)
        assert len(scans) == len(bounds), f"{table} in {statement}"
