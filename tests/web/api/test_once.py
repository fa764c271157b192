"""`Idempotency-Key`: what is sent again is done once."""

from __future__ import annotations

import os
import signal
import threading
import time
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from provision.control.store.tables import metadata
from tests.counting_proxy import CountingProxy
from tests.running import Running, call, running
from tests.web import second_factor
from tests.web.conftest import PASSWORD, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from werkzeug.test import TestResponse

    from tests.conftest import Database, Server

CONNECTION = "/api/user/database-connection"
NOUNS = [
    ("/api/projects", "project", {"name": "Website"}, "projects"),
    ("/api/tasks", "task", {"title": "Write"}, "tasks"),
    ("/api/team", "team_member", {"name": "Ana"}, "team_members"),
]
EVERY_NOUN = pytest.mark.parametrize(("path", "member", "body", "table"), NOUNS)
KEY = {"Idempotency-Key": "3f0c2b9e"}


def _refused(answer: TestResponse) -> None:
    assert answer.status_code == 422, answer.text
    problem = answer.get_json(force=True)
    assert problem["code"] == "validation_failed"
    assert list(problem["errors"]) == ["Idempotency-Key"]


def _is_same(first: TestResponse, again: TestResponse) -> None:
    assert (again.status_code, again.data) == (first.status_code, first.data)
    for name in ("Content-Type", "Location", "ETag"):
        assert again.headers.get(name) == first.headers.get(name)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"


def _count(visitor: Visitor, table: str) -> int:
    (row,) = visitor.rows(f"SELECT count(*) FROM {table}")
    return int(row[0])


def _clock(app: Flask) -> Callable[[float], None]:
    """Takes the store's clock in hand; returns what moves it."""
    store = app.extensions["provision"].store
    now = [float(store.now())]
    store._clock = lambda: now[0]

    def pass_s(seconds: float) -> None:
        now[0] += seconds

    return pass_s


def _stored(app: Flask) -> str:
    """Everything in the control store, as text."""
    with app.extensions["provision"].store.reading() as conn:
        return "".join(
            str(row) for table in metadata.sorted_tables for row in conn.execute(select(table))
        )


@EVERY_NOUN
def test_a_row_is_made_once_and_answered_as_first(
    client: Visitor, path: str, member: str, body: dict[str, Any], table: str
) -> None:
    first = client.api("POST", path, body, **KEY)
    assert first.status_code == 201
    client.api("PATCH", first.headers["Location"], {next(iter(body)): "Changed since"})
    for _ in range(3):
        _is_same(first, client.api("POST", path, body, **KEY))
    assert _count(client, table) == 1
    client.api("DELETE", first.headers["Location"])
    _is_same(first, client.api("POST", path, body, **KEY))
    assert _count(client, table) == 0
    other = client.api("POST", path, body, **{"Idempotency-Key": "another"})
    assert other.status_code == 201
    assert other.headers["Location"] != first.headers["Location"]
    assert client.api("POST", path, body).status_code == 201
    assert _count(client, table) == 2


def test_another_request_with_the_same_key_is_refused(client: Visitor) -> None:
    assert client.api("POST", "/api/tasks", {"title": "a"}, **KEY).status_code == 201
    for path, body in (
        ("/api/tasks", {"title": "b"}),
        ("/api/tasks", {"title": "a", "priority": "high"}),
        ("/api/team", {"name": "a"}),
        ("/api/projects", {"title": "a"}),
        (CONNECTION, {"connectionString": "x"}),
        (f"{CONNECTION}/schema", None),
    ):
        _refused(client.api("POST", path, body, **KEY))
    assert _count(client, "tasks") == 1
    assert _count(client, "team_members") == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "ключ".encode().decode("latin-1"), "\x7f"])
def test_a_key_is_printable_and_not_too_long(client: Visitor, key: str) -> None:
    headers = {"Idempotency-Key": key}
    for path, body in (
        ("/api/tasks", {"title": "t"}),
        (CONNECTION, {"connectionString": "x"}),
        (f"{CONNECTION}/schema", None),
        ("/api/auth/token", {"email": "alice@example.org", "password": PASSWORD}),
    ):
        _refused(client.api("POST", path, body, **headers))
    assert _count(client, "tasks") == 0


