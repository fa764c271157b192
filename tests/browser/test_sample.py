"""Sample data comes and goes, with script and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.looking import faults

if TYPE_CHECKING:
    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database


def test_it_goes_but_for_what_was_worked_on(either: Tab, live: Live, database: Database) -> None:
    tab, person = either, live.person(database)
    live.sign_in(tab, person)
    tab.go("/dashboard")
    tab.press("Fill with sample data")
    tab.is_told("Sample data is filled in.")
    ((project,),) = person.rows("SELECT id::text FROM projects WHERE name = 'Newsletter'")
    person.api("POST", "/api/tasks", {"title": "A task of my own", "project_id": project})
    tab.go("/settings/exchange")
    tab.follow("Sample data", "main")
    tab.sees("6 projects, 64 tasks and 6 people of the sample are here.")
    tab.sees("A task of my own")
    if tab.has_script:
        assert faults(tab, "/sample with a choice") == []
        tab.page.set_viewport_size({"width": 1440, "height": 900})
    tab.press("Remove the sample data")
    tab.is_told("75 sample rows are removed. 1 stays.")
    assert person.rows("SELECT name FROM projects") == [("Newsletter",)]
    assert person.rows("SELECT title, project_id::text FROM tasks") == [
        ("A task of my own", project)
    ]
