"""The commands: `provision serve`, and the operator's tools (docs/operate.md).

Each reads the settings, opens only what it needs and prints plain text or JSON to standard output.
An error in the configuration is one line on standard error, and exit code 1.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from provision.cli import accounts
from provision.cli.keys import keys
from provision.cli.routes import routes
from provision.cli.store import opened_store
from provision.cli.workspace import workspace
from provision.errors import DatabaseError, ProvisionError, ValidationError
from provision.settings import Settings, forget_libpq_environment, load_settings

# Here and in the modules beside this one, each command itself imports what serves the app or opens
# a store. `dsn check` runs over many strings and should not load a web framework first.

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provision.tenant.network.policy import NetworkPolicy

Policy = Literal["intranet", "public"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the `provision` program; never returns."""
    try:
        commands.main(args=arguments, prog_name="provision", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ValidationError as error:
        _fail(" ".join(text for texts in error.errors.values() for text in texts))
    except DatabaseError as error:
        _fail(f"{error.detail} {error.remedy}".strip())
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
    """Manage projects, tasks and people in a PostgreSQL database that belongs to you."""
    forget_libpq_environment()


for group in (accounts.users, accounts.token, accounts.audit, keys, workspace, routes):
    commands.add_command(group)

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


@commands.command("demo")
@_HOST
@_PORT
def run_demo(host: str | None, port: int | None) -> None:
    """Run the whole product with a built-in PostgreSQL and a sample workspace."""
    from provision.cli.demo import run

    run(load_settings("demo").with_address(host, port))


@commands.group()
def dsn() -> None:
    """Check connection strings without connecting."""


@dsn.command("check")
@_POLICY
def check_dsn(policy: Policy | None) -> None:
    """Judge connection strings from standard input, one a line; print one JSON object a line."""
    from provision.cli.dsn_check import dsn_check_line

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
    """Check databases of tenants."""


@db.command("check")
@_POLICY
def check_db(policy: Policy | None) -> None:
    """Connect with the one connection string on standard input; print what was found as JSON."""
    from provision.tenant.probe.walk import probe

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
    """Manage the control store: accounts, sealed connection strings, the audit log."""


@control.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def back_up(file: Path) -> None:
    """Write a consistent copy of the control store to FILE; the server may go on running.

    The encryption key is not in it. Keep that apart: one is of no use without the other.
    """
    from provision.control.store.backup import write_backup

    with opened_store() as store:
        write_backup(store, file)
    click.echo(f"{file} holds the control store as it is now. The encryption key is not in it.")


@commands.command("doctor")
def look_over() -> None:
    """Check configuration, files, key, control store and clock; say what to do."""
    from provision.cli.doctor import examine

    sound = True
    for finding in examine():
        sound = sound and not finding.is_bad
        mark = "ok  " if finding.remedy is None else "BAD " if finding.is_bad else "note"
        click.echo(f"{mark} {finding.text}")
        if finding.remedy is not None:
            click.echo(f"     {finding.remedy}")
    if not sound:
        sys.exit(1)


def _network_policy(settings: Settings, policy: Policy | None) -> NetworkPolicy:
    from provision.tenant.network.policy import NetworkPolicy

    settings = replace(settings, network_policy=policy or settings.network_policy)
    return NetworkPolicy(
        settings.network_policy,
        allow=settings.allow_networks,
        deny=settings.deny_networks,
        loopback=True,
    )
