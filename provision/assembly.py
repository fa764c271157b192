"""Builds the app from its parts: the only module that sees them all."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from sqlalchemy.exc import SQLAlchemyError

from provision.admission import refused_by_text
from provision.built_in.postgres import BuiltInPostgres, away
from provision.control import connections
from provision.control.attempts.budgets import AttemptsInMemory, AttemptsInStore
from provision.control.secrets.sealed import open_vault, session_signing_key
from provision.control.store.store import ControlStore
from provision.credentials.passwords import PasswordHasher
from provision.errors import (
    ConnectionNotFoundError,
    ConnectionUnreadableError,
    NotConnectedError,
    SettingsError,
)
from provision.memory import give_back_at_once
from provision.metrics import Metrics
from provision.settings import Settings, forget_libpq_environment
from provision.tenant.access import TenantAccess
from provision.tenant.host.target import Target
from provision.tenant.network.policy import NetworkPolicy
from provision.tenant.pool.bounds import Bounds
from provision.tenant.pool.registry import EngineRegistry

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from provision.control.attempts.budgets import Attempts
    from provision.control.secrets.sealed import SealedSecrets
    from provision.web.request.services import Services

log = logging.getLogger(__name__)

# At the same time on one machine; each takes 19 MiB and a core for 15 ms or more.
_MOST_HASHES: Final = 4


def assemble(settings: Settings) -> Flask:
    """Make the app of one worker process. Raises SettingsError if it cannot run as configured."""
    # Imported here: commands that only open the store need not load the web layer.
    from provision.tenant.probe.progress import Progress  # noqa: PLC0415
    from provision.web.answer.drawn_rows import DrawnRows  # noqa: PLC0415
    from provision.web.application import make_app  # noqa: PLC0415
    from provision.web.request.services import Services  # noqa: PLC0415

    if settings.built_in_postgres and settings.mode == "wsgi":
        raise SettingsError(
            "PROVISION_BUILT_IN_POSTGRES is on, but only `provision serve` and `provision demo` "
            "can run the built-in server"
        )
    forget_libpq_environment()
    give_back_at_once()
    store, secrets = open_store(settings)
    policy = network_policy(settings)
    if settings.mode != "operator":
        _warn_of_refused(store, policy)
    access = TenantAccess(_registry(settings, _SavedTargets(settings, store, secrets), policy))
    services = Services(
        settings=settings,
        store=store,
        secrets=secrets,
        hasher=_hasher(settings),
        access=access,
        metrics=Metrics(access.stats),
        policy=policy,
        make_built_in=_built_in_maker(settings) if settings.built_in_postgres else None,
        # The other half of the threads goes on serving whatever the tested servers do.
        progress=Progress(max(1, settings.threads // 2)),
        attempts=_attempts(settings, store),
        drawn_rows=DrawnRows(),
    )
    return make_app(services, signing_key=session_signing_key(secrets, settings.secret_key))


def _warn_of_refused(store: ControlStore, policy: NetworkPolicy) -> None:
    """Tell the operator, who may have changed the policy just now, whom it shuts out."""
    count = len(refused_by_text(policy, connections.places(store)))
    if count:
        log.warning(
            "the network policy refuses the databases of %d workspaces: `provision doctor` names "
            "them and what to allow",
            count,
        )


def metrics_of(app: Flask) -> Metrics:
    """Return what `app` counts."""
    return _services(app).metrics


def dismantle(app: Flask) -> None:
    """Close every connection that `app` holds, to tenants and to the control store."""
    services = _services(app)
    services.access.close()
    services.attempts.close()
    services.store.dispose()


def _services(app: Flask) -> Services:
    from provision.web.request.services import EXTENSION  # noqa: PLC0415

    return cast("Services", app.extensions[EXTENSION])


def open_store(settings: Settings) -> tuple[ControlStore, SealedSecrets]:
    """Open the control store, migrated, and its secrets under the configured key."""
    if settings.control_is_sqlite:
        _make_private(settings)
    store = ControlStore.open(settings.control_url)
    secrets = open_vault(
        store,
        encryption_key=settings.encryption_key,
        key_file=settings.data_dir / "secret.key",
        allow_generate=settings.control_is_sqlite,
    )
    connections.bind_workspaces(secrets)
    return store, secrets


def network_policy(settings: Settings) -> NetworkPolicy:
    """Return where tenants' databases may live."""
    return NetworkPolicy(
        settings.network_policy,
        allow=settings.allow_networks,
        deny=settings.deny_networks,
        loopback=settings.loopback_tenants,
    )