@pytest.mark.parametrize("key", ["x", "~" * 255, '"quoted"', "a b, c;d"])
def test_a_key_may_be_any_such_text(client: Visitor, key: str) -> None:
    headers = {"Idempotency-Key": key}
    first = client.api("POST", "/api/tasks", {"title": "t"}, **headers)
    _is_same(first, client.api("POST", "/api/tasks", {"title": "t"}, **headers))
    assert _count(client, "tasks") == 1


def test_what_was_refused_is_tried_again_and_only_that(client: Visitor) -> None:
    body = {"title": "t", "project_id": str(uuid4())}
    for _ in range(2):
        refused = client.api("POST", "/api/tasks", body, **KEY)
        assert refused.status_code == 422
        assert list(refused.get_json(force=True)["errors"]) == ["project_id"]
    _refused(client.api("POST", "/api/tasks", {"title": "t"}, **KEY))
    client.rows(
        "INSERT INTO projects (id, user_id, name) SELECT "
        f"'{body['project_id']}', owner_id, 'P' FROM provision_workspaces RETURNING 1"
    )
    first = client.api("POST", "/api/tasks", body, **KEY)
    assert first.status_code == 201
    _is_same(first, client.api("POST", "/api/tasks", body, **KEY))


def test_what_cannot_be_read_uses_no_key_up(client: Visitor) -> None:
    headers = {"X-CSRFToken": client.csrf_token(), **KEY}
    for data, kind, status in (
        (b"{", "application/json", 400),
        (b"title=t", "application/x-www-form-urlencoded", 415),
        (b" " * 1_100_000, "application/json", 413),
    ):
        answer = client.raw("POST", "/api/tasks", data=data, content_type=kind, headers=headers)
        assert answer.status_code == status
    assert client.raw("POST", "/api/tasks", json={"title": "t"}).status_code == 403
    assert client.api("POST", "/api/tasks", {"title": "t"}, **KEY).status_code == 201


def test_before_the_tables_are_there_nothing_is_final(
    newcomer: Visitor, database: Database
) -> None:
    body = {"title": "t"}
    assert newcomer.api("POST", "/api/tasks", body, **KEY).status_code == 409
    newcomer.connect(database, schema=False)
    assert newcomer.api("POST", "/api/tasks", body, **KEY).status_code == 409
    newcomer.api("POST", f"{CONNECTION}/schema")
    first = newcomer.api("POST", "/api/tasks", body, **KEY)
    assert first.status_code == 201
    _is_same(first, newcomer.api("POST", "/api/tasks", body, **KEY))


def test_a_key_is_a_persons_own_whatever_they_ask_with(
    app: Flask, client: Visitor, bob: Visitor
) -> None:
    tokens = []
    for read_only in (False, False, True):
        who = {"email": client.email(), "password": PASSWORD, "read_only": read_only}
        tokens.append(client.raw("POST", "/api/auth/token", json=who).get_json())
    bearers = [{"Authorization": f"Bearer {each['token']}"} for each in tokens]
    elsewhere = Visitor(app)

    def send(bearer: dict[str, str]) -> TestResponse:
        return elsewhere.raw("POST", "/api/tasks", json={"title": "t"}, headers=bearer | KEY)

    first = send(bearers[0])
    _is_same(first, send(bearers[1]))
    assert send(bearers[2]).status_code == 403
    assert send({}).status_code == 401
    client.api("DELETE", f"/api/tokens/{tokens[1]['token_id']}")
    assert send(bearers[1]).status_code == 401
    _is_same(first, send(bearers[0]))
    theirs = bob.api("POST", "/api/tasks", {"title": "t"}, **KEY)
    assert theirs.status_code == 201
    assert theirs.get_json()["task"]["id"] != first.get_json()["task"]["id"]


