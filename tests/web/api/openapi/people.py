"""People with accounts on a live server, as they meet it over HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx

from tests.web.conftest import PASSWORD

if TYPE_CHECKING:
    from types import TracebackType

    from tests.conftest import Database

CONNECTION = "/api/user/database-connection"
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Person:
    """A browser that has registered; it keeps its cookies."""

    def __init__(self, address: str, name: str) -> None:
        self.address = address
        self.email = f"{name}@example.org"
        self.database: Database | None = None
        self._http = httpx.Client(base_url=address, timeout=30)
        self.csrf = self._form("/register")
        fields = {"name": name.title(), "email": self.email, "password": PASSWORD}
        made = self._http.post("/register", data=fields | {"csrf_token": self.csrf})
        assert made.status_code == 303, made.text
        self.csrf = self._form("/auth/setup-database")

    def __enter__(self) -> Person:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def api(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A call with this browser's session."""
        headers = {"X-CSRFToken": self.csrf}
        return self._http.request(method, path, json=body, headers=headers)

    def cookie(self) -> str:
        """What this browser sends as its session."""
        return str(self._http.cookies["provision_session"])

    def token(self, **more: object) -> dict[str, str]:
        """A new token, as `POST /api/auth/token` answers it."""
        who = {"email": self.email, "password": PASSWORD}
        made = httpx.post(f"{self.address}/api/auth/token", json=who | more, timeout=30)
        assert made.status_code == 201, made.text
        found: dict[str, str] = made.json()
        return found

    def connect(self, database: Database, *, schema: bool = True, workspace: str = "new") -> None:
        self.database = database
        saved = self.api("POST", CONNECTION, self.connection(workspace))
        assert saved.status_code == 200, saved.text
        if schema:
            assert self.api("POST", f"{CONNECTION}/schema", {}).json()["state"] == "ready"

    def connection(self, workspace: str = "new") -> dict[str, str]:
        """The body that connects this person's database."""
        assert self.database is not None
        return {"connectionString": self.database.connection_string, "workspace": workspace}

    def has_tables(self) -> bool:
        if self.database is None:
            return False
        with self.database.connect() as connection:
            found = connection.execute("SELECT to_regclass('provision_workspaces') IS NOT NULL")
            return bool(found.fetchone()[0])  # type: ignore[index]

    def drop_tables(self) -> None:
        assert self.database is not None
        with self.database.connect() as connection:
            connection.execute(
                "DROP TABLE IF EXISTS provision_workspaces, tasks, team_members, projects, profiles"
            )

    def workspace(self) -> str:
        """The owner id of this person's workspace."""
        assert self.database is not None
        with self.database.connect() as connection:
            found = connection.execute("SELECT owner_id::text FROM provision_workspaces")
            return str(found.fetchone()[0])  # type: ignore[index]

    def _form(self, path: str) -> str:
        page = self._http.get(path, follow_redirects=True)
        found = _CSRF.search(page.text)
        assert found is not None, f"no form on {path}"
        return found[1]
