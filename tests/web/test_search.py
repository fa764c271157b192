"""Search as a page and as the list of its dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.web.search import cut
from tests.web.wizard import block

if TYPE_CHECKING:
    from tests.web.conftest import Visitor


def test_what_is_found_is_a_page_of_links_with_the_words_marked(client: Visitor) -> None:
    made = client.api("POST", "/api/tasks", {"title": "<b>Café</b> report"}).json
    assert made is not None
    page = client.get("/search?q=cafe")
    assert page.status_code == 200
    assert f'href="/tasks/{made["task"]["id"]}"' in page.text
    assert "&lt;b&gt;<mark>Café</mark>&lt;/b&gt; report" in page.text


def test_the_dialog_gets_options_and_the_theme_as_one_of_them(client: Visitor) -> None:
    answer = client.get("/search?q=theme", htmx=True)
    listed = block(answer.text, "search-options")
    assert 'role="option"' in listed
    assert 'data-theme-choice="dark"' in listed
    assert 'data-count="3"' in listed


def test_nobody_finds_what_is_somebody_elses(client: Visitor, bob: Visitor) -> None:
    client.api("POST", "/api/tasks", {"title": "Secret plan"})
    assert "Secret plan" not in bob.get("/search?q=secret").text


@pytest.mark.parametrize(
    "query", ["", "a", "%00%00", "%ED%A0%80", "%20", "zz" * 500, "nothing+of+it"]
)
def test_odd_words_find_nothing_and_break_nothing(client: Visitor, query: str) -> None:
    assert client.get(f"/search?q={query}").status_code == 200
    assert client.get(f"/search?q={query}", htmx=True).status_code == 200


def test_before_a_database_is_connected_the_actions_are_there(newcomer: Visitor) -> None:
    assert "Dark theme" in newcomer.get("/search", htmx=True).text


def test_text_is_cut_where_it_matches() -> None:
    assert cut("Łódź in Łódź", ("lodz",)) == (("Łódź", True), (" in ", False), ("Łódź", True))
    assert cut("İstanbul", ("stan",)) == (("İ", False), ("stan", True), ("bul", False))
    assert cut("plain", ()) == (("plain", False),)
    assert cut("", ("x",)) == ()
