"""Settings: one frozen object, read once from the environment and a `.env` file.

The only module that reads `os.environ`. Each field answers to the variable of docs/settings.md
with the same name in capitals behind `PROVISION_`; a wrong value is a `SettingsError` of one line.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values

from provision.errors import SettingsError
from provision.loopback import is_this_machine

if TYPE_CHECKING:
    from collections.abc import Mapping

Network = IPv4Network | IPv6Network
Mode = Literal["serve", "demo", "wsgi", "operator"]
LogLevel = Literal["debug", "info", "warning", "error"]

_EXAMPLE_KEY: Final = "your-secret-key-12345"
_MIN_KEY_CHARACTERS: Final = 16
_HOST: Final = re.compile(r"[A-Za-z0-9._-]{1,253}")
_DOMAIN: Final = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})+")


@dataclass(frozen=True, slots=True)
class Settings:
    """All that is configurable. `_s`, `_bytes`, `_days`, `_hours` name the unit."""

    mode: Mode = "serve"
    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Path("data")
    encryption_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    control_url: str = field(default="", repr=False)
    network_policy: Literal["intranet", "public"] = "intranet"
    allow_networks: tuple[Network, ...] = ()
    deny_networks: tuple[Network, ...] = ()
    built_in_postgres: bool = False
    registration: str = "open"
    max_engines: int = 256
    max_connections: int = 400
    tenant_connections: int = 4
    engine_idle_seconds: int = 60
    threads: int = 16
    workers: int = 1
    connect_timeout: float = 5.0
    query_timeout: float = 10.0
    max_result_bytes: int = 64 * 1024 * 1024
    limits: bool = True
    rate_limit_url: str = field(default="memory://", repr=False)
    trusted_proxies: int = 0
    public_url: str | None = None
    session_days: int = 30
    session_idle_hours: int = 72
    audit_days: int = 365
    log_level: LogLevel = "info"
    metrics_token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse what contradicts itself, in one line that names both variables.

        Bounds of the installation are divided among the workers, so each needs a share.
        """
        for name in ("max_engines", "max_connections", "tenant_connections"):
            bound = getattr(self, name)
            if self.workers > bound:
                raise SettingsError(
                    f"PROVISION_WORKERS is {self.workers}; it may be {bound} at most while "
                    f"PROVISION_{name.upper()} is {bound}, which the workers share"
                )
        if self.tenant_connections > self.max_connections:
            raise SettingsError(
                f"PROVISION_TENANT_CONNECTIONS is {self.tenant_connections}; it may be "
                f"{self.max_connections} at most while PROVISION_MAX_CONNECTIONS is "
                f"{self.max_connections}, which is for all workspaces together"
            )

    @property
    def control_is_sqlite(self) -> bool:
        return self.control_url.startswith("sqlite:")

    @property
    def control_file(self) -> Path | None:
        """Return the file of a control store on SQLite."""
        if not self.control_is_sqlite:
            return None
        return Path(self.control_url.removeprefix("sqlite:///"))

    @property
    def registration_domains(self) -> frozenset[str]:
        """Return the e-mail domains that may register; empty if registration is open or closed."""
        if self.registration in ("open", "closed"):
            return frozenset()
        return frozenset(self.registration.split(","))

    @property
    def loopback_tenants(self) -> bool:
        """Tell whether a tenant's database may be on loopback (docs/settings.md).

        It may in the demo, and if the server listens on loopback without a trusted proxy. The
        operator's commands follow `serve`; `dsn check` and `db check` allow it.
        """
        if self.network_policy == "public" or self.mode == "wsgi":
            return False
        if self.mode == "demo":
            return True
        return is_this_machine(self.host) and self.trusted_proxies == 0

    def with_address(self, host: str | None, port: int | None) -> Settings:
        """Return the same settings listening elsewhere; None keeps what is set."""
        return replace(self, host=host or self.host, port=self.port if port is None else port)


