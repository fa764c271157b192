from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

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


FORMATS = {
    "time_zone": "Asia/Kathmandu",
    "week_start": "sunday",
    "date_format": "month_day",
    "number_format": "point_comma",
}


def user(visitor: Visitor) -> dict[str, Any]:
    answer = visitor.api("GET", "/api/user").json
    assert answer is not None
    found: dict[str, Any] = answer["user"]
    return found


def test_formats_can_be_changed_by_the_form_and_by_the_api(newcomer: Visitor) -> None:
    before = user(newcomer)
    assert before["time_zone"]
    answer = newcomer.post_form("/settings", {"name": "Nora", **FORMATS})
    assert answer.status_code == 303
    assert user(newcomer) == before | FORMATS
    page = newcomer.get("/settings").text
    assert re.search(r'<option value="Asia/Kathmandu"[^>]* selected', page)
    answer = newcomer.api("PATCH", "/api/user", {"week_start": "saturday", "name": "N."})
    assert answer.status_code == 200
    assert answer.json == {"user": before | FORMATS | {"week_start": "saturday", "name": "N."}}
    assert user(newcomer) == answer.json["user"]


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({"time_zone": "Mars/Olympus", "name": "New"}, {"time_zone"}),
        ({"week_start": "tuesday", "date_format": "d/m/y"}, {"week_start", "date_format"}),
        ({"number_format": None}, {"number_format"}),
        ({"timezone": "Europe/Berlin"}, {"timezone"}),
        ({"email": "other@example.org"}, {"email"}),
        ({"name": " "}, {"name"}),
    ],
)
def test_the_api_refuses_by_name_and_changes_nothing(
    newcomer: Visitor, sent: dict[str, Any], fields: set[str]
) -> None:
    before = user(newcomer)
    answer = newcomer.api("PATCH", "/api/user", sent)
    assert answer.status_code == 422
    assert answer.json is not None
    assert set(answer.json["errors"]) == fields
    assert user(newcomer) == before


def test_what_the_form_refuses_stays_typed(newcomer: Visitor) -> None:
    answer = newcomer.post_form("/settings", {"name": " ", **FORMATS}, htmx=True)
    assert answer.status_code == 422
    assert re.search(r'<option value="Asia/Kathmandu"[^>]* selected', answer.text)
    assert user(newcomer)["week_start"] == "monday"


def test_the_zone_of_the_browser_is_taken_once(stranger: Visitor) -> None:
    stranger.post_form(
        "/register",
        {
            "name": "Nora",
            "email": "nora@example.org",
            "password": "long enough for anybody 7",
            "time_zone": "Pacific/Auckland",
        },
    )
    assert user(stranger)["time_zone"] == "Pacific/Auckland"
    stranger.post_form("/logout", {})
    stranger.post_form(
        "/login",
        {
            "email": "nora@example.org",
            "password": "long enough for anybody 7",
            "time_zone": "Europe/Berlin",
        },
    )
    assert user(stranger)["time_zone"] == "Pacific/Auckland"


def test_people_a_day_apart_each_have_their_own_today(client: Visitor, bob: Visitor) -> None:
    """Kiritimati is 25 hours ahead of Pago Pago: it is never the same day there."""
    for visitor, zone in ((client, "Pacific/Kiritimati"), (bob, "Pacific/Pago_Pago")):
        visitor.api("PATCH", "/api/user", {"time_zone": zone})
        today = datetime.now(ZoneInfo(zone)).date()
        visitor.post_form("/tasks", {"quick": "1", "title": "Pay today"})
        made = visitor.api("GET", "/api/tasks").json
        assert made is not None
        assert made["tasks"][0]["due_date"] == today.isoformat()
        for due, is_shown in (("today", True), ("late", False)):
            assert ("Pay" in visitor.get(f"/tasks?view=list&due={due}").text) == is_shown
        late = {"title": "Yesterday", "due_date": (today - timedelta(days=1)).isoformat()}
        visitor.api("POST", "/api/tasks", late)
        assert "Yesterday" in visitor.get("/tasks?view=list&due=late").text
