"""Whatever goes wrong, no secret that came with it is in the server's log or in the audit trail."""

from __future__ import annotations

import http.client
import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tests.running import call, running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Database
    from tests.running import Running

EMAIL, PASSWORD = "ana@example.org", "hunter-password-of-ana"
# Part of everything below that must not be seen again.
MARK = "hunter"


class Browser:
    """Sends forms to the server with the cookie and the token it got."""

    def __init__(self, server: Running) -> None:
        self._server = server
        self.cookie = ""

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
        with closing(http.client.HTTPConnection(self._server.host, self._server.port)) as link:
            sent = {"Cookie": self.cookie} if self.cookie else {}
            sent |= {name.replace("_", "-"): value for name, value in headers.items()}
            link.request(method, path, body or None, sent)
            answer = link.getresponse()
            if given := answer.headers["Set-Cookie"]:
                self.cookie = given.partition(";")[0]
            return answer.status, answer.read().decode(errors="replace")

    def post(self, path: str, page: str, **fields: str) -> int:
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.ask("GET", page)[1])
        assert token is not None
        form = urlencode({"csrf_token": token[1], **fields})
        kind = "application/x-www-form-urlencoded"
        return self.ask("POST", path, form, Content_Type=kind)[0]


def _fail_in_every_way(server: Running, database: Database, control: Path) -> None:
    browser, wrong = Browser(server), f"{MARK}-wrong-password"
    json_type = {"Content_Type": "application/json"}
    strings = [
        database.connection_string.replace(database.password, f"{MARK}-pw"),
        f"postgresql://u:{MARK}-pw@127.0.0.1:1/d",
        f"postgresql://u:{MARK}-pw@no-such-host.invalid/d",
        f"mysql://u:{MARK}-pw@h/d",
        f"postgresql://u:{MARK}-pw@h:{MARK}/d?x={MARK}",
        f"{MARK} no string at all \x00",
    ]
    assert browser.post("/login", "/login", email=EMAIL, password=wrong) == 422
    assert browser.post("/login", "/login", email=MARK, password=wrong) == 422
    assert browser.post("/register", "/register", name="A", email=EMAIL, password=wrong) == 422
    for body in ("{", json.dumps({"email": EMAIL, "password": wrong}), json.dumps([MARK])):
        assert browser.ask("POST", "/api/auth/token", body, **json_type)[0] in (400, 401, 422)
    for value in (f"Bearer {MARK}", f"Bearer pvn_{MARK}", f"Basic {MARK}", MARK):
        assert browser.ask("GET", "/api/user", Authorization=value)[0] == 401
    assert browser.ask("GET", f"/auth/reset-password/{MARK}")[0] == 404
    assert browser.ask("GET", f"/nothing/{MARK}?token={MARK}")[0] == 404
    assert browser.post("/login", "/login", email=EMAIL, password=PASSWORD) == 303
    asked = "/settings/tokens"
    assert browser.post(asked, asked, name="t", life="90", password=wrong) == 422
    assert browser.post("/settings/your-data/delete", asked, password=wrong) == 422
    password = {"password": wrong, "new_password": wrong, "repeated": wrong}
    assert browser.post("/settings/password", "/settings/password", **password) == 422
    page = "/auth/setup-database/connection"
    for text in strings:
        assert browser.post(page, page, connection_string=text) in (422, 429)
    good = {"connection_string": database.connection_string, "ca_certificate": f"{MARK} PEM"}
    assert browser.post(page, page, **good) in (303, 422)
    assert browser.post(page, page, connection_string=database.connection_string) == 303
    with closing(sqlite3.connect(control)) as conn:
        query = "UPDATE sealed SET value = ? WHERE purpose = 'connection string'"
        conn.execute(query, (b"\x01" + MARK.encode() * 9,))
        conn.commit()
    assert browser.ask("GET", "/projects")[0] == 303
    with closing(sqlite3.connect(control)) as conn:
        conn.execute("ALTER TABLE tokens RENAME TO no_tokens")
        assert browser.ask("GET", "/api/user", Authorization=f"Bearer pvn_{'a' * 72}")[0] in (
            401,
            503,
        )
        made = browser.post(asked, "/settings/sessions", name=MARK, life="90", password=PASSWORD)
        assert made in (500, 503)
        conn.execute("ALTER TABLE no_tokens RENAME TO tokens")


def test_no_secret_is_logged_whatever_fails(tmp_path: Path, database: Database) -> None:
    settings = {"LIMITS": "off", "LOG_LEVEL": "debug"}
    made = call(
        *("users", "create", EMAIL, "--name", "Ana"),
        directory=tmp_path,
        stdin=f"{PASSWORD}\n".encode(),
    )
    assert made.returncode == 0, made.stderr
    with running("serve", "--port", "0", directory=tmp_path, settings=settings) as server:
        _fail_in_every_way(server, database, tmp_path / "data" / "control.db")
        assert server.stop() == 0
    log = server.output.decode()
    assert "unexpected" in log or "the control store failed" in log
    for secret in (MARK, PASSWORD, database.password):
        assert secret not in log
    told = call("audit", directory=tmp_path)
    assert told.returncode == 0
    assert b"sign_in_failed" in told.stdout
    assert MARK.encode() not in told.stdout
