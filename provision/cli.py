"""The commands: `provision serve`, and the operator's tools (CONTRACT section 1).

Each reads the settings, opens only what it needs and prints plain text or JSON to standard output.
What is wrong with the configuration is one line on standard error, and exit code 1.
"""

from __future__ import annotations

import json
import re
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from provision.errors import NotFoundError, ProvisionError, SettingsError, ValidationError
from provision.settings import Settings, forget_libpq_environment, load_settings

# What serves the app or opens a store is imported by the command that does so: `dsn check` is made
# to run over many strings, and should not load a web framework first.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provision.control.store import ControlStore
    from provision.control.users import Person
    from provision.tenant.network import NetworkPolicy

Policy = Literal["intranet", "public"]


def main(arguments: Sequence[str] | None = None) -> None:
    """The `provision` program; never returns."""
    try:
        commands.main(args=arguments, prog_name="provision", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ValidationError as error:
        _fail(" ".join(text for texts in error.errors.values() for text in texts))
    except ProvisionError as error:
        _fail(str(error))
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has had enough; flushing it at the end would fail again.
        sys.stderr.close()
        sys.exit(1)
    sys.exit(0)


def _fail(message: str) -> None:
    click.echo(f"provision: {message}", err=True)
    sys.exit(1)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="provision", message="%(prog)s %(version)s")
def commands() -> None:
    """Projects, tasks and people in a PostgreSQL database that belongs to you."""
    forget_libpq_environment()


_HOST = click.option("--host", help="Address to listen on [PROVISION_HOST, 127.0.0.1].")
_PORT = click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on [PROVISION_PORT, 8000]."
)
_POLICY = click.option(
    "--policy",
    type=click.Choice(["intranet", "public"]),
    help="Where databases may live [PROVISION_NETWORK_POLICY, intranet].",
)


@commands.command()
@_HOST
@_PORT
@click.option("--workers", type=click.IntRange(1, 256), help="Processes [PROVISION_WORKERS, 1].")
@click.option("--threads", type=click.IntRange(1, 1024), help="Threads [PROVISION_THREADS, 16].")
def serve(host: str | None, port: int | None, workers: int | None, threads: int | None) -> None:
    """Run the production server."""
    from provision import server

    settings = load_settings("serve").with_address(host, port)
    server.serve(
        replace(
            settings,
            workers=workers or settings.workers,
            threads=threads or settings.threads,
        )
    )


@commands.command()
@_HOST
@_PORT
def demo(host: str | None, port: int | None) -> None:
    """Run the whole product with a built-in PostgreSQL and a sample workspace."""
    from provision.demo import run

    run(load_settings("demo").with_address(host, port))


@commands.group()
def users() -> None:
    """Accounts of this installation."""


@users.command("list")
def list_users() -> None:
    """Show everybody who has an account."""
    from provision.control import users as accounts

    with _store() as store:
        for person in accounts.listing(store):
            state = "enabled" if person.is_enabled else "disabled"
            factor = "2fa" if person.two_factor else "-"
            click.echo(f"{person.email}\t{state}\t{factor}\t{person.name}")


@users.command("create")
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
def create_user(email: str, name: str) -> None:
    """Make an account, also where registration is closed.

    The password is asked for, or read as one line from standard input if that is no terminal.
    """
    from provision.assembly import open_store
    from provision.control import users as accounts
    from provision.passwords import PasswordHasher

    password = _new_password()
    store, _ = open_store(load_settings("operator"))
    try:
        person = accounts.register(
            store, PasswordHasher(), email=email, name=name, password=password
        )
    finally:
        store.dispose()
    click.echo(f"{person.email} may sign in now.")


@users.command("disable")
@click.argument("email")
def disable_user(email: str) -> None:
    """Close an account and end its sessions; its data stays."""
    _set_enabled(email, enabled=False)


@users.command("enable")
@click.argument("email")
def enable_user(email: str) -> None:
    """Open a disabled account again."""
    _set_enabled(email, enabled=True)


@commands.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.argument("email")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--read-only", is_flag=True, help="It may look and change nothing.")
@click.option("--expires-days", type=click.IntRange(1, 3650), help="Days until it ends [never].")
def create_token(email: str, name: str, read_only: bool, expires_days: int | None) -> None:
    """Make an API token for an account and print it; it is shown only this once."""
    from provision.control import tokens

    with _store() as store:
        expires_at = None if expires_days is None else store.now() + expires_days * 86_400
        raw, _ = tokens.create(
            store,
            user_id=_person(store, email).id,
            name=name,
            read_only=read_only,
            expires_at=expires_at,
        )
        click.echo(raw)


