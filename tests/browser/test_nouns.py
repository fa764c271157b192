"""Each noun made, changed and deleted by its forms, and the row in PostgreSQL after each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.tab import is_list

if TYPE_CHECKING:
    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database
    from tests.web.conftest import Visitor


@dataclass(frozen=True, slots=True)
class Noun:
    """What a person does with it, in the words of its pages; `sql` shows its rows."""

    path: str
    open_form: str
    create: str
    name_field: str
    name_id: str
    filled: dict[str, str]
    made: str
    change: dict[str, str]
    delete: str
    deleted: str
    sql: str
    rows_made: list[tuple[object, ...]]
    rows_changed: list[tuple[object, ...]]


PROJECT = Noun(
    path="/projects",
    open_form="New project",
    create="Create project",
    name_field="Name",
    name_id="name",
    filled={
        "Name": "Website",
        "Description": "Four hotels,\nthree languages.",
        "Budget": "24000",
        "Spent": "27360.50",
        "Status": "Active",
        "Priority": "High",
        "Due date": "2026-12-18",
    },
    made="Project Website is made.",
    change={"Name": "Booking site", "Status": "On hold"},
    delete="Delete",
    deleted="Project Booking site and its tasks are deleted.",
    sql="SELECT name, budget::text, status, due_date::text FROM projects",
    rows_made=[("Website", "24000.00", "active", "2026-12-18")],
    rows_changed=[("Booking site", "24000.00", "on_hold", "2026-12-18")],
)
TASK = Noun(
    path="/tasks",
    open_form="New task",
    create="Create task",
    name_field="Title",
    name_id="task-title",
    filled={
        "Title": "Draw the wordmark",
        "Description": "By hand.",
        "Status": "In progress",
        "Priority": "Urgent",
        "Due date": "2026-11-27",
    },
    made="Draw the wordmark is added.",
    change={"Title": "Draw it again", "Status": "Review"},
    delete="Delete",
    deleted="Draw it again is deleted.",
    sql="SELECT title, description, status, priority, due_date::text FROM tasks",
    rows_made=[("Draw the wordmark", "By hand.", "in_progress", "urgent", "2026-11-27")],
    rows_changed=[("Draw it again", "By hand.", "review", "urgent", "2026-11-27")],
)
MEMBER = Noun(
    path="/team",
    open_form="Add a person",
    create="Add to the team",
    name_field="Name",
    name_id="name",
    filled={
        "Name": "Ana Lindqvist",
        "Role": "Art director",
        "E-mail": "ana@halden.example",
        "Workload": "115",
        "Status": "Busy",
    },
    made="Ana Lindqvist is in the team.",
    change={"Role": "Partner", "Workload": "80"},
    delete="Remove",
    deleted="Ana Lindqvist is removed from the team",
    sql="SELECT name, role, email, workload, status FROM team_members",
    rows_made=[("Ana Lindqvist", "Art director", "ana@halden.example", 115, "busy")],
    rows_changed=[("Ana Lindqvist", "Partner", "ana@halden.example", 80, "busy")],
)
each_noun = pytest.mark.parametrize("noun", [PROJECT, TASK, MEMBER], ids=lambda noun: noun.path[1:])


@pytest.fixture
def owner(either: Tab, live: Live, database: Database) -> Visitor:
    """Who looks at the pages in this test: somebody with a ready, empty workspace."""
    person = live.person(database)
    live.sign_in(either, person)
    return person


@each_noun
def test_made_changed_and_deleted(either: Tab, owner: Visitor, noun: Noun) -> None:
    tab = either
    tab.go(noun.path)
    tab.mark()
    tab.follow(noun.open_form, ".bar")
    if tab.has_script:
        expect(tab.field(noun.name_field)).to_be_focused()
    tab.fill(noun.filled)
    tab.press(noun.create)
    tab.is_told(noun.made)
    assert owner.rows(noun.sql) == noun.rows_made
    name = noun.filled[noun.name_field]
    tab.sees(name, "main")
    tab.assert_not_reloaded()

    tab.go(f"{noun.path}/{_only_id(owner, noun)}")
    tab.mark()
    tab.follow("Edit", "main")
    expect(tab.field(noun.name_field)).to_have_value(name)
    tab.fill(noun.change)
    tab.press("Save")
    name = noun.change.get(noun.name_field, name)
    tab.is_told(f"{name}: ")
    assert owner.rows(noun.sql) == noun.rows_changed
    for value in noun.change.values():
        tab.sees(value, "main")
    if noun is not TASK:
        tab.assert_not_reloaded()

    tab.follow(noun.delete, "main")
    dialog = tab.page.locator("dialog.dialog-confirm")
    expect(dialog).to_be_visible()
    dialog.get_by_role("link", name="Keep").click()
    expect(dialog).to_be_hidden()
    tab.follow(noun.delete, "main")
    dialog.get_by_role("button", name=noun.delete).click()
    tab.is_told(noun.deleted)
    tab.is_at(noun.path)
    assert owner.rows(noun.sql) == []


@each_noun
def test_a_wrong_field_is_named_beside_it_and_the_rest_stays(
    either: Tab, owner: Visitor, noun: Noun
) -> None:
    tab = either
    tab.allow(422)
    tab.go(f"{noun.path}?new=1")
    tab.mark()
    tab.fill({**noun.filled, noun.name_field: "x" * 300})
    tab.press(noun.create)
    message = tab.page.locator(f"#{noun.name_id}-error")
    expect(message).to_contain_text("300")
    field = tab.field(noun.name_field)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("x" * 300)
    expect(field).to_be_focused()
    for label, value in noun.filled.items():
        if label != noun.name_field and not is_list(tab.field(label)):
            expect(tab.field(label)).to_have_value(value)
    tab.assert_not_reloaded()
    assert owner.rows(noun.sql) == []

    tab.fill({noun.name_field: noun.filled[noun.name_field]})
    tab.press(noun.create)
    tab.is_told(noun.made)
    assert owner.rows(noun.sql) == noun.rows_made


def _only_id(owner: Visitor, noun: Noun) -> str:
    table = {"/team": "team_members"}.get(noun.path, noun.path[1:])
    ((row_id,),) = owner.rows(f"SELECT id::text FROM {table}")
    return str(row_id)
