"""`provision doctor`: is this installation sound, and what to do where it is not."""

from __future__ import annotations

import os
import resource
import stat
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from provision import admission
from provision.assembly import network_policy
from provision.built_in import postgres
from provision.control import audit, connections, idempotency, keys
from provision.control.secrets.sealed import is_sealed, open_vault, unproved_vault
from provision.control.store.engine import SQLITE_SUFFIXES, parse, place_of
from provision.control.store.store import HEAD, ControlStore
from provision.control.store.trouble import name_of
from provision.errors import ProvisionError, SettingsError
from provision.settings import are_given as settings_are_given
from provision.settings import load_settings, working_directory
from provision.tenant.connection import libpq
from provision.tenant.host import addresses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.control.secrets.sealed import SealedSecrets
    from provision.settings import Network, Settings

# Before it, a hostile server could do more to us than keep us waiting (CVE-2026-6477).
_LOWEST_LIBPQ: Final = 180_004
# For the names of all people's hosts together.
_LOOK_UP_S: Final = 5.0
_MOST_NAMES: Final = 20
CLOCK_TOLERANCE_S: Final = 60
"""How far the clocks of machines that share a control store may be apart (docs/operate.md)."""
_NOTED_SKEW_S: Final = 2.0
_LEAST_FREE_BYTES: Final = 50_000_000
_LITTLE_FREE_BYTES: Final = 500_000_000
_STORE_AWAY: Final = (
    "Until this is mended nobody can sign in. SQLITE_FULL: make room on its disk; SQLITE_READONLY, "
    "SQLITE_CANTOPEN, SQLITE_IOERR: look at the disk and at whose the files are; SQLITE_BUSY: "
    "another program holds it; SQLITE_CORRUPT: go back to a backup."
)
# Where the deployments of deploy/ keep it; the first for those who stand in the data folder.
_USUAL_PLACES: Final = tuple(
    Path(each, "control.db") for each in (".", "data", "/var/lib/provision", "/data")
)
# Sockets of people, files of the store and of the log, beside the connections to tenants.
_OTHER_FILES: Final = 512
# No server of this program has run before it was written.
_EARLIEST: Final = datetime(2026, 1, 1, tzinfo=UTC)

