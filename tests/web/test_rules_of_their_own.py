"""Constraints and triggers that people put on their own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.web.conftest import Visitor


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("path", "table", "form", "field"),
    [
        ("/projects", "projects", {"name": "P", "priority": "urgent"}, "name"),
        ("/tasks", "tasks", {"title": "T", "priority": "urgent"}, "task-title"),
    ],
)
def test_what_a_rule_refuses_stays_in_the_form_with_the_reason(
    client: Visitor, htmx: bool, path: str, table: str, form: dict[str, str], field: str
) -> None:
    assert client.database is not None
    with client.database.connect() as connection:
        connection.execute(f"ALTER TABLE {table} ADD CHECK (priority <> 'urgent')".encode())
    refused = client.post_form(path, form, htmx=htmx)
    assert refused.status_code == 422
    message = refused.text.partition(f'id="{field}-error"')[2].partition("</p>")[0]
    assert "rule of its own" in message
    assert 'value="urgent" selected' in refused.text
    assert client.rows(f"SELECT 1 FROM {table}") == []


_KEEPS_ROWS = """
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$
"""


def _trigger(client: Visitor, table: str, event: str) -> None:
    assert client.database is not None
    with client.database.connect() as connection:
        connection.execute(_KEEPS_ROWS)
        connection.execute(
            f"CREATE TRIGGER keep BEFORE {event} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION keep()".encode()
        )


@pytest.mark.parametrize(
    ("path", "table", "form"),
    [
        ("/projects", "projects", {"name": "P"}),
        ("/tasks", "tasks", {"title": "T"}),
        ("/team", "team_members", {"name": "N", "email": "n@example.com"}),
    ],
)
def test_a_trigger_that_drops_a_new_row_is_a_rule_of_its_own(
    client: Visitor, path: str, table: str, form: dict[str, str]
) -> None:
    _trigger(client, table, "INSERT")
    refused = client.post_form(path, form)
    assert refused.status_code == 422
    assert "rule of its own" in refused.text


@pytest.mark.parametrize("event", ["DELETE", "UPDATE"])
def test_a_trigger_that_keeps_a_row_is_a_rule_of_its_own(client: Visitor, event: str) -> None:
    client.post_form("/projects", {"name": "P"})
    ((row_id,),) = client.rows("SELECT id FROM projects")
    _trigger(client, "projects", event)
    path = f"/projects/{row_id}" + ("/delete" if event == "DELETE" else "")
    refused = client.post_form(path, {"name": "Q"} if event == "UPDATE" else {})
    assert refused.status_code == 422
    assert "rule of its own" in refused.text
    assert client.rows("SELECT name FROM projects") == [("P",)]
