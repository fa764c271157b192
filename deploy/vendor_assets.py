"""Refresh `static/vendor/` and `static/icons.svg` from the packages pinned below; development only.

`python deploy/vendor_assets.py` fetches each package with `npm pack` into a temporary folder,
refuses a tarball whose sha512 is not the one in the committed manifest, copies what we ship with
its licence, and writes the manifest again. To change a version, edit PACKAGES and run it once with
`--accept-new`.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static"
MANIFEST = STATIC / "vendor" / "manifest.json"
DRAWN_ICONS = Path(__file__).resolve().parent / "drawn_icons.svg"

# Lucide draws on a box of 24; this is 1.5 px in the 16 px box the icons are shown in.
STROKE_WIDTH = "2.25"

LUCIDE_ICONS = """
    arrow-down arrow-right arrow-up arrow-up-down calendar check chevron-down chevron-left
    chevron-right chevron-up clock copy database download ellipsis external-link file-text house
    info key-round keyboard layers link list list-checks lock log-out mail monitor moon package
    pencil plus refresh-cw search server shield-check sliders-horizontal square-kanban sun
    trash-2 triangle-alert user users x zap
"""


@dataclass(frozen=True, slots=True)
class Package:
    """One pinned package; `ships` is the file copied as it is, None for the icon sprite."""

    name: str
    version: str
    licence: str
    ships: str | None

    @property
    def spec(self) -> str:
        return f"{self.name}@{self.version}"


PACKAGES = (
    Package("htmx.org", "2.0.11", "0BSD", "dist/htmx.min.js"),
    Package("lucide-static", "1.62.0", "ISC", None),
    Package("sortablejs", "1.15.7", "MIT", "Sortable.min.js"),
)


def digest(algorithm: str, data: bytes) -> str:
    """Return the hash as `integrity=` writes it."""
    raw = hashlib.new(algorithm, data).digest()
    return f"{algorithm}-{base64.b64encode(raw).decode('ascii')}"


def fetch(package: Package, folder: Path) -> bytes:
    """Return the tarball of a package, straight from the configured registry."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is needed to fetch packages; nothing was changed.")
    command = [npm, "pack", package.spec, "--ignore-scripts", "--silent"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (tarball,) = folder.glob("*.tgz")
    return tarball.read_bytes()


def read_member(tarball: Path, member: str) -> bytes:
    with tarfile.open(tarball) as archive:
        file = archive.extractfile(f"package/{member}")
        if file is None:
            sys.exit(f"{tarball.name} holds no {member}.")
        return file.read()


def sprite(tarball: Path, package: Package) -> bytes:
    """Return one SVG of symbols: our own drawings first, then the icons we use of Lucide."""
    drawn = re.findall(r"<symbol.*?</symbol>", DRAWN_ICONS.read_text(encoding="utf-8"), re.DOTALL)
    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg">',
        f"<!-- Icons of {package.spec}, {package.licence}: vendor/{package.spec}/LICENSE.",
        "     Made by deploy/vendor_assets.py; the first are from deploy/drawn_icons.svg. -->",
        *drawn,
    ]
    for name in LUCIDE_ICONS.split():
        svg = read_member(tarball, f"icons/{name}.svg").decode("utf-8")
        shapes = re.sub(r"\s+", " ", svg.partition(">\n")[2].partition("<svg")[2])
        shapes = shapes.partition(">")[2].rpartition("</svg>")[0]
        shapes = shapes.replace("> <", "><").replace(" />", "/>").strip()
        lines.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
            f'stroke-width="{STROKE_WIDTH}" stroke-linecap="round" stroke-linejoin="round">'
            f"{shapes}</symbol>"
        )
    return ("\n".join([*lines, "</svg>"]) + "\n").encode("utf-8")


def install(package: Package, tarball: Path) -> str:
    """Write what we ship of a package and its licence; return the file's path below `static/`."""
    home = STATIC / "vendor" / package.spec
    home.mkdir(parents=True, exist_ok=True)
    (home / "LICENSE").write_bytes(read_member(tarball, "LICENSE"))
    if package.ships is None:
        target, content = STATIC / "icons.svg", sprite(tarball, package)
    else:
        target, content = home / Path(package.ships).name, read_member(tarball, package.ships)
    target.write_bytes(content)
    return target.relative_to(STATIC).as_posix()


def committed_hashes() -> dict[str, str]:
    """Return the sha512 of each tarball the manifest names, by NAME@VERSION."""
    if not MANIFEST.exists():
        return {}
    entries = json.loads(MANIFEST.read_text(encoding="utf-8"))
    return {f"{entry['name']}@{entry['version']}": entry["package_sha512"] for entry in entries}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--accept-new", action="store_true", help="trust versions not yet listed")
    accept_new: bool = parser.parse_args().accept_new
    known = committed_hashes()
    entries = []
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as folder:
            found = digest("sha512", fetch(package, Path(folder)))
            expected = known.get(package.spec, found if accept_new else None)
            if found != expected:
                sys.exit(f"{package.spec}: the tarball is not the one in the manifest; refused.")
            (tarball,) = Path(folder).glob("*.tgz")
            file = install(package, tarball)
        entries.append(
            {
                "name": package.name,
                "version": package.version,
                "licence": package.licence,
                "file": file,
                "sha384": digest("sha384", (STATIC / file).read_bytes()),
                "package_sha512": found,
            }
        )
    MANIFEST.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
