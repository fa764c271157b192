"""The whole way from an account to a ready workspace, as people go it."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provision.built_in.postgres import BuiltInPostgres
from tests.web.conftest import PASSWORD, Visitor
from tests.web.second_factor import enrol
from tests.web.wizard import CONNECTION, SCHEMA, STEP, connect_by_form, paste

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

    from tests.conftest import Database


def _form(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that posts to `action`, as a browser would send them."""
    forms = re.findall(r"<form[^>]*>.*?</form>", page, re.DOTALL)
    form = next(each for each in forms if f'action="{action}"' in each and 'method="post"' in each)
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def _second_browser(app: Flask) -> Visitor:
    visitor = Visitor(app)
    answer = visitor.post_form("/login", {"email": "nora@example.org", "password": PASSWORD})
    assert answer.status_code == 303
    return visitor


def test_the_way_through_by_forms_alone(app: Flask, database: Database) -> None:
    visitor = Visitor(app)
    visitor.database = database
    assert visitor.register("nora").location == STEP
    page = visitor.get(STEP).text
    answer = visitor.raw("POST", STEP, data=_form(page, STEP))
    page = visitor.get(answer.location).text
    fields = _form(page, CONNECTION) | {"connection_string": database.connection_string}
    answer = visitor.raw("POST", CONNECTION, data=fields)
    page = visitor.get(answer.location).text
    answer = visitor.raw("POST", SCHEMA, data=_form(page, SCHEMA) | {"action": "apply"})
    page = visitor.get(answer.location).text
    assert re.search(r'<a [^>]*href="/dashboard"[^>]*>(<[^>]+>)*Skip to dashboard', page)
    assert visitor.rows("SELECT name FROM provision_workspaces") == [("Nora",)]


def test_another_device_goes_on_where_this_one_is(
    app: Flask, newcomer: Visitor, database: Database
) -> None:
    other = _second_browser(app)
    assert "Bring a database" in other.get(STEP).text
    newcomer.post_form(STEP)
    assert 'name="connection_string"' in other.get(STEP).text
    connect_by_form(newcomer, database)
    assert "Create the tables for me" in other.get(STEP).text
    newcomer.post_form(SCHEMA, {"action": "apply"})
    assert "Skip to dashboard" in other.get(STEP).text


def test_earlier_steps_stay_open_by_their_address(client: Visitor) -> None:
    assert "Bring a database" in client.get(f"{STEP}?step=information").text
    assert 'name="connection_string"' in client.get(CONNECTION).text


def test_two_people_share_one_database(app: Flask, client: Visitor, database: Database) -> None:
    other = Visitor(app)
    other.register("bob")
    answer = paste(other, database.connection_string)
    assert (answer.status_code, answer.location) == (303, STEP)
    assert "Skip to dashboard" in other.get(STEP).text
    assert sorted(client.rows("SELECT email FROM profiles")) == [
        ("alice@example.org",),
        ("bob@example.org",),
    ]


@pytest.fixture(scope="module")
def built_in_folder() -> Iterator[Path]:
    # Not below pytest's own temporary folder: that is closed to the server's account.
    folder = Path(tempfile.mkdtemp(prefix="provision-test-"))
    folder.chmod(0o711)
    postgres = BuiltInPostgres(folder / "data")
    postgres.start()
    yield folder / "data"
    postgres.stop()
    shutil.rmtree(folder)


def test_the_built_in_database_is_made_once_and_goes_the_same_way(
    make_app: Callable[..., Flask], built_in_folder: Path
) -> None:
    visitor = Visitor(make_app(data_dir=built_in_folder, built_in_postgres=True, mode="demo"))
    visitor.register("nora")
    answer = visitor.post_form(CONNECTION, {"built_in": "1"})
    assert (answer.status_code, answer.location) == (303, SCHEMA)
    first = visitor.api("GET", "/api/user/database-connection").json
    assert first is not None
    assert first["connection"]["provider"] == "Built-in"
    again = visitor.post_form(CONNECTION, {"built_in": "1"})
    assert (again.status_code, again.location) == (303, STEP)
    assert visitor.api("GET", "/api/user/database-connection").json == first
    assert visitor.post_form(SCHEMA, {"action": "apply"}).location == STEP
    ready = visitor.get(STEP).text
    assert "Skip to dashboard" in ready
    assert "in this server's data folder" in ready
    assert "what your provider does" not in ready
    _is_taken_up_again_only_with_password_and_code(visitor)


def _is_taken_up_again_only_with_password_and_code(visitor: Visitor) -> None:
    authenticator, _ = enrol(visitor.app, visitor)
    assert visitor.api("DELETE", "/api/user/database-connection").status_code == 204
    for htmx in (False, True):
        asked = visitor.post_form(CONNECTION, {"built_in": "1"}, htmx=htmx)
        assert asked.status_code == 422
        assert 'id="built-in-form"' in asked.text
        assert "field-error" not in asked.text
        wrong = {"built_in": "1", "password": PASSWORD, "code": authenticator.wrong_code()}
        answer = visitor.post_form(CONNECTION, wrong, htmx=htmx)
        assert answer.status_code == 422
        assert 'id="confirm-code-error"' in answer.text
    right = {"built_in": "1", "password": PASSWORD, "code": authenticator.next_code()}
    assert visitor.post_form(CONNECTION, right).location == STEP


def test_where_no_built_in_database_is_offered_none_is_made(newcomer: Visitor) -> None:
    answer = newcomer.post_form(CONNECTION, {"built_in": "1"})
    assert answer.status_code == 422
    assert "no built-in database" in answer.text
