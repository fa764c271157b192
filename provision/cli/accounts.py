"""`provision users`, `token` and `audit`: the operator's account tools."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from provision.cli.store import account_of, opened_store, place
from provision.errors import AccountError, SettingsError
from provision.settings import load_settings

if TYPE_CHECKING:
    from provision.settings import Settings


@click.group()
def users() -> None:
    """Manage the accounts of this installation."""


@users.command("list")
def list_users() -> None:
    """Show everybody who has an account."""
    from provision.control.accounts import users as accounts

    with opened_store() as store:
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
    from provision.control import audit as trail
    from provision.control.accounts import users as accounts
    from provision.control.store.store import ControlStore
    from provision.credentials.passwords import PasswordHasher

    password = _new_password()
    settings = load_settings("operator")
    is_new = not ControlStore.is_there(settings.control_url)
    store, _ = open_store(settings)
    try:
        person = accounts.register(
            store,
            PasswordHasher(),
            email=email,
            name=name,
            password=password,
            client=trail.OPERATOR,
        )
    finally:
        store.dispose()
    click.echo(f"{person.email} may sign in now.")
    if is_new:
        click.echo(
            f"There was no control store at {place(settings)}: a new one was made for this "
            "account. If there is one elsewhere, run this in the server's working directory with "
            "the server's settings, or set PROVISION_DATA_DIR or PROVISION_CONTROL_URL.",
            err=True,
        )


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


@users.command("reset-2fa")
@click.argument("email")
def reset_two_factor(email: str) -> None:
    """Take the second factor off an account whose phone and recovery codes are lost.

    Make sure first that it is really that person who asks: the password alone will do after this.
    """
    from provision.control.second_factor import enrolment

    with opened_store() as store:
        person = account_of(store, email)
        enrolment.reset(store, person.id)
    click.echo(f"{person.email} signs in with the password alone now.")


@users.command("reset-password")
@click.argument("email")
def reset_password(email: str) -> None:
    """Print a link by which a person chooses a new password: once, within 24 hours.

    Their second factor stays on; `reset-2fa` takes that away.
    """
    from provision.control.accounts import new_passwords

    with opened_store() as store:
        person = account_of(store, email)
        if not person.is_enabled:
            raise AccountError(f"{person.email} is disabled; `provision users enable` opens it")
        secret = new_passwords.new_reset(store, person.id)
    click.echo(f"{_address(load_settings('operator'))}/auth/reset-password/{secret}")
    click.echo(
        f"Give this link to {person.email} where nobody else reads it. It is good for one new "
        "password within 24 hours; links printed before have expired.",
        err=True,
    )


@click.group()
def token() -> None:
    """Manage API tokens."""


@token.command("create")
@click.argument("email")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--read-only", is_flag=True, help="It may look and change nothing.")
@click.option("--expires-days", type=click.IntRange(1, 3650), help="Days until it ends [never].")
def create_token(email: str, name: str, read_only: bool, expires_days: int | None) -> None:
    """Make an API token for an account and print it; it is shown only this once."""
    from provision.control import audit as trail
    from provision.control.accounts import tokens

    with opened_store() as store:
        expires_at = None if expires_days is None else store.now() + expires_days * 86_400
        raw, _ = tokens.create(
            store,
            user_id=account_of(store, email).id,
            name=name,
            read_only=read_only,
            expires_at=expires_at,
            client=trail.OPERATOR,
        )
        click.echo(raw)


@click.command()
@click.argument("email", required=False)
@click.option("--since", help="A date (2026-01-31), or an age (90m, 12h, 7d).")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True)
def audit(email: str | None, since: str | None, limit: int) -> None:
    """Show what happened, newest first: time, event, account, address, browser, particulars."""
    from provision.control import audit as trail
    from provision.control.accounts import users as accounts

    with opened_store() as store:
        user_id = None if email is None else account_of(store, email).id
        names = {person.id: person.email for person in accounts.listing(store)}
        start = 0 if since is None else _moment(since, store.now())
        for event in trail.listing(store, user_id=user_id, since=start, limit=limit):
            at = datetime.fromtimestamp(event.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            who = names.get(event.user_id, event.user_id) if event.user_id else "-"
            detail = json.dumps(event.detail, sort_keys=True) if event.detail else "-"
            place = f"{event.address or '-'}\t{event.agent or '-'}"
            click.echo(f"{at}\t{event.event}\t{who}\t{place}\t{detail}")


def _set_enabled(email: str, *, enabled: bool) -> None:
    from provision.control.accounts import users as accounts

    with opened_store() as store:
        person = account_of(store, email)
        accounts.set_enabled(store, person.id, enabled=enabled)
    click.echo(f"{person.email} is {'enabled' if enabled else 'disabled'}.")


def _address(settings: Settings) -> str:
    """Return where people reach this installation, as far as the settings say."""
    if settings.public_url:
        return settings.public_url
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _new_password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _moment(text: str, now: int) -> int:
    """Return the unix time that a date (in UTC) or an age means."""
    age = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if age:
        units = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
        return now - int(age[1]) * int(units[age[2]].total_seconds())
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"--since is {text!r}; it may be 2026-01-31, 90m, 12h or 7d") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
