"""Text is compared in one way: in Python, in filters and search, and in the order of lists."""

# Letters that look alike are what this is about.
# ruff: noqa: RUF001

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Text, cast, create_engine, literal, select

from provision.nouns.folding import FOLDED, fold, fold_with_places
from provision.tenant.queries import options, search, workspaces
from provision.tenant.queries.projects import PROJECTS
from provision.tenant.queries.statements import comparing
from provision.tenant.queries.statements.filters import (
    Filters,
    ProjectFilters,
    TaskFilters,
    TeamFilters,
)
from provision.tenant.queries.tasks import TASKS
from provision.tenant.queries.team import TEAM
from provision.tenant.schema import state
from tests.tenant.queries.conftest import MONDAY, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from provision.tenant.queries.statements import Collection
    from tests.conftest import Server

# Letters with every kind of trouble, and what joins them.
_LETTERS = st.sampled_from(
    list("aesSßẞæÆœŒðÐøØłŁıİIiüÜuéÉÉþÞth Oo\u0301\u0308\u0307ΣσςάΑЁёеЙйЖж가が か\u3099日.%_\\[(1")
)
_TEXTS = st.text(_LETTERS, max_size=8)


def is_within(conn: Connection, text: str, wanted: str) -> bool:
    pattern = comparing.within(wanted, comparing.encoding_of(conn))
    matched = cast(literal(text), Text).op("~")(cast(literal(pattern), Text))
    return bool(conn.scalar(select(matched)))


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=_TEXTS, wanted=_TEXTS)
def test_the_database_finds_what_folding_finds(ready: Connection, text: str, wanted: str) -> None:
    assert is_within(ready, text, wanted) == (fold(wanted) in fold(text))


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=_TEXTS, places=st.tuples(st.integers(0, 8), st.integers(0, 8)))
def test_a_part_of_a_text_is_found_in_either_form(
    ready: Connection, text: str, places: tuple[int, int]
) -> None:
    part = text[min(places) : max(places)]
    if unicodedata.combining(part[:1] or "a") or unicodedata.combining(
        text[max(places) :][:1] or "a"
    ):
        return  # half a letter
    for form in ("NFC", "NFD"):
        assert is_within(ready, unicodedata.normalize(form, text), part)
        assert is_within(ready, text, unicodedata.normalize(form, part).swapcase())


def test_no_pair_that_is_one_letter_begins_where_another_ends() -> None:
    """`comparing` cuts a text into such pairs from its beginning, and none may be lost by that."""
    pairs = {plain for plain in FOLDED.values() if len(plain) > 1} - {"ss"}
    assert {len(each) for each in pairs} == {2}
    assert not {each[-1] for each in pairs} & {each[0] for each in pairs | {"ss"}}


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Müller", "muller"),
        ("Mu\u0308ller", "muller"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Łódź  Ærø", "lodz aero"),
        ("İstanbul ILIK ılık", "istanbul ilik ilik"),
        ("ΌΔΟΣ", "οδοσ"),
        ("Ёлка", "елка"),
        ("가 か\u3099", "가 が"),
    ],
)
def test_a_text_is_folded(text: str, folded: str) -> None:
    assert fold(text) == folded
    letters, places = fold_with_places(text)
    assert " ".join(letters.split()) == folded
    assert places[-1] == len(text)
    assert len(places) == len(letters) + 1


NAMES = (
    *("Ana", "Ärla", "Åsa", "Bo", "Ćiro", "Čárka", "Łukasz", "Mia", "Øystein", "Otto", "Zora"),
    *("straße 2", "Strasse 10", "task 1", "Task 2", "Task 10", "Task 10b", "Task 100"),
    *("V1.2", "V1.10", "анна", "Борис", "Ева", "Άννα", "ΒΑΣΩ", "日本"),
)
ORDER = (
    *("Ana", "Ärla", "Åsa", "Bo", "Čárka", "Ćiro", "Łukasz", "Mia", "Otto", "Øystein"),
    *("straße 2", "Strasse 10", "task 1", "Task 2", "Task 10", "Task 10b", "Task 100"),
    *("V1.2", "V1.10", "Zora", "Άννα", "ΒΑΣΩ", "анна", "Борис", "Ева", "日本"),
)


def _sort_key(text: str) -> tuple[tuple[int, str], ...]:
    """Return what names are sorted by: folded, and numbers by their value."""
    parts = re.split(r"([0-9]+)", fold(text))
    return tuple((int(each), "") if each.isdecimal() else (-1, each) for each in parts if each)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_are_in_one_order_everywhere(alice: Person, form: Literal["NFC", "NFD"]) -> None:
    for name in NAMES:
        alice.member(unicodedata.normalize(form, name))
        alice.task(unicodedata.normalize(form, name))
    found = options.choices(alice.conn, owner_id=alice.owner_id)
    names = [unicodedata.normalize("NFC", each.name) for each in found.members]
    assert names == list(ORDER)
    assert sorted(NAMES, key=_sort_key) == list(ORDER)
    sorted_lists: tuple[tuple[Collection[Any, Any], str], ...] = ((TEAM, "name"), (TASKS, "title"))
    for of, sort in sorted_lists:
        assert listed(alice, of, sort) == list(ORDER)
        assert listed(alice, of, f"-{sort}") == list(reversed(ORDER))


