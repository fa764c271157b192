"""Servers without `xmin`: a row's version is a hash of the row, and none asks for the column."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from provision.errors import StaleVersionError
from provision.tenant.host.target import Target
from provision.tenant.pool.alchemy import EngineMaker, TenantDialect
from provision.tenant.queries import bulk, undo
from provision.tenant.queries.statements.undo_notes import Note
from provision.tenant.queries.tasks import TASKS
from provision.tenant.queries.team import TEAM

if TYPE_CHECKING:
    from tests.tenant.queries.conftest import Person


@pytest.fixture
def by_hash(alice: Person, statements: list[str]) -> Person:
    """Return Alice on such a server."""
    cast("Any", alice.conn.dialect).versions_by_hash = True
    statements.clear()
    return alice


def test_a_write_needs_the_row_as_it_was(by_hash: Person, statements: list[str]) -> None:
    who: dict[str, Any] = {"conn": by_hash.conn, "owner_id": by_hash.owner_id}
    nouns: list[tuple[Any, str, dict[str, str]]] = [
        (TASKS, "tasks", {"title": "Paint"}),
        (TEAM, "team_members", {"name": "Ana"}),
    ]
    for noun, table, values in nouns:
        made = json.loads(noun.create(**who, values=values))
        of_row = {"row_id": made["id"]}
        again = json.loads(noun.get(**who, **of_row))
        assert again["version"] == made["version"]
        by_hash.run(f"UPDATE {table} SET status = 'theirs'")
        with pytest.raises(StaleVersionError) as caught:
            noun.update(**who, **of_row, version=made["version"], values={"status": "mine"})
        current = json.loads(caught.value.current)
        assert current["status"] == "theirs"
        noun.update(**who, **of_row, version=current["version"], values={"status": "mine"})
        with pytest.raises(StaleVersionError):
            noun.delete(**who, **of_row, version=current["version"])
    assert not [each for each in statements if "xmin" in each]


def test_nothing_is_noted_for_undo(by_hash: Person, statements: list[str]) -> None:
    who: dict[str, Any] = {"conn": by_hash.conn, "owner_id": by_hash.owner_id}
    task, note = by_hash.task("Paint"), Note(account="1")
    TASKS.update(**who, row_id=task.id, values={"status": "done"}, note=note)
    assert note.is_kept is False
    note = Note(account="1")
    bulk.delete_many(**who, chosen=bulk.ChosenTasks(1, ids=(task.id,)), note=note)
    assert note.is_kept is False
    assert undo.take_back(**who, account="1", note_id=note.id) == "gone"
    assert not [each for each in statements if "xmin" in each]


def test_the_target_says_which_of_the_two() -> None:
    maker = EngineMaker()
    for wanted in (False, True):
        target = Target("h", 5432, "d", "u", "p", "require", versions_by_hash=wanted)
        dialect = maker.engine_for(Target.from_secret(target.to_secret())).dialect
        assert isinstance(dialect, TenantDialect)
        assert dialect.versions_by_hash is wanted
