"""Build `dist/provision`: the whole product as one executable file, by `make dist`.

What goes in is copied from the environment this runs in: the very files that were checked against
the lock's hashes when they were installed, and that the tests ran on. So building needs no network.
The built-in PostgreSQL stays out; the file is for servers.
"""

from __future__ import annotations

import argparse
import compileall
import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path
from py_compile import PycInvalidationMode

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="the file to write, such as dist/provision")
    output = parser.parse_args().output.resolve()
    with tempfile.TemporaryDirectory(prefix="provision-dist-") as folder:
        site = Path(folder) / "site"
        site.mkdir()
        _unpack_ourselves(Path(folder), site)
        for part in _needed(distribution("provision")):
            _copy(part, site)
        _pack(site, output)
    print(f"{output} ({output.stat().st_size / 1e6:.1f} MB)")  # noqa: T201


def _unpack_ourselves(folder: Path, site: Path) -> None:
    """Through a wheel, because that is what puts templates and the rest inside the package."""
    # From a copy: building leaves a folder behind that a later build would take up.
    checkout = folder / "checkout"
    wanted = ("provision", "templates", "static", "migrations_control")
    for name in wanted:
        shutil.copytree(_ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(_ROOT / name, checkout / name)
    _run("pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, checkout)
    (wheel,) = folder.glob("provision-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)


def _needed(root: Distribution) -> list[Distribution]:
    """Everything that production needs, each once, extras such as psycopg[binary] included."""
    found: dict[str, Distribution] = {}
    waiting = [(root, "")]
    seen = set[tuple[str, str]]()
    while waiting:
        owner, extra = waiting.pop()
        for text in owner.requires or ():
            requirement = Requirement(text)
            if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
                continue
            for wanted in ("", *requirement.extras):
                key = (canonicalize_name(requirement.name), wanted)
                if key not in seen:
                    seen.add(key)
                    found[key[0]] = distribution(requirement.name)
                    waiting.append((found[key[0]], wanted))
    return list(found.values())


def _copy(part: Distribution, site: Path) -> None:
    """Copy an installed distribution, but for its scripts and its byte code."""
    for file in part.files or ():
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        target = site / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(str(file.locate()), target)


def _pack(site: Path, output: Path) -> None:
    """Write the archive: a line that names Python, `single_file` as what it runs, all the rest."""
    # By content, never by time: an unpacked file is taken as it is, which also starts faster.
    compileall.compile_dir(
        site, quiet=2, stripdir=str(site), invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    files = sorted(path for path in site.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(site)}\0".encode() + path.read_bytes())
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    first = (_ROOT / "deploy" / "single_file.py").read_text()
    for name, value in (
        ("BUILD", digest.hexdigest()[:20]),
        ("PYTHON", python),
        ("MACHINE", platform.machine()),
    ):
        first = first.replace(f"@{name}@", value)
    part = output.with_name(f"{output.name}.part")
    with part.open("wb") as file:
        # Compiled parts only fit the Python they were installed for.
        file.write(f"#!/usr/bin/env python{python}\n".encode())
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("__main__.py", first)
            for path in files:
                archive.write(path, Path("site-packages", path.relative_to(site)))
    part.chmod(0o755)
    part.replace(output)


def _run(module: str, *arguments: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{module} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
