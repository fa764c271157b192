"""The whole app on a real control store and a real tenant server, used as a browser uses it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache

from provision import close_app, create_app
from provision.control.store.store import ControlStore
from provision.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jinja2.bccache import Bucket
    from werkzeug.test import TestResponse

    from tests.conftest import Database, Server

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
PASSWORD = "correct horse battery"


class _Compiled(BytecodeCache):
    """Templates compiled once for all the apps of this process: half of what making one costs."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


Flask.jinja_options = {"bytecode_cache": _Compiled()}


class Visitor:
    """One browser: keeps its cookies and takes the CSRF token off the pages as a form would."""

    def __init__(self, app: Flask, database: Database | None = None) -> None:
        self.app = app
        self.database = database
        self._http = app.test_client()
        self._csrf_token: tuple[str | None, str] | None = None

    def get(self, path: str, *, htmx: bool = False, **options: Any) -> TestResponse:
        # Read and closed at once, as a server does; a download is an open file.
        return self._http.get(path, headers=_headers(htmx), buffered=True, **options)

    def post_form(
        self, path: str, data: dict[str, Any] | None = None, *, htmx: bool = False
    ) -> TestResponse:
        fields = {"csrf_token": self.csrf_token()} | (data or {})
        return self._http.post(path, data=fields, headers=_headers(htmx))

    def api(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """A call of the JSON API with this browser's session."""
        if method not in ("GET", "HEAD"):
            headers.setdefault("X-CSRFToken", self.csrf_token())
        options = {} if body is None else {"json": body}
        return self._http.open(path, method=method, headers=headers, **options)

    def raw(self, method: str, path: str, **options: Any) -> TestResponse:
        """A request exactly as given."""
        return self._http.open(path, method=method, buffered=True, **options)

    def email(self) -> str:
        """The address of this person's account."""
        answer = self.api("GET", "/api/user").json
        assert answer is not None
        return str(answer["user"]["email"])

    def cookie(self, name: str) -> str:
        """What this browser keeps under that name."""
        found = self._http.get_cookie(name)
        assert found is not None, f"no cookie {name}"
        return found.value

    def csrf_token(self) -> str:
        """The token of a form, read again once the cookie that it belongs to has changed."""
        if self._csrf_token and self._csrf_token[0] == self._session_cookie():
            return self._csrf_token[1]
        token = self._read_csrf_token()
        self._csrf_token = (self._session_cookie(), token)
        return token

    def _session_cookie(self) -> str:
        cookie = self._http.get_cookie(self.app.config["SESSION_COOKIE_NAME"])
        return cookie.value if cookie else ""

    def _read_csrf_token(self) -> str:
        page = self._http.get("/login", follow_redirects=True)
        if (found := _TOKEN.search(page.text)) is None:
            page = self._http.get("/auth/setup-database", follow_redirects=True)
            found = _TOKEN.search(page.text)
        assert found is not None, "no form on the page"
        return found[1]

    def register(self, name: str) -> TestResponse:
        return self.post_form(
            "/register",
            {"name": name.title(), "email": f"{name}@example.org", "password": PASSWORD},
        )

    def connect(self, database: Database, *, schema: bool = True) -> None:
        """Connect this person's account to `database`, tables and all."""
        self.database = database
        saved = self.api(
            "POST",
            "/api/user/database-connection",
            {"connection_string": database.connection_string},
        )
        assert saved.status_code == 200, saved.text
        if schema:
            applied = self.api("POST", "/api/user/database-connection/schema")
            assert applied.status_code == 200, applied.text
            assert applied.json is not None
            assert applied.json["state"] == "ready"

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What is really in this person's database."""
        assert self.database is not None
        with self.database.connect() as connection:
            return connection.execute(statement.encode()).fetchall()


def with_cookie(app: Flask, cookie: str, path: str, **headers: str) -> TestResponse:
    """A page asked for with this cookie and no other, as by a thief of it."""
    return app.test_client(use_cookies=False).get(path, headers={"Cookie": cookie, **headers})


def _headers(htmx: bool) -> dict[str, str]:
    return {"HX-Request": "true"} if htmx else {}


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A control store as its first start leaves it: made once, as migrating takes 30 ms."""
    path = tmp_path_factory.mktemp("store") / "control.db"
    ControlStore.open(f"sqlite:///{path}").dispose()
    return path.read_bytes()


@pytest.fixture
def make_app(server: Server, tmp_path: Path, empty_store: bytes) -> Iterator[Callable[..., Flask]]:
    """Apps with settings of one's own; each has a fresh control store unless told otherwise."""
    made: list[Flask] = []

    def make(**options: Any) -> Flask:
        folder = tmp_path / f"data{len(made)}"
        options.setdefault("data_dir", folder)
        if "control_url" not in options:
            path = Path(options["data_dir"]) / "control.db"
            if not path.exists():
                path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
                path.write_bytes(empty_store)
                path.chmod(0o600)
            options["control_url"] = f"sqlite:///{path}"
        options.setdefault("limits", False)
        app = create_app(Settings(**options))
        made.append(app)
        return app

    yield make
    for app in made:
        close_app(app)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Somebody without an account."""
    return Visitor(app)


@pytest.fixture
def newcomer(app: Flask) -> Visitor:
    """Somebody signed in whose workspace is not set up."""
    visitor = Visitor(app)
    visitor.register("nora")
    return visitor


@pytest.fixture
def client(app: Flask, database: Database) -> Visitor:
    """Alice, signed in, with a ready workspace in a database of her own."""
    visitor = Visitor(app)
    visitor.register("alice")
    visitor.connect(database)
    return visitor


@pytest.fixture
def bob(app: Flask, client: Visitor) -> Visitor:
    """Another person with a workspace of his own in the same database as Alice's."""
    visitor = Visitor(app)
    visitor.register("bob")
    assert client.database is not None
    visitor.connect(client.database)
    return visitor
