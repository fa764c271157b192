from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.web.conftest import PASSWORD, Visitor, with_cookie
from tests.web.wizard import block

if TYPE_CHECKING:
    from flask import Flask

SESSIONS = "/settings/sessions"
END = f"{SESSIONS}/end"
OTHERS = f"{SESSIONS}/end-others"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"


def _another_browser(app: Flask, email: str, agent: str = FIREFOX) -> Visitor:
    visitor = Visitor(app)
    fields = {"csrf_token": visitor.csrf_token(), "email": email, "password": PASSWORD}
    answer = visitor.raw("POST", "/login", data=fields, headers={"User-Agent": agent})
    assert answer.status_code == 303
    return visitor


def _ids(visitor: Visitor) -> list[str]:
    """What names the other sessions in their forms."""
    return re.findall(r'name="session" value="([0-9a-f]{64})"', visitor.get(SESSIONS).text)


def _is_in(visitor: Visitor) -> bool:
    return visitor.get("/settings").status_code == 200


def test_each_browser_is_shown_in_words_with_its_address(app: Flask, newcomer: Visitor) -> None:
    _another_browser(app, newcomer.email())
    _another_browser(app, newcomer.email(), agent="<b>Firefox/1</b>\x07" + "x" * 2000)
    part = block(newcomer.get(SESSIONS).text, "sessions")
    assert part.count("last seen") == 3
    assert "Firefox on Linux" in part
    assert "<b>" not in part
    assert "xxx" not in part
    assert part.count("127.0.0.1") == 3
    assert part.count("This browser") == 1
    assert newcomer.cookie("provision_session") not in part


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_one_other_browser_is_signed_out(app: Flask, newcomer: Visitor, htmx: bool) -> None:
    other = _another_browser(app, newcomer.email())
    answer = newcomer.post_form(END, {"session": _ids(newcomer)[0]}, htmx=htmx)
    if htmx:
        assert answer.status_code == 200
        assert "That browser is signed out." in answer.headers["HX-Trigger"]
        assert answer.text.count("last seen") == 1
    else:
        assert (answer.status_code, answer.location) == (303, SESSIONS)
    assert (_is_in(other), _is_in(newcomer)) == (False, True)


def test_all_others_are_signed_out(app: Flask, newcomer: Visitor) -> None:
    others = [_another_browser(app, newcomer.email()) for _ in range(2)]
    assert newcomer.post_form(OTHERS).location == SESSIONS
    assert [_is_in(each) for each in (*others, newcomer)] == [False, False, True]
    assert (
        "You are signed in nowhere else."
        in newcomer.post_form(OTHERS, htmx=True).headers["HX-Trigger"]
    )


def test_ones_own_session_leaves_by_the_front_door(app: Flask, newcomer: Visitor) -> None:
    other = _another_browser(app, newcomer.email())
    own = _ids(other)[0]
    assert newcomer.post_form(END, {"session": own}).location == "/"
    assert not _is_in(newcomer)


def test_a_session_of_somebody_else_does_not_exist(app: Flask, newcomer: Visitor) -> None:
    bob = Visitor(app)
    bob.register("bob")
    _another_browser(app, bob.email())
    for name in (*_ids(bob), "0" * 64, "", "\0", "x" * 5000):
        answer = newcomer.post_form(END, {"session": name})
        assert answer.status_code == 404
        assert "over already" in answer.text
    assert newcomer.post_form(OTHERS).status_code == 303
    assert _is_in(bob)
    assert len(_ids(bob)) == 1


def test_a_new_session_at_each_sign_in_and_the_one_before_is_over(
    app: Flask, newcomer: Visitor
) -> None:
    before = newcomer.cookie("provision_session")
    newcomer.post_form("/logout")
    planted = newcomer.cookie("provision_session")
    fields = {"email": "nora@example.org", "password": PASSWORD}
    newcomer.post_form("/login", fields)
    assert newcomer.cookie("provision_session") not in (before, planted)
    for stolen in (before, planted):
        assert with_cookie(app, f"provision_session={stolen}", "/settings").status_code == 303
    now = newcomer.cookie("provision_session")
    assert with_cookie(app, f"provision_session={now}", "/settings").status_code == 200
