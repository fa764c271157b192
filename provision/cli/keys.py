"""`provision keys`: what the secrets are sealed under, and moving them to another key."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from provision.cli.store import opened_store
from provision.errors import SettingsError
from provision.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provision.control.secrets.sealed import SealedRow, SealedSecrets

_STATES = {
    "opens": "opens",
    "no key": "the key is not given",
    "altered": "was altered",
}


@click.group()
def keys() -> None:
    """Manage the keys that seal connection strings and second factors."""


@keys.command()
def check() -> None:
    """Say for each secret: key, whether it opens, what it is, whose; then how many of each key."""
    from provision.control.keys import examine, owners

    with _secrets(proved=False) as secrets:
        rows = sorted(examine(secrets), key=lambda row: (row.purpose, row.id))
        whose = owners(secrets.store, rows)
        for row in rows:
            key_id = row.key_id or "-"
            click.echo(f"{key_id}\t{_STATES[row.state]}\t{row.purpose}\t{whose[row.id]}")
        counts = Counter((row.key_id, row.state) for row in rows)
        for (key_id, state), count in sorted(counts.items()):
            known = _rank(key_id, secrets.key_ids)
            click.echo(f"{count} under {key_id or 'no key'} ({known}): {_STATES[state]}")
        if any(row.state != "opens" for row in rows):
            sys.exit(1)


@keys.command()
@click.option(
    "--forget-lost",
    is_flag=True,
    help="Also drop what no key opens: people paste their connection string again.",
)
def rotate(forget_lost: bool) -> None:
    """Seal every secret under the newest key, the first in PROVISION_ENCRYPTION_KEY.

    The server may go on running, if it was started with the new key first and the old one behind
    it. Can be interrupted and run again.
    """
    from provision.control import keys as control
    from provision.control.secrets.sealed import prove

    if forget_lost and sys.stdin.isatty():
        click.confirm("Drop every secret that the given keys do not open?", abort=True)
    with _secrets(proved=not forget_lost) as secrets:
        stays = control.forget_lost(secrets) if forget_lost else []
        if forget_lost:
            prove(secrets)
        done = control.rotate(secrets)
        kinds = ", ".join(f"{purpose}: {count}" for purpose, count in sorted(done.moved.items()))
        click.echo(
            f"{done.moved.total()} secrets moved to key {secrets.key_ids[0]}"
            + (f" ({kinds})." if kinds else "; all others were there already.")
        )
        if done.late:
            click.echo(
                f"{done.late} of them were sealed under an older key meanwhile: restart every "
                "server with the new key first, then run this again.",
                err=True,
            )
        if len(secrets.key_ids) == 1:
            click.echo(
                "Only one key is given. To change it, put a new one and a comma in front of it, "
                "restart the server, then run this again.",
                err=True,
            )
        lost = [*stays, *(row for row in done.lost if row.id not in {each.id for each in stays})]
        if lost:
            _tell_lost(secrets, lost)
            sys.exit(1)


def _tell_lost(secrets: SealedSecrets, rows: Sequence[SealedRow]) -> None:
    from provision.control.keys import owners

    whose = owners(secrets.store, list(rows))
    for row in rows:
        click.echo(f"{row.purpose} of {whose[row.id]}: {_STATES[row.state]}", err=True)
    click.echo(
        "These were left as they are. Give the key they are under too (`provision keys check` "
        "names it). If it is gone for good: `provision keys rotate --forget-lost`, and for a "
        "second factor `provision users reset-2fa EMAIL`.",
        err=True,
    )


def _rank(key_id: str, given: Sequence[str]) -> str:
    if key_id not in given:
        return "not given"
    return "the newest" if key_id == given[0] else "an older one"


@contextmanager
def _secrets(*, proved: bool) -> Iterator[SealedSecrets]:
    """Open the sealed secrets; `proved` refuses keys that are not those of this store."""
    from provision.control.secrets.sealed import open_vault, unproved_vault

    settings = load_settings("operator")
    key_file = settings.data_dir / "secret.key"
    with opened_store() as store:
        # A key is made at a start, not by looking.
        if settings.encryption_key is None and not key_file.exists():
            raise SettingsError(
                f"PROVISION_ENCRYPTION_KEY is not set and {key_file} is missing; "
                "it may be the key this store was sealed under, or a new one"
            )
        if proved:
            yield open_vault(
                store,
                encryption_key=settings.encryption_key,
                key_file=key_file,
                allow_generate=settings.control_is_sqlite,
            )
            return
        yield unproved_vault(store, encryption_key=settings.encryption_key, key_file=key_file)
