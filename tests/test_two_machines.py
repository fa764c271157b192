"""Two servers behind nginx share a control store, and their clocks are apart."""

from __future__ import annotations

import http.cookiejar
import re
import shutil
import subprocess
import urllib.parse
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.running import PROVISION, call, environment, running
from tests.tenant.real_servers import free_port, missing, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Server

_NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream both {{ server 127.0.0.1:{first}; server 127.0.0.1:{second}; }}
  server {{
    listen 127.0.0.1:{port};
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host;
    location / {{ proxy_pass http://both; add_header X-Machine $upstream_addr always; }}
  }}
}}
"""
_PASSWORD = "a long enough password"


@contextmanager
def _nginx(folder: Path, first: int, second: int) -> Iterator[int]:
    """Hand requests to two servers alternately; yields the port."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if program is None:
        missing("nginx is not installed")
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(_NGINX.format(folder=folder, port=port, first=first, second=second))
    process = subprocess.Popen([str(program), "-p", str(folder), "-c", str(configuration)])
    try:
        wait_until((folder / "nginx.pid").exists)
        yield port
    finally:
        process.terminate()
        process.wait()


def _clock_off_by(offset: str) -> dict[str, str]:
    """The environment in which a program's clock is off; the wrapper `faketime` outlives a kill."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        missing("libfaketime is not installed")
    return {"LD_PRELOAD": str(found[0]), "FAKETIME": offset}


class _Browser:
    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        self.machines = set[str]()

    def open(self, path: str, fields: dict[str, str] | None = None) -> tuple[str, str]:
        """Where it ended and what stood there."""
        data = None if fields is None else urllib.parse.urlencode(fields).encode()
        headers = {} if fields is None else {"Origin": self._base, "Referer": self._base + path}
        asked = urllib.request.Request(self._base + path, data=data, headers=headers)
        with self._opener.open(asked, timeout=30) as answer:
            self.machines.add(answer.headers["X-Machine"])
            return urllib.parse.urlsplit(answer.url).path, answer.read().decode()

    def fill_in(self, path: str, **fields: str) -> tuple[str, str]:
        """Open a form at one machine and send it to whichever is next."""
        _, page = self.open(path)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, page
        return self.open(path, {"csrf_token": found[1], **fields})


@pytest.mark.parametrize("seconds", [1, 45])
def test_a_sign_in_at_one_is_good_at_the_other_at_once(
    tmp_path: Path, server: Server, seconds: int
) -> None:
    ahead = _clock_off_by(f"+{seconds}s")
    name = server.create_database()
    settings = {
        "CONTROL_URL": server.url(name).render_as_string(hide_password=False),
        "ENCRYPTION_KEY": "ab" * 32,
        "TRUSTED_PROXIES": "1",
        "LIMITS": "off",
    }
    with ExitStack() as stack:
        # The second one is ahead, so that what it signs comes from the future of the first.
        machines = [
            stack.enter_context(
                running(
                    *("serve", "--port", "0"), directory=tmp_path, environ=each, settings=settings
                )
            )
            for each in ({}, ahead)
        ]
        port = stack.enter_context(_nginx(tmp_path, *(each.port for each in machines)))
        for number in range(6):
            browser = _Browser(port)
            email = f"ana{number}@example.org"
            where, _ = browser.fill_in("/register", name="Ana", email=email, password=_PASSWORD)
            assert where == "/auth/setup-database"
            for _ in range(4):
                assert browser.open("/settings")[0] == "/settings"
            assert len(browser.machines) == 2
            again = _Browser(port)
            # One request more, so that each of the two is the one that signs in.
            for _ in range(number % 2):
                again.open("/login")
            where, _ = again.fill_in("/login", email=email, password=_PASSWORD)
            assert where == "/auth/setup-database"
            for _ in range(4):
                assert again.open("/settings")[0] == "/settings"
        for each in machines:
            assert each.stop() == 0
            assert b"Traceback" not in each.output
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_the_doctor_compares_this_clock_with_the_stores(tmp_path: Path, server: Server) -> None:
    _clock_off_by("+0s")
    name = server.create_database()
    settings = {
        "CONTROL_URL": server.url(name).render_as_string(hide_password=False),
        "ENCRYPTION_KEY": "ab" * 32,
    }
    made = call(
        *("users", "create", "ana@example.org", "--name", "Ana"),
        directory=tmp_path,
        settings=settings,
        stdin=f"{_PASSWORD}\n".encode(),
    )
    assert made.returncode == 0
    for offset, code, said in (
        ("+0s", 0, "ok   the clock says"),
        ("+20s", 0, "note this machine's clock is 20 s ahead of the control store's"),
        ("-20s", 0, "note this machine's clock is 20 s behind the control store's"),
        ("+3m", 1, "BAD  this machine's clock is 180 s ahead of the control store's"),
    ):
        done = subprocess.run(
            [*PROVISION, "doctor"],
            cwd=tmp_path,
            env=environment(settings) | _clock_off_by(offset),
            capture_output=True,
            check=False,
        )
        printed = done.stdout.decode()
        assert (done.returncode, said in printed) == (code, True), printed + done.stderr.decode()
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
