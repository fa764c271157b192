"""What an error page offers to send again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

_FIELDS = {"theme": "dark", "next": "/projects"}


def test_a_form_that_was_open_for_too_long_keeps_what_was_typed(stranger: Visitor) -> None:
    headers = {"Origin": "http://localhost"}
    answer = stranger.raw("POST", "/theme", data=_FIELDS, headers=headers)
    assert answer.status_code == 403
    assert "Send it again" in answer.text
    assert 'value="/projects"' in answer.text


@pytest.mark.parametrize("origin", ["http://elsewhere.localhost", "null", "http://[", ""])
def test_no_button_sends_what_another_site_has_filled_in(stranger: Visitor, origin: str) -> None:
    headers = {"Origin": origin} if origin else {}
    answer = stranger.raw("POST", "/theme", data=_FIELDS, headers=headers)
    assert answer.status_code == 403
    assert "Send it again" not in answer.text
    assert 'value="/projects"' not in answer.text


def test_more_fields_than_any_form_has_are_not_repeated(stranger: Visitor) -> None:
    answer = stranger.raw(
        "POST",
        "/theme",
        data="a&" * 100_000,
        content_type="application/x-www-form-urlencoded",
        headers={"Origin": "http://localhost"},
    )
    assert answer.status_code == 403
    assert len(answer.data) < 20_000