def load_settings(
    mode: Mode, environ: Mapping[str, str] | None = None, directory: Path | None = None
) -> Settings:
    """Read `.env` in `directory` (default: the working one) and the environment, which wins.

    An empty variable counts as unset. Raises SettingsError naming the first wrong variable.
    """
    directory = directory or working_directory()
    read = _Reader(_merged(os.environ if environ is None else environ, directory / ".env"))
    data_dir = _data_dir(read, directory)
    return Settings(
        mode=mode,
        host=_host(read),
        port=read.integer("PROVISION_PORT", 8000, low=0, high=65535),
        data_dir=data_dir,
        encryption_key=_encryption_key(read),
        secret_key=read.text("PROVISION_SECRET_KEY"),
        control_url=_control_url(read, data_dir),
        network_policy="public"
        if read.choice("PROVISION_NETWORK_POLICY", "intranet", "public") == "public"
        else "intranet",
        allow_networks=read.networks("PROVISION_ALLOW_NETWORKS"),
        deny_networks=read.networks("PROVISION_DENY_NETWORKS"),
        built_in_postgres=read.switch("PROVISION_BUILT_IN_POSTGRES", default=mode == "demo"),
        registration=_registration(read),
        max_engines=read.integer("PROVISION_MAX_ENGINES", 256),
        max_connections=read.integer("PROVISION_MAX_CONNECTIONS", 400),
        tenant_connections=read.integer("PROVISION_TENANT_CONNECTIONS", 4),
        engine_idle_seconds=read.integer("PROVISION_ENGINE_IDLE_SECONDS", 60),
        threads=read.integer("PROVISION_THREADS", 16, high=1024),
        workers=read.integer("PROVISION_WORKERS", 1, high=256),
        connect_timeout=read.seconds("PROVISION_CONNECT_TIMEOUT", 5.0),
        query_timeout=read.seconds("PROVISION_QUERY_TIMEOUT", 10.0),
        max_result_bytes=read.integer("PROVISION_MAX_RESULT_BYTES", 64 * 1024 * 1024, low=65536),
        limits=read.switch("PROVISION_LIMITS", default=True),
        rate_limit_url=_rate_limit_url(read),
        trusted_proxies=read.integer("PROVISION_TRUSTED_PROXIES", 0, low=0, high=16),
        public_url=_public_url(read),
        session_days=read.integer("PROVISION_SESSION_DAYS", 30, high=3650),
        session_idle_hours=read.integer("PROVISION_SESSION_IDLE_HOURS", 72, high=87600),
        audit_days=read.integer("PROVISION_AUDIT_DAYS", 365, high=36500),
        log_level=_log_level(read),
        metrics_token=_metrics_token(read),
    )


def forget_libpq_environment() -> None:
    """Take every `PG*` variable out of this process, C library included.

    libpq fills what a connection leaves open from them, so that an operator's PGSERVICE would
    reach into a tenant's connection.
    """
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


def time_zone_names() -> tuple[str, str]:
    """Return what `TZ` and what the system's clock are set to, as IANA names; empty where unset."""
    _, _, system = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")
    return os.environ.get("TZ", "").removeprefix(":"), system


def working_directory() -> Path:
    """Return it; raises SettingsError where it was deleted under us."""
    try:
        return Path.cwd()
    except OSError:
        raise SettingsError("The working directory is gone; change into another one") from None


def are_given() -> bool:
    """Return whether there are settings at all: a `.env` file here, or a variable of ours."""
    return (working_directory() / ".env").is_file() or any(
        name.startswith(("PROVISION_", "SUPABASE_KEYS_")) and value.strip()
        for name, value in os.environ.items()
    )


def _merged(environ: Mapping[str, str], env_file: Path) -> dict[str, str]:
    try:
        from_file = dotenv_values(env_file, interpolate=False) if env_file.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f".env cannot be read: {type(error).__name__}") from None
    return {name: value for name, value in from_file.items() if value is not None} | dict(environ)


