"""A Python client, generated from the description by openapi-python-client, at work.

What it must never do: change what nobody told it to.
"""

from __future__ import annotations

import datetime
import importlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.web.api.openapi.people import Person
from tests.web.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType, TracebackType

    from tests.conftest import Database

PACKAGE = "generated_provision_client"


class Client:
    """The generated package, and one token to call with."""

    def __init__(self, address: str, token: str = "") -> None:
        self.models: Any = importlib.import_module(f"{PACKAGE}.models")
        made: Any = importlib.import_module(f"{PACKAGE}.client")
        self._client = (
            made.AuthenticatedClient(base_url=address, token=token)
            if token
            else made.Client(base_url=address)
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.get_httpx_client().close()

    def call(self, name: str, *ids: Any, **arguments: Any) -> Any:
        """Call `tag.operation` and return the answer with its headers and what it parsed."""
        module: Any = importlib.import_module(f"{PACKAGE}.api.{name}")
        return module.sync_detailed(*ids, client=self._client, **arguments)

    def parsed(self, name: str, *ids: Any, **arguments: Any) -> Any:
        return self.call(name, *ids, **arguments).parsed


@pytest.fixture(scope="module")
def package(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("generated")
    described = folder / "openapi.json"
    described.write_bytes(httpx.get(f"{address}/api/openapi.json").content)
    config = folder / "config.json"
    config.write_text(json.dumps({"post_hooks": []}))
    generated = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"),
            *("--path", str(described), "--config", str(config), "--fail-on-warning"),
            *("--output-path", str(folder / PACKAGE)),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert generated.returncode == 0, generated.stdout + generated.stderr
    sys.path.insert(0, str(folder))
    yield importlib.import_module(PACKAGE)
    sys.path.remove(str(folder))


@pytest.fixture
def wanda(address: str, database: Database, package: ModuleType) -> Iterator[Client]:
    with Person(address, f"wanda.{database.name}") as person:
        person.connect(database)
        with Client(address, person.token()["token"]) as client:
            yield client


def _rows(database: Database, table: str) -> list[dict[str, Any]]:
    with database.connect() as connection:
        found = connection.execute(f"SELECT to_jsonb(t) FROM {table} t ORDER BY id".encode())
        return [row[0] for row in found]


NOUNS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "task": (
        *("tasks", "tasks", "Task"),
        {"title": "Draw", "description": "d", "status": "done", "priority": "urgent"},
    ),
    "project": (
        *("projects", "projects", "Project"),
        {"name": "Wharf", "description": "d", "budget": 900.5, "spent": 120.25, "priority": "low"},
    ),
    "team_member": (
        *("team", "team_members", "TeamMember"),
        {"name": "Ana", "role": "Designer", "email": "a@example.org", "workload": 80},
    ),
}
CHANGES = [
    *(("task", name, value) for name, value in (("title", "t2"), ("description", None))),
    *(("task", name, value) for name, value in (("status", "review"), ("priority", "low"))),
    ("task", "due_date", "2026-12-24"),
    *(("project", name, value) for name, value in (("name", "n"), ("description", ""))),
    *(("project", name, value) for name, value in (("budget", 1.07), ("spent", 0))),
    *(("project", name, value) for name, value in (("status", "active"), ("priority", "high"))),
    ("project", "due_date", "2026-12-24"),
    *(("team_member", name, value) for name, value in (("name", "n"), ("email", None))),
    *(("team_member", name, value) for name, value in (("role", "r"), ("workload", 0))),
    ("team_member", "status", "away"),
]


@pytest.mark.parametrize(("noun", "column", "value"), CHANGES)
def test_one_field_is_changed_and_all_others_stay(
    wanda: Client, database: Database, noun: str, column: str, value: Any
) -> None:
    tag, table, title, values = NOUNS[noun]
    new = getattr(wanda.models, f"New{title}").from_dict(values | {"due_date": "2026-11-30"})
    if noun == "team_member":
        new = wanda.models.NewTeamMember.from_dict(values | {"status": "busy"})
    made = wanda.parsed(f"{tag}.create_{noun}", body=new)
    row = getattr(made, noun)
    (before,) = _rows(database, table)

    change = getattr(wanda.models, f"Changed{title}").from_dict({column: value})
    assert change.to_dict() == {column: value}
    answer = wanda.call(f"{tag}.update_{noun}", row.id, body=change)
    assert answer.status_code == 200
    (after,) = _rows(database, table)
    moved = {name for name in before if before[name] != after[name]}
    moved -= {"updated_at"} | ({"completed_at"} if column == "status" else set())
    assert moved == {column}
    assert getattr(answer.parsed, noun).version != row.version


def test_nothing_is_sent_of_a_change_that_says_nothing(package: ModuleType) -> None:
    models: Any = importlib.import_module(f"{PACKAGE}.models")
    for _, _, title, _ in NOUNS.values():
        assert getattr(models, f"Changed{title}")().to_dict() == {}
    assert models.NewTask(title="t").to_dict() == {"title": "t"}
    assert models.NewProject(name="p").to_dict() == {"name": "p"}
    assert models.NewTeamMember(name="n").to_dict() == {"name": "n"}
    assert models.NewToken(email="e", password="p").to_dict() == {"email": "e", "password": "p"}
    assert models.NewConnection(connection_string="c").to_dict() == {"connectionString": "c"}


def test_rows_are_typed(wanda: Client) -> None:
    models = wanda.models
    body = models.NewTask(
        title="Draw", due_date=datetime.date(2026, 12, 1), status=models.TaskStatus.REVIEW
    )
    task = wanda.parsed("tasks.create_task", body=body).task
    assert task.due_date == datetime.date(2026, 12, 1)
    assert task.status is models.TaskStatus.REVIEW
    assert task.created_at.tzinfo is not None
    project = wanda.parsed(
        "projects.create_project", body=models.NewProject(name="Wharf", budget=19.99)
    ).project
    assert project.budget == 19.99
    moved = models.ChangedTask(project_id=project.id)
    assert wanda.parsed("tasks.update_task", task.id, body=moved).task.project_id == project.id


def test_a_list_is_read_page_by_page(wanda: Client) -> None:
    models = wanda.models
    for number in range(5):
        wanda.parsed("tasks.create_task", body=models.NewTask(title=f"task {number}"))
    sort = models.ListTasksSort.TITLE_UP
    page = wanda.parsed("tasks.list_tasks", limit=2, sort=sort)
    titles = [task.title for task in page.tasks]
    while page.next_cursor is not None:
        page = wanda.parsed("tasks.list_tasks", limit=2, sort=sort, cursor=page.next_cursor)
        titles += [task.title for task in page.tasks]
    assert titles == [f"task {number}" for number in range(5)]
    done = wanda.parsed("tasks.list_tasks", status=models.TaskStatus.DONE)
    assert done.tasks == []


def test_values_of_other_programs_do_not_break_it(wanda: Client, database: Database) -> None:
    models = wanda.models
    wanda.parsed("tasks.create_task", body=models.NewTask(title="t"))
    wanda.parsed("projects.create_project", body=models.NewProject(name="p"))
    wanda.parsed("team.create_team_member", body=models.NewTeamMember(name="n"))
    with database.connect() as connection:
        connection.execute(
            "UPDATE tasks SET status = 'blocked', priority = NULL, due_date = 'infinity',"
            " created_at = '12000-01-01', position = 'NaN'"
        )
        connection.execute(
            "UPDATE projects SET budget = 'NaN', spent = NULL, due_date = '0044-03-15 BC'"
        )
        connection.execute("UPDATE team_members SET status = 'ill', workload = NULL, role = NULL")
    (task,) = wanda.parsed("tasks.list_tasks").tasks
    assert (task.status, task.priority, task.due_date) == ("blocked", None, "infinity")
    (project,) = wanda.parsed("projects.list_projects").projects
    assert (project.budget, project.spent) == ("NaN", None)
    (member,) = wanda.parsed("team.list_team").team_members
    assert (member.status, member.workload) == ("ill", None)


def test_a_deleted_row_is_not_found(wanda: Client) -> None:
    models = wanda.models
    task = wanda.parsed("tasks.create_task", body=models.NewTask(title="t")).task
    assert wanda.call("tasks.delete_task", task.id).status_code == 204
    gone = wanda.parsed("tasks.get_task", task.id)
    assert isinstance(gone, models.NotFoundProblem)
    assert gone.code is models.NotFoundProblemCode.NOT_FOUND


def test_a_stale_change_is_refused_with_the_row_as_it_is(wanda: Client) -> None:
    models = wanda.models
    made = wanda.call("tasks.create_task", body=models.NewTask(title="first"))
    task, tag = made.parsed.task, made.headers["ETag"]
    second = models.ChangedTask(title="second")
    assert wanda.call("tasks.update_task", task.id, body=second, if_match=tag).status_code == 200
    stale = wanda.parsed(
        "tasks.update_task", task.id, body=models.ChangedTask(title="third"), if_match=tag
    )
    assert isinstance(stale, models.StaleTaskProblem)
    assert stale.current.title == "second"
    refused = wanda.parsed("tasks.delete_task", task.id, if_match=tag)
    assert isinstance(refused, models.StaleTaskProblem)
    read = wanda.call("tasks.get_task", task.id, if_none_match=f'"{stale.current.version}"')
    assert read.status_code == 304


def test_what_is_wrong_is_said_by_field(wanda: Client) -> None:
    models = wanda.models
    wrong = wanda.parsed("tasks.create_task", body=models.NewTask(title="x" * 201, due_date="soon"))
    assert isinstance(wrong, models.InvalidProblem)
    assert set(wrong.errors.to_dict()) == {"title", "due_date"}


def test_a_stranger_gets_typed_problems(address: str, package: ModuleType) -> None:
    with Client(address) as stranger:
        models = stranger.models
        assert isinstance(stranger.parsed("tasks.list_tasks"), models.UnauthorizedProblem)
        wrong = models.NewToken(email="nobody@example.org", password="wrong wrong wrong")
        refused = stranger.parsed("account.create_token", body=wrong)
        assert isinstance(refused, models.BadCredentialsProblem)


def test_who_has_no_database_gets_typed_problems(
    address: str, database: Database, package: ModuleType
) -> None:
    with (
        Person(address, f"nora.{database.name}") as nora,
        Client(address, nora.token(read_only=True)["token"]) as reader,
    ):
        models = reader.models
        missing = reader.parsed("tasks.list_tasks")
        assert isinstance(missing, models.NotSetUpProblem)
        assert missing.code is models.NotSetUpProblemCode.DATABASE_NOT_CONFIGURED
        forbidden = reader.parsed("tasks.create_task", body=models.NewTask(title="t"))
        assert forbidden.code is models.ForbiddenProblemCode.READ_ONLY_TOKEN


def test_a_database_is_connected_and_a_token_revoked(
    address: str, database: Database, package: ModuleType
) -> None:
    with Person(address, f"carla.{database.name}") as carla, Client(address) as stranger:
        models = stranger.models
        body = models.NewToken(email=carla.email, password=PASSWORD, expires_days=3)
        made = stranger.parsed("account.create_token", body=body)
    with Client(address, made.token) as client:
        string = models.NewConnection(connection_string=database.connection_string)
        bad = models.NewConnectionInSnakeCase(connection_string="mysql://a:b@example.org/c")
        refused = client.parsed("database.connect_database", body=bad)
        assert refused.code is models.BadConnectionProblemCode.SCHEME
        connected = client.parsed("database.connect_database", body=string)
        assert connected.connection.database == database.name
        applied = client.parsed("database.apply_schema", body=models.Nothing())
        assert applied.state is models.TablesState.READY
        shown = client.parsed("database.get_connection")
        assert shown.connection.id == connected.connection.id
        (token,) = client.parsed("account.list_tokens").tokens
        assert (token.id, token.is_current) == (made.token_id, True)
        assert client.call("account.revoke_token", token.id).status_code == 204
        assert isinstance(client.parsed("account.get_user"), models.UnauthorizedProblem)
