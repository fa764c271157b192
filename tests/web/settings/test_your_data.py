from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest

from provision.control.store.tables import metadata
from provision.web.request.services import EXTENSION
from tests.web import second_factor
from tests.web.conftest import PASSWORD, Visitor
from tests.web.wizard import block, tables_in

if TYPE_CHECKING:
    from provision.web.request.services import Services
    from tests.conftest import Database

PAGE = "/settings/your-data"
DOWNLOAD = f"{PAGE}/download"
DELETE = f"{PAGE}/delete"


def test_all_that_is_held_comes_as_a_file_without_a_secret(
    client: Visitor, bob: Visitor, database: Database
) -> None:
    answer = client.post_form(DOWNLOAD)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Cache-Control"] == "no-store"
    held = json.loads(answer.data)
    assert held["account"]["email"] == "alice@example.org"
    assert held["account"]["created_at"].endswith("Z")
    assert [each["connection"]["database"] for each in held["workspaces"]] == [database.name]
    assert [each["is_this_browser"] for each in held["sessions"]] == [True]
    assert [each["event"] for each in held["activity"]] == [
        *("data_exported", "connection_saved", "signed_in", "registered"),
    ]
    for secret in (database.password, "argon2", client.cookie("provision_session"), "bob"):
        assert secret not in answer.text
    assert "All that is held about you downloaded" in client.get("/settings/activity").text


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_deleting_the_account_leaves_the_database_and_nothing_here(
    client: Visitor, database: Database, htmx: bool
) -> None:
    other = Visitor(client.app)
    other.post_form("/login", {"email": "alice@example.org", "password": PASSWORD})
    credentials = {"email": "alice@example.org", "password": PASSWORD}
    token = client.raw("POST", "/api/auth/token", json=credentials).get_json()["token"]
    before = tables_in(database)
    page = block(client.get(PAGE).text, "your-data")
    assert "is left as it is" in page
    assert database.name in page
    answer = client.post_form(DELETE, {"password": PASSWORD}, htmx=htmx)
    assert (answer.headers["HX-Redirect"] if htmx else answer.location) == "/"
    assert "Your own database is as it was." in client.get("/").text
    assert tables_in(database) == before
    for visitor in (client, other):
        assert visitor.get("/dashboard").status_code == 303
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.raw("GET", "/api/user", headers=bearer).status_code == 401
    assert other.post_form("/login", credentials).status_code == 422
    services = cast("Services", client.app.extensions[EXTENSION])
    with services.store.reading() as conn:
        kept = "".join(
            str(row) for table in metadata.sorted_tables for row in conn.execute(table.select())
        )
    for gone in ("alice@example.org", "Alice", database.name, database.user):
        assert gone not in kept, gone
    assert services.access.stats()["engines"] == 0


def test_the_same_database_takes_the_work_back(client: Visitor, database: Database) -> None:
    client.api("POST", "/api/projects", {"name": "Wharf"})
    ((owner_id,),) = client.rows("SELECT owner_id::text FROM provision_workspaces")
    client.post_form(DELETE, {"password": PASSWORD})
    again = Visitor(client.app)
    again.register("alice")
    saved = again.api(
        "POST",
        "/api/user/database-connection",
        {"connection_string": database.connection_string, "workspace": owner_id},
    )
    assert saved.status_code == 200, saved.text
    projects = again.api("GET", "/api/projects").get_json()["projects"]
    assert [each["name"] for each in projects] == ["Wharf"]


@pytest.mark.parametrize("fields", [{}, {"password": ""}, {"password": "not mine, really"}])
def test_without_the_password_nothing_is_deleted(newcomer: Visitor, fields: dict[str, str]) -> None:
    answer = newcomer.post_form(DELETE, fields)
    assert answer.status_code == 422
    assert 'id="confirm-password-error"' in answer.text
    assert '<details class="stack" open>' in answer.text
    assert newcomer.get("/settings").status_code == 200


def test_with_two_factor_on_the_code_is_needed_too(newcomer: Visitor) -> None:
    phone, _ = second_factor.enrol(newcomer.app, newcomer)
    assert newcomer.post_form(DELETE, {"password": PASSWORD}).status_code == 422
    wrong = {"password": PASSWORD, "code": phone.wrong_code()}
    assert newcomer.post_form(DELETE, wrong).status_code == 422
    right = {"password": PASSWORD, "code": phone.next_code()}
    assert newcomer.post_form(DELETE, right).status_code == 303
    assert newcomer.get("/settings").status_code == 303
