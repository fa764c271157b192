"""The long-lived objects behind the web layer, in one frozen box."""

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

EXTENSION = "provision"


@dataclass(frozen=True, slots=True)
class Services:
    """Made once by `create_app`; `make_built_in` is None where no built-in server is offered.

    `make_built_in` provides an account's database in the built-in server and says how to reach it.
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


def services() -> Services:
    """The services of the app that answers the present request."""
    return cast("Services", current_app.extensions[EXTENSION])