@commands.command()
@click.argument("email", required=False)
@click.option("--since", help="A date (2026-01-31), or an age (90m, 12h, 7d).")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True)
def audit(email: str | None, since: str | None, limit: int) -> None:
    """Show what happened, newest first: time, event, account, address, particulars."""
    from provision.control import audit as trail
    from provision.control import users as accounts

    with _store() as store:
        user_id = None if email is None else _person(store, email).id
        names = {person.id: person.email for person in accounts.listing(store)}
        start = 0 if since is None else _moment(since, store.now())
        for event in trail.listing(store, user_id=user_id, since=start, limit=limit):
            at = datetime.fromtimestamp(event.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            who = names.get(event.user_id, event.user_id) if event.user_id else "-"
            detail = json.dumps(event.detail, sort_keys=True) if event.detail else "-"
            click.echo(f"{at}\t{event.event}\t{who}\t{event.address or '-'}\t{detail}")


@commands.group()
def dsn() -> None:
    """Connection strings, without connecting."""


@dsn.command("check")
@_POLICY
def check_dsn(policy: Policy | None) -> None:
    """Judge connection strings from standard input, one a line; print one JSON object a line."""
    from provision.tenant.checks import dsn_check_line

    judge = _network_policy(load_settings("operator"), policy)
    all_good = True
    # Bytes, because a text stream would take a lone CR for the end of a line too.
    for line in sys.stdin.buffer:
        verdict = dsn_check_line(line.removesuffix(b"\n").decode(errors="surrogateescape"), judge)
        all_good = all_good and bool(verdict["ok"])
        click.echo(json.dumps(verdict))
    if not all_good:
        sys.exit(1)


@commands.group()
def db() -> None:
    """Tenants' databases."""


@db.command("check")
@_POLICY
def check_db(policy: Policy | None) -> None:
    """Connect with the one connection string on standard input; print what was found as JSON."""
    from provision.tenant.probe import probe

    settings = load_settings("operator")
    report = probe(
        sys.stdin.buffer.read().decode(errors="surrogateescape"),
        policy=_network_policy(settings, policy),
        timeout_s=settings.connect_timeout,
    )
    click.echo(report.as_json())
    if not report.ok:
        sys.exit(1)


@commands.group()
def control() -> None:
    """The control store: accounts, sealed connection strings, the audit trail."""


@control.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def back_up(file: Path) -> None:
    """Write a consistent copy of the control store to FILE; the server may go on running.

    The encryption key is not in it. Keep that apart: one is of no use without the other.
    """
    from provision.control.backup import write_backup

    with _store() as store:
        write_backup(store, file)
    click.echo(f"{file} holds the control store as it is now. The encryption key is not in it.")


@commands.command()
def doctor() -> None:
    """Check configuration, files, key, control store and clock; say what to do."""
    from provision.doctor import examine

    sound = True
    for finding in examine():
        sound = sound and finding.remedy is None
        click.echo(f"{'ok ' if finding.remedy is None else 'BAD'}  {finding.text}")
        if finding.remedy is not None:
            click.echo(f"     {finding.remedy}")
    if not sound:
        sys.exit(1)


@contextmanager
def _store() -> Iterator[ControlStore]:
    """The control store as it stands; needs no key, since no secret is opened through it."""
    from provision.control.store import ControlStore

    settings = load_settings("operator")
    if settings.control_is_sqlite:
        path = Path(settings.control_url.removeprefix("sqlite:///"))
        if not path.exists():
            raise SettingsError(
                f"There is no control store at {path}; "
                "run this in the server's working directory, or set PROVISION_DATA_DIR"
            )
    store = ControlStore.open(settings.control_url)
    try:
        yield store
    finally:
        store.dispose()


def _person(store: ControlStore, email: str) -> Person:
    from provision.control import users as accounts

    person = accounts.by_email(store, email)
    if person is None:
        raise NotFoundError(f"There is no account {email!r}; `provision users list` shows all")
    return person


def _set_enabled(email: str, *, enabled: bool) -> None:
    from provision.control import users as accounts

    with _store() as store:
        person = _person(store, email)
        accounts.set_enabled(store, person.id, enabled=enabled)
    click.echo(f"{person.email} is {'enabled' if enabled else 'disabled'}.")


def _new_password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _network_policy(settings: Settings, policy: Policy | None) -> NetworkPolicy:
    from provision.tenant.network import NetworkPolicy

    settings = replace(settings, network_policy=policy or settings.network_policy)
    return NetworkPolicy(
        settings.network_policy,
        allow=settings.allow_networks,
        deny=settings.deny_networks,
        loopback=settings.loopback_tenants,
    )


def _moment(text: str, now: int) -> int:
    """The unix time that a date (in UTC) or an age means."""
    age = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if age:
        units = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
        return now - int(age[1]) * int(units[age[2]].total_seconds())
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"--since is {text!r}; it may be 2026-01-31, 90m, 12h or 7d") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
