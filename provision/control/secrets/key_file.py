"""The file that holds the encryption key where the operator has not set one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from provision.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

KEY_SETTING: Final = "PROVISION_ENCRYPTION_KEY"


def read_key_file(path: Path) -> str | None:
    """Return the key, None when there is no file. Raises SettingsError if it holds no key."""
    try:
        kept = path.read_text("ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{KEY_SETTING} is not set and {path} cannot be read ({type(error).__name__})"
        ) from None
    if not kept:
        raise SettingsError(f"{KEY_SETTING} is not set and {path} is empty")
    return kept


def make_key_file(path: Path, key: str) -> None:
    """Write a new key where no file was, closed to others, and wait until it is on the disk."""
    part = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{key}\n")
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link never takes the place of a file that is there.
        os.link(part, path)
        part.unlink()
        _sync_folder(path.parent)
    except OSError as error:
        raise SettingsError(
            f"{KEY_SETTING} is not set and {path} cannot be written ({type(error).__name__})"
        ) from None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
