"""The objects that live as long as the app, in one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.control.attempts.budgets import Attempts
    from provision.control.secrets.sealed import SealedSecrets
    from provision.control.store.store import ControlStore
    from provision.credentials.passwords import PasswordHasher
    from provision.metrics import Metrics
    from provision.settings import Settings
    from provision.tenant.access import TenantAccess
    from provision.tenant.host.target import Target
    from provision.tenant.network.policy import NetworkPolicy
    from provision.tenant.probe.progress import Progress
    from provision.web.answer.drawn_rows import DrawnRows

EXTENSION = "provision"


@dataclass(frozen=True, slots=True)
class Services:
    """The parts that `create_app` makes once.

    `make_built_in` creates an account's database in the built-in server and says how to reach it;
    None if no built-in server is offered.
    """

    settings: Settings
    store: ControlStore
    secrets: SealedSecrets
    hasher: PasswordHasher
    access: TenantAccess
    metrics: Metrics
    policy: NetworkPolicy
    make_built_in: Callable[[str], Target] | None
    progress: Progress
    attempts: Attempts
    drawn_rows: DrawnRows


def services() -> Services:
    """Return the services of the app that answers the present request."""
    return cast("Services", current_app.extensions[EXTENSION])
