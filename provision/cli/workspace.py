"""A person's workspace as a file, for what is longer than a web request may be."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Final, cast

import click

from provision.cli.store import account_of, require_store
from provision.errors import NotConnectedError, SettingsError, ValidationError
from provision.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.control.audit import EventName
    from provision.control.connections import SavedConnection
    from provision.tenant.access import Workspace
    from provision.web.request.services import Services

_MOST_BYTES: Final = 256 * 1024 * 1024
_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
_WORKSPACE = click.option(
    "--workspace", "workspace_id", metavar="ID", help="Which one, for somebody with several."
)


@click.group()
def workspace() -> None:
    """Write a person's rows to one file, or read them; docs/workspace-file.md describes it."""


@workspace.command("export")
@click.argument("email")
@_FILE
@_WORKSPACE
def export(email: str, file: Path, workspace_id: str | None) -> None:
    """Write every row of the workspace of EMAIL to FILE (.json.gz)."""
    from provision.tenant.transfer import leaving
    from provision.tenant.transfer.workspace_file import WorkspaceWriter

    with _workspace_of(email, workspace_id) as (services, connection, here):
        with TemporaryFile() as copy:
            # A file that is there is only written over once all of the rows are here.
            writer = WorkspaceWriter(copy, name=connection.name, now=datetime.now(UTC))
            services.access.read(here, leaving.workspace, into=writer)
            size = writer.finish()
            copy.seek(0)
            try:
                # Closed to others where it is new; one that was there keeps its mode.
                descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(descriptor, "wb") as target:
                    shutil.copyfileobj(copy, target)
            except OSError as error:
                raise SettingsError(f"{file} cannot be written ({error.strerror})") from None
        _note(services, connection, "exported")
    click.echo(f"{file} holds the workspace of {email} ({size:,} bytes).")


@workspace.command("import")
@click.argument("email")
@_FILE
@_WORKSPACE
def bring(email: str, file: Path, workspace_id: str | None) -> None:
    """Write every row of FILE into the workspace of EMAIL, which has to be empty."""
    from provision.tenant.transfer import arriving, workspace_file

    try:
        content = file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read ({error.strerror})") from None
    rows = workspace_file.read(content, most_bytes=_MOST_BYTES)
    with _workspace_of(email, workspace_id) as (services, connection, here):
        if not services.access.write(here, arriving.restore, rows=rows):
            raise ValidationError({"file": [arriving.NOT_EMPTY]})
        _note(services, connection, "imported")
    counts = {"projects": rows.projects, "people": rows.team_members, "tasks": rows.tasks}
    said = ", ".join(f"{len(each):,} {name}" for name, each in counts.items())
    click.echo(f"Imported {said}.")


@contextmanager
def _workspace_of(
    email: str, workspace_id: str | None
) -> Iterator[tuple[Services, SavedConnection, Workspace]]:
    from provision import close_app, create_app
    from provision.control import connections
    from provision.tenant.access import Workspace
    from provision.web.request.services import EXTENSION

    settings = load_settings("operator")
    require_store(settings)
    app = create_app(settings)
    try:
        services = cast("Services", app.extensions[EXTENSION])
        person = account_of(services.store, email)
        own = connections.listing(services.store, person.id)
        found = [each for each in own if workspace_id in (None, each.owner_id)]
        if not own:
            raise NotConnectedError
        if len(found) != 1:
            names = "; ".join(f"{each.owner_id} ({each.name})" for each in own)
            raise SettingsError(f"Say by --workspace ID which one is meant: {names}")
        connection = found[0]
        yield services, connection, Workspace(connections.name_of(connection), connection.owner_id)
    finally:
        close_app(app)


def _note(services: Services, connection: SavedConnection, event: EventName) -> None:
    from provision.control import audit

    audit.note(
        services.store,
        event=event,
        user_id=connection.user_id,
        client=audit.Client(audit.OPERATOR.address, "provision workspace"),
        detail={"what": "workspace", "by": "operator"},
    )
