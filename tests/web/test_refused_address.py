"""The operator made the network policy narrower: the people it hits read what to ask for."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from html import unescape
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from provision import close_app, create_app
from provision.control import connections
from provision.settings import Settings
from provision.tenant.host.target import Target
from tests.running import call
from tests.web.conftest import PASSWORD, Visitor
from tests.web.test_every_route import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from werkzeug.test import TestResponse

    from tests.conftest import Server

_HTMX = {"HX-Request": "true"}
_HERE = tuple(ip_network(each) for each in ("127.0.0.0/8", "::1/128"))
_EVERYTHING = (ip_network("0.0.0.0/0"), ip_network("::/0"))
# What the operator changed, the host in the string, and what its owner is told to ask for.
_NARROWED: dict[str, tuple[dict[str, Any], str, str]] = {
    "behind a proxy": ({"trusted_proxies": 1}, "127.0.0.1", "PROVISION_TRUSTED_PROXIES"),
    "on all addresses": ({"host": "0.0.0.0"}, "127.0.0.1", "list 127.0.0.0/8"),
    "public": ({"network_policy": "public"}, "127.0.0.1", "under which no list lets in"),
    "denied": ({"deny_networks": _HERE}, "127.0.0.1", "PROVISION_DENY_NETWORKS"),
    "its name": ({"trusted_proxies": 1}, "localhost", "PROVISION_TRUSTED_PROXIES"),
    "IPv6": ({"trusted_proxies": 1}, "::1", "::1/128"),
    "IPv6 denied": ({"deny_networks": _HERE}, "::1", "PROVISION_DENY_NETWORKS"),
    "mapped": ({"deny_networks": _HERE}, "::ffff:127.0.0.1", "PROVISION_DENY_NETWORKS"),
    "private": ({"network_policy": "public"}, "10.20.30.40", "which lets in public addresses only"),
    "metadata": ({}, "169.254.169.254", "No setting lets such an address in"),
}


class Restart:
    """Starts Alice's app again with other settings, as the operator does."""

    def __init__(self, app: Flask) -> None:
        self.services = app.extensions["provision"]
        self.made: list[Flask] = []

    def leads_to(self, host: str) -> None:
        """Let the string that Alice once saved have another host."""
        store, secrets = self.services.store, self.services.secrets
        with store.writing() as conn:
            conn.execute(text("UPDATE connections SET host = :host"), {"host": host})
            (connection_id,) = conn.execute(text("SELECT id FROM connections")).scalars().all()
        before = connections.open_secret(store, secrets, connection_id)
        after = replace(Target.from_secret(before), host=host).to_secret()
        connections.replace_secret(store, secrets, connection_id, before=before, after=after)

    def __call__(self, **options: Any) -> Visitor:
        """Alice's browser at the app with these settings."""
        settings = self.services.settings
        app = create_app(
            Settings(
                data_dir=settings.data_dir,
                control_url=settings.control_url,
                limits=False,
                **options,
            )
        )
        self.made.append(app)
        visitor = Visitor(app)
        fields = {"email": "alice@example.org", "password": PASSWORD}
        assert visitor.post_form("/login", fields).status_code == 303
        return visitor


@pytest.fixture
def restart(app: Flask, client: Visitor) -> Iterator[Restart]:
    restart = Restart(app)
    yield restart
    for each in restart.made:
        close_app(each)


def _words(answer: TestResponse) -> str:
    return unescape(answer.text)


@pytest.mark.parametrize("case", list(_NARROWED))
def test_every_page_and_call_says_what_the_operator_has_to_allow(
    restart: Restart, case: str
) -> None:
    options, host, said = _NARROWED[case]
    restart.leads_to(host)
    alice = restart(**options)
    own = alice.get("/settings/databases")
    assert own.status_code == 200
    assert said in _words(own)
    for address in ("/dashboard", "/projects", "/tasks", "/team"):
        for headers in ({}, _HTMX):
            page = alice.raw("GET", address, headers=headers)
            assert page.status_code == 503, (address, headers)
            for words in ("blocked_address", "PROVISION_ALLOW_NETWORKS", said):
                assert words in _words(page), (address, headers)
            assert 'href="/settings/databases"' in page.text or headers
    answer = alice.api("GET", "/api/projects")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["code"] == "database_unreachable"
    assert answer.json["cause"] == "blocked_address"
    assert said in answer.json["remedy"]
    check = alice.post_form("/settings/databases/check")
    assert check.status_code == 200
    assert "stage-wrong" in check.text
    assert said in _words(check)
    assert alice.post_form("/projects", {"name": "Kept while away"}).status_code == 503


