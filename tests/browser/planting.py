"""Text that would act if anything took it for markup, and where it gets to be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.conftest import PASSWORD, Visitor

if TYPE_CHECKING:
    from tests.browser.live import Live
    from tests.conftest import Database

# Nothing on any page leads there: a request for it was made by what is planted.
CANARY = "/canary"
# For fields that hold 200 characters.
SHORT = (
    "\"'></title></textarea></script><img src=/canary/i onerror=fetch('/canary/j')>"
    "<b hx-get=/canary/h hx-trigger=load data-hx-post=/canary/d>{{7*7}}</b>"
)
_TOKEN = "hx-include=\"[name='csrf_token']\""
_ACTS_AS_THE_PERSON = (
    f"<form hx-post=/settings hx-trigger=load {_TOKEN} hx-swap=none>"
    "<input name=name value=taken></form>"
    f"<form hx-post=/auth/setup-database/connection hx-trigger=load {_TOKEN}>"
    "<input name=connection_string value=postgresql://u:p@canary.example/db></form>"
)
PLANTED = (
    f"{SHORT}{_ACTS_AS_THE_PERSON}"
    "<a hx-get=/canary/a hx-trigger=load href=/canary/b>x</a>"
    "<div data-hx-get=/canary/c data-hx-trigger='load, every 1s'></div>"
    "<p hx-swap-oob=innerHTML:body><b hx-get=/canary/o hx-trigger=load>x</b></p>"
    "<template hx type=partial hx-target=body><b hx-get=/canary/t hx-trigger=load>x</b></template>"
    "<svg><image href=/canary/s /><use href=/canary/u /></svg>"
    "<base href=/canary/><meta http-equiv=refresh content='0;url=/canary/m'>"
    "<link rel=stylesheet href=/canary/l><iframe src=/canary/f></iframe>"
    "<script src=/canary/k></script><style>@import '/canary/y';</style> zz"
)
# Addresses that Markdown may lead to: each is to be loaded by the browser itself.
LINKED = (
    "/exports/tasks.csv?q=zz",
    "/exports/projects.json",
    "/exports/workspace.json.gz",
    "/auth/setup-database/schema.sql",
    "/api/tasks",
    "/api/openapi.json",
    "/static/site.js",
    "/healthz",
    "/settings",
    "/tasks?view=list",
)
DESCRIPTION = "\n\n".join(
    [
        *(f"[to {address}]({address} '{CANARY} hx-get={CANARY}')" for address in LINKED),
        "[js](javascript:fetch('/canary/n')) [data](data:text/html,<b>) [dialog](#keys)",
        "![image](/canary/image)",
        f"```hx-get={CANARY}\n{PLANTED}\n```",
        PLANTED,
    ]
)


def plant(live: Live, person: Visitor, database: Database) -> None:
    """Write it into every text of the workspace, as its database's owner can, and of the account.

    One project, task and person keep words the app knows, so that their own pages are reached too.
    """
    with database.connect() as connection:
        found = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type IN ('text', 'character varying')"
            " AND table_name IN ('projects', 'tasks', 'team_members', 'profiles')"
        ).fetchall()
        texts = [(str(table), str(column)) for table, column in found]
        assert {("tasks", "title"), ("team_members", "role"), ("profiles", "name")} <= set(texts)
        for table, column in texts:
            text = DESCRIPTION if column == "description" else PLANTED
            # An address is the only one of its kind.
            unique = " || id::text" if column == "email" else ""
            kept = (
                " WHERE id NOT IN (SELECT id FROM {0} ORDER BY created_at, id LIMIT 2)"
                if column in ("status", "priority")
                else ""
            )
            statement = f"UPDATE {table} SET {column} = %s{unique}{kept.format(table)}"
            connection.execute(statement.encode(), [text])
    person.post_form("/settings", {"name": SHORT})
    email = person.email()
    token = {"email": email, "password": PASSWORD, "name": SHORT}
    assert person.raw("POST", "/api/auth/token", json=token).status_code == 201
    for password in (PASSWORD, "wrong"):
        elsewhere = Visitor(live.app)
        fields = {"csrf_token": elsewhere.csrf_token(), "email": email, "password": password}
        elsewhere.raw("POST", "/login", data=fields, headers={"User-Agent": PLANTED})


SPREADSHEET = "\n".join(
    [
        f"Title;Status;Due;{SHORT.replace(chr(34), '')}",
        *(f'"{cell.replace(chr(34), chr(34) * 2)}";"{SHORT.replace(chr(34), chr(34) * 2)}";soon;'
          for cell in (PLANTED, SHORT)),
    ]
)  # fmt: skip
