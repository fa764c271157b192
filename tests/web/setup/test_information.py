from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from markupsafe import escape

from provision.tenant.host.providers import cards
from tests.web.conftest import Visitor
from tests.web.wizard import CONNECTION, SCHEMA, STEP, block

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

PROVIDERS = ("Neon", "Supabase", "Railway", "Render", "AWS RDS", "Any PostgreSQL")


def _checked(page: str) -> list[str]:
    return re.findall(r'name="provider" value="([a-z-]+)" checked', page)


def test_a_new_account_starts_with_what_lives_where(newcomer: Visitor) -> None:
    page = newcomer.get(STEP)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert "In your database" in page.text
    assert "AES-256-GCM" in page.text
    assert "I have my connection string" in page.text


def test_every_provider_is_offered_with_costs_and_backups(newcomer: Visitor) -> None:
    page = newcomer.get(STEP).text
    for name in PROVIDERS:
        assert name in page
    assert _checked(page) == ["neon"]
    assert "Recommended" in page
    assert page.count("Who makes the backups") == len(PROVIDERS)
    for card in cards(demo=False):
        assert escape(card.free) in page
        assert escape(card.paid) in page
        assert not card.checked or f"checked {card.checked}" in page
    assert "Where Neon shows its string" in page


def test_without_a_built_in_server_none_is_offered(newcomer: Visitor) -> None:
    assert "Built-in database" not in newcomer.get(STEP).text


def test_where_a_built_in_server_runs_it_is_a_demo(make_app: Callable[..., Flask]) -> None:
    visitor = Visitor(make_app(built_in_postgres=True, mode="demo"))
    visitor.register("nora")
    panel = block(visitor.get(f"{STEP}?provider=built-in").text, "provider-built-in")
    assert 'name="built_in" value="1"' in panel
    assert f'action="{CONNECTION}"' in panel


@pytest.mark.parametrize("key", ["neon", "supabase", "railway", "render", "aws-rds", "any"])
def test_the_chosen_provider_is_part_of_the_address(newcomer: Visitor, key: str) -> None:
    assert _checked(newcomer.get(f"{STEP}?provider={key}").text) == [key]


@pytest.mark.parametrize("key", ["", "oracle", "<script>", "built-in"])
def test_an_unknown_provider_is_taken_for_the_recommended_one(newcomer: Visitor, key: str) -> None:
    page = newcomer.get(STEP, query_string={"provider": key})
    assert page.status_code == 200
    assert _checked(page.text) == ["neon"]
    assert "<script>" not in page.text


def test_the_button_leads_on_and_is_remembered(newcomer: Visitor) -> None:
    answer = newcomer.post_form(STEP)
    assert (answer.status_code, answer.location) == (303, CONNECTION)
    assert 'name="connection_string"' in newcomer.get(STEP).text
    assert "Bring a database" in newcomer.get(f"{STEP}?step=information").text


def test_htmx_is_sent_on_by_header_and_gets_only_the_block(newcomer: Visitor) -> None:
    answer = newcomer.post_form(STEP, htmx=True)
    assert answer.headers["HX-Redirect"] == CONNECTION
    part = newcomer.get(f"{STEP}?provider=railway", htmx=True).text
    assert part.lstrip().startswith('<div class="stack" id="information-step"')
    assert "<html" not in part


def test_the_schema_step_needs_a_connection_first(newcomer: Visitor) -> None:
    for answer in (newcomer.get(SCHEMA), newcomer.post_form(SCHEMA, {"action": "apply"})):
        assert (answer.status_code, answer.location) == (303, STEP)


def test_a_stranger_is_sent_to_sign_in(stranger: Visitor) -> None:
    for path in (STEP, CONNECTION, SCHEMA, f"{SCHEMA}.sql"):
        answer = stranger.get(path)
        assert answer.status_code == 303
        assert answer.location.startswith("/login")
