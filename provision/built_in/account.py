"""The system account that the built-in server runs as; PostgreSQL refuses root."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provision.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

NOBODY_UID: Final = 65534


@dataclass(frozen=True, slots=True)
class SystemAccount:
    """The account that a server gets: ours, or where we are root another one.

    As root: uid `nobody` where it can reach binaries and data, else a user namespace in which we
    are `nobody` ourselves and can reach what root can.
    """

    uid: int | None = None
    prefix: tuple[str, ...] = ()

    @property
    def is_separate(self) -> bool:
        return self.uid is not None

    @classmethod
    def for_paths(cls, *paths: Path) -> SystemAccount:
        """Choose an account that can reach `paths`. Raises SettingsError where there is none."""
        if os.geteuid() != 0:
            return cls()
        if all(_passable(path.resolve()) for path in paths):
            return cls(uid=NOBODY_UID)
        unshare = shutil.which("unshare")
        if unshare is None:
            raise SettingsError(
                "PostgreSQL does not run as root, and another account cannot reach this folder; "
                "start Provision as an ordinary user"
            )
        mapped = f"--map-user={NOBODY_UID}"
        return cls(prefix=(unshare, "--user", mapped, f"--map-group={NOBODY_UID}"))

    @property
    def groups(self) -> list[str | int] | None:
        """Return no supplementary group for a separate account; None keeps ours."""
        return None if self.uid is None else []

    def own(self, path: Path) -> None:
        """Give `path` and all below it to the server's account, unless they are its own."""
        wanted = os.geteuid() if self.uid is None else self.uid
        if not path.exists() or path.stat().st_uid == wanted:
            return
        for entry in [path, *path.rglob("*")]:
            os.chown(entry, wanted, wanted, follow_symlinks=False)


def _passable(path: Path) -> bool:
    """Return whether any account may enter `path` and the folders above it."""
    return all(parent.stat().st_mode & 0o001 for parent in [path, *path.parents])