def _make_private(settings: Settings) -> None:
    try:
        # Several processes may start at once, and one that is there keeps its mode.
        settings.data_dir.mkdir(parents=True, mode=0o700, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"PROVISION_DATA_DIR is {str(settings.data_dir)!r}, "
            f"which cannot be made ({error.strerror})"
        ) from None


def _hasher(settings: Settings) -> PasswordHasher:
    """Make the password hasher of one worker, which uses a quarter of its threads at most."""
    return PasswordHasher(
        max_concurrent=max(1, min(_MOST_HASHES // settings.workers, settings.threads // 4)),
        max_waiting=settings.threads // 2,
    )


def _attempts(settings: Settings, store: ControlStore) -> Attempts:
    """Choose where rate limits are counted: in one place for all processes that share them."""
    here = AttemptsInMemory() if _is_alone(settings) else AttemptsInStore(store)
    if settings.rate_limit_url.startswith("memory:"):
        return here
    # A tenth of a second to load, for the few who have one.
    from provision.control.attempts.in_redis import AttemptsInRedis  # noqa: PLC0415

    return AttemptsInRedis(settings.rate_limit_url, otherwise=here)


def _is_alone(settings: Settings) -> bool:
    """Return whether no other process uses the control store."""
    # Who runs `app:app` may fork it as often as they like.
    return settings.workers == 1 and settings.control_is_sqlite and settings.mode != "wsgi"


@dataclass(frozen=True, slots=True)
class _SavedTargets:
    """Hands the pool what the control store keeps of the targets that it connects to."""

    settings: Settings
    store: ControlStore
    secrets: SealedSecrets

    def load(self, name: str) -> Target:
        """Open the string of a connection. Raises NotConnectedError where it is gone."""
        connection_id = connections.id_of(name)
        try:
            secret = connections.open_secret(self.store, self.secrets, connection_id, name=name)
        except ConnectionNotFoundError:
            # Forgotten or replaced while the request was under way.
            raise NotConnectedError from None
        target = Target.from_secret(secret)
        if target.built_in:
            # Its port may be another one since the last start.
            try:
                return replace(target, port=BuiltInPostgres(self.settings.data_dir).port)
            except SettingsError:
                raise away() from None
        return target

    def keep(self, name: str, target: Target) -> None:
        """Save what the first contact found out, unless another string was saved meanwhile."""
        store, connection_id = self.store, connections.id_of(name)
        # Only a saving: a failing store must not cost a connection that is good.
        with suppress(ConnectionNotFoundError, ConnectionUnreadableError, SQLAlchemyError):
            before = connections.open_secret(store, self.secrets, connection_id, name=name)
            if Target.from_secret(before).before_contact() == target.before_contact():
                connections.replace_secret(
                    store, self.secrets, connection_id, before=before, after=target.to_secret()
                )

    def forgotten(self, names: list[str]) -> set[str]:
        """Return which of these connections another process forgot."""
        with suppress(SQLAlchemyError):  # a failing store is asked again soon
            gone = connections.forgotten(self.store, [connections.id_of(name) for name in names])
            return {name for name in names if connections.id_of(name) in gone}
        return set()


def _registry(settings: Settings, targets: _SavedTargets, policy: NetworkPolicy) -> EngineRegistry:
    return EngineRegistry(
        targets.load,
        policy=policy,
        keep_target=targets.keep,
        forgotten=None if _is_alone(settings) else targets.forgotten,
        bounds=Bounds(
            max_engines=settings.max_engines // settings.workers,
            max_connections=settings.max_connections // settings.workers,
            tenant_connections=settings.tenant_connections // settings.workers,
            idle_s=settings.engine_idle_seconds,
            connect_timeout_s=settings.connect_timeout,
            query_timeout_s=settings.query_timeout,
            max_result_bytes=settings.max_result_bytes,
            trouble_slots=max(1, settings.threads // 2),
        ),
    )


def _built_in_maker(settings: Settings) -> Callable[[str], Target]:
    def make(account_id: str) -> Target:
        made = BuiltInPostgres(settings.data_dir).database_for(account_id)
        return Target(
            host=made.host,
            port=made.port,
            database=made.database,
            user=made.user,
            password=made.password,
            sslmode="disable",
            channel_binding=None,
            endpoint=None,
            ca_certificate=None,
            allow_md5=False,
            built_in=True,
        )

    return make