def test_after_a_day_a_key_is_new(app: Flask, client: Visitor) -> None:
    pass_s = _clock(app)
    first = client.api("POST", "/api/tasks", {"title": "t"}, **KEY)
    pass_s(86_399)
    _is_same(first, client.api("POST", "/api/tasks", {"title": "t"}, **KEY))
    pass_s(1)
    again = client.api("POST", "/api/tasks", {"title": "other"}, **KEY)
    assert (again.status_code, "Idempotent-Replayed" in again.headers) == (201, False)
    assert _count(client, "tasks") == 2


def test_of_two_at_once_one_makes_the_row_and_both_are_told_of_it(
    app: Flask, client: Visitor
) -> None:
    who = {"email": client.email(), "password": PASSWORD}
    token = client.raw("POST", "/api/auth/token", json=who).get_json()["token"]
    headers = {"Authorization": f"Bearer {token}", **KEY}
    answers: list[TestResponse] = []
    barrier = threading.Barrier(4)

    def send() -> None:
        visitor = Visitor(app)
        barrier.wait()
        answers.append(visitor.raw("POST", "/api/tasks", json={"title": "t"}, headers=headers))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.status_code for each in answers] == [201] * 4
    assert len({each.data for each in answers}) == 1
    assert _count(client, "tasks") == 1


def test_a_rule_of_their_own_stays_a_refusal(client: Visitor) -> None:
    client.rows("SELECT 1")
    assert client.database is not None
    with client.database.connect() as connection:
        connection.execute("ALTER TABLE tasks ADD UNIQUE (title)")
    assert client.api("POST", "/api/tasks", {"title": "t"}).status_code == 201
    for _ in range(2):
        refused = client.api("POST", "/api/tasks", {"title": "t"}, **KEY)
        assert refused.status_code == 422
        assert "rule of its own" in refused.get_json(force=True)["detail"]
    assert _count(client, "tasks") == 1


@pytest.fixture
def proxy(server: Server) -> Iterator[CountingProxy]:
    with CountingProxy(server.host, server.port) as proxy:
        yield proxy


def _through(proxy: CountingProxy, database: Database) -> str:
    url = database.url.set(drivername="postgresql", host=proxy.host, port=proxy.port)
    return url.render_as_string(hide_password=False)


@EVERY_NOUN
def test_a_write_whose_answer_was_lost_is_sent_again_and_makes_no_second_row(
    make_app: Callable[..., Flask],
    database: Database,
    proxy: CountingProxy,
    path: str,
    member: str,
    body: dict[str, Any],
    table: str,
) -> None:
    visitor = Visitor(make_app(query_timeout=1, connect_timeout=1))
    visitor.register("alice")
    visitor.database = database
    visitor.api("POST", CONNECTION, {"connectionString": _through(proxy, database)})
    assert visitor.api("POST", f"{CONNECTION}/schema").status_code == 200
    # Taken first: the page that it is taken off asks the database.
    headers = {"X-CSRFToken": visitor.csrf_token(), **KEY}
    proxy.fall_silent()
    lost = visitor.raw("POST", path, json=body, headers=headers)
    assert (lost.status_code, lost.get_json(force=True)["code"]) == (503, "database_timeout")
    assert "send it again with the same Idempotency-Key" in lost.get_json(force=True)["remedy"]
    assert _count(visitor, table) == 1
    proxy.speak_again()
    found = visitor.raw("POST", path, json=body, headers=headers)
    assert found.status_code == 201, found.text
    row = found.get_json()[member]
    assert found.headers["Location"].endswith(row["id"])
    assert found.headers["ETag"] == f'"{row["version"]}"'
    assert "Idempotent-Replayed" not in found.headers
    _is_same(found, visitor.api("POST", path, body, **KEY))
    assert visitor.rows(f"SELECT id::text FROM {table}") == [(row["id"],)]


def test_a_key_costs_no_trip_to_their_database_and_a_repetition_none_at_all(
    make_app: Callable[..., Flask], database: Database, proxy: CountingProxy
) -> None:
    visitor = Visitor(make_app())
    visitor.register("alice")
    visitor.api("POST", CONNECTION, {"connectionString": _through(proxy, database)})
    visitor.api("POST", f"{CONNECTION}/schema")
    visitor.api("POST", "/api/tasks", {"title": "warm"})
    token = visitor.csrf_token()
    trips = []
    for headers in ({}, KEY, KEY):
        proxy.count()
        visitor.raw(
            "POST", "/api/tasks", json={"title": "t"}, headers=headers | {"X-CSRFToken": token}
        )
        trips.append(proxy.count())
    assert trips == [1, 1, 0]