def listed(person: Person, of: Collection[Any, Any], sort: str) -> list[str]:
    """All names in the order of `sort`, page by page."""
    found: list[str] = []
    cursor = None
    while True:
        page = of.page(person.conn, owner_id=person.owner_id, sort=sort, limit=4, cursor=cursor)
        found += [each[sort.removeprefix("-")] for each in json.loads(page.rows)]
        cursor = page.next_cursor
        if cursor is None:
            return [unicodedata.normalize("NFC", each) for each in found]


SPELLINGS = ("muller", "MÜLLER", "Mu\u0308ller", "müller")


@pytest.mark.parametrize("stored", ["Müller GmbH", "Mu\u0308ller GmbH", "MULLER gmbh"])
def test_search_filters_and_lists_find_the_same(alice: Person, stored: str) -> None:
    alice.task(stored, description="Straße")
    alice.project(stored)
    alice.member(stored)
    alice.task("Other")
    for word in SPELLINGS:
        found = search.find(
            alice.conn, owner_id=alice.owner_id, words=(word,), today=MONDAY, shell=False
        )
        assert (len(found.tasks), len(found.projects), len(found.people)) == (1, 1, 1)
        narrowed: tuple[tuple[Collection[Any, Any], Filters], ...] = (
            (TASKS, TaskFilters(q=word)),
            (PROJECTS, ProjectFilters(q=word)),
            (TEAM, TeamFilters(q=word)),
        )
        for of, filters in narrowed:
            page = of.page(alice.conn, owner_id=alice.owner_id, filters=filters)
            assert page.rows.count('"id"') == 1
    strasse = TASKS.page(alice.conn, owner_id=alice.owner_id, filters=TaskFilters(q="STRASSE"))
    assert strasse.rows.count('"id"') == 1


ENCODINGS = {
    "latin1": ("Müller Übung", "Café 10", "Café 9", "ångström", "Straße"),
    "latin2": ("Łódź", "Čárka", "Müller"),
    "latin9": ("Œuvre", "Café", "10 €"),
    "win1252": ("Müller – neu", "Café"),
    "win1251": ("Ёлка", "Борис"),
    "koi8r": ("Елка", "Борис"),
    "sql_ascii": ("Müller", "Straße", "Łódź", "Ёлка", "日本"),
    "euc_jp": ("日本", "Cafe"),
}


@pytest.fixture(params=ENCODINGS)
def elsewhere(request: pytest.FixtureRequest, server: Server) -> Iterator[tuple[str, Person]]:
    """Somebody whose database has another encoding."""
    name = f"t_{secrets.token_hex(6)}"
    server.execute(
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING {request.param}"
        " LOCALE_PROVIDER libc LOCALE 'C'"
    )
    engine = create_engine(
        server.url(name), isolation_level="AUTOCOMMIT", connect_args={"client_encoding": "utf8"}
    )
    with engine.connect() as conn:
        state.apply(conn)
        person = Person(conn, "6f2d6c3e-4a0e-4a55-8f0e-000000000001")
        workspaces.claim(conn, owner_id=person.owner_id, email="a@x.example", name="A")
        yield request.param, person
    engine.dispose()
    server.execute(f"DROP DATABASE {name}")


def test_databases_of_other_encodings_compare_what_they_can_hold(
    elsewhere: tuple[str, Person],
) -> None:
    encoding, person = elsewhere
    for title in ENCODINGS[encoding]:
        person.task(title)
    for title in ENCODINGS[encoding]:
        for typed in (title, title.lower(), title.upper() if "ß" not in title else title):
            page = TASKS.page(person.conn, owner_id=person.owner_id, filters=TaskFilters(q=typed))
            assert title in page.rows
            found = search.find(
                person.conn,
                owner_id=person.owner_id,
                words=tuple(typed.split()),
                today=MONDAY,
                shell=False,
            )
            assert title in [each.title for each in found.tasks]
    for typed in ("Ω", "ツ", "\U0001f600", "e\u0301\u0301"):
        page = TASKS.page(person.conn, owner_id=person.owner_id, filters=TaskFilters(q=typed))
        assert page.rows.count('"id"') <= len(ENCODINGS[encoding])
    assert len(listed(person, TASKS, "title")) == len(ENCODINGS[encoding])
    if encoding == "latin1":
        assert listed(person, TASKS, "title") == [
            "ångström", "Café 9", "Café 10", "Müller Übung", "Straße",
        ]  # fmt: skip
        page = TASKS.page(person.conn, owner_id=person.owner_id, filters=TaskFilters(q="cafe"))
        assert page.rows.count('"id"') == 2
        # What such a database cannot hold is nowhere in it.
        page = TASKS.page(person.conn, owner_id=person.owner_id, filters=TaskFilters(q="€"))
        assert page.rows == "[]"
