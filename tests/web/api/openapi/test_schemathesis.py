"""Schemathesis with all its checks: what it makes of the description, sent as different people.

Bounded and without chance, so that a run is the same each time. Whatever is found is a fault of the
description or of the program; the one exception is in `_only_the_server_knows`.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.openapi.checks import RejectedPositiveData

from tests.web.api.openapi.people import CONNECTION, Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemathesis import Case, HookContext, Response
    from schemathesis.core.failures import Failure
    from schemathesis.schemas import BaseSchema

    from tests.conftest import Database, Server

# What refers to something that a description cannot list: rows, databases, calls made before, the
# time zones that a server knows.
_REFERENCES = {
    *("project_id", "assignee_id", "workspace", "connectionString", "connection_string"),
    "time_zone",
    "Idempotency-Key",
}


@dataclass
class Run:
    """What came of a run."""

    failures: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def take(self, event: events.EngineEvent) -> None:
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.NonFatalError):
            self.failures.append(f"{event.label}: {event.info}")
        if isinstance(event, events.ScenarioFinished):
            recorder = event.recorder
            answers = [each.response for each in recorder.interactions.values()]
            self.statuses.update(each.status_code for each in answers if each is not None)
            for check in (each for checks in recorder.checks.values() for each in checks):
                if (found := check.failure_info) is not None:
                    self.failures.append(
                        f"{recorder.label}: {check.name}: {found.failure.message}\n"
                        f"{found.code_sample}"
                    )


def run(
    address: str,
    credentials: dict[str, dict[str, str]],
    *,
    person: Person | None = None,
    token_id: str = "",
    expected: tuple[str, ...] = (),
    heads: bool = False,
    without: str = "",
    brief: bool = False,
) -> Run:
    """Try every call with these credentials, by their names in the description.

    HEAD runs the same code as GET, so it is tried only where `heads` asks for it. The operation
    `without` is left out. A `brief` run tries less of each call: for people to whom most answer the
    same whatever is sent.
    `expected` are statuses of failures that are no faults here. What a call takes away from the
    others is given back: the connection of `person` is made again, tables that they did not have
    are dropped, and the token of the run, `token_id`, is not the one that is revoked.
    """
    schema: BaseSchema = schemathesis.openapi.from_url(
        f"{address}/api/openapi.json", config=_config(credentials, expected, brief=brief)
    )
    if not heads:
        schema = schema.exclude(method="HEAD")
    if without:
        schema = schema.exclude(operation_id=without)
    has_tables = person is not None and person.has_tables()
    workspace = person.workspace() if person and has_tables else ""

    def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
        if case.method == "DELETE" and case.path_parameters.get("id") == token_id:
            case.path_parameters["id"] = str(uuid4())

    def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
        if person is None or person.database is None:
            return
        if case.operation.label == f"DELETE {CONNECTION}" and response.status_code == 204:
            again = person.api("POST", CONNECTION, person.connection(workspace or "new"))
            assert again.status_code == 200, again.text
        if case.operation.label == f"POST {CONNECTION}/schema" and not has_tables:
            person.drop_tables()

    def filter_failure(
        context: HookContext, failure: Failure, case: Case[Any], response: Response
    ) -> bool:
        return not (
            isinstance(failure, RejectedPositiveData) and _only_the_server_knows(case, response)
        )

    found = Run()
    schema.hook(filter_failure)
    with _hooked(before_call, after_call):
        for event in from_schema(schema).execute():
            found.take(event)
    return found


@contextmanager
def _hooked(*hooks: Callable[..., Any]) -> Iterator[None]:
    """These hooks are there for all schemas only, so they are taken away again."""
    for hook in hooks:
        schemathesis.hook(hook)
    yield
    for hook in hooks:
        schemathesis.hooks.unregister(hook)


def _config(
    credentials: dict[str, dict[str, str]], expected: tuple[str, ...], *, brief: bool
) -> SchemathesisConfig:
    no_errors = {"expected-statuses": ["2xx", "3xx", "4xx", *expected]}
    settings: dict[str, Any] = {
        "seed": 1,
        "generation": {
            "deterministic": True,
            "max-examples": 2 if brief else 6,
            "no-shrink": True,
            "database": "none",
        },
        "phases": {
            "coverage": {"enabled": not brief},
            "stateful": {
                "enabled": not brief,
                "generation": {"max-examples": 5},
                "max-steps": 6,
            },
        },
        "checks": {"enabled": True, "not_a_server_error": no_errors},
        "cache": {"enabled": False},
    }
    if credentials:
        settings["auth"] = {"openapi": credentials}
    return SchemathesisConfig.from_dict(settings)


def _only_the_server_knows(case: Case[Any], response: Response) -> bool:
    """Whether a well-formed request was refused for what it refers to."""
    if case.method == "HEAD":  # says no more than the status
        return response.status_code == 400 and "cursor" in case.query
    problem = response.json()
    if problem["code"] in ("invalid_cursor", "stale_version"):
        return True
    known = _REFERENCES | ({"name"} if _is_invisible(case.body) else set())
    return response.status_code == 422 and set(problem.get("errors", {})) <= known


def _is_invisible(body: Any) -> bool:
    """Whether a name has no character that Unicode assigns, which no pattern can tell."""
    name = body.get("name") if isinstance(body, dict) else None
    return isinstance(name, str) and not any(
        each.isprintable() and not each.isspace() for each in name
    )


def _bearer(token: dict[str, str]) -> dict[str, dict[str, str]]:
    return {"token": {"bearer": token["token"]}}


def test_who_may_write(address: str, database: Database) -> None:
    with Person(address, "wanda") as wanda:
        wanda.connect(database)
        token = wanda.token()
        found = run(address, _bearer(token), person=wanda, token_id=token["token_id"])
        assert found.failures == []
        assert found.statuses.keys() >= {200, 201, 204, 304, 400, 404, 405, 412, 415, 422}


def test_who_may_only_read(address: str, database: Database) -> None:
    with Person(address, "rita") as rita:
        rita.connect(database)
        found = run(address, _bearer(rita.token(read_only=True)), heads=True)
        assert found.failures == []
        assert found.statuses.keys() >= {200, 403}


def test_who_has_connected_no_database(address: str) -> None:
    with Person(address, "nora") as nora:
        token = nora.token()
        found = run(address, _bearer(token), token_id=token["token_id"], brief=True)
        assert found.failures == []
        assert found.statuses.keys() >= {200, 409}


def test_who_has_no_tables_yet(address: str, database: Database) -> None:
    with Person(address, "tom") as tom:
        tom.connect(database, schema=False)
        token = tom.token()
        found = run(address, _bearer(token), person=tom, token_id=token["token_id"], brief=True)
        assert found.failures == []
        assert found.statuses.keys() >= {200, 409}


def test_who_is_a_stranger(address: str) -> None:
    found = run(address, {}, heads=True, brief=True)
    assert found.failures == []
    assert found.statuses.keys() >= {200, 401}


def test_whose_browser_is_in_the_middle_of_setting_up(address: str) -> None:
    with Person(address, "bea") as bea:
        credentials = {"session": {"api_key": bea.cookie()}, "csrf": {"api_key": bea.csrf}}
        found = run(address, credentials, brief=True)
        assert found.failures == []
        assert found.statuses.keys() >= {200, 409}


def test_whose_database_is_gone(address: str, server: Server, database: Database) -> None:
    with Person(address, "dora") as dora:
        dora.connect(database)
        server.drop(database.name, database.user)
        token = dora.token()
        # Once it is forgotten it cannot be connected again, and nothing more would ask for it.
        found = run(
            address,
            _bearer(token),
            token_id=token["token_id"],
            expected=("503",),
            without="disconnect_database",
            brief=True,
        )
        assert found.failures == []
        assert found.statuses.keys() >= {200, 503}
