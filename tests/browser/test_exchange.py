"""A spreadsheet with broken rows, and a workspace out and in again, with script and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.looking import faults

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database

PAGE = "/settings/exchange"
BROKEN = {
    3: ";todo;2026-12-01",
    700: "A;todo;2026-13-01",
    701: "B;todo;2026-02-30",
    2500: "C;todo;31.11.2026",
    4000: " ;todo;2026-12-01",
    4998: "D;todo;;more",
    5001: "E;done;29.02.2026",
}


def test_a_spreadsheet_with_broken_rows(
    either: Tab, live: Live, database: Database, tmp_path: Path
) -> None:
    tab, person = either, live.person(database)
    live.sign_in(tab, person)
    lines = [BROKEN.get(row, f"Task {row};To do;28.11.2026") for row in range(2, 5002)]
    sheet = tmp_path / "tasks.csv"
    sheet.write_text("\n".join(["Title;Status;Due", *lines]), encoding="cp1252")
    tab.go(PAGE)
    tab.field("File").set_input_files(sheet)
    tab.press("Preview")
    tab.sees("7 rows cannot be taken as they are.")
    rows = tab.page.locator(".bad-rows > li > strong")
    expect(rows).to_have_text([f"Row {row}" for row in BROKEN])
    expect(tab.page.get_by_role("button", name="Import")).to_have_count(0)
    if tab.has_script:
        assert faults(tab, "rows to be mended") == []
        tab.page.set_viewport_size({"width": 1440, "height": 900})
    tab.page.locator("#row-3").get_by_label("Title").fill("Mended")
    tab.page.locator("#row-700").get_by_label("Due date").fill("1.12.2026")
    tab.page.get_by_label("Leave out every row that cannot be taken").check()
    tab.press("Check again")
    tab.sees("4,995 tasks can be imported.")
    assert person.rows("SELECT count(*) FROM tasks") == [(0,)]
    tab.press("Import 4,995 tasks")
    tab.sees("4,995 tasks imported, 5 left out.")
    with tab.page.expect_download() as download:
        tab.press("Download the rows that were left out")
    assert len(download.value.path().read_text(encoding="utf-8-sig").splitlines()) == 6
    tab.follow("Go to the tasks")
    tab.is_at("/tasks?view=list")
    tab.sees("4,995 tasks")
    assert person.rows("SELECT count(*) FROM tasks WHERE title = 'Mended'") == [(1,)]


def test_a_workspace_out_and_in_again(
    either: Tab, live: Live, database: Database, tmp_path: Path
) -> None:
    tab, person = either, live.person(database, sample_data=True)
    live.sign_in(tab, person)
    tab.go(PAGE)
    with tab.page.expect_download() as download:
        tab.follow("Export the workspace")
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    before = person.rows("SELECT * FROM tasks ORDER BY id")
    tab.allow(422)
    tab.field("Workspace file").set_input_files(file)
    tab.press("Import everything")
    tab.sees("This workspace holds work already")
    for table in ("projects", "team_members", "tasks"):
        person.rows(f"DELETE FROM {table} RETURNING 1")
    tab.field("Workspace file").set_input_files(file)
    tab.press("Import everything")
    tab.is_at("/dashboard")
    tab.is_told("6 projects, 64 tasks, 6 people")
    assert person.rows("SELECT * FROM tasks ORDER BY id") == before
