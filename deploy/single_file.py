"""Unpack the product where this account can keep it, once, and run it from there.

`build_dist` makes this the `__main__.py` of the single file. Native libraries cannot be loaded out
of an archive, so all of it is unpacked: into the data folder, where there is one, else where caches
are kept. What a start that finds everything in place does not need is imported late.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

# Written here by `build_dist`: digest of the content, Python and machine it was built for.
BUILD = "@BUILD@"
PYTHON = "@PYTHON@"
MACHINE = "@MACHINE@"

_FOLDER = "unpacked"
_SITE = "site-packages"


class _UselessPlaceError(Exception):
    """A folder that nothing is unpacked into; the text says why."""


def main() -> None:
    """Run `provision` as it is in this file."""
    archive = Path(sys.argv[0]).absolute()
    present = f"{sys.version_info.major}.{sys.version_info.minor}"
    if (present, os.uname().machine) != (PYTHON, MACHINE):
        raise _failure(
            f"this file was built for Python {PYTHON} on {MACHINE}, and this is Python {present} "
            f"on {os.uname().machine}"
        )
    site = _unpacked(archive)
    # The archive is the first place Python looks in, and would be asked for every module.
    sys.path = [str(site), *(each for each in sys.path if Path(each).absolute() != archive)]
    from provision.cli import main as run  # noqa: PLC0415

    run()


def _unpacked(archive: Path) -> Path:
    """Return the folder of modules in the first place that is good for it."""
    reasons = []
    for parent, may_make in _places():
        try:
            return _in_place(archive, parent, may_make=may_make)
        except (_UselessPlaceError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            reasons.append(f"{parent}: {why}")
    raise _failure(
        "there is no place to unpack into, which takes 150 MB. Set PROVISION_DATA_DIR to a folder "
        f"of this account ({'; '.join(reasons)})"
    )


def _places() -> list[tuple[Path, bool]]:
    """Return folders to keep versions in, best first, and whether the folder may be made."""
    data = Path(os.environ.get("PROVISION_DATA_DIR", "").strip() or _in_env_file() or "data")
    # Looking must not make a data folder; these two make it anyway.
    starts = sys.argv[1:2] in (["serve"], ["demo"])
    places = [(data.resolve() / _FOLDER, starts or data.is_dir())]
    cache = Path(os.environ.get("XDG_CACHE_HOME", "").strip())
    home = Path(os.environ.get("HOME", "").strip())
    if cache.is_absolute():
        places.append((cache / "provision" / _FOLDER, True))
    elif home.is_absolute() and home.is_dir():
        places.append((home / ".cache" / "provision" / _FOLDER, True))
    # Others can write there, but not to a folder in it that is ours: see `_demand_ours`.
    places.append((Path(f"/var/tmp/provision-{os.geteuid()}", _FOLDER), True))  # noqa: S108
    return places


def _in_env_file() -> str:
    """Return what `.env` says of the data folder; the settings proper are read by the product."""
    try:
        lines = Path(".env").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    found = ""
    for line in lines:
        name, _, value = line.strip().removeprefix("export ").partition("=")
        if name.strip() == "PROVISION_DATA_DIR":
            value = value.strip()
            quote = value[:1]
            if quote in ("'", '"'):
                found = value[1:].partition(quote)[0]
            else:
                found = value.partition(" #")[0].strip()
    return found


def _in_place(archive: Path, parent: Path, *, may_make: bool) -> Path:
    """Return the folder of modules below `parent`, unpacked unless it is there already."""
    while not _hold(parent / BUILD):
        if not may_make:
            raise _UselessPlaceError("there is no such folder")
        _unpack(archive, parent)
    _tidy(parent)
    return parent / BUILD / _SITE


def _hold(folder: Path) -> bool:
    """Keep an unpacked version from being removed while this process or a fork of it lives.

    False where it is not there.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        _demand_ours(folder, folder.parent, folder.parent.parent)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        is_still_there = os.path.samestat(os.fstat(descriptor), folder.lstat())
    except FileNotFoundError:  # removed by another version just before
        is_still_there = False
    if not is_still_there:
        os.close(descriptor)
    return is_still_there


def _demand_ours(*folders: Path) -> None:
    """Run no code that another account could have put there, and none that cannot be loaded."""
    for folder in folders:
        found = folder.lstat()
        if found.st_uid not in (0, os.geteuid()):
            raise _UselessPlaceError(f"{folder} belongs to another account")
        if found.st_mode & 0o022:
            raise _UselessPlaceError(f"others can write to {folder}")
    if os.statvfs(folders[0]).f_flag & os.ST_NOEXEC:
        raise _UselessPlaceError("it is mounted noexec")


def _unpack(archive: Path, parent: Path) -> None:
    """Unpack under another name and rename, so that it is there whole or not at all."""
    import shutil  # noqa: PLC0415
    import zipfile  # noqa: PLC0415

    umask = os.umask(0o077)
    descriptor = -1
    try:
        parent.parent.mkdir(parents=True, exist_ok=True)
        _demand_ours(parent.parent)
        parent.mkdir(exist_ok=True)
        descriptor = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        _demand_ours(parent)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if (parent / BUILD).is_dir():
            return  # by another start, meanwhile
        for left in parent.glob(".*"):  # by a start that was killed, since the lock is ours alone
            shutil.rmtree(left, ignore_errors=True)
        part = parent / f".{BUILD}"
        try:
            with zipfile.ZipFile(archive) as content:
                content.extractall(
                    part, [name for name in content.namelist() if name.startswith(_SITE)]
                )
            os.sync()  # a power cut must not leave empty files under the final name
            part.rename(parent / BUILD)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    finally:
        os.umask(umask)
        if descriptor >= 0:
            os.close(descriptor)


def _tidy(parent: Path) -> None:
    """Remove other versions that no process runs; what cannot be removed stays."""
    for name in os.listdir(parent):  # noqa: PTH208
        if name == BUILD or name.startswith("."):
            continue
        import shutil  # noqa: PLC0415

        descriptor = -1
        try:
            descriptor = os.open(parent / name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            away = (parent / name).rename(parent / f".{name}-{os.getpid()}")
            shutil.rmtree(away, ignore_errors=True)
        except OSError:  # in use, or on a file system that takes no changes
            continue
        finally:
            if descriptor >= 0:
                os.close(descriptor)


def _failure(message: str) -> SystemExit:
    sys.stderr.write(f"provision: {message}\n")
    return SystemExit(1)


if __name__ == "__main__":
    main()
