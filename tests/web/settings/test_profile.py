from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.wizard import block

if TYPE_CHECKING:
    from tests.web.conftest import Visitor


def test_the_profile_stands_without_a_database(newcomer: Visitor) -> None:
    page = newcomer.get("/settings")
    assert page.status_code == 200
    assert 'value="Nora"' in page.text
    assert "nora@example.org" in page.text


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_the_name_can_be_changed(newcomer: Visitor, htmx: bool) -> None:
    answer = newcomer.post_form("/settings", {"name": "Nora Halden"}, htmx=htmx)
    if htmx:
        assert answer.status_code == 200
        assert 'value="Nora Halden"' in block(answer.text, "profile-form")
        assert "toast" in answer.headers["HX-Trigger"]
    else:
        assert (answer.status_code, answer.location) == (303, "/settings")
    user = newcomer.api("GET", "/api/user").json
    assert user is not None
    assert user["user"]["name"] == "Nora Halden"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_name_that_breaks_the_rules_is_said_beside_its_field(
    newcomer: Visitor, name: str, htmx: bool
) -> None:
    answer = newcomer.post_form("/settings", {"name": name}, htmx=htmx)
    assert answer.status_code == 422
    assert 'id="name-error"' in block(answer.text, "profile-form")
    user = newcomer.api("GET", "/api/user").json
    assert user is not None
    assert user["user"]["name"] == "Nora"


def test_the_theme_can_be_chosen(newcomer: Visitor) -> None:
    page = newcomer.get("/settings/appearance")
    assert page.status_code == 200
    assert 'value="dark" aria-pressed="false"' in page.text
    answer = newcomer.post_form("/theme", {"theme": "dark", "next": "/settings/appearance"})
    assert (answer.status_code, answer.location) == (303, "/settings/appearance")
    assert 'value="dark" aria-pressed="true"' in newcomer.get("/settings/appearance").text


def test_strangers_are_sent_to_sign_in(stranger: Visitor) -> None:
    for path in ("/settings", "/settings/appearance", "/settings/databases"):
        assert stranger.get(path).location.startswith("/login")
