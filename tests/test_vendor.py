"""What is vendored is what the manifest says: bytes, version, and the licence beside it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
MANIFEST: list[dict[str, Any]] = json.loads(
    (STATIC / "vendor" / "manifest.json").read_text(encoding="utf-8")
)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
each_package = pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["name"])


@each_package
def test_file_is_the_one_that_was_vetted(entry: dict[str, Any]) -> None:
    content = (STATIC / entry["file"]).read_bytes()
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode("ascii")
    assert entry["sha384"] == f"sha384-{digest}"


@each_package
def test_licence_lies_in_a_folder_that_names_the_version(entry: dict[str, Any]) -> None:
    licence = STATIC / "vendor" / f"{entry['name']}@{entry['version']}" / "LICENSE"
    assert licence.read_text(encoding="utf-8").strip()


def test_every_vendored_folder_is_in_the_manifest() -> None:
    folders = {path.name for path in (STATIC / "vendor").iterdir() if path.is_dir()}
    assert folders == {f"{entry['name']}@{entry['version']}" for entry in MANIFEST}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_template_names_only_vendored_versions(template: Path) -> None:
    known = {entry["file"] for entry in MANIFEST}
    named = re.findall(r"vendor/[^'\"]+", template.read_text(encoding="utf-8"))
    assert set(named) <= known


def test_no_vendored_file_comes_from_elsewhere_at_run_time() -> None:
    for template in TEMPLATES:
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//[^\"']+\.(?:js|css|svg)", text)


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = (STATIC / "icons.svg").read_text(encoding="utf-8")
    symbols = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    named: set[str] = set()
    for template in TEMPLATES:
        text = template.read_text(encoding="utf-8")
        named |= set(re.findall(r"""ui\.icon(?:_button)?\(\s*['"]([\w-]+)['"]""", text))
        named |= set(re.findall(r"""\bicon=['"]([\w-]+)['"]""", text))
    assert named <= symbols


def test_every_icon_in_the_sprite_is_named_somewhere() -> None:
    sprite = (STATIC / "icons.svg").read_text(encoding="utf-8")
    sources = [*TEMPLATES, *(ROOT / "provision").rglob("*.py"), *STATIC.glob("*.js")]
    text = "\n".join(each.read_text(encoding="utf-8") for each in sources)
    named = set(re.findall(r"""['"]([\w-]+)['"]""", text))
    # A status or priority is put behind its noun.
    of_values = {
        symbol
        for symbol in re.findall(r'<symbol id="([^"]+)"', sprite)
        if symbol.partition("-")[0] in ("task", "project", "team", "priority")
    }
    assert set(re.findall(r'<symbol id="([^"]+)"', sprite)) <= named | of_values


def test_templates_hold_no_inline_script_or_style() -> None:
    inline = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|hx-on|[\"']js:")
    for template in TEMPLATES:
        found = inline.search(template.read_text(encoding="utf-8"))
        assert found is None, f"{template.name}: {found and found.group()}"
