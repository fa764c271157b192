"""What docs/operate.md promises is in the code."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provision.cli import commands
from provision.metrics import FAMILIES
from provision.settings import load_settings
from tests.running import run

if TYPE_CHECKING:
    from collections.abc import Iterator

# By its name in full: the package's attribute of this name is the command.
doctor = import_module("provision.cli.doctor")
_ROOT = Path(__file__).parent.parent
_TEXT = (_ROOT / "docs" / "operate.md").read_text()


def test_every_line_of_the_log_it_names_is_written_somewhere() -> None:
    source = "\n".join(path.read_text() for path in (_ROOT / "provision").rglob("*.py"))
    rows = re.findall(r"^\| (`.*?) \| (?:info|warning|error) \|", _TEXT, re.MULTILINE)
    named = [part for row in rows for part in re.findall(r"`([^`]+)`", row)]
    assert len(named) > 8
    for part in named:
        assert f'"{part}' in source or f" {part} " in source, part


def test_its_settings_metrics_and_figures_are_the_codes() -> None:
    documented = set(re.findall(r"`(PROVISION_[A-Z_]+)", _TEXT))
    settings = (_ROOT / "docs" / "settings.md").read_text()
    assert documented
    assert all(f"`{name}`" in settings for name in documented)
    for name in re.findall(r"`(provision_[a-z_]+)", _TEXT):
        assert name in FAMILIES
    assert f"Differences of up to {doctor.CLOCK_TOLERANCE_S} s" in _TEXT
    for bytes_, words in ((doctor._LITTLE_FREE_BYTES, "less than 500 MB free"),):
        assert doctor._size(bytes_) in words
        assert words in _TEXT
    assert f"less than {doctor._size(doctor._LEAST_FREE_BYTES)} BAD" in _TEXT


def test_the_unit_and_its_commands_have_one_account_and_folder(tmp_path: Path) -> None:
    unit = (_ROOT / "deploy" / "provision.service").read_text()
    beside = (_ROOT / "deploy" / "README.md").read_text()
    for name in ("User", "DynamicUser", "StateDirectory", "WorkingDirectory", "UMask"):
        (value,) = re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)
        assert f"-p {name}={value} " in beside, name
    (folder,) = re.findall(r"^Environment=PROVISION_DATA_DIR=(.*)$", unit, re.MULTILINE)
    assert f"-p Environment=PROVISION_DATA_DIR={folder} " in beside
    environ = {"PROVISION_DATA_DIR": folder}
    assert str(load_settings("serve", environ, tmp_path).data_dir) == folder


def test_its_table_of_commands_is_that_of_the_program() -> None:
    table = _TEXT.partition("## Commands")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`provision ([^`]+)`", row)]
    assert sorted(named) == sorted(_commands(commands))


def _commands(group: click.Group, *before: str) -> Iterator[str]:
    """The full name of each command that is no group."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, *before, name)
        else:
            yield " ".join((*before, name))


def test_the_commands_it_names_exist(tmp_path: Path) -> None:
    for command in sorted(set(re.findall(r"`provision ([a-z]+)", _TEXT))):
        done = run(command, "--help", directory=tmp_path)
        assert done.returncode == 0, command
