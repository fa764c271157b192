from __future__ import annotations

import multiprocessing
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, inspect, text

from provision.control.store import store as store_module
from provision.control.store import tables
from provision.control.store.migrating import config_for
from provision.control.store.store import HEAD, ControlStore, migrations_folder
from provision.control.store.tables import metadata
from provision.control.workspaces import memberships
from provision.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection


def _open_and_count_tables(url: str) -> int:
    opened = ControlStore.open(url)
    with opened.reading() as conn:
        count = len(inspect(conn).get_table_names())
    opened.dispose()
    return count


def _definitions(conn: Connection) -> dict[str, Any]:
    """Everything about each table that a backend tells, names included."""
    found = inspect(conn)
    told: dict[str, Any] = {}
    for table in sorted(metadata.tables):
        told[table] = {
            "columns": [
                {**column, "type": str(column["type"])} for column in found.get_columns(table)
            ],
            "key": found.get_pk_constraint(table),
            "unique": sorted(found.get_unique_constraints(table), key=str),
            "references": sorted(found.get_foreign_keys(table), key=str),
            "indexes": sorted(
                ({**each, "dialect_options": _texts(each)} for each in found.get_indexes(table)),
                key=lambda each: str(each["name"]),
            ),
        }
    return told


def _texts(index: Any) -> dict[str, str]:
    return {name: str(value) for name, value in index.get("dialect_options", {}).items()}


def test_the_constant_names_the_newest_revision() -> None:
    script = ScriptDirectory.from_config(config_for(migrations_folder()))
    assert script.get_heads() == [HEAD]


def test_revisions_form_one_line_that_only_goes_forward() -> None:
    script = ScriptDirectory.from_config(config_for(migrations_folder()))
    revisions = list(script.walk_revisions())
    assert [each.revision for each in revisions] == [
        f"{number:04}" for number in range(len(revisions), 0, -1)
    ]
    assert not any(hasattr(each.module, "downgrade") for each in revisions)


def test_migrations_make_the_declared_tables(store: ControlStore, tmp_path: Path) -> None:
    with store.reading() as conn:
        context = MigrationContext.configure(
            conn, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_migrations_and_declarations_agree_in_every_name_and_detail(
    store: ControlStore, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with store.reading() as conn:
        migrated = _definitions(conn)
        url = conn.engine.url
    if url.get_backend_name() == "sqlite":
        declared_url = url.set(database=str(tmp_path / "declared.db"))
    else:
        declared_url = url.set(database=request.getfixturevalue("server").create_database())
    engine = create_engine(declared_url)
    metadata.create_all(engine)
    with engine.connect() as conn:
        declared = _definitions(conn)
    engine.dispose()
    assert migrated == declared


def test_no_constraint_is_without_a_name(store: ControlStore) -> None:
    with store.reading() as conn:
        for table in _definitions(conn).values():
            named = [table["key"], *table["unique"], *table["references"], *table["indexes"]]
            assert all(each["name"] for each in named)


def test_several_processes_may_start_at_once_on_an_empty_store(empty_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(4) as pool:
        counts = pool.map(_open_and_count_tables, [empty_url] * 4, chunksize=1)
        pool.close()
        pool.join()
    assert counts == [len(metadata.tables) + 1] * 4


def test_a_store_newer_than_this_program_is_refused_and_left_alone(empty_url: str) -> None:
    store = ControlStore.open(empty_url)
    with store.writing() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError) as caught:
        ControlStore.open(empty_url)
    assert str(caught.value) == (
        "PROVISION_CONTROL_URL: the control store is at revision '9999', made by a newer "
        f"Provision; this one knows up to '{HEAD}'"
    )
    with store.reading() as conn:
        assert conn.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    store.dispose()


def test_a_migration_that_fails_leaves_nothing_behind(empty_url: str) -> None:
    engine = create_engine(empty_url)
    with engine.begin() as conn:
        conn.execute(text("CREATE TABLE tokens (something_else integer)"))
    with pytest.raises(SettingsError, match="cannot be brought up to date"):
        ControlStore.open(empty_url)
    with engine.connect() as conn:
        assert inspect(conn).get_table_names() == ["tokens"]
    engine.dispose()


def test_a_start_with_nothing_to_migrate_does_not_load_alembic(
    store: ControlStore, control_url: str
) -> None:
    program = (
        "import sys\n"
        "from provision.control.store.store import ControlStore\n"
        "ControlStore.open(sys.argv[1]).dispose()\n"
        "print('alembic' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, control_url],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"


def test_migrations_are_found_in_the_checkout_and_else_in_the_package(tmp_path: Path) -> None:
    root = migrations_folder().parent
    assert (root / "pyproject.toml").is_file()

    # As a wheel lays it out: the package alone, the migrations within.
    package = tmp_path / "a folder with 100% odd signs" / "provision"
    shutil.copytree(root / "provision" / "control", package / "control")
    for module in ("__init__.py", "errors.py"):
        shutil.copy(root / "provision" / module, package / module)
    shutil.copytree(migrations_folder(), package / "migrations_control")
    program = (
        "import sys\n"
        "from provision.control.store.store import ControlStore, migrations_folder\n"
        "ControlStore.open(sys.argv[1]).dispose()\n"
        "print(migrations_folder())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'control.db'}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=package.parent,
        env={"PYTHONPATH": str(package.parent)},
    )
    assert done.stdout == f"{package / 'migrations_control'}\n"
    assert store_module.__file__ != str(package / "control" / "store" / "store.py")


def test_of_two_accounts_in_one_workspace_the_first_becomes_its_owner(empty_url: str) -> None:
    engine = create_engine(empty_url)
    with engine.begin() as conn:
        config = config_for(migrations_folder())
        config.attributes["connection"] = conn
        command.upgrade(config, "0007")
        for name, at in (("bob", 2), ("alice", 1), ("carol", 3)):
            conn.execute(
                insert(tables.users),
                {
                    "id": name,
                    "email": name,
                    "name": name,
                    "password_hash": "",
                    "is_enabled": True,
                    "setup_step": "",
                    "created_at": 1,
                },
            )
            conn.execute(
                insert(tables.sealed),
                {"id": name, "purpose": "", "owner": "", "value": b"", "sealed_at": 1},
            )
            conn.execute(
                insert(tables.connections),
                {
                    "id": name,
                    "user_id": name,
                    "sealed_id": name,
                    "created_at": at,
                    "owner_id": "c" if at == 3 else "ab",
                    "is_active": True,
                    "port": 1,
                    **dict.fromkeys(("name", "kind", "host", "database", "username"), ""),
                    **dict.fromkeys(("provider", "tls", "server_version"), ""),
                },
            )
    engine.dispose()
    store = ControlStore.open(empty_url)
    entered = {name: memberships.listing(store, user_id=name) for name in ("alice", "bob", "carol")}
    store.dispose()
    assert {name: [(each.id, each.role) for each in found] for name, found in entered.items()} == {
        "alice": [("ab", "owner")],
        "bob": [],
        "carol": [("c", "owner")],
    }