class _Reader:
    """Typed reads; each failure names the variable, what it holds and what it may hold."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str) -> str | None:
        return self._values.get(name, "").strip() or None

    def choice(self, name: str, *allowed: str) -> str:
        value = (self.text(name) or allowed[0]).lower()
        if value not in allowed:
            raise SettingsError(f"{name} is {value!r}; it may be {', '.join(allowed)}")
        return value

    def switch(self, name: str, *, default: bool) -> bool:
        value = self.text(name)
        if value is None:
            return default
        if value.lower() in ("1", "true", "yes", "on"):
            return True
        if value.lower() in ("0", "false", "no", "off"):
            return False
        raise SettingsError(f"{name} is {value!r}; it may be 1 or 0 (on or off)")

    def integer(self, name: str, default: int, *, low: int = 1, high: int = 2**31 - 1) -> int:
        value = self.text(name)
        if value is None:
            return default
        if value.isascii() and value.isdigit() and len(value) <= 12 and low <= int(value) <= high:
            return int(value)
        raise SettingsError(f"{name} is {value!r}; it may be a whole number from {low} to {high}")

    def seconds(self, name: str, default: float) -> float:
        value = self.text(name)
        if value is None:
            return default
        # Not all that `float` reads: it takes other alphabets' digits, 1_0 and 1e2.
        plain = re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,6})?|\.[0-9]{1,6}", value)
        if plain and 0.1 <= float(value) <= 600:
            return float(value)
        raise SettingsError(f"{name} is {value!r}; it may be a number of seconds from 0.1 to 600")

    def networks(self, name: str) -> tuple[Network, ...]:
        found = []
        for part in (self.text(name) or "").replace(",", " ").split():
            try:
                found.append(ip_network(part))
            except ValueError:
                raise SettingsError(
                    f"{name} holds {part!r}; it may hold networks such as 10.0.0.0/8, fd00::/8"
                ) from None
        return tuple(found)


def _data_dir(read: _Reader, directory: Path) -> Path:
    value = read.text("PROVISION_DATA_DIR") or "data"
    try:
        return (directory / value).resolve()
    except (OSError, ValueError, RuntimeError):  # a NUL, a loop of links
        raise SettingsError(
            f"PROVISION_DATA_DIR is {value!r}; it may be the path of a folder"
        ) from None


def _host(read: _Reader) -> str:
    value = read.text("PROVISION_HOST") or "127.0.0.1"
    if not _HOST.fullmatch(value):
        try:
            ip_address(value)
        except ValueError:
            raise SettingsError(
                f"PROVISION_HOST is {value!r}; it may be a name or an address of this machine, "
                "such as 127.0.0.1, 0.0.0.0 or ::"
            ) from None
    return value


def _metrics_token(read: _Reader) -> str | None:
    value = read.text("PROVISION_METRICS_TOKEN")
    if value is not None and not re.fullmatch(r"[ -~]+", value):
        raise SettingsError(
            "PROVISION_METRICS_TOKEN holds a character that no header can carry; it may be "
            "letters, digits and signs of ASCII"
        )
    return value


def _encryption_key(read: _Reader) -> str | None:
    name = "PROVISION_ENCRYPTION_KEY"
    value = read.text(name)
    if value is None:
        name = "SUPABASE_KEYS_ENCRYPTION_KEY"
        value = read.text(name)
    if value is None:
        return None
    for part in value.split(","):
        if part.strip() == _EXAMPLE_KEY:
            raise SettingsError(f"{name} is the example from the manual; choose one of your own")
        if len(part.strip()) < _MIN_KEY_CHARACTERS:
            raise SettingsError(
                f"{name} holds a key of {len(part.strip())} characters; "
                f"each may be any string of at least {_MIN_KEY_CHARACTERS} without a comma"
            )
    return value


def _control_url(read: _Reader, data_dir: Path) -> str:
    value = read.text("PROVISION_CONTROL_URL")
    if value is None:
        return f"sqlite:///{data_dir / 'control.db'}"
    scheme, _, rest = value.partition("://")
    if value.isprintable() and rest:
        if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
            return f"postgresql+psycopg://{rest}"
        if scheme == "sqlite" and rest.startswith("/") and rest not in ("/", "/:memory:"):
            return value
    raise SettingsError(
        "PROVISION_CONTROL_URL is not understood; it may be sqlite:///FILE or postgresql://…"
    )


def _rate_limit_url(read: _Reader) -> str:
    value = read.text("PROVISION_RATE_LIMIT_URL") or "memory://"
    if value == "memory://":
        return value
    try:
        parts = urlsplit(value)
        is_plain = bool(parts.hostname) and parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:
        is_plain = False
    if (
        is_plain
        and parts.scheme in ("redis", "rediss")
        and re.fullmatch(r"(/[0-9]{0,4})?", parts.path)
    ):
        return value
    raise SettingsError(
        "PROVISION_RATE_LIMIT_URL is not understood; it may be memory://, "
        "redis://USER:PASSWORD@HOST:6379/0, or rediss://… for TLS"
    )


def _public_url(read: _Reader) -> str | None:
    value = read.text("PROVISION_PUBLIC_URL")
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        is_plain = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_plain = False
    # What urlsplit forgives would end up in links that people are sent.
    if not is_plain or parts.scheme not in ("http", "https") or re.search(r"[\s@?#\\]", value):
        raise SettingsError(
            f"PROVISION_PUBLIC_URL is {_without_password(value)!r}; "
            "it may be the address people use, such as https://provision.example.org"
        )
    return value.rstrip("/")


def _without_password(url: str) -> str:
    """Hide a password in a wrong address, where it was pasted by mistake."""
    return re.sub(r"//[^/]*@", "//…@", url)


def _registration(read: _Reader) -> str:
    value = (read.text("PROVISION_REGISTRATION") or "open").lower()
    if value in ("open", "closed"):
        return value
    domains = [part.strip().removeprefix("@") for part in value.split(",")]
    if all(_DOMAIN.fullmatch(part) for part in domains):
        return ",".join(domains)
    raise SettingsError(
        f"PROVISION_REGISTRATION is {value!r}; it may be open, closed, or e-mail domains "
        "separated by commas"
    )


def _log_level(read: _Reader) -> LogLevel:
    value = read.choice("PROVISION_LOG_LEVEL", "info", "debug", "warning", "error")
    levels: dict[str, LogLevel] = {
        "debug": "debug",
        "info": "info",
        "warning": "warning",
        "error": "error",
    }
    return levels[value]