_FORGET: Final = "give it up with `provision keys rotate --forget-lost`"
_PASTE_AGAIN: Final = (
    f"Bring back the key they were sealed under. If it is gone for good, {_FORGET}: each of these "
    "people pastes their connection string again, and their work is there, in their own database."
)
_FACTOR_ANEW: Final = (
    "Bring back the key. If it is gone for good, run `provision users reset-2fa EMAIL` for each "
    "once you know that it is them: they sign in with their password and turn it on again. "
    "Recovery codes still let them in."
)
_MADE_ANEW: Final = f"Bring back the key, or {_FORGET}: it is made anew, and all sign in again."
_REMEDIES: Final = {
    connections.PURPOSE: _PASTE_AGAIN,
    idempotency.PURPOSE: "Nothing is needed: it is deleted within a day. A call that is sent again "
    "meanwhile is carried out once more, and meets a row that it made.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `remedy` says what to do, and is None where all is well.

    `is_note`: it is to be known and may be meant so, which is no reason to fail.
    """

    text: str
    remedy: str | None = None
    is_note: bool = False

    @property
    def is_bad(self) -> bool:
        return self.remedy is not None and not self.is_note


def examine() -> Iterator[Finding]:
    """Look at everything, as far as what comes before allows."""
    yield Finding(f"Python {sys.version.split()[0]}")
    yield _libpq()
    try:
        settings = load_settings("operator")
    except SettingsError as error:
        yield Finding(str(error), "Change this setting; the others are looked at after that.")
        return
    yield Finding("the settings can be read")
    yield from _contradictions(settings)
    yield from _files(settings)
    yield from _space(settings)
    if settings.built_in_postgres:
        yield _built_in()
    if settings.rate_limit_url != "memory://":
        yield _redis(settings.rate_limit_url)
    try:
        if not ControlStore.is_there(settings.control_url):
            yield _nothing_here(settings)
            return
        store = ControlStore.look(settings.control_url)
    except SettingsError as error:
        yield Finding(str(error), "Until this is mended the server does not start.")
        return
    try:
        yield Finding(f"the control store opens and is at revision {HEAD}")
        yield from _store(settings, store)
    except SQLAlchemyError as error:
        name = name_of(error) or type(error).__name__
        yield Finding(f"the control store does not answer ({name})", _STORE_AWAY)
    finally:
        store.dispose()


def _store(settings: Settings, store: ControlStore) -> Iterator[Finding]:
    key_file = settings.data_dir / "secret.key"
    has_key = settings.encryption_key is not None or (
        settings.control_is_sqlite and key_file.exists()
    )
    if not is_sealed(store) and not has_key:
        yield Finding("no key was ever used with this store; the first start makes one")
    elif not has_key:
        where = f", and {key_file} is missing" if settings.control_is_sqlite else ""
        yield Finding(
            f"PROVISION_ENCRYPTION_KEY is not set{where}",
            "Until this is mended the server does not start.",
        )
        yield from _lost_without_a_key(settings, store)
    else:
        yield from _sealed(settings, store)
    yield from _refused(settings, store)
    yield from _clock(store, settings.data_dir)


def _sealed(settings: Settings, store: ControlStore) -> Iterator[Finding]:
    if not is_sealed(store):
        yield Finding("no key was ever used with this store; the first start uses the present one")
        return
    try:
        secrets = open_vault(
            store,
            encryption_key=settings.encryption_key,
            key_file=settings.data_dir / "secret.key",
            allow_generate=settings.control_is_sqlite,
        )
    except ProvisionError as error:
        yield Finding(str(error), "Until this is mended the server does not start.")
        yield from _lost_without_a_key(settings, store)
        return
    yield Finding("the encryption key is the one its secrets are sealed under")
    yield from _lost(secrets)


def _nothing_here(settings: Settings) -> Finding:
    """Say that there was nothing to look at, and never that it is sound."""
    place = place_of(parse(settings.control_url))
    nearby = [path for path in _USUAL_PLACES if _is_file(path) and path.resolve() != Path(place)]
    if nearby:
        return Finding(
            f"there is no installation at {place}, but there is one at {nearby[0].resolve()}",
            f"To look at that one, set PROVISION_DATA_DIR={nearby[0].resolve().parent} and the "
            "server's other settings; docs/operate.md says how to run commands beside the server.",
        )
    if settings_are_given():
        return Finding(
            f"there is no installation at {place} yet: nothing but the settings was looked at",
            "The first start makes one. If there is one elsewhere, mend PROVISION_DATA_DIR or "
            "PROVISION_CONTROL_URL.",
            is_note=True,
        )
    return Finding(
        f"there is no installation here: no settings in {working_directory()} or in the "
        f"environment, and no control store at {place}",
        "Run this in the server's working directory, with the server's settings, or set "
        "PROVISION_DATA_DIR or PROVISION_CONTROL_URL. If there is none at all yet: the first "
        "start of the server makes one.",
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # below a folder of another account
        return False


def _contradictions(settings: Settings) -> Iterator[Finding]:
    """Yield a finding for each setting that is valid but defeated by another one.

    Settings that cannot work at all stop the start (`settings`).
    """
    yield from _about_proxies(settings)
    for network in settings.allow_networks:
        why = _never_let_in(settings, network)
        if why:
            yield Finding(
                f"PROVISION_ALLOW_NETWORKS holds {network}, which {why}",
                "Take it off the list, or change the other setting.",
                is_note=True,
            )
    if settings.rate_limit_url == "memory://" and not settings.control_is_sqlite:
        yield Finding("limits are counted in the control store, for all machines that share it")
    wanted = settings.max_connections // settings.workers + settings.threads + _OTHER_FILES
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if allowed != resource.RLIM_INFINITY and wanted > allowed:
        yield Finding(
            f"PROVISION_MAX_CONNECTIONS is {settings.max_connections}, and a process here may "
            f"have {allowed} files and connections open",
            f"Let it have {wanted} (`ulimit -n`, LimitNOFILE= of the unit), or set "
            "PROVISION_MAX_CONNECTIONS lower.",
            is_note=True,
        )


def _about_proxies(settings: Settings) -> Iterator[Finding]:
    if settings.public_url is None and settings.trusted_proxies:
        yield Finding(
            "PROVISION_TRUSTED_PROXIES is "
            f"{settings.trusted_proxies} and PROVISION_PUBLIC_URL is not set",
            "Set it to the address people use: a server on loopback answers for no other host, and "
            "links made by `provision users reset-password` lead to PROVISION_HOST and "
            "PROVISION_PORT otherwise.",
            is_note=True,
        )
    if (settings.public_url or "").startswith("https:") and not settings.trusted_proxies:
        yield Finding(
            "PROVISION_PUBLIC_URL is https and PROVISION_TRUSTED_PROXIES is 0",
            "If a proxy ends TLS in front of this server, set PROVISION_TRUSTED_PROXIES=1: else "
            "everybody counts as one address for the limits, and cookies are not marked Secure.",
            is_note=True,
        )


def _never_let_in(settings: Settings, network: Network) -> str | None:
    for denied in settings.deny_networks:
        if network.version == denied.version and network.subnet_of(denied):  # type: ignore[arg-type]
            return f"PROVISION_DENY_NETWORKS={denied} takes back, as it wins"
    kinds = {addresses.kind(each) for each in (network[0], network[-1])}
    if kinds <= addresses.NEVER:
        return "no setting lets in"
    if settings.network_policy == "public" and kinds == {"loopback"}:
        return "PROVISION_NETWORK_POLICY=public never lets in"
    return None


def _libpq() -> Finding:
    major, minor = divmod(libpq.version(), 10_000)
    text = f"libpq {major}.{minor}"
    if libpq.version() >= _LOWEST_LIBPQ:
        return Finding(text)
    return Finding(text, "It has known defects: install psycopg[binary] 3.3.4 or later.")


def _files(settings: Settings) -> Iterator[Finding]:
    yield from _folder(settings.data_dir)
    private = [settings.data_dir / name for name in ("secret.key", "demo.txt")]
    if settings.control_file is not None:
        private += [Path(f"{settings.control_file}{suffix}") for suffix in SQLITE_SUFFIXES]
    for path in private:
        if path.exists():
            yield _closed(path, allowed=0o600)


def _space(settings: Settings) -> Iterator[Finding]:
    """Check the disks of the data folder, of the control store and of the built-in server."""
    seen = set[int]()
    folders = [settings.data_dir, settings.data_dir / "postgres"]
    if settings.control_file is not None:
        folders.append(settings.control_file.parent)
    for folder in folders:
        try:
            device, disk = folder.stat().st_dev, os.statvfs(folder)
        except OSError:  # not there; `_folder` says so
            continue
        if device in seen:
            continue
        seen.add(device)
        free, is_read_only = disk.f_bavail * disk.f_frsize, bool(disk.f_flag & os.ST_RDONLY)
        text = f"the disk of {folder} has {_size(free)} free"
        if is_read_only:
            yield Finding(
                f"the disk of {folder} takes no changes (read-only)",
                "Mount it for writing, or set PROVISION_DATA_DIR to a folder on another one.",
            )
        elif free < _LEAST_FREE_BYTES or (disk.f_files and not disk.f_favail):
            files = "" if free < _LEAST_FREE_BYTES else ", but no room for another file"
            yield Finding(
                text + files,
                "Make room: when it is full nobody can sign in or change anything that is kept "
                "here. Old backups, logs and versions in `unpacked` are what can go first.",
            )
        elif free < _LITTLE_FREE_BYTES:
            yield Finding(text, "Make room before it is full.", is_note=True)
        else:
            yield Finding(text)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _folder(folder: Path) -> Iterator[Finding]:
    if not folder.exists():
        yield Finding(f"{folder} does not exist yet; the first start makes it")
        return
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            f"{folder} is not a folder that this account can write to",
            "Run as the account that owns it, or set PROVISION_DATA_DIR.",
        )
        return
    # 0711 lets the built-in server's account through to its own folder.
    yield _closed(folder, allowed=0o711 if (folder / "postgres").exists() else 0o700)


def _closed(path: Path, *, allowed: int) -> Finding:
    mode = stat.S_IMODE(path.stat().st_mode)
    text = f"{path} has mode {mode:04o}"
    if mode & ~allowed == 0:
        return Finding(text)
    return Finding(text, f"Others can reach it: chmod {allowed:04o} {path}")


def _built_in() -> Finding:
    if postgres.is_installed():
        return Finding("the built-in PostgreSQL is installed")
    return Finding(
        "PROVISION_BUILT_IN_POSTGRES is on, but the server is not installed",
        "Install requirements-demo.lock, or set PROVISION_BUILT_IN_POSTGRES=0.",
    )


def _lost_without_a_key(settings: Settings, store: ControlStore) -> Iterator[Finding]:
    """Check what the present keys do not open, where they are not those of the store."""
    with suppress(SettingsError):
        yield from _lost(
            unproved_vault(
                store,
                encryption_key=settings.encryption_key,
                key_file=settings.data_dir / "secret.key",
            )
        )


def _lost(secrets: SealedSecrets) -> Iterator[Finding]:
    """Find secrets that cannot be opened, and say what their people have to do."""
    rows = list(keys.examine(secrets))
    lost = [row for row in rows if row.state != "opens"]
    if not lost:
        yield Finding(f"of {len(rows)} sealed secrets each can be opened")
        return
    whose = keys.owners(secrets.store, lost)
    for purpose in sorted({row.purpose for row in lost}):
        names = sorted({whose[row.id] for row in lost if row.purpose == purpose})
        if names == [keys.INSTALLATION]:
            yield Finding(f"the {purpose} cannot be opened", _MADE_ANEW)
            continue
        yield Finding(
            f"cannot be opened: {purpose} of {', '.join(names)}",
            _REMEDIES.get(purpose, _FACTOR_ANEW),
        )


def _refused(settings: Settings, store: ControlStore) -> Iterator[Finding]:
    """Find the people whose database the present policy does not let the server connect to."""
    places = connections.places(store)
    found = admission.examine(network_policy(settings), places, within_s=_LOOK_UP_S)
    if found.unknown:
        yield Finding(
            f"of {len(places)} workspaces {len(found.unknown)} have a host whose name could not be "
            f"looked up within {_LOOK_UP_S:.0f} s, so that its address was not judged"
        )
    if not found.refused:
        judged = len(places) - len(found.unknown)
        yield Finding(f"the network policy lets in the databases of {judged} workspaces")
        return
    yield Finding(
        f"of {len(places)} workspaces the network policy refuses the database of "
        f"{len(found.refused)}: {_some({each.email for each in found.refused})}",
        f"PROVISION_NETWORK_POLICY is {settings.network_policy}: list their networks in "
        "PROVISION_ALLOW_NETWORKS, or take them off PROVISION_DENY_NETWORKS. A database on this "
        "machine itself is let in without being listed only under intranet, with PROVISION_HOST "
        "127.0.0.1 and PROVISION_TRUSTED_PROXIES 0. Until then these people read the same.",
    )


def _some(names: set[str]) -> str:
    first = sorted(names)[:_MOST_NAMES]
    more = len(names) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")


def _redis(url: str) -> Finding:
    # Loaded only where there is one.
    from provision.control.attempts.in_redis import why_silent

    reason = why_silent(url)
    if reason is None:
        return Finding("Redis answers at PROVISION_RATE_LIMIT_URL")
    return Finding(
        f"Redis does not answer at PROVISION_RATE_LIMIT_URL ({reason})",
        "Start it, or mend the address. Until then each machine counts the limits for itself.",
    )


def _clock(store: ControlStore, folder: Path) -> Iterator[Finding]:
    newest = audit.listing(store, limit=1)
    known = newest[0].at - CLOCK_TOLERANCE_S if newest else 0
    now = datetime.fromtimestamp(store.now(), UTC)
    text = f"the clock says {now:%Y-%m-%d %H:%M} UTC"
    if store.now() >= max(known, int(_EARLIEST.timestamp())):
        yield Finding(text)
    else:
        yield Finding(text, "That is in the past: sessions and codes depend on it. Set the clock.")
    yield from _against("the control store's", store.ahead_s())
    with suppress(OSError), tempfile.TemporaryFile(dir=folder) as file:
        yield from _against(
            f"the one of the disk of {folder}", time.time() - os.fstat(file.fileno()).st_mtime
        )


def _against(whose: str, ahead_s: float) -> Iterator[Finding]:
    """Compare this machine's clock with another that it works with."""
    if abs(ahead_s) < _NOTED_SKEW_S:
        return
    way = "ahead of" if ahead_s > 0 else "behind"
    yield Finding(
        f"this machine's clock is {abs(ahead_s):.0f} s {way} {whose}",
        "Let both follow a time server (NTP). Codes of authenticators need the right time within "
        f"30 s, sessions and links take {CLOCK_TOLERANCE_S} s.",
        is_note=abs(ahead_s) <= CLOCK_TOLERANCE_S,
    )
