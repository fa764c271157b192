"""Script puts nothing into the page but HTML of our templates, whatever an address answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.canaries import Canaries
from tests.browser.planting import PLANTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route

    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database

_BODY = f"<p id=planted>planted</p>{PLANTED}"
_AS_A_PAGE = "loaded by the browser itself"
_HTML = "text/html; charset=utf-8"
# Status, type, whether it is marked as ours, and what is said of it.
ANSWERS: dict[str, tuple[int, str, bool, str]] = {
    "html without the mark": (200, _HTML, False, "answer cannot be shown"),
    "marked csv": (200, "text/csv; charset=utf-8", True, "answer cannot be shown"),
    "marked json": (200, "application/json", True, "answer cannot be shown"),
    "nearly html": (200, "text/html-like", True, "answer cannot be shown"),
    "no type": (200, "", True, "answer cannot be shown"),
    "a refusal": (422, _HTML, False, "answer cannot be shown"),
    "an error of a proxy": (502, _HTML, False, "answer cannot be shown"),
    "an error of the server": (500, "text/plain", False, "answer cannot be shown"),
    "too large": (413, "text/plain", False, "too large for the server"),
    "too late": (408, "text/plain", False, "waited too long"),
}
_SOME = ("html without the mark", "marked csv", "an error of a proxy")


@pytest.fixture
def canaries(tab: Tab, live: Live, database: Database) -> Canaries:
    live.sign_in(tab, live.person(database, sample_data=True))
    tab.allow(*(status for status, *_ in ANSWERS.values()))
    return Canaries(tab)


@pytest.fixture
def answer(tab: Tab) -> Callable[[str, str], None]:
    """Has an address answer otherwise than our server does, except to the browser itself."""

    def begin(address: str, kind: str) -> None:
        status, content_type, is_marked, _ = ANSWERS[kind]
        headers = {"Content-Type": content_type} | ({"Provision-Drawn": "1"} if is_marked else {})

        def give(route: Route) -> None:
            if route.request.is_navigation_request():
                route.fulfill(status=200, content_type="text/plain", body=_AS_A_PAGE)
            else:
                route.fulfill(status=status, headers=headers, body=_BODY)

        tab.page.route(f"{tab.url}{address}", give)

    return begin


def _assert_nothing_came_in(canaries: Canaries, where: str) -> None:
    expect(canaries.tab.page.locator("#planted")).to_have_count(0)
    canaries.check(where)


@pytest.mark.parametrize("kind", ANSWERS)
def test_another_answer_is_told_and_not_shown(
    canaries: Canaries, answer: Callable[[str, str], None], kind: str
) -> None:
    tab, said = canaries.tab, ANSWERS[kind][3]
    canaries.go("/projects")
    tab.mark()
    answer("/projects?new=1", kind)
    tab.follow("New project")
    tab.sees(said, "#problem-region")
    _assert_nothing_came_in(canaries, "a link that htmx follows")

    answer("/tasks/bulk", kind)
    answer("/search?q=planted", kind)
    tab.page.keyboard.press("Control+k")
    tab.page.locator("#search-q").fill("planted")
    tab.is_told(said)
    _assert_nothing_came_in(canaries, "the search")
    tab.assert_not_reloaded()

    canaries.go("/tasks?view=list")
    tab.mark()
    tab.page.locator(".task-table input[name=id]").first.check()
    tab.page.locator("#bulk").evaluate("form => form.requestSubmit()")
    tab.sees(said, "#problem-region")
    _assert_nothing_came_in(canaries, "a form that htmx sends")
    tab.assert_not_reloaded()


@pytest.mark.parametrize("kind", _SOME)
def test_a_link_of_the_frame_is_then_loaded_by_the_browser(
    canaries: Canaries, answer: Callable[[str, str], None], kind: str
) -> None:
    canaries.go("/projects")
    answer("/team", kind)
    canaries.tab.follow("Team", ".side-nav")
    canaries.tab.sees(_AS_A_PAGE)
    canaries.tab.is_at("/team")
    _assert_nothing_came_in(canaries, kind)


@pytest.mark.parametrize("kind", _SOME)
def test_going_back_to_it_is_left_to_the_browser(
    canaries: Canaries, answer: Callable[[str, str], None], kind: str
) -> None:
    tab = canaries.tab
    canaries.go("/projects")
    for name in ("Team", "Tasks"):
        tab.follow(name, ".side-nav")
        tab.is_at(f"/{name.lower()}")
    answer("/team", kind)
    tab.page.go_back()
    tab.sees(_AS_A_PAGE)
    _assert_nothing_came_in(canaries, kind)
    # What htmx says of an answer of 400 and above.
    tab.problems[:] = [each for each in tab.problems if "historyCacheMissLoadError" not in each]


@pytest.mark.parametrize("kind", ["html without the mark", "marked csv"])
def test_a_check_under_way_shows_no_other_rows_than_ours(
    canaries: Canaries, answer: Callable[[str, str], None], kind: str
) -> None:
    tab = canaries.tab
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    answer("/auth/setup-database/connection/progress", kind)
    tab.page.route("**/settings/databases/check", hold)
    canaries.go("/settings/databases")
    with tab.page.expect_response("**/connection/progress"):
        tab.press("Run the checks")
    # The next one is asked for after the one before was looked at.
    with tab.page.expect_response("**/connection/progress"):
        _assert_nothing_came_in(canaries, kind)
    held.pop().continue_()
    tab.sees("Run again")
    _assert_nothing_came_in(canaries, kind)


def test_a_link_to_a_file_that_htmx_follows_all_the_same_loads_the_file(
    canaries: Canaries,
) -> None:
    """As when a link loses its `download`, or stands where it is boosted by mistake."""
    tab = canaries.tab
    tab.allow(400)
    canaries.go("/projects")
    tab.mark()
    with tab.page.expect_download() as download:
        tab.page.locator(".side-nav a").first.evaluate(
            "link => { link.setAttribute('href', '/exports/tasks.csv'); htmx.process(link);"
            " link.click(); }"
        )
    assert download.value.suggested_filename.endswith(".csv")
    tab.assert_not_reloaded()


@pytest.mark.parametrize("kind", ["html without the mark", "marked csv"])
def test_an_answer_whose_target_has_left_the_page_is_looked_at_all_the_same(
    canaries: Canaries, kind: str
) -> None:
    tab, (status, content_type, is_marked, said) = canaries.tab, ANSWERS[kind]
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    canaries.go("/projects")
    tab.mark()
    tab.page.route(f"{tab.url}/projects?new=1", hold)
    with tab.page.expect_request("**/projects?new=1"):
        tab.follow("New project")
    tab.page.locator("#project-panel").evaluate("each => each.remove()")
    headers = {"Content-Type": content_type} | ({"Provision-Drawn": "1"} if is_marked else {})
    held.pop().fulfill(status=status, headers=headers, body=_BODY)
    tab.sees(said, "#problem-region")
    _assert_nothing_came_in(canaries, kind)
    tab.assert_not_reloaded()
