"""Text that people and other programs wrote never acts, wherever it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.canaries import Canaries
from tests.browser.planting import CANARY, LINKED, PLANTED, SHORT, SPREADSHEET, plant
from tests.browser.test_every_page import OF_THE_WORKSPACE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database
    from tests.web.conftest import Visitor

_ASKED = quote(SHORT, safe="")
PAGES = [
    *OF_THE_WORKSPACE,
    "/settings/tokens",
    "/settings/activity",
    "/settings/sessions",
    "/settings/two-factor",
    "/settings/your-data",
    "/settings/password",
    "/settings/email",
    "/api/docs",
    *(f"/{noun}?q={_ASKED}&status={_ASKED}" for noun in ("tasks", "projects", "team")),
    f"/tasks?view=list&sort={_ASKED}&priority={_ASKED}&new={_ASKED}",
    f"/search?q={_ASKED}",
    f"/nothing/{_ASKED}",
    f"/dashboard?panel={_ASKED}",
]
# What the walk stands on.
_ENDS_IT = ("/forget", "/logout", "/end-others")
# Each takes something away that other pages show, so these are sent last.
_TAKES_AWAY = ("/delete", "/end", "/revoke", "/sample")
_REFUSALS = (400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 503)


@pytest.fixture
def canaries(tab: Tab) -> Canaries:
    tab.allow(*_REFUSALS)
    return Canaries(tab)


@pytest.fixture
def owner(live: Live, tab: Tab, database: Database) -> Visitor:
    """Somebody whose database is in the hands of who plants."""
    person = live.person(database, sample_data=True)
    live.sign_in(tab, person)
    plant(live, person, database)
    return person


def _held(person: Visitor) -> tuple[Any, ...]:
    """Who the person is and which database is theirs."""
    user = person.api("GET", "/api/user").get_json()["user"]
    connection = person.api("GET", "/api/user/database-connection").get_json()["connection"]
    return user["name"], user["email"], connection["id"], connection["host"], connection["database"]


def _pages(person: Visitor) -> list[str]:
    tables = {"project": "projects", "task": "tasks", "member": "team_members"}
    paths = PAGES
    for noun, table in tables.items():
        ((first,),) = person.rows(f"SELECT id FROM {table} ORDER BY created_at, id LIMIT 1")
        paths = [path.replace(f"{{{noun}}}", str(first)) for path in paths]
    return paths


def _kind(link: dict[str, Any]) -> tuple[object, ...]:
    """Links of one kind lead to one page, asked one way; each that stands in a text counts."""
    if link["isText"]:
        return (link["href"],)
    parts = urlsplit(link["href"])
    segments = tuple(part if len(part) < 30 else "" for part in parts.path.split("/"))
    names = tuple(sorted(part.partition("=")[0] for part in parts.query.split("&")))
    return segments, names, bool(link["get"]), link["isBoosted"]


def test_no_page_and_no_link_of_a_planted_workspace_acts(
    owner: Visitor, canaries: Canaries
) -> None:
    before, tab = _held(owner), canaries.tab
    followed: set[tuple[object, ...]] = set()
    files, in_texts = 0, set()
    for path in _pages(owner):
        canaries.go(path)
        canaries.check(path)
        links = canaries.links()
        assert [each["href"] for each in links if each["isFile"] and each["isBoosted"]] == []
        files += sum(each["isFile"] for each in links)
        for link in links:
            href = link["href"]
            if _kind(link) in followed or href.startswith(("#", CANARY)):
                continue
            followed.add(_kind(link))
            if tab.page.url != tab.url + path:
                canaries.go(path)
            made = canaries.follow(link)
            where = f"{href} on {path}"
            assert [each.url for each in made if each.method != "GET"] == [], where
            if link["isText"]:
                in_texts.add(href)
                asked = [each for each in made if each.url == tab.url + href]
                assert [each.is_navigation_request() for each in asked] == [True], where
            canaries.check(where)
            if not tab.page.evaluate("Boolean(document.querySelector('#page'))"):
                canaries.go(path)
    assert in_texts == set(LINKED)
    assert files > 10
    assert len(followed) > 60
    assert _held(owner) == before
    # A project's board has tabs, seen on small screens alone, that bring heads of the task list.
    tab.problems[:] = [each for each in tab.problems if "oobErrorNoTarget" not in each]


def test_no_form_of_a_planted_workspace_lets_its_texts_act(
    owner: Visitor, canaries: Canaries
) -> None:
    before = _held(owner)
    sent: set[tuple[str, ...]] = set()
    last: list[tuple[str, dict[str, Any]]] = []
    for path in _pages(owner):
        canaries.go(path)
        for form in canaries.forms():
            action = urlsplit(form["action"]).path
            kind = (action, form["method"], form["fields"])
            # A person may change the name that is theirs.
            if kind in sent or action == "/settings" or action.endswith(_ENDS_IT):
                continue
            sent.add(kind)
            if action.endswith(_TAKES_AWAY):
                last.append((path, form))
                continue
            canaries.go(path)
            canaries.send(form, PLANTED)
            canaries.check(f"{action} on {path}")
    assert len(sent) > 30
    assert _held(owner) == before
    for path, form in last:
        canaries.go(path)
        if form in canaries.forms():
            canaries.send(form, PLANTED)
            canaries.check(f"{form['action']} on {path}")
    assert _held(owner) == before


def test_nothing_planted_that_is_pasted_typed_or_read_from_a_file_acts(
    owner: Visitor, canaries: Canaries, tmp_path: Path
) -> None:
    tab, before = canaries.tab, _held(owner)
    sheet = tmp_path / "tasks.csv"
    sheet.write_text(SPREADSHEET)
    canaries.go("/settings/exchange")
    tab.field("File").set_input_files(sheet)
    tab.press("Preview")
    tab.sees("Say above what these words mean")
    canaries.check("the words of a spreadsheet")
    tab.page.locator("select[name^=word]").first.select_option(label="To do")
    tab.page.locator("select[aria-labelledby=heading-2]").select_option(label="Due date")
    tab.press("Check again")
    tab.sees("2 rows: no days")
    canaries.check("the preview of a spreadsheet")
    tab.press("Check again")
    canaries.settle()
    canaries.check("its second reading")

    canaries.go("/auth/setup-database/connection")
    for text in (PLANTED, f"postgresql://u:p@h.invalid/{SHORT}?x={SHORT}", f"Host={SHORT};User=a"):
        with tab.page.expect_response(lambda answer: answer.request.method == "POST"):
            tab.field("Connection string").fill(text)
        canaries.settle()
        canaries.check("the reading of a pasted string")
        tab.press("Test and save")
        canaries.settle()
        canaries.check("a string that was tested")

    canaries.go("/tasks")
    line = tab.page.get_by_label("New task", exact=True)
    line.fill(f"{SHORT} #nowhere @nobody")
    line.press("Enter")
    canaries.settle()
    canaries.check("the line that adds tasks")
    tab.page.keyboard.press("Control+k")
    tab.page.locator("#search-q").fill("canary")
    expect(tab.page.locator("#search-options [role=option]").first).to_be_visible()
    canaries.check("the search")

    whole = tmp_path / "workspace.json.gz"
    whole.write_bytes(owner.raw("GET", "/exports/workspace.json.gz").data)
    for table in ("tasks", "projects", "team_members"):
        owner.rows(f"DELETE FROM {table} RETURNING 1")
    canaries.go("/settings/exchange")
    tab.field("Workspace file").set_input_files(whole)
    tab.press("Import everything")
    canaries.settle()
    canaries.check("a workspace file")
    for path in ("/dashboard", "/tasks", "/tasks?view=list", "/projects", "/team"):
        canaries.go(path)
        canaries.check(f"{path} after the import")
    assert owner.rows("SELECT count(*) > 10 FROM tasks") == [(True,)]
    assert _held(owner) == before
