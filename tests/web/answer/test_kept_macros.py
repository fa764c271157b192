"""What is kept of a macro is what it would draw now: for whoever asks, and escaped."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from jinja2 import nodes
from markupsafe import Markup

from provision.web.answer import assets, urls
from provision.web.answer.kept_macros import PURE, WITH_LINKS
from provision.web.format import names

if TYPE_CHECKING:
    from collections.abc import Collection

    from flask import Flask

    from tests.web.conftest import Visitor

# Globals that give the same for the same arguments; `url_for` does below one path.
_PURE_GLOBALS = {"asset", "integrity", "labels", "url_for", "range", "namespace", "dict"}
# Filters that read nothing of who asks; `moment`, `day` and `money` do.
_PURE_FILTERS = {
    *("xmlattr", "upper", "string", "round", "min", "max", "sum", "map", "last", "first", "list"),
    *("length", "default", "join", "hue", "late_words"),
}


@cache
def _template(env: Any, name: str) -> nodes.Template:
    source = env.loader.get_source(env, name)[0]
    parsed: nodes.Template = env.parse(source)
    return parsed


def _reads(
    env: Any,
    template: str,
    macro: str,
    seen: frozenset[str] = frozenset(),
    *,
    without: Collection[str] = (),
) -> set[str]:
    """Return what a macro reads beside its arguments, through all that it calls."""
    if f"{template}:{macro}" in seen:
        return set()
    seen |= {f"{template}:{macro}"}
    tree = _template(env, template)
    macros = {each.name: each for each in tree.find_all(nodes.Macro)}
    macros["_icon"] = macros.get("icon", next(iter(macros.values())))
    body = macros[macro]
    own = {each.name for each in body.find_all(nodes.Name) if each.ctx in ("store", "param")}
    read = {f"|{each.name}" for each in body.find_all(nodes.Filter)} - {
        f"|{name}" for name in _PURE_FILTERS
    }
    for name in body.find_all(nodes.Name):
        if name.ctx != "load" or name.name in own | _PURE_GLOBALS - {*without} | {
            *("ui", "caller")
        }:
            continue
        if name.name in macros:
            read |= _reads(env, template, name.name, seen, without=without)
        else:
            read.add(name.name)
    for part in body.find_all(nodes.Getattr):
        if isinstance(part.node, nodes.Name) and part.node.name == "ui" and "ui" not in own:
            read |= _reads(env, "_ui.html", part.attr, seen, without=without)
    return read


@pytest.mark.parametrize(
    ("template", "macro"), [(template, each) for template, made in PURE.items() for each in made]
)
def test_a_kept_macro_depends_on_its_arguments_alone(app: Flask, template: str, macro: str) -> None:
    links = set() if template in WITH_LINKS else {"url_for"}
    assert _reads(app.jinja_env, template, macro, without=links) == set()


@pytest.mark.parametrize("macro", ["cards", "line"])
def test_a_row_depends_on_nothing_that_its_key_does_not_name(app: Flask, macro: str) -> None:
    assert _reads(app.jinja_env, "tasks/_cards.html", macro) == set()


def test_pages_of_a_workspace_link_to_pages_of_it(app: Flask) -> None:
    fixed: Any = app.jinja_env.globals["fixed"]
    for root in ("/w/1", "/w/2", "", "/w/1"):
        with app.test_request_context("/", base_url=f"http://localhost{root}"):
            drawn = fixed.side_lists(None, "tasks", "")
            assert f'href="{root}/projects"' in drawn
            assert urls.address_of("projects.list") == f"{root}/projects"


@pytest.mark.parametrize("macro", ["csrf", "post_button", "toast", "theme_switch"])
def test_what_belongs_to_a_request_is_found(app: Flask, macro: str) -> None:
    assert "csrf_token" in _reads(app.jinja_env, "_ui.html", macro)
    assert macro not in PURE["_ui.html"]


def test_markup_is_not_taken_for_the_same_text(app: Flask) -> None:
    ui: Any = app.jinja_env.globals["ui"]
    with app.test_request_context("/"):
        for _ in range(2):
            assert "<b>x</b>" in ui.badge(Markup("<b>x</b>"))
            assert "&lt;b&gt;x&lt;/b&gt;" in ui.badge("<b>x</b>")
            assert "&lt;i&gt;" in ui.button("x", attrs={"title": "<i>"})
            assert 'title="<i>"' in ui.button("x", attrs={"title": Markup("<i>")})


def test_an_address_is_below_the_path_of_the_app(app: Flask) -> None:
    ui: Any = app.jinja_env.globals["ui"]
    for root in ("", "/below", ""):
        with app.test_request_context("/", base_url=f"http://localhost{root}"):
            assert f'href="{root}/static/' in ui.icon("check")
            assert f'href="{assets.asset("icons.svg")}#check"' in ui.icon("check")


def test_two_people_have_their_own_frame(client: Visitor, bob: Visitor) -> None:
    client.api("POST", "/api/projects", {"name": "Hers alone", "status": "active"})
    for _ in range(2):
        for page in ("/tasks", "/projects", "/dashboard"):
            hers, his = client.get(page).text, bob.get(page).text
            assert "Hers alone" in hers
            assert "Hers alone" not in his
            assert _tokens(hers).isdisjoint(_tokens(his))


def test_the_sidebar_follows_a_change(client: Visitor) -> None:
    made = client.api("POST", "/api/projects", {"name": "Old", "status": "active"}).json
    assert made is not None
    path = f"/projects/{made['project']['id']}"
    assert 'aria-current="page"' in _side(client.get(path).text).partition("side-projects")[2]
    assert 'aria-current="page"' not in _side(client.get("/tasks").text).partition("<ul>")[2]
    client.api("PATCH", f"/api{path}", {"name": "<New>"})
    assert "&lt;New&gt;" in _side(client.get("/tasks").text)


def test_colours_of_people_are_the_same_as_drawn_anew(app: Flask) -> None:
    ui: Any = app.jinja_env.globals["ui"]
    with app.test_request_context("/"):
        for name in ("Ada", "ada", "ADA", "Ada"):
            assert f"a-{names.hue(name)}" in ui.avatar(name)
            assert ">A</span>" in ui.avatar(name)


def _side(page: str) -> str:
    return page.partition('id="side-lists"')[2].partition('class="side-foot"')[0]


def _tokens(page: str) -> set[str]:
    return set(page.split('name="csrf_token" value="')[1:2])