def test_a_server_killed_before_it_could_answer_makes_no_second_row(
    tmp_path: Path, database: Database, proxy: CountingProxy
) -> None:
    settings = {"ENCRYPTION_KEY": "ab" * 32, "LIMITS": "off"}
    made = call(
        *("users", "create", "alice@example.org", "--name", "Alice"),
        directory=tmp_path,
        stdin=PASSWORD.encode() + b"\n",
        settings=settings,
    )
    assert made.returncode == 0, made.stderr
    serve = ("serve", "--port", "0")
    with running(*serve, directory=tmp_path, settings=settings) as server:
        who = {"email": "alice@example.org", "password": PASSWORD}
        token = server.ask("/api/auth/token", who).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        pasted = {"connectionString": _through(proxy, database)}
        assert server.ask(CONNECTION, pasted, **bearer).status == 200
        assert server.ask(f"{CONNECTION}/schema", {}, **bearer).status == 200
        proxy.fall_silent()
        thread = threading.Thread(target=_ask_in_vain, args=(server, bearer))
        thread.start()
        while not _tasks(database):
            time.sleep(0.01)
        _kill(server)
        thread.join()
    proxy.speak_again()
    with running(*serve, directory=tmp_path, settings=settings) as server:
        again = [
            server.ask("/api/tasks", {"title": "t"}, **bearer, Idempotency_Key="k")
            for _ in range(2)
        ]
    assert [each.status for each in again] == [201, 201]
    assert again[0].body == again[1].body
    assert [each.headers.get("Idempotent-Replayed") for each in again] == [None, "true"]
    assert _tasks(database) == 1