def test_no_address_breaks_and_none_tells_more_than_its_owner_knows(restart: Restart) -> None:
    alice = restart(trusted_proxies=1)
    ids = dict.fromkeys(("projects", "team", "tasks"), "8d5c9f2e-0000-4000-8000-000000000000")
    token, walked = alice.csrf_token(), 0
    for method, path, endpoint in routes(restart.made[-1], ids):
        if method not in ("GET", "POST") or endpoint in ("account.logout", "settings.forget"):
            continue
        options: dict[str, Any] = {"headers": {"X-CSRFToken": token}}
        if method == "POST":
            fields = {"name": "N", "title": "T"}
            options |= {"json": fields} if path.startswith("/api/") else {"data": fields}
        answer = alice.raw(method, path, **options)
        walked += answer.status_code == 503
        assert answer.status_code != 500, (method, path)
    assert walked > 30


def test_the_operator_sees_how_many_it_hits(
    restart: Restart, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    folder = restart.services.settings.data_dir
    where = {"DATA_DIR": str(folder)}
    sound = call("doctor", directory=folder.parent, settings=where).stdout.decode()
    assert "ok   the network policy lets in the databases of 1 workspaces" in sound
    alice = restart(trusted_proxies=1)
    assert "refuses the databases of 1 workspaces" in caplog.text
    assert alice.get("/projects").status_code == 503
    assert re.search(
        r'^provision_failures_total\{code="blocked_address"\} [1-9]',
        alice.get("/metrics").text,
        re.MULTILINE,
    )
    for narrowed in ({"TRUSTED_PROXIES": "1"}, {"HOST": "0.0.0.0"}, {"NETWORK_POLICY": "public"}):
        done = call("doctor", directory=folder.parent, settings=where | narrowed)
        assert done.returncode == 1
        said = done.stdout.decode()
        assert (
            "BAD  of 1 workspaces the network policy refuses the database of 1: alice@example.org\n"
        ) in said
        assert "PROVISION_ALLOW_NETWORKS" in said
        assert "127.0.0.1:" not in said
    allowed = where | {"TRUSTED_PROXIES": "1", "ALLOW_NETWORKS": "127.0.0.0/8"}
    assert b"BAD  of 1" not in call("doctor", directory=folder.parent, settings=allowed).stdout


def test_the_operators_own_commands_say_it_in_one_line(restart: Restart) -> None:
    folder = restart.services.settings.data_dir
    settings = {"DATA_DIR": str(folder), "DENY_NETWORKS": "127.0.0.0/8"}
    file = folder.parent / "file.json.gz"
    done = call(
        *("workspace", "export", "alice@example.org", str(file)),
        directory=folder.parent,
        settings=settings,
    )
    assert done.returncode == 1
    said = done.stderr.decode()
    assert said.count("\n") == 1
    assert said.startswith("provision: This server is not allowed to connect")
    assert "PROVISION_DENY_NETWORKS" in said
    assert not file.exists()


def test_a_name_is_judged_by_where_it_leads_now(restart: Restart) -> None:
    name = socket.gethostname()
    try:
        socket.getaddrinfo(name, 5432)
    except OSError:
        pytest.skip("this machine's own name leads nowhere")
    restart.leads_to(name)
    alice = restart(deny_networks=_EVERYTHING)
    answer = alice.api("GET", "/api/tasks")
    assert answer.json is not None
    assert (answer.status_code, answer.json["cause"]) == (503, "blocked_address")
    assert "PROVISION_DENY_NETWORKS" in _words(alice.get("/settings/databases"))
    folder = restart.services.settings.data_dir
    settings = {"DATA_DIR": str(folder), "DENY_NETWORKS": "0.0.0.0/0,::/0"}
    said = call("doctor", directory=folder.parent, settings=settings).stdout.decode()
    assert "refuses the database of 1: alice@example.org" in said


def test_it_is_back_with_the_old_policy(restart: Restart) -> None:
    assert restart(network_policy="public").get("/projects").status_code == 503
    assert restart().get("/projects").status_code == 200


def test_the_built_in_server_is_let_in_by_its_kind(
    restart: Restart, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    store, secrets = restart.services.store, restart.services.secrets
    with store.writing() as conn:
        conn.execute(text("UPDATE connections SET kind = 'built_in'"))
        (connection_id,) = conn.execute(text("SELECT id FROM connections")).scalars().all()
    before = connections.open_secret(store, secrets, connection_id)
    after = replace(Target.from_secret(before), built_in=True).to_secret()
    connections.replace_secret(store, secrets, connection_id, before=before, after=after)
    folder = restart.services.settings.data_dir / "postgres"
    away = restart(network_policy="public")
    # Its server was never started here: that is said, and is no fault of ours.
    page = away.get("/projects")
    assert page.status_code == 503
    assert "PROVISION_BUILT_IN_POSTGRES=1" in page.text
    folder.mkdir()
    (folder / "port").write_text(str(server.port))
    assert restart(network_policy="public", deny_networks=_HERE).get("/projects").status_code == 200
    assert "the network policy refuses" not in caplog.text
