"""From a pasted string to a saved connection: the use case behind the wizard and the API.

Nothing is saved before the string has been tested for real, and then only sealed.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import msgspec

from provision.control import connections
from provision.control.connections import NewConnection
from provision.errors import RowRefusedError, SchemaNotReadyError, TenantError, ValidationError
from provision.tenant.host.target import Target
from provision.tenant.probe.walk import probe
from provision.tenant.schema import state
from provision.web.request import limits, session, workspace
from provision.web.request.services import services
from provision.web.two_factor import reauthentication

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection as SqlConnection

    from provision.control.connections import SavedConnection
    from provision.control.second_factor.checking import Accepted
    from provision.tenant.probe.report import Report
    from provision.tenant.queries.rows import FoundWorkspace

NEW_WORKSPACE = "new"
_LONGEST_NAME = 200


def before(*, adding: bool) -> SavedConnection | None:
    """Return the connection that the next one takes the place of; none where it is `adding`."""
    return None if adding else session.connection_or_none()


def asks_again(*, adding: bool = False) -> bool:
    """Return whether saving a connection needs the password and a code.

    It is when it takes the place of another, also of one that was forgotten first, so that who
    found a browser open cannot lead the work of somebody with two-factor elsewhere.
    """
    who = session.person()
    is_forgotten = who.setup_step == connections.FORGOTTEN_STEP
    return who.two_factor and (before(adding=adding) is not None or is_forgotten)


def confirm(data: Mapping[str, object], *, adding: bool = False) -> Accepted | None:
    """Look at password and code in `data` where they are asked for; `save` uses the code up.

    Raises ReauthenticationRequiredError.
    """
    return reauthentication.check(data) if asks_again(adding=adding) else None


def test(pasted: str | Target, *, ca_certificate: str | None, allow_md5: bool) -> Report:
    """Run the doctor on a pasted string, or on the built-in database's own target.

    Raises RateLimitedError.
    """
    with services().progress.test_of(session.person().id) as watch:
        limits.admit_connection_test(session.person().id)
        return probe(
            pasted,
            policy=services().policy,
            timeout_s=services().settings.connect_timeout,
            ca_certificate=ca_certificate,
            allow_md5=allow_md5,
            watch=watch,
        )


def examine(connection: SavedConnection) -> Report:
    """Run the doctor on the string that is kept.

    Raises RateLimitedError, and ConnectionUnreadableError when the sealed string cannot be opened.
    """
    make = services().make_built_in
    if connection.kind == "built_in" and make is not None:
        # Its port may be another one since the string was kept.
        target = make(session.person().id)
    else:
        kept = connections.open_secret(services().store, services().secrets, connection.id)
        target = Target.from_secret(kept)
    return test(target, ca_certificate=None, allow_md5=False)


def found_workspaces(report: Report, *, adding: bool = False) -> list[FoundWorkspace]:
    """List the workspaces of that database that no other connection here leads to."""
    found, replaced = list(report.workspaces), before(adding=adding)
    held = _held_by_others(report) | {
        each.owner_id
        for each in connections.listing(services().store, session.person().id)
        if replaced is None or each.id != replaced.id
    }
    return [
        msgspec.structs.replace(each, name=_plain_name(each.name))
        for each in found
        if each.owner_id not in held
    ]


def is_shared(report: Report) -> bool:
    """Tell whether other accounts here have workspaces in that database."""
    return bool(_held_by_others(report))


def save(
    report: Report,
    *,
    choice: str | None,
    found: Sequence[FoundWorkspace],
    confirmed: Accepted | None,
    adding: bool = False,
    name: str | None = None,
    settle: Callable[[SqlConnection, SavedConnection], object] | None = None,
) -> SavedConnection:
    """Seal and keep the string that `report` found good, in place of the one before.

    Where it is `adding`, all that are there stay. A new workspace is called `name`, else as the
    person.

    `choice` is `new` (also when None) or the owner id of one of `found`; `confirmed` is what
    `confirm` gave; `settle` is called on the transaction that saves the string. Where the tables
    are ready already, the workspace is entered too. Raises ValidationError for another choice,
    ReauthenticationRequiredError when the code was used meanwhile.
    """
    target, who = report.target, session.person()
    if target is None:
        raise ValueError("only a string that passed can be saved")
    if confirmed is None and asks_again(adding=adding):
        raise ValueError("this replaces a connection, which has to be confirmed")
    owner_id = _owner_id(choice, found)
    reauthentication.spend(confirmed)
    replaced = before(adding=adding)
    found_name = next((each.name for each in found if each.owner_id == owner_id), None)
    connection = connections.save(
        services().store,
        services().secrets,
        user_id=who.id,
        new=described(report, target, name=found_name or name or who.name, owner_id=owner_id),
        secret=target.to_secret(),
        settle=settle,
        client=session.client(),
        instead_of=replaced.id if replaced else None,
        adding=adding,
    )
    if replaced:
        services().access.forget(workspace.of(replaced))
    _enter(connection, report.schema)
    kept = connections.listing(services().store, who.id)
    return next((each for each in kept if each.id == connection.id), connection)


def described(report: Report, target: Target, *, name: str, owner_id: str) -> NewConnection:
    """Return what is kept in clear of a connection that passed the test."""
    provider = report.reading.provider if report.reading else None
    return NewConnection(
        name=name,
        kind="built_in" if target.built_in else "pasted",
        host=target.host,
        port=target.port,
        database=target.database,
        username=target.user,
        provider="Built-in" if target.built_in else (provider.name if provider else ""),
        tls=report.tls or "plain",
        owner_id=owner_id,
        server_version=report.server_version or "",
    )


def apply_schema(connection: SavedConnection) -> state.SchemaReport:
    """Create or upgrade what is missing, in one transaction, and enter the workspace.

    Raises SchemaConflictError when a table of another shape is in the way; nothing is changed then.
    """
    with services().access.transaction(workspace.of(connection)) as tenant:
        report = _apply(tenant)
    return workspace.check(connection) if report.state == "ready" else report


def forget(connection: SavedConnection) -> None:
    """Forget the stored string; nothing in the database changes."""
    connections.forget(
        services().store,
        user_id=session.person().id,
        connection_id=connection.id,
        client=session.client(),
    )
    services().access.forget(workspace.of(connection))


def _held_by_others(report: Report) -> set[str]:
    return connections.held_by_others(
        services().store,
        [each.owner_id for each in report.workspaces],
        user_id=session.person().id,
    )


def _enter(connection: SavedConnection, seen: state.SchemaReport | None) -> None:
    """Enter the workspace if its tables are ready."""
    if seen and seen.state == "ready":
        # If this fails, the string is kept all the same, and the next step says why.
        with suppress(TenantError, SchemaNotReadyError, RowRefusedError):
            workspace.check(connection, seen=seen)


def _apply(tenant: SqlConnection) -> state.SchemaReport:
    return state.apply(tenant, state.inspect(tenant))


def _plain_name(name: str) -> str:
    """Make a name that any program may have written safe to keep and to show."""
    return "".join(char for char in name if char.isprintable())[:_LONGEST_NAME]


def _owner_id(choice: str | None, found: Sequence[FoundWorkspace]) -> str:
    if choice in (None, "", NEW_WORKSPACE):
        return str(uuid4())
    try:
        wanted = str(UUID(choice))
    except ValueError:
        wanted = ""
    if wanted not in {each.owner_id for each in found}:
        raise ValidationError({"workspace": ["This workspace is not in that database."]})
    return wanted
