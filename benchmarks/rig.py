"""What the load benchmarks share: a PostgreSQL, a store of tenants, the real server, clients."""

from __future__ import annotations

import http.client
import multiprocessing
import random
import shutil
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine

from provision import close_app, create_app
from provision.assembly import open_store
from provision.built_in.postgres import BuiltInPostgres
from provision.control import audit, connections
from provision.control.accounts import tokens, users
from provision.control.connections import NewConnection
from provision.credentials.passwords import PasswordHasher
from provision.settings import Settings
from provision.tenant.connection.connect import connect
from provision.tenant.connection.deadline import Deadline
from provision.tenant.host.target import Target
from provision.tenant.network.policy import NetworkPolicy
from provision.tenant.queries import workspaces
from provision.tenant.queries.projects import PROJECTS
from provision.tenant.schema import state

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flask import Flask

PASSWORD = "correct horse battery staple"
ROWS = 50


@dataclass(frozen=True, slots=True)
class Tenant:
    """An account with a ready workspace of 50 projects, and a token for it."""

    token: str
    target: Target


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, as a client repeats it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """What clients saw: milliseconds of each answer, in order of size, and statuses counted."""

    ms: list[float]
    statuses: dict[int, int]

    def percentile(self, share: float) -> float:
        return self.ms[min(len(self.ms) - 1, int(share * len(self.ms)))] if self.ms else 0.0


@contextmanager
def folder_and_postgres() -> Iterator[tuple[Path, BuiltInPostgres]]:
    """A temporary folder with a PostgreSQL running below it; both are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="provision-benchmark-"))
    folder.chmod(0o711)  # the server runs under an account of its own
    postgres = BuiltInPostgres(folder / "tenants")
    try:
        postgres.start()
        yield folder, postgres
    finally:
        postgres.stop()
        shutil.rmtree(folder)


@contextmanager
def app_and_postgres() -> Iterator[tuple[Flask, BuiltInPostgres]]:
    """The whole app in this process, without limits, and a PostgreSQL for its people."""
    with folder_and_postgres() as (folder, postgres):
        control = f"sqlite:///{folder / 'control.db'}"
        app = create_app(Settings(data_dir=folder / "keys", control_url=control, limits=False))
        try:
            yield app, postgres
        finally:
            close_app(app)


def make_tenants(folder: Path, postgres: BuiltInPostgres, number: int) -> list[Tenant]:
    """Accounts in the control store below `folder`/data, each with a database of its own."""
    data = folder / "data"
    store, secrets = open_store(
        Settings(data_dir=data, control_url=f"sqlite:///{data / 'control.db'}")
    )
    hasher, made = PasswordHasher(), []
    for count in range(number):
        each = postgres.database_for(f"tenant {count}")
        target = Target(
            each.host, each.port, each.database, each.user, each.password, sslmode="disable"
        )
        person = users.register(
            store,
            hasher,
            email=f"t{count}@example.org",
            name=f"T{count}",
            password=PASSWORD,
            client=audit.OPERATOR,
        )
        # The wizard's test is the first contact; what it found out is sealed with the string.
        target = met(target)
        owner_id = person.id
        _fill(target, owner_id, person.email)
        connections.save(
            store,
            secrets,
            user_id=person.id,
            new=NewConnection(
                name="Bench",
                kind="pasted",
                host=target.host,
                port=target.port,
                database=target.database,
                username=target.user,
                provider="",
                tls="plain",
                owner_id=owner_id,
                server_version="18",
                schema_version=state.LATEST,
            ),
            secret=target.to_secret(),
            client=audit.OPERATOR,
        )
        token, _ = tokens.create(
            store,
            user_id=person.id,
            name="bench",
            read_only=False,
            expires_at=None,
            client=audit.OPERATOR,
        )
        made.append(Tenant(token, target))
    store.dispose()
    return made


def met(target: Target) -> Target:
    """The target after its first contact, as it is sealed."""
    with connect(
        Deadline(10.0),
        target,
        policy=NetworkPolicy(loopback=True),
        query_timeout_s=10.0,
        max_result_bytes=None,
    ) as connection:
        return connection.target or target


def lead_through(folder: Path, tenant: Tenant, host: str, port: int) -> Tenant:
    """Make a tenant's connections go to another address, such as a proxy's."""
    data = folder / "data"
    store, secrets = open_store(
        Settings(data_dir=data, control_url=f"sqlite:///{data / 'control.db'}")
    )
    holder = tokens.resolve(store, tenant.token)
    if holder is None or holder.place.connection is None:
        raise ValueError("this tenant is not in that store")
    target = replace(tenant.target, host=host, port=port)
    old = holder.place.connection
    new = NewConnection(
        name=old.name,
        kind=old.kind,
        host=host,
        port=port,
        database=old.database,
        username=old.username,
        provider=old.provider,
        tls=old.tls,
        owner_id=old.owner_id,
        server_version=old.server_version,
        schema_version=old.schema_version,
    )
    user_id = holder.person.id
    connections.save(
        store, secrets, user_id=user_id, new=new, secret=target.to_secret(), client=audit.OPERATOR
    )
    store.dispose()
    return replace(tenant, target=target)


def load(
    address: tuple[str, int],
    bearers: Sequence[str],
    *,
    clients: int,
    seconds: float,
    path: str = "/api/projects",
) -> Load:
    """GET `path` as random ones of `bearers` from `clients` connections of a process of its own."""
    asks = [Ask("GET", path, {"Authorization": f"Bearer {each}"}) for each in bearers]
    return load_with(address, asks, clients=clients, seconds=seconds)


def load_with(
    address: tuple[str, int], asks: Sequence[Ask], *, clients: int, seconds: float
) -> Load:
    """Ask random ones of `asks` from `clients` connections of a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_load, (address, list(asks), clients, seconds))


def _load(address: tuple[str, int], asks: list[Ask], clients: int, seconds: float) -> Load:
    seen: list[tuple[int, float]] = []
    until = time.monotonic() + seconds

    def ask_on() -> None:
        connection = http.client.HTTPConnection(*address, timeout=60)
        while time.monotonic() < until:
            ask = random.choice(asks)
            started = time.perf_counter()
            try:
                connection.request(ask.method, ask.path, ask.body, dict(ask.headers))
                reply = connection.getresponse()
                reply.read()
                status = reply.status
            except (http.client.HTTPException, OSError):
                connection.close()
                status = 0
            seen.append((status, (time.perf_counter() - started) * 1000))
        connection.close()

    threads = [threading.Thread(target=ask_on) for _ in range(clients)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    statuses: dict[int, int] = {}
    for status, _ in seen:
        statuses[status] = statuses.get(status, 0) + 1
    return Load(sorted(ms for _, ms in seen), statuses)


def _fill(target: Target, owner_id: str, email: str) -> None:
    engine = create_engine(target.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        state.apply(connection)
        workspaces.claim(connection, owner_id=owner_id, email=email, name="Bench")
        for number in range(ROWS):
            PROJECTS.create(connection, owner_id=owner_id, values={"name": f"Project {number}"})
    engine.dispose()