def _kill(server: Running) -> None:
    """End the server and its workers at once, so that none of them does anything more."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    workers = [int(each) for each in children.read_text().split()]
    for process in (server.process.pid, *workers):
        os.kill(process, signal.SIGKILL)


def _ask_in_vain(server: Running, bearer: dict[str, str]) -> None:
    try:
        answer = server.ask("/api/tasks", {"title": "t"}, **bearer, Idempotency_Key="k")
    except (OSError, HTTPException):
        return
    raise AssertionError(f"it answered: {answer.body}")


def _tasks(database: Database) -> int:
    with database.connect() as connection:
        row = connection.execute("SELECT count(*) FROM tasks").fetchone()
    assert row is not None
    return int(row[0])


def _token(visitor: Visitor, body: dict[str, Any], key: str = "k") -> TestResponse:
    headers = {"Idempotency-Key": key}
    return visitor.raw("POST", "/api/auth/token", json=body, headers=headers)


def test_a_token_is_made_once_and_lies_nowhere_in_clear(app: Flask, client: Visitor) -> None:
    who = {"email": "alice@example.org", "password": PASSWORD, "name": "CI"}
    first = _token(client, who)
    assert first.status_code == 201
    _is_same(first, _token(client, who))
    assert len(client.api("GET", "/api/tokens").get_json()["tokens"]) == 1
    stored = _stored(app)
    assert first.get_json()["token"] not in stored
    assert PASSWORD not in stored
    _refused(_token(client, who | {"read_only": True}))
    assert _token(client, who, "another").get_json()["token"] != first.get_json()["token"]


def test_a_token_is_not_told_again_to_who_does_not_know_the_password(client: Visitor) -> None:
    who = {"email": "alice@example.org", "password": PASSWORD}
    wrong = who | {"password": "wrong wrong wrong"}
    assert _token(client, wrong).status_code == 401
    first = _token(client, who)
    assert first.status_code == 201
    assert _token(client, wrong).status_code == 401
    _is_same(first, _token(client, who))


def test_the_keys_of_two_people_are_apart_for_tokens_too(client: Visitor, bob: Visitor) -> None:
    mine = _token(client, {"email": "alice@example.org", "password": PASSWORD})
    theirs = _token(bob, {"email": "bob@example.org", "password": PASSWORD})
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.get_json()["token"] != theirs.get_json()["token"]


def test_a_code_that_was_used_up_by_the_first_try_does_for_the_same_request_alone(
    app: Flask, client: Visitor
) -> None:
    app_of_hers, _ = second_factor.enrol(app, client)
    who = {"email": "alice@example.org", "password": PASSWORD}
    body = who | {"code": app_of_hers.next_code()}
    first = _token(client, body)
    assert first.status_code == 201, first.text
    _is_same(first, _token(client, body))
    assert _token(client, body, "another").status_code == 401
    assert _token(client, who).status_code == 401
    assert _token(client, who | {"code": app_of_hers.wrong_code()}).status_code == 401
    _refused(_token(client, who | {"code": app_of_hers.next_code()}))
    assert len(client.api("GET", "/api/tokens").get_json()["tokens"]) == 1


def test_of_two_tokens_asked_for_at_once_one_is_made(app: Flask, client: Visitor) -> None:
    who = {"email": "alice@example.org", "password": PASSWORD}
    answers: list[TestResponse] = []
    barrier = threading.Barrier(3)

    def send() -> None:
        visitor = Visitor(app)
        barrier.wait()
        answers.append(_token(visitor, who))

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.status_code for each in answers] == [201] * 3
    assert len({each.data for each in answers}) == 1
    assert len(client.api("GET", "/api/tokens").get_json()["tokens"]) == 1


def test_a_connection_is_saved_once_and_answered_as_first(
    app: Flask, newcomer: Visitor, database: Database
) -> None:
    pasted = {"connectionString": database.connection_string}
    first = newcomer.api("POST", CONNECTION, pasted, **KEY)
    assert first.status_code == 200
    _is_same(first, newcomer.api("POST", CONNECTION, pasted, **KEY))
    shown = newcomer.api("GET", CONNECTION).get_json()["connection"]
    assert shown == first.get_json()["connection"]
    _refused(newcomer.api("POST", CONNECTION, pasted | {"workspace": "new"}, **KEY))
    assert database.password not in _stored(app)
    applied = newcomer.api("POST", f"{CONNECTION}/schema", None, **{"Idempotency-Key": "s"})
    assert applied.get_json()["state"] == "ready"
    again = newcomer.api("POST", f"{CONNECTION}/schema", None, **{"Idempotency-Key": "s"})
    _is_same(applied, again)
    _refused(newcomer.api("POST", f"{CONNECTION}/schema", {}, **{"Idempotency-Key": "s"}))


def test_a_connection_that_failed_its_test_is_tested_again(
    newcomer: Visitor, database: Database
) -> None:
    wrong = {"connectionString": database.connection_string.replace("@", "x@", 1)}
    for _ in range(2):
        assert newcomer.api("POST", CONNECTION, wrong, **KEY).status_code == 422
    assert newcomer.api("GET", CONNECTION).get_json()["connected"] is False


def test_replacing_a_connection_again_needs_no_second_code(
    app: Flask, client: Visitor, database: Database
) -> None:
    hers, _ = second_factor.enrol(app, client)
    body = {"connectionString": database.connection_string, "password": PASSWORD}
    asked = client.api("POST", CONNECTION, body, **{"Idempotency-Key": "no code"})
    assert asked.status_code == 403
    body["code"] = hers.next_code()
    first = client.api("POST", CONNECTION, body, **KEY)
    assert first.status_code == 200, first.text
    _is_same(first, client.api("POST", CONNECTION, body, **KEY))


def test_other_methods_take_no_notice_of_a_key(client: Visitor) -> None:
    made = client.api("POST", "/api/tasks", {"title": "t"})
    address = made.headers["Location"]
    for title in ("a", "b"):
        changed = client.api("PATCH", address, {"title": title}, **KEY)
        assert changed.get_json()["task"]["title"] == title
    assert client.api("GET", address, **KEY).status_code == 200
    assert client.api("DELETE", address, **KEY).status_code == 204
    assert client.api("DELETE", address, **KEY).status_code == 404
