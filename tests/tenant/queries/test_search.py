"""What a search finds, and what it puts first."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine

from provision.tenant.queries import search, workspaces
from provision.tenant.schema import state
from tests.tenant.queries.conftest import MONDAY, Person

if TYPE_CHECKING:
    from tests.conftest import Server


def titles(person: Person, *words: str) -> list[str]:
    found = search.find(
        person.conn, owner_id=person.owner_id, words=words, today=MONDAY, shell=False
    )
    return [task.title for task in found.tasks]


def test_a_beginning_goes_before_a_word_before_a_part_before_a_description(alice: Person) -> None:
    for title, values in {
        "Nothing of it": {"description": "a report within"},
        "Misreported": {},
        "Write a report": {},
        "Report, done": {"status": "done"},
        "Report": {},
        "Something else": {},
    }.items():
        alice.task(title, **values)
    assert titles(alice, "report") == [
        "Report", "Report, done", "Write a report", "Misreported", "Nothing of it",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words", [("uber",), ("ÜBER",), ("über", "cafe"), ("lodz",), ("Łódź",), ("ÇA",)]
)
def test_case_and_accents_do_not_count(alice: Person, words: tuple[str, ...]) -> None:
    alice.task("Übergabe im Café, Łódź", description="ça va")
    alice.task("Other")
    assert titles(alice, *words) == ["Übergabe im Café, Łódź"]


def test_every_word_has_to_be_there_in_any_order(alice: Person) -> None:
    alice.task("Fix the booking form")
    alice.task("Fix the roof")
    assert titles(alice, "form", "fix") == ["Fix the booking form"]


@pytest.mark.parametrize(
    "word", ["100%", "a_b", r"c\d", "[x]", "(y", "^z", "$", "***:", "{2}", ".*", "日本", "ß", "'"]
)
def test_signs_mean_themselves(alice: Person, word: str) -> None:
    alice.task(f"before {word} after")
    alice.task("anything else")
    assert titles(alice, word) == [f"before {word} after"]


def test_projects_and_people_are_found_by_what_they_are_called(alice: Person) -> None:
    project = alice.project("Website", status="active")
    ana = alice.member("Ana Lindqvist", role="Design lead", email="ana@halden.example")
    alice.task("Draw it", project_id=project.id)
    for word in ("web", "design", "halden"):
        found = search.find(
            alice.conn, owner_id=alice.owner_id, words=(word,), today=MONDAY, shell=True
        )
        ids = [each.id for each in found.projects] + [each.id for each in found.people]
        assert ids == [project.id if word == "web" else ana.id]
        assert found.shell is not None
        assert found.shell.projects == 1


def test_letters_that_the_database_cannot_hold_are_done_without(server: Server) -> None:
    name = f"t_{secrets.token_hex(6)}"
    server.execute(
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING latin1 LOCALE_PROVIDER libc LOCALE 'C'"
    )
    engine = create_engine(
        server.url(name), isolation_level="AUTOCOMMIT", connect_args={"client_encoding": "utf8"}
    )
    with engine.connect() as conn:
        state.apply(conn)
        person = Person(conn, "6f2d6c3e-4a0e-4a55-8f0e-000000000001")
        workspaces.claim(conn, owner_id=person.owner_id, email="a@x.example", name="A")
        person.task("Café report")
        assert titles(person, "report") == ["Café report"]
        assert titles(person, "report", "日本") == []
    engine.dispose()
    server.execute(f"DROP DATABASE {name}")
