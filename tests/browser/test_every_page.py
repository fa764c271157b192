"""Every page, from phone to desk, light and dark: nothing sticks out, and axe finds no fault."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.looking import faults, sticking_out
from tests.counting_proxy import CountingProxy

if TYPE_CHECKING:
    from tests.browser.live import Live
    from tests.browser.tab import Tab
    from tests.conftest import Database
    from tests.web.conftest import Visitor

STEP = "/auth/setup-database"
OF_NOBODY = ["/", "/login", "/register", "/nowhere"]
OF_A_NEWCOMER = [
    STEP,
    f"{STEP}?provider=built_in",
    f"{STEP}/connection",
    "/settings/databases",
    "/settings/password",
    "/settings/email",
    "/settings/sessions",
    "/settings/tokens",
    "/settings/activity",
    "/settings/your-data",
]
OF_THE_ROWS = [
    "/dashboard",
    "/projects",
    "/projects?new=1",
    "/projects?view=table",
    "/projects/{project}",
    "/projects/{project}?edit=1",
    "/tasks",
    "/tasks?view=list",
    "/tasks?new=1",
    "/tasks/{task}",
    "/tasks/{task}?edit=1",
    "/tasks/{task}/move",
    "/tasks?view=list&due=soon&priority=high&q=e",
    "/team",
    "/team?new=1",
    "/team?view=table",
    "/team/{member}",
    "/team/{member}?edit=1",
]
OF_THE_WORKSPACE = [
    *OF_THE_ROWS,
    "/search",
    "/search?q=an",
    "/settings",
    "/settings/appearance",
    "/settings/exchange",
    "/sample",
    "/settings/databases",
    STEP,
    f"{STEP}/connection",
    "/nowhere",
]
OF_NO_WORK_YET = ["/dashboard", "/projects", "/tasks", "/tasks?view=list", "/team"]
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3


def _ids(person: Visitor) -> dict[str, str]:
    tables = {"project": "projects", "task": "tasks", "member": "team_members"}
    return {
        noun: str(person.rows(f"SELECT id FROM {table} ORDER BY created_at, id LIMIT 1")[0][0])
        for noun, table in tables.items()
    }


def _faults_of(tab: Tab, paths: list[str], ids: dict[str, str]) -> list[str]:
    found: list[str] = []
    for path in paths:
        tab.go(path.format(**ids))
        found += faults(tab, path)
    return found


def _assert_none(found: list[str]) -> None:
    assert not found, "\n".join(found)


def test_what_everybody_sees(tab: Tab) -> None:
    tab.allow(404)
    _assert_none(_faults_of(tab, OF_NOBODY, {}))


def test_what_a_newcomer_sees(tab: Tab, live: Live, database: Database) -> None:
    newcomer = live.newcomer()
    live.sign_in(tab, newcomer)
    found = _faults_of(tab, OF_A_NEWCOMER, {})
    tab.allow(422)
    tab.go(f"{STEP}/connection")
    tab.fill({"Connection string": database.connection_string.replace(database.password, "wrong")})
    tab.press("Test and save")
    # The row is there as soon as the check has failed, while the answer is still on its way.
    tab.sees("This string did not pass.")
    expect(tab.page.locator(".stage-wrong")).to_be_visible()
    found += faults(tab, "a failed check")
    newcomer.connect(database, schema=False)
    found += _faults_of(tab, [f"{STEP}/schema"], {})
    _assert_none(found)


def test_a_workspace_at_work(tab: Tab, live: Live, database: Database) -> None:
    tab.allow(404)
    person = live.person(database, sample_data=True)
    live.sign_in(tab, person)
    _assert_none(_faults_of(tab, OF_THE_WORKSPACE, _ids(person)))


def test_a_workspace_without_work(tab: Tab, live: Live, database: Database) -> None:
    live.sign_in(tab, live.person(database))
    _assert_none(_faults_of(tab, OF_NO_WORK_YET, {}))


def test_rows_that_other_programs_wrote(tab: Tab, live: Live, database: Database) -> None:
    person = live.person(database, sample_data=True)
    person.rows(
        f"UPDATE projects SET name = '{LONG}', description = '{LONG * 4}', budget = 'NaN',"
        " spent = -99999999, status = 'somewhere-else', priority = NULL, due_date = 'infinity'"
        " RETURNING 1"
    )
    person.rows(
        f"UPDATE tasks SET title = '{LONG}', description = '{LONG * 4}', priority = '{LONG}',"
        " due_date = '4713-01-01 BC' RETURNING 1"
    )
    person.rows(
        f"UPDATE team_members SET name = '{LONG}', role = '{LONG}', workload = 1000000000,"
        f" status = 'asleep', email = '{LONG}@example.org' || id RETURNING 1"
    )
    live.sign_in(tab, person)
    ids, found = _ids(person), []
    for path in OF_THE_ROWS:
        tab.go(path.format(**ids))
        found += sticking_out(tab, path)
    _assert_none(found)


def test_a_database_that_is_gone(tab: Tab, live: Live, database: Database) -> None:
    host, port = str(database.url.host), int(database.url.port or 0)
    with CountingProxy(host, port) as proxy:
        person = live.person(
            replace(database, url=database.url.set(host=proxy.host, port=proxy.port))
        )
    live.sign_in(tab, person)
    tab.allow(503)
    found = _faults_of(tab, ["/dashboard"], {})
    tab.sees("Error 503")
    tab.sees("connection_refused")
    _assert_none(found)
