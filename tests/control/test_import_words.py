"""What words meant at an import is known at the next, for the one person, and is bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.control import dossier, import_words
from tests.control.conftest import CLIENT

if TYPE_CHECKING:
    from provision.control.accounts.users import Person
    from provision.control.store.store import ControlStore

PARKED = ("tasks", "status", "parked")
SHIPPED = ("tasks", "status", "shipped")


def test_the_last_word_counts_and_is_of_one_person(
    store: ControlStore, alice: Person, bob: Person
) -> None:
    assert import_words.known(store, alice.id) == {}
    import_words.remember(store, alice.id, {PARKED: "todo", SHIPPED: "done"})
    import_words.remember(store, alice.id, {PARKED: "review"})
    assert import_words.known(store, alice.id) == {SHIPPED: "done", PARKED: "review"}
    assert import_words.known(store, bob.id) == {}


def test_they_are_bounded(store: ControlStore, alice: Person) -> None:
    words = {("tasks", "status", f"word {number}"): "todo" for number in range(700)}
    import_words.remember(store, alice.id, {PARKED: "todo", **words})
    known = import_words.known(store, alice.id)
    assert len(known) == import_words.MOST
    assert ("tasks", "status", "word 699") in known
    assert PARKED not in known
    import_words.remember(store, alice.id, {("tasks", "status", "x" * 101): "todo"})
    assert import_words.known(store, alice.id) == known


def test_they_are_among_what_is_held_about_a_person_and_go_with_them(
    store: ControlStore, alice: Person
) -> None:
    import_words.remember(store, alice.id, {PARKED: "todo"})
    assert dossier.gather(store, alice.id, client=CLIENT).import_words == [
        {"kind": "tasks", "column": "status", "word": "parked", "means": "todo"}
    ]
    dossier.erase(store, alice.id)
    assert import_words.known(store, alice.id) == {}
    import_words.remember(store, alice.id, {PARKED: "todo"})
    assert import_words.known(store, alice.id) == {}
