"""A wheel holds the folders that lie beside the package in a checkout, and the code finds them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

_ROOT = Path(__file__).parent.parent
_FOLDERS = ("templates", "static", "migrations_control")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without a network from a copy, as building writes into the folder it builds from."""
    folder = tmp_path_factory.mktemp("wheel")
    checkout = folder / "checkout"
    for name in ("provision", *_FOLDERS):
        copytree(_ROOT / name, checkout / name, ignore=ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        (checkout / name).write_bytes((_ROOT / name).read_bytes())
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"),
            *("--no-build-isolation", "--wheel-dir", str(folder), str(checkout)),
        ],
        check=True,
        capture_output=True,
    )
    (made,) = folder.glob("provision-*.whl")
    return made


def test_the_wheel_holds_every_file_of_the_folders(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    for name in _FOLDERS:
        files = {
            f"provision/{path.relative_to(_ROOT)}"
            for path in (_ROOT / name).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert files
        assert files <= inside


def test_the_wheel_holds_nothing_but_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        top = {name.split("/")[0] for name in archive.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"provision"}


def test_an_installed_package_finds_its_folders(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    script = (
        "from provision.control.store.store import ControlStore, migrations_folder\n"
        "from provision.web.answer.assets import folder, integrity\n"
        "import provision\n"
        "print(provision.__file__)\n"
        "assert (folder('templates') / 'base.html').is_file()\n"
        "assert integrity('site.css')\n"
        "assert (migrations_folder() / 'env.py').is_file()\n"
        "ControlStore.open('sqlite:///control.db').dispose()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(site / "provision" / "__init__.py")
    assert (tmp_path / "control.db").is_file()
