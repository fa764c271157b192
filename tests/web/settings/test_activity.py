from __future__ import annotations

from typing import TYPE_CHECKING, cast, get_args

import pytest

from provision.control import audit
from provision.web.request.services import EXTENSION
from provision.web.settings import events
from tests.control.conftest import CLIENT
from tests.web.conftest import PASSWORD, Visitor
from tests.web.wizard import block

if TYPE_CHECKING:
    from flask import Flask

    from provision.control.store.store import ControlStore
    from provision.web.request.services import Services

ACTIVITY = "/settings/activity"


def _store(app: Flask) -> ControlStore:
    return cast("Services", app.extensions[EXTENSION]).store


def test_ones_own_events_are_told_in_words(client: Visitor, bob: Visitor) -> None:
    stranger = Visitor(client.app)
    fields = {"email": client.email(), "password": "hunter2 is not mine"}
    assert stranger.post_form("/login", fields).status_code == 422
    part = block(client.get(ACTIVITY).text, "activity")
    for told in ("Account made", "Signed in", "A sign-in failed", "Database connected"):
        assert part.count(told) == 1, told
    assert f"at 127.0.0.1:{client.database.url.port if client.database else 0}" in part
    assert "hunter2" not in part


def test_replacing_and_forgetting_a_connection_are_told_apart(client: Visitor) -> None:
    assert client.database is not None
    client.connect(client.database)
    assert client.api("DELETE", "/api/user/database-connection").status_code == 204
    part = block(client.get(ACTIVITY).text, "activity")
    for told in ("Database connected", "Database connection replaced", "Connection string forg"):
        assert part.count(told) == 1, told


def test_a_failure_at_no_account_is_told_without_what_was_typed(
    app: Flask, stranger: Visitor
) -> None:
    stranger.post_form("/login", {"email": "my-password-2026", "password": "my-password-2026"})
    (told,) = audit.listing(_store(app))
    assert (told.event, told.user_id, told.detail) == ("sign_in_failed", None, {})
    assert told.address == "127.0.0.1"


def test_pages_of_fifty_go_back_to_the_beginning(app: Flask, newcomer: Visitor) -> None:
    user_id = next(each.user_id for each in audit.listing(_store(app)))
    with _store(app).writing() as conn:
        for number in range(60):
            detail = {"name": f"t-{number}-<b>"}
            audit.record(
                conn, at=1, event="token_created", user_id=user_id, detail=detail, client=CLIENT
            )
    first = newcomer.get(ACTIVITY).text
    assert (first.count('<li class="entry"'), "Earlier" in first, "Newest" in first) == (
        *(50, True),
        False,
    )
    assert "t-59-&lt;b&gt;" in first
    link = first.partition('href="/settings/activity?before=')[2].partition('"')[0]
    second = newcomer.get(f"{ACTIVITY}?before={link}")
    assert (second.text.count('<li class="entry"'), "Earlier" in second.text) == (12, False)
    assert "Newest" in second.text


@pytest.mark.parametrize("before", ["-1", "0", "x", "9" * 30, "9" * 5000, "1%00", "%F0%9F%98%80"])
def test_any_place_to_go_on_from_is_answered(newcomer: Visitor, before: str) -> None:
    assert newcomer.get(f"{ACTIVITY}?before={before}").status_code == 200


def test_what_the_operator_did_is_said_to_be_theirs(app: Flask, newcomer: Visitor) -> None:
    user_id = next(each.user_id for each in audit.listing(_store(app)))
    with _store(app).writing() as conn:
        audit.record(conn, at=1, event="two_factor_reset", user_id=user_id, client=audit.OPERATOR)
    assert "by the operator of this server" in newcomer.get(ACTIVITY).text


def test_every_event_has_words() -> None:
    assert set(events.WORDS) == set(get_args(audit.EventName))


def test_signing_in_again_after_changes_is_told_with_the_browser(newcomer: Visitor) -> None:
    newcomer.post_form("/logout")
    newcomer.post_form("/login", {"email": "nora@example.org", "password": PASSWORD})
    part = block(newcomer.get(ACTIVITY).text, "activity")
    assert "Signed out" in part
    assert part.count("127.0.0.1") == 4
