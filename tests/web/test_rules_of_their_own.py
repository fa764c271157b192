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
