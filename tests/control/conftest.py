"""A control store on each backend, on a clock that tests move."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from provision.control.accounts import users
from provision.control.audit import Client
from provision.control.secrets.sealed import SealedSecrets, open_vault
from provision.control.store.store import ControlStore
from provision.control.store.tables import metadata
from provision.credentials.passwords import PasswordHasher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provision.control.accounts.users import Person
    from tests.conftest import Server

KEY = "ab" * 32
PASSWORD = "correct horse battery"
CLIENT = Client("192.0.2.1", "Browser")


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.9

    def __call__(self) -> float:
        return self.time

    def pass_s(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store to copy: migrating once is enough for the tests of everything else."""
    path = tmp_path_factory.mktemp("migrated") / "control.db"
    ControlStore.open(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture(scope="session")
def migrated_database(server: Server) -> str:
    """A PostgreSQL store to empty and use again: to make and drop a database takes a while."""
    name = server.create_database()
    ControlStore.open(_url(server, name)).dispose()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store that is not there yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'control.db'}"
        return
    server: Server = request.getfixturevalue("server")
    name = server.create_database()
    yield _url(server, name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Gives for a backend the URL of a migrated store in which nothing is."""

    def url_of(backend: str) -> str:
        if backend == "sqlite":
            path = tmp_path / "control.db"
            shutil.copy(request.getfixturevalue("migrated_file"), path)
            return f"sqlite:///{path}"
        server: Server = request.getfixturevalue("server")
        name: str = request.getfixturevalue("migrated_database")
        server.execute(f"TRUNCATE {', '.join(metadata.tables)}", name)
        return _url(server, name)

    return url_of


@pytest.fixture(params=["sqlite", "postgresql"])
def control_url(request: pytest.FixtureRequest, url_of: Callable[[str], str]) -> str:
    """The URL of a migrated store in which nothing is, on either backend."""
    return url_of(request.param)


@pytest.fixture
def store(control_url: str, clock: Clock) -> Iterator[ControlStore]:
    opened = ControlStore.open(control_url, clock=clock)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def hasher() -> PasswordHasher:
    return PasswordHasher()


@pytest.fixture
def secrets(store: ControlStore, tmp_path: Path) -> SealedSecrets:
    return open_vault(
        store, encryption_key=KEY, key_file=tmp_path / "secret.key", allow_generate=False
    )


@pytest.fixture
def add_person(store: ControlStore, hasher: PasswordHasher) -> Callable[[str], Person]:
    def add(name: str) -> Person:
        return users.register(
            store,
            hasher,
            email=f"{name}@example.org",
            name=name.title(),
            password=PASSWORD,
            client=CLIENT,
        )

    return add


@pytest.fixture
def alice(add_person: Callable[[str], Person]) -> Person:
    return add_person("alice")


@pytest.fixture
def bob(add_person: Callable[[str], Person]) -> Person:
    return add_person("bob")


def _url(server: Server, name: str) -> str:
    return server.url(name).render_as_string(hide_password=False)
