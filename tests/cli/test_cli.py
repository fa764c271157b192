"""The operator's commands on a control store, without a server."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyotp
import pytest

from provision import cli
from provision.control import audit
from provision.control.accounts import new_passwords, tokens, users
from provision.control.second_factor import enrolment
from provision.control.secrets.sealed import open_vault
from provision.control.sign_in import half_sign_ins
from provision.control.store.store import ControlStore
from provision.credentials.passwords import PasswordHasher
from provision.tenant.transfer.workspace_file import WorkspaceWriter
from tests.control.conftest import CLIENT
from tests.running import call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Server

    Command = Callable[..., str]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ControlStore]:
    """The store of an installation in `tmp_path`."""
    opened = ControlStore.open(f"sqlite:///{tmp_path / 'data' / 'control.db'}")
    yield opened
    opened.dispose()


@pytest.fixture
def ana(store: ControlStore) -> users.Person:
    hasher = PasswordHasher()
    return users.register(
        store,
        hasher,
        email="ana@example.org",
        name="Ana",
        password="a long enough one",
        client=CLIENT,
    )


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs a command in `tmp_path` and returns what it prints."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as end:
            cli.main(arguments)
        printed = capsys.readouterr()
        assert end.value.code == code, printed
        return printed.err if code else printed.out

    return call


def test_a_store_that_takes_no_writes_is_one_line(
    server: Server, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = server.create_database()
    url = server.url(name).render_as_string(hide_password=False)
    store = ControlStore.open(url)
    users.register(
        store,
        PasswordHasher(),
        email="ana@example.org",
        name="Ana",
        password="a long enough one",
        client=CLIENT,
    )
    store.dispose()
    standby = f"{url}?options=-c%20default_transaction_read_only%3Don"
    monkeypatch.setenv("PROVISION_CONTROL_URL", standby)
    said = command("users", "disable", "ana@example.org", code=1)
    assert said.startswith("provision: PROVISION_CONTROL_URL: the control store 127.0.0.1:")
    assert said.endswith(f"/{name} does not answer (25006)\n")
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_users_are_listed_with_their_state(
    store: ControlStore, ana: users.Person, command: Command
) -> None:
    assert command("users", "list") == "ana@example.org\tenabled\t-\tAna\n"
    assert command("users", "disable", "Ana@Example.org") == "ana@example.org is disabled.\n"
    assert command("users", "list") == "ana@example.org\tdisabled\t-\tAna\n"
    command("users", "enable", "ana@example.org")
    assert users.by_id(store, ana.id) == ana


def test_a_lost_second_factor_is_reset(
    store: ControlStore, ana: users.Person, command: Command, tmp_path: Path
) -> None:
    secrets = open_vault(
        store, encryption_key="ab" * 32, key_file=tmp_path / "no.key", allow_generate=False
    )
    secret = enrolment.begin(store, secrets, ana.id)
    assert secret is not None
    enrolment.turn_on(store, secrets, ana.id, pyotp.TOTP(secret).at(store.now()), client=CLIENT)
    found = users.authenticate(
        store, PasswordHasher(), email=ana.email, password="a long enough one", client=CLIENT
    )
    half = half_sign_ins.start(store, found)
    assert "\t2fa\t" in command("users", "list")
    # No key is needed for this: it may be what was lost.
    said = command("users", "reset-2fa", "Ana@example.org")
    assert said == "ana@example.org signs in with the password alone now.\n"
    assert enrolment.state(store, ana.id) == enrolment.TwoFactor(False, 0, False)
    assert half_sign_ins.person_of(store, half) is None
    assert audit.listing(store, user_id=ana.id)[0].event == "two_factor_reset"
    assert "no account" in command("users", "reset-2fa", "nobody@example.org", code=1)


def test_an_account_is_made_with_the_password_on_standard_input(tmp_path: Path) -> None:
    done = call(
        *("users", "create", "ben@example.org", "--name", "Ben"),
        directory=tmp_path,
        stdin=b"one of my own, really\n",
        settings={"REGISTRATION": "closed"},
    )
    assert done.returncode == 0, done.stderr
    store = ControlStore.open(f"sqlite:///{tmp_path / 'data' / 'control.db'}")
    try:
        who = users.authenticate(
            store,
            PasswordHasher(),
            email="ben@example.org",
            password="one of my own, really",
            client=CLIENT,
        )
        assert who.person.name == "Ben"
    finally:
        store.dispose()
    # The store is not empty any more, so a later start could not make a key for it.
    assert (tmp_path / "data" / "secret.key").exists()


def test_a_password_that_is_too_short_is_refused_in_one_line(tmp_path: Path) -> None:
    done = call(
        *("users", "create", "ben@example.org", "--name", "Ben"),
        directory=tmp_path,
        stdin=b"short\n",
    )
    assert done.returncode == 1
    assert done.stderr.startswith(b"provision: ")
    assert done.stderr.count(b"\n") == 1


def test_a_token_is_printed_once_and_speaks_for_its_account(
    store: ControlStore, ana: users.Person, command: Command
) -> None:
    printed = command(
        *("token", "create", "ana@example.org", "--name", "ci", "--read-only"),
        *("--expires-days", "2"),
    )
    holder = tokens.resolve(store, printed.strip())
    assert holder is not None
    assert holder.person == ana
    assert holder.token.read_only
    assert holder.token.expires_at == holder.token.created_at + 2 * 86_400


@pytest.mark.parametrize(
    "arguments",
    [
        ("users", "disable", "nobody@example.org"),
        ("users", "reset-password", "nobody@example.org"),
        ("token", "create", "nobody@example.org", "--name", "ci"),
        ("audit", "nobody@example.org"),
    ],
)
def test_an_account_that_is_not_there_is_named(
    store: ControlStore, command: Command, arguments: tuple[str, ...]
) -> None:
    said = command(*arguments, code=1)
    assert said.startswith("provision: There is no account 'nobody@example.org'")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("users", "list"),
        ("users", "disable", "ana@example.org"),
        ("users", "enable", "ana@example.org"),
        ("users", "reset-2fa", "ana@example.org"),
        ("users", "reset-password", "ana@example.org"),
        ("token", "create", "ana@example.org", "--name", "ci"),
        ("audit",),
        ("keys", "check"),
        ("keys", "rotate"),
        ("keys", "rotate", "--forget-lost"),
        ("control", "backup", "copy.db"),
        ("workspace", "export", "ana@example.org", "file"),
        ("workspace", "import", "ana@example.org", "there.json.gz"),
    ],
)
def test_commands_do_not_make_a_store_where_none_is(
    tmp_path: Path, command: Command, arguments: tuple[str, ...]
) -> None:
    with (tmp_path / "there.json.gz").open("w+b") as file:
        empty = WorkspaceWriter(file, name="", now=datetime.now(UTC))
        empty.begin()
        empty.finish()
    said = command(*arguments, code=1)
    assert said.startswith("provision: There is no control store at ")
    assert "PROVISION_DATA_DIR" in said
    assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["there.json.gz"]


def test_a_store_made_for_a_first_account_is_told(tmp_path: Path) -> None:
    for name, is_told in (("ben", True), ("eva", False)):
        done = call(
            *("users", "create", f"{name}@example.org", "--name", name.title()),
            directory=tmp_path,
            stdin=b"one of my own, really\n",
        )
        assert done.returncode == 0
        assert (b"a new one was made" in done.stderr) is is_told


def test_the_audit_trail_is_newest_first_and_can_be_narrowed(
    store: ControlStore, ana: users.Person, command: Command
) -> None:
    command("token", "create", "ana@example.org", "--name", "ci")
    lines = command("audit").splitlines()
    assert [line.split("\t")[1] for line in lines] == ["token_created", "registered"]
    assert lines[0].split("\t")[2] == "ana@example.org"
    assert lines[0].split("\t")[0].endswith("Z")
    assert '"name": "ci"' in lines[0]
    assert command("audit", "ana@example.org", "--since", "1h").splitlines() == lines
    assert command("audit", "--since", "2999-01-01") == ""
    assert command("audit", "--limit", "1").splitlines() == lines[:1]


def test_an_age_that_is_none_is_refused(store: ControlStore, command: Command) -> None:
    assert command("audit", "--since", "yesterday", code=1) == (
        "provision: --since is 'yesterday'; it may be 2026-01-31, 90m, 12h or 7d\n"
    )


def test_a_link_to_reset_a_password_is_printed_and_works(
    store: ControlStore,
    ana: users.Person,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = "/auth/reset-password/"
    link = command("users", "reset-password", "Ana@example.org")
    assert link.startswith(f"http://127.0.0.1:8000{path}")
    assert link.count("\n") == 1
    assert new_passwords.holder(store, link.strip().rpartition("/")[2]) == ana

    monkeypatch.setenv("PROVISION_PORT", "9000")
    monkeypatch.setenv("PROVISION_HOST", "::")
    link = command("users", "reset-password", "ana@example.org")
    assert link.startswith(f"http://[::1]:9000{path}")
    monkeypatch.setenv("PROVISION_PUBLIC_URL", "https://provision.example/team/")
    link = command("users", "reset-password", "ana@example.org")
    assert link.startswith(f"https://provision.example/team{path}")

    command("users", "disable", "ana@example.org")
    assert "is disabled" in command("users", "reset-password", "ana@example.org", code=1)


def test_a_backup_holds_the_accounts(tmp_path: Path, ana: users.Person, command: Command) -> None:
    assert "encryption key is not in it" in command("control", "backup", "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT email FROM users").fetchall() == [(ana.email,)]
    assert "it is there already" in command("control", "backup", "copy.db", code=1)


def test_a_wrong_setting_is_one_line(tmp_path: Path, command: Command) -> None:
    (tmp_path / ".env").write_text("PROVISION_LOG_LEVEL=loud\n")
    assert command("users", "list", code=1) == (
        "provision: PROVISION_LOG_LEVEL is 'loud'; it may be info, debug, warning, error\n"
    )


def test_every_command_explains_itself(command: Command) -> None:
    for name, found in cli.commands.commands.items():
        assert found.help, name
        assert command(name, "--help").startswith(f"Usage: provision {name}")


def test_every_address_is_listed_without_a_store(command: Command, tmp_path: Path) -> None:
    listed = json.loads(command("routes", "--json"))
    assert {
        "methods": ["POST"],
        "rule": "/tasks/bulk",
        "endpoint": "tasks.bulk",
        "answers": "provision.web.tasks.routes:bulk",
        "demands": ["session", "csrf", "workspace"],
    } in listed
    lines = command("routes").splitlines()
    assert len(lines) == len(listed)
    for line, each in zip(lines, listed, strict=True):
        assert line.split()[1:4] == [each["rule"], each["endpoint"], each["answers"]]
    assert list(tmp_path.iterdir()) == []
