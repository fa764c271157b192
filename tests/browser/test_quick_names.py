"""Projects and people offered while the line that adds tasks is typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from provision.nouns.folding import FOLDED, fold
from tests.browser.looking import faults

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database
    from tests.web.conftest import Visitor

_FOLDING = Path(__file__).parents[2] / "static" / "js" / "site" / "folding.js"


@pytest.fixture
def owner(tab: Tab, live: Live, database: Database) -> Visitor:
    person = live.person(database)
    live.sign_in(tab, person)
    return person


def _line(tab: Tab) -> Locator:
    return tab.page.locator("#quick-title")


def _offered(tab: Tab) -> Locator:
    return tab.page.locator("#quick-names > [role=option]")


def _projects(owner: Visitor, *names: str) -> None:
    for name in names:
        owner.api("POST", "/api/projects", {"name": name})


def _chosen(tab: Tab) -> Locator:
    """Return the option that the line says is chosen."""
    chosen = _line(tab).get_attribute("aria-activedescendant")
    return tab.page.locator(f"#{chosen}[aria-selected=true]")


def test_names_are_chosen_by_keys_and_by_mouse(tab: Tab, owner: Visitor) -> None:
    _projects(owner, "Website", "Écran", "Annual report", "Annual report 2025", "Intranet web")
    owner.api("POST", "/api/team", {"name": "Ana Lindqvist"})
    tab.go("/tasks")
    line, offered = _line(tab), _offered(tab)
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    line.focus()
    expect(line).to_have_role("combobox")
    expect(line).to_have_attribute("aria-expanded", "false")
    line.press_sequentially("Draw #")
    expect(offered).to_have_count(0)
    line.press_sequentially("we")
    # What begins with it stands before a word that does.
    expect(offered).to_have_text(["#Website", "#Intranet web"])
    expect(line).to_have_attribute("aria-expanded", "true")
    expect(_chosen(tab)).to_have_text("#Website")
    line.press("ArrowDown")
    expect(_chosen(tab)).to_have_text("#Intranet web")
    line.press("ArrowDown")
    expect(_chosen(tab)).to_have_text("#Website")
    pages = {path for path in asked if not path.startswith("/static/")}
    assert pages <= {"/tasks/reading"}, "the page has the names"
    assert faults(tab, "names offered") == []
    line.press("Escape")
    expect(offered).to_have_count(0)
    expect(line).to_have_value("Draw #we")
    line.press_sequentially("b")
    line.press("Enter")
    expect(line).to_have_value("Draw #Website ")
    line.press_sequentially("@lind")
    line.press("Tab")
    expect(line).to_be_focused()
    expect(line).to_have_value('Draw #Website @"Ana Lindqvist" ')
    tab.sees("Ana Lindqvist", "#quick-reading")
    line.fill("Read #ecr")
    offered.first.click()
    expect(line).to_have_value("Read #Écran ")
    expect(line).to_be_focused()
    # A name that a longer one begins with is written in quotes; a whole name is sent by Enter.
    line.fill("File #annual report")
    expect(offered).to_have_count(2)
    expect(line).not_to_have_attribute("aria-activedescendant", "quick-name-0")
    line.press("Enter")
    tab.is_told("File is added: To do, Annual report.")
    assert owner.rows(
        "SELECT t.title, p.name FROM tasks t JOIN projects p ON p.id = t.project_id"
    ) == [("File", "Annual report")]


def test_what_is_no_name_opens_nothing_and_is_sent(tab: Tab, owner: Visitor) -> None:
    _projects(owner, "Plan 2012")
    tab.go("/tasks")
    line, offered = _line(tab), _offered(tab)
    for text in ("Mail a@plan", "C# plan", r"\#plan", "Call #zzz", "#plan 2012", "#pla now"):
        line.fill(text)
        expect(offered).to_have_count(0)
    line.fill("Fix #12")
    expect(offered).to_have_text(["#Plan 2012"])
    line.press("Enter")
    tab.is_told("Fix #12 is added.")


def test_every_name_that_is_taken_is_understood(tab: Tab, owner: Visitor) -> None:
    names = ('"Ads" and more', "Annual", "Annual report", '19" rack big', "Straße  7", "#1 @home")
    _projects(owner, *names)
    tab.go("/tasks")
    line = _line(tab)
    for begun, name in [
        ("and", names[0]),
        ("ann", names[1]),
        ("rack", names[3]),
        ("str", names[4]),
    ]:
        line.fill(f"Do #{begun}")
        line.press("Enter")
        line.press_sequentially("report")
        line.press("Enter")
        tab.is_told(f"Do report is added: To do, {' '.join(name.split())}.")
    assert len(owner.rows("SELECT 1 FROM tasks WHERE project_id IS NOT NULL")) == 4


def test_nothing_opens_while_a_word_is_composed(tab: Tab, owner: Visitor) -> None:
    _projects(owner, "東京")
    tab.go("/tasks")
    line, offered = _line(tab), _offered(tab)
    line.press_sequentially("Go #")
    method = tab.page.context.new_cdp_session(tab.page)
    composed: dict[str, Any] = {"text": "東", "selectionStart": 1, "selectionEnd": 1}
    method.send("Input.imeSetComposition", composed)
    expect(line).to_have_value("Go #東")
    expect(offered).to_have_count(0)
    method.send("Input.insertText", {"text": "東"})
    expect(offered).to_have_text(["#東京"])
    # Keys of the input method are its own.
    line.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    expect(line).to_have_value("Go #東")
    line.press("Enter")
    expect(line).to_have_value("Go #東京 ")


def test_a_project_made_from_the_line_is_offered_in_the_next(tab: Tab, owner: Visitor) -> None:
    tab.allow(422)
    tab.go("/tasks")
    line = _line(tab)
    line.fill('Call #"New shop"')
    tab.page.locator("#quick-reading button[name=make]").click()
    tab.is_told("Call is added: To do, New shop")
    line.press_sequentially("Ask #sh")
    expect(_offered(tab)).to_have_text(["#New shop"])


def test_text_is_folded_as_the_server_does(tab: Tab) -> None:
    letters = [
        *FOLDED,
        *map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x250))),
        "É",
        "e\u0301",
        "한",
        "が",
        "שּ",
        "  a  b ",
    ]
    tab.go("/")
    source = _FOLDING.read_text(encoding="utf-8").replace("export ", "")
    folded = tab.page.evaluate(
        f"(letters) => {{ {source}\n return letters.map((each) => fold(`a${{each}}b`)); }}", letters
    )
    theirs = dict(zip(letters, folded, strict=True))
    assert theirs == {each: fold(f"a{each}b") for each in letters}
