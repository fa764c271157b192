"""Descriptions as Markdown: what is written is set, and nothing that is written can act."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from provision.web.format.markdown import markdown

if TYPE_CHECKING:
    from tests.web.conftest import Visitor


_HARMLESS = {*("a", "code", "p", "pre"), *("table", "tbody", "td", "th", "thead", "tr")}


class _Attributes(HTMLParser):
    """Collects the names of all attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {name for name, _ in attrs}


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("**bold** and *soft*", "<p><strong>bold</strong> and <em>soft</em></p>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("# Title", "<h3>Title</h3>"),
        ("###### Deep", "<h5>Deep</h5>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        ("- [ ](x)", '<ul>\n<li><a href="x" rel="noopener noreferrer nofollow"> </a></li>\n</ul>'),
        ("[ ] a", "<p>[ ] a</p>"),
    ],
)
def test_it_is_set_as_written(text: str, html: str) -> None:
    assert markdown(text).strip() == html


@pytest.mark.parametrize("address", ["https://example.org/a?b=1", "mailto:ana@example.org"])
def test_links_lead_on_and_vouch_for_nothing(address: str) -> None:
    html = markdown(f"[there]({address})")
    assert f'href="{address}"' in html
    assert 'rel="noopener noreferrer nofollow"' in html


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://example.org/a?b=1.", "https://example.org/a?b=1"),
        ("(http://example.org)", "http://example.org"),
        ("ask ana@example.org", "mailto:ana@example.org"),
    ],
)
def test_an_address_in_the_text_is_a_link(text: str, address: str) -> None:
    html = markdown(text)
    assert re.findall(r'href="([^"]*)"', html) == [address]
    assert 'rel="noopener noreferrer nofollow"' in html


@pytest.mark.parametrize(
    "text", ["notes.md", "www.example.org", "ftp://example.org", "//example.org", "javascript:a"]
)
def test_what_only_looks_like_an_address_is_no_link(text: str) -> None:
    assert "<a" not in markdown(text)


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        ("- [ ] a", [{"type", "disabled"}]),
        ("1. [x] a\n2. [X] b", [{"type", "disabled", "checked"}] * 2),
        ("- [ ] <input type='text' name='csrf_token' form='x'>", [{"type", "disabled"}]),
        ("- [ ]a\n- [y] a\n\n[ ] a", []),
    ],
)
def test_a_box_at_the_beginning_of_an_item_is_drawn_and_cannot_be_ticked(
    text: str, boxes: list[set[str]]
) -> None:
    html = markdown(text)
    found = [dict(re.findall(r'(\w+)="(.*?)"', each)) for each in re.findall("<input(.*?)>", html)]
    assert [set(each) for each in found] == boxes
    assert all(each["type"] == "checkbox" for each in found)
    assert html.count("<label>") == html.count("</label>") == len(boxes)


def test_many_boxes_take_no_more_work_than_as_many_items() -> None:
    markdown("- [ ] x")
    plain, boxes = _calls("- a bcd\n" * 1_200), _calls("- [ ] a\n" * 1_200)
    assert plain < boxes < 5 * plain
    assert _calls("- [ ] a\n" * 600) > boxes / 3


def _calls(text: str) -> int:
    """How many calls of Python and C functions drawing it takes."""
    count = 0

    def see(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(see)
    try:
        markdown(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)' hx-get='/x'>x</a>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&colon;alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "![x](javascript:alert(1))",
        "<javascript:alert(1)>",
        '[x](https://a.example "onmouseover=alert(1)")',
        '![x](https://a.example/"onerror=alert(1))',
        "```html onload=x\n<b onclick=x>\n```",
        "| <b> | [x](data:a) |\n|---|---|\n| <i> | y |",
    ],
)
def test_nothing_written_can_act(text: str) -> None:
    html = markdown(text)
    tags = re.findall(r"<\s*(\w+)([^>]*)>", html)
    assert {tag for tag, _ in tags} <= {
        *["a", "code", "p", "pre", "table", "tbody", "td", "th", "thead", "tr"]
    }
    for tag, attributes in tags:
        assert tag == "a" or not attributes.strip(), html
        names = set(re.findall(r'([\w-]+)="[^"]*"', attributes))
        assert names <= {"href", "title", "rel"}
        assert not re.search(r'href="(?!https?:|mailto:)', attributes)


@pytest.mark.parametrize(
    "text",
    [
        '<div id="panel" class="card" name="csrf_token" data-search hx-get="/x">x</div>',
        '<form hx-post="/settings" hx-trigger="load"><input name="name" value="x"></form>',
        '<a href="/x" hx-get="/y" data-hx-trigger="load">x</a>',
        '<template hx type="partial" hx-target="body">x</template>',
        '<base href="//evil.example"><meta http-equiv="refresh" content="0;url=//evil.example">',
        "<svg><script>x</script><use href='/static/icons.svg#x'></svg>",
        "</textarea></script></title></div></template><p hx-swap-oob='true'>",
        "``` hx-get id=x class=y\nx\n```",
        "| a |\n|:-:|\n| b |",
        '[x](/tasks "" hx-get="/y")',
        "[x]: /tasks 'title\" data-x=\"y'\n\n[x]",
        "1986. x",
        "- [ ] x\n- [x] y",
    ],
)
def test_no_attribute_that_script_or_htmx_could_act_on_gets_through(text: str) -> None:
    read = _Attributes()
    read.feed(markdown(text))
    assert read.found <= {"href", "title", "rel", "start", "checked", "disabled", "type"}


@pytest.mark.parametrize("address", ["#keys", "  #keys", "#"])
def test_a_link_opens_no_dialog_of_the_page_around_it(address: str) -> None:
    assert "href" not in markdown(f"[x](<{address}>)")


def test_a_link_within_the_site_stays_one() -> None:
    assert 'href="/tasks?view=list"' in markdown("[x](/tasks?view=list)")


def test_an_image_is_a_link_as_nothing_is_loaded_from_elsewhere() -> None:
    html = markdown("![The hotel](https://example.org/h.png)")
    assert "<img" not in html
    assert ">The hotel</a>" in html
    assert ">https://example.org/h.png</a>" in markdown("![](https://example.org/h.png)")


def test_what_no_form_would_take_is_shown_as_text() -> None:
    assert markdown("*" * 20_000).startswith('<p class="prose-text">***')
    assert "<b>" not in markdown("<b>" * 5_000)
    assert markdown("half \ud800 of one") == "<p>half ? of one</p>\n"


def test_a_project_shows_its_description_set_and_edits_it_as_typed(client: Visitor) -> None:
    text = "**Out of scope:** the [staging](https://example.org) server <b>"
    made = client.post_form("/projects", {"name": "Website", "description": text})
    page = client.get(made.headers["Location"]).text
    assert "<strong>Out of scope:</strong>" in page
    assert "server &lt;b&gt;" in page
    form = client.get(made.headers["Location"] + "?edit=1").text
    assert (
        "**Out of scope:** the [staging](https://example.org) server &lt;b&gt;</textarea>" in form
    )
