"""A database that holds work already: continue it, or start beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.web.wizard import (
    SCHEMA,
    STEP,
    block,
    connect_by_form,
    is_connected,
    paste,
)

if TYPE_CHECKING:
    from tests.conftest import Database
    from tests.web.conftest import Visitor


@pytest.fixture
def returning(newcomer: Visitor, database: Database) -> Visitor:
    """Somebody whose string was forgotten while a workspace with a project is in the database."""
    connect_by_form(newcomer, database)
    assert newcomer.post_form(SCHEMA, {"action": "apply"}).status_code == 303
    with database.connect() as connection:
        connection.execute(
            "INSERT INTO projects (user_id, name) SELECT id, 'Website' FROM profiles"
        )
    assert newcomer.post_form("/settings/databases/forget").status_code == 303
    assert not is_connected(newcomer)
    return newcomer


def _owner(visitor: Visitor) -> str:
    ((owner_id,),) = visitor.rows("SELECT owner_id::text FROM provision_workspaces")
    return str(owner_id)


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_the_choice_is_shown_before_anything_is_saved(
    returning: Visitor, database: Database, htmx: bool
) -> None:
    answer = paste(returning, database.connection_string, htmx=htmx)
    assert answer.status_code == 422
    choice = block(answer.text, "workspace-choice")
    assert "1 project, 0 tasks; last change" in choice
    assert re.search(rf'value="{_owner(returning)}" checked', choice)
    assert 'name="workspace" value="new"' in choice
    # The form carries the string again, in its field.
    assert answer.text.count(database.password) == 1
    assert not is_connected(returning)


def test_continuing_goes_on_where_it_was_left(returning: Visitor, database: Database) -> None:
    owner_id = _owner(returning)
    answer = paste(returning, database.connection_string, workspace=owner_id)
    assert (answer.status_code, answer.location) == (303, STEP)
    assert "Skip to dashboard" in returning.get(STEP).text
    assert _owner(returning) == owner_id


def test_starting_beside_it_leaves_it_alone(returning: Visitor, database: Database) -> None:
    before = _owner(returning)
    answer = paste(returning, database.connection_string, workspace="new")
    assert (answer.status_code, answer.location) == (303, STEP)
    owners = {
        owner for (owner,) in returning.rows("SELECT owner_id::text FROM provision_workspaces")
    }
    assert len(owners) == 2
    assert before in owners
    assert returning.rows("SELECT name FROM projects") == [("Website",)]


@pytest.mark.parametrize(
    "choice", ["0b5c7f3e-1111-4222-8333-444455556666", "nonsense", "'; DROP TABLE projects"]
)
def test_a_workspace_that_is_not_there_cannot_be_taken(
    returning: Visitor, database: Database, choice: str
) -> None:
    answer = paste(returning, database.connection_string, workspace=choice)
    assert answer.status_code == 422
    assert "This workspace is not in that database." in block(answer.text, "workspace-error")
    assert not is_connected(returning)


def test_a_workspace_of_another_account_is_neither_shown_nor_taken(
    client: Visitor, newcomer: Visitor, database: Database
) -> None:
    held = _owner(client)
    answer = paste(newcomer, database.connection_string, workspace=held)
    assert answer.status_code == 422
    assert "This workspace is not in that database." in answer.text
    assert not is_connected(newcomer)
    answer = paste(newcomer, database.connection_string)
    assert (answer.status_code, answer.location) == (303, STEP)
    owners = {owner for (owner,) in client.rows("SELECT owner_id::text FROM provision_workspaces")}
    assert len(owners) == 2


def test_replacing_the_string_offers_the_workspace_one_is_in(
    client: Visitor, database: Database
) -> None:
    answer = paste(client, database.connection_string)
    assert answer.status_code == 422
    assert "Yours now" in answer.text
    answer = paste(client, database.connection_string, workspace=_owner(client))
    assert (answer.status_code, answer.location) == (303, STEP)
