"""A TypeScript client, typed from the description by openapi-typescript, at work.

Node and the packages of `typescript/package.json` are installed by `make typescript`; where they
are not, this is skipped by name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.web.api.openapi.people import Person

if TYPE_CHECKING:
    from tests.conftest import Database

_HERE = Path(__file__).parent / "typescript"
_PACKAGES = _HERE / "node_modules"


@pytest.fixture
def node() -> str:
    """The path of Node."""
    found = shutil.which("node")
    missing = "Node is not installed" if found is None else ""
    if found and not (_PACKAGES / ".bin" / "tsc").exists():
        missing = "the packages for TypeScript are not installed (make typescript)"
    if missing:
        if os.environ.get("PROVISION_REQUIRE_ALL") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return str(found)


def _run(*command: str, folder: Path, **settings: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_compiles_and_changes_only_what_it_is_told(
    node: str, address: str, database: Database, tmp_path: Path
) -> None:
    for name in ("client.ts", "tsconfig.json", "package.json"):
        shutil.copy(_HERE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(_PACKAGES)
    described = tmp_path / "openapi.json"
    described.write_bytes(httpx.get(f"{address}/api/openapi.json").content)
    programs = _PACKAGES / ".bin"
    _run(
        *(node, str(programs / "openapi-typescript"), str(described), "-o", "api.d.ts"),
        folder=tmp_path,
    )
    _run(node, str(programs / "tsc"), folder=tmp_path)
    with Person(address, f"tess.{database.name}") as tess:
        tess.connect(database)
        token = tess.token()["token"]
    said = _run(
        *(node, "client.js"), folder=tmp_path, PROVISION_ADDRESS=address, PROVISION_TOKEN=token
    )
    assert said == "every check holds\n"
