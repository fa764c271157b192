"""`provision demo`: the whole product on one machine, with an account and work to look at.

Makes the account and its workspace once, by the same steps that the wizard takes; a start that was
cut short is taken up again. What the person changes later stays as it is.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast
from uuid import uuid4

import click

from provision import close_app, create_app, server
from provision.control import audit, connections
from provision.control.accounts import users
from provision.errors import SettingsError
from provision.tenant.access import Workspace
from provision.tenant.probe.walk import probe
from provision.tenant.queries import workspaces
from provision.tenant.schema import state
from provision.tenant.transfer import sample
from provision.tenant.transfer.sample_rows import WORKSPACE_NAME
from provision.web.request.services import EXTENSION, Services
from provision.web.setup.connecting import described

if TYPE_CHECKING:
    from pathlib import Path

    from provision.control.accounts.users import Person
    from provision.control.connections import SavedConnection
    from provision.settings import Settings

EMAIL: Final = "demo@halden.example"
NAME: Final = "Nora Halden"
# The wizard's last step: there is nothing left to set up.
_FINISHED: Final = "success"
# Without what is easily misread.
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def run(settings: Settings) -> None:
    """Serve the demo until stopped. Raises SettingsError when it cannot be started."""
    if not settings.built_in_postgres:
        raise SettingsError("PROVISION_BUILT_IN_POSTGRES is off, and the demo is made of it")
    password = _password(settings.data_dir)

    def prepare() -> None:
        app = create_app(settings)
        try:
            _prepare(cast("Services", app.extensions[EXTENSION]), password)
        finally:
            close_app(app)

    def announce(address: str) -> None:
        click.echo(
            f"\nProvision is running at {address}\n\n"
            f"  e-mail    {EMAIL}\n"
            f"  password  {password}\n\n"
            "Anybody who can reach this address may also register. Ctrl-C stops it."
        )

    quieter = replace(settings, log_level="warning") if settings.log_level == "info" else settings
    server.serve(quieter, next_free_port=True, prepare=prepare, announce=announce)


def _prepare(services: Services, password: str) -> None:
    person = users.by_email(services.store, EMAIL)
    if person is None:
        person = users.register(
            services.store,
            services.hasher,
            email=EMAIL,
            name=NAME,
            password=password,
            client=audit.OPERATOR,
        )
    if person.setup_step != users.FIRST_SETUP_STEP:
        return
    connection = connections.active(services.store, person.id) or _connect(services, person)
    workspace = Workspace(connections.name_of(connection), connection.owner_id)
    with services.access.transaction(workspace) as tenant:
        report = state.apply(tenant)
        owner_id = workspace.owner_id
        workspaces.claim(tenant, owner_id=owner_id, email=person.email, name=WORKSPACE_NAME)
        sample.fill(tenant, owner_id=owner_id, now=datetime.now(UTC))
    connections.mark_verified(services.store, connection.id, schema_version=report.latest)
    users.set_setup_step(services.store, person.id, _FINISHED)


def _connect(services: Services, person: Person) -> SavedConnection:
    if services.make_built_in is None:
        raise SettingsError("PROVISION_BUILT_IN_POSTGRES is off, and the demo is made of it")
    found = probe(
        services.make_built_in(person.id),
        policy=services.policy,
        timeout_s=services.settings.connect_timeout,
    )
    if not found.ok or found.target is None:
        raise SettingsError(f"The built-in PostgreSQL cannot be used: {found.detail}")
    return connections.save(
        services.store,
        services.secrets,
        user_id=person.id,
        # The account's own id would do too; nothing may rely on the two being one.
        new=described(found, found.target, name=WORKSPACE_NAME, owner_id=str(uuid4())),
        secret=found.target.to_secret(),
        client=audit.OPERATOR,
    )


def _password(data_dir: Path) -> str:
    """Return the demo account's password, kept so that the next start can print it again."""
    path = data_dir / "demo.txt"
    with suppress(OSError):
        kept = path.read_text().strip()
        if kept:
            return kept
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    part = path.with_name("demo.txt.new")
    try:
        data_dir.mkdir(parents=True, mode=0o700, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{password}\n")
        part.replace(path)
    except OSError as error:
        raise SettingsError(
            f"PROVISION_DATA_DIR is {str(data_dir)!r}, which cannot be written ({error.strerror})"
        ) from None
    return password
