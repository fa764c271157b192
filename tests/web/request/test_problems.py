"""What an error page says and offers to send again; every error of ours has one."""

from __future__ import annotations

import inspect
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import OperationalError

from provision import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

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


def _made(kind: type[errors.ProvisionError]) -> errors.ProvisionError:
    """One error of this class, whatever its constructor wants."""
    given: dict[str, Any] = {
        "code": "connection_refused",
        "detail": "What is wrong.",
        "remedy": "What to do.",
        "errors": {"name": ["wrong"]},
        "retry_after_s": 3,
        "role": "admin",
        "state": "missing",
        "problems": [],
        "current": None,
        "lost": errors.UnreachableError("connection_refused", "What is wrong."),
        "may_have_run": True,
    }
    wanted = inspect.signature(kind).parameters.values()
    return kind(**{each.name: given[each.name] for each in wanted if each.name in given})


def _below(kind: type[errors.ProvisionError]) -> Iterator[type[errors.ProvisionError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


# The first stops the start; the others are never raised themselves.
_NEVER_SEEN = {
    errors.SettingsError,
    errors.AccountError,
    errors.WorkspaceError,
    errors.RateLimitedError,
}


@pytest.mark.parametrize("path", ["/api/projects", "/projects"])
def test_every_error_of_ours_has_an_answer(app: Flask, path: str) -> None:
    seen = 0
    for kind in _below(errors.ProvisionError):
        if kind in _NEVER_SEEN:
            continue
        seen += 1
        with app.test_request_context(path):
            answer = app.make_response(app.handle_user_exception(_made(kind)))
        assert answer.status_code < 500 or answer.status_code == 503, kind
        if issubclass(kind, errors.TenantError):
            assert answer.status_code == 503, kind
            assert kind.problem in {
                "database_unreachable",
                "database_timeout",
                "database_busy",
                "result_too_large",
            }
    assert seen > 30


def test_our_own_store_is_never_said_to_be_the_persons_database(app: Flask) -> None:
    trouble = OperationalError("SELECT", None, sqlite3.OperationalError("locked"))
    for path in ("/projects", "/api/projects"):
        with app.test_request_context(path):
            answer = app.make_response(app.handle_user_exception(trouble))
        said = answer.get_data(as_text=True)
        assert answer.status_code == 503
        assert "unavailable" in said
        assert "Your database did not answer" not in said
        assert "Check the connection" not in said
