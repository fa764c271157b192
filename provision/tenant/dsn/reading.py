"""Reads a pasted connection string: the one parser of them, strict, and the only one asked.

libpq, SQLAlchemy and generic URL parsers disagree on what a string means, so none of them ever sees
it: they are handed the separate, judged values of `Target`. Runs in linear time, raises nothing but
ConnectionStringError, and no message of it holds a piece of what was pasted, save names of schemes,
variables and parameters that are listed in our own code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from provision.errors import AddressRefusedError
from provision.tenant.dsn import forms, parameters, placeholders
from provision.tenant.dsn.parts import Parts, refuse_invisible
from provision.tenant.dsn.url import several_hosts
from provision.tenant.failures.translate import refusal
from provision.tenant.host import addresses
from provision.tenant.host.providers import recognise
from provision.tenant.host.target import Target
from provision.tls import WEAK

if TYPE_CHECKING:
    from provision.tenant.host.providers import Provider
    from provision.tenant.network.policy import NetworkPolicy

MASK: Final = "****"

_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_PORT: Final = re.compile(r"[0-9]{1,5}\Z")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a connection string says; nothing printed of it shows the password."""

    target: Target
    provider: Provider | None
    changes: tuple[str, ...]
    """What reading has changed, in words; never the password."""
    explicit_port: bool
    masked: bool = False
    """Whether the password is the mask of `normalized`, so that it cannot be the real one."""

    @property
    def normalized(self) -> str:
        """Return the string as we write it, password masked; parsing it gives the same again."""
        target = self.target
        host = f"[{target.host}]" if ":" in target.host else target.host
        userinfo = quote(target.user, safe="") + (f":{MASK}" if target.password else "")
        text = f"postgresql://{userinfo}@{host}:{target.port}/{quote(target.database, safe='')}"
        text += f"?sslmode={target.sslmode}"
        if target.channel_binding:
            text += f"&channel_binding={target.channel_binding}"
        if target.endpoint:
            text += f"&options=endpoint%3D{target.endpoint}"
        return text


def parse(text: str) -> Reading:
    """Read a pasted connection string in any of its forms. Raises ConnectionStringError."""
    parts = Parts()
    forms.read(text, parts)
    return _judged(parts)


def admit(reading: Reading, policy: NetworkPolicy) -> Reading:
    """Hold a reading to the network policy, as far as its text alone lets tell.

    Under `public` the connection is encrypted: a weaker sslmode that allows it is raised. Raises
    AddressRefusedError, or `forbidden_param` for an sslmode that forbids encryption.
    """
    target = reading.target
    policy.judge_literal(target.host)
    if policy.mode == "public" or (
        addresses.is_literal(target.host) and not policy.lets_plain_text_pass((target.host,))
    ):
        return demand_tls(reading)
    return reading


def demand_tls(reading: Reading) -> Reading:
    """Raise the sslmode to `require` at least; `disable` is refused."""
    mode = reading.target.sslmode
    if mode == "disable":
        raise refusal(
            "forbidden_param",
            "The parameter sslmode=disable is not taken for a public address.",
            "Replace it by sslmode=require: else the password would travel in the open.",
        )
    if mode not in WEAK:
        return reading
    return replace(
        reading,
        target=replace(reading.target, sslmode="require"),
        changes=(*reading.changes, f"sslmode {mode} was raised to require"),
    )


def _judged(parts: Parts) -> Reading:
    for each in (parts.host, parts.port, parts.user, parts.password, parts.database):
        if each is not None:
            refuse_invisible(each)
    placeholders.refuse_password(parts.password)
    chosen = parameters.choose(parts)
    host = _host(parts)
    port = _port(parts)
    if not parts.user:
        raise refusal(
            "format",
            f"{parts.where} names no user.",
            "Put the user and the password before the host: postgresql://USER:PASSWORD@host/db.",
        )
    if not parts.database:
        raise refusal("database_missing")
    placeholders.refuse(parts.user, "user")
    placeholders.refuse(parts.database, "database")
    if not parts.password:
        parts.note("No password was given")
    return _as_reading(parts, chosen, host, port)


def _as_reading(parts: Parts, chosen: parameters.Chosen, host: str, port: int) -> Reading:
    sslmode = chosen.sslmode
    if sslmode is None:
        sslmode = "prefer" if addresses.looks_internal(host) else "require"
        parts.note(f"sslmode={sslmode} was added, none was given")
    target = Target(
        host=host,
        port=port,
        database=parts.database or "",
        user=parts.user or "",
        password=parts.password or "",
        sslmode=sslmode,
        channel_binding=chosen.channel_binding,
        endpoint=chosen.endpoint,
    )
    return Reading(
        target=target,
        provider=recognise(host),
        changes=tuple(parts.changes),
        explicit_port=bool(parts.port),
        masked=parts.password == MASK,
    )


def _port(parts: Parts) -> int:
    if parts.port is None:
        parts.note("Port 5432 was added, none was given")
        return 5432
    placeholders.refuse(parts.port, "port")
    if "," in parts.port:
        raise several_hosts()
    if not _PORT.match(parts.port) or not 1 <= int(parts.port) <= 65535:
        raise refusal("port")
    return int(parts.port)


def _host(parts: Parts) -> str:
    host = parts.host or ""
    if not host.strip():
        raise refusal("host_missing")
    if host.startswith(("/", "@")):
        raise refusal("unix_socket")
    placeholders.refuse(host, "host")
    if "," in host:
        raise several_hosts()
    if any(each.isspace() for each in host):
        raise refusal(
            "format",
            "There is a blank in the host name.",
            "Remove the blank. If it belongs to the password, write it as %20, and @ as %40.",
        )
    if ":" in host or host.startswith("["):
        return _ipv6(host)
    name = _ascii_name(host, parts).lower()
    if name.endswith(".") and not name.endswith(".."):
        name = name[:-1]
        parts.note("The dot after the host was taken off")
    if len(name) > 253 or not all(_LABEL.match(label) for label in name.split(".")):
        raise refusal(
            "format",
            "The host is not a name or address that can exist.",
            "Compare it with your provider's console. If the password holds one of @ / # ? % or a "
            "space, write it as %40 %2F %23 %3F %25 or %20.",
        )
    return name


def _ascii_name(host: str, parts: Parts) -> str:
    if host.isascii():
        return host
    if addresses.ends_in_number(host):
        raise AddressRefusedError(
            "The host is an address spelled with unusual digits.",
            "Write an address as four decimal numbers, such as 10.0.0.7, or use a name.",
        )
    parts.note("The host name was put into its ASCII form")
    return _idna(host)


def _ipv6(host: str) -> str:
    bare = host.removeprefix("[").removesuffix("]")
    if "%" in bare:
        raise AddressRefusedError(
            "The host is an IPv6 address with a zone (the part after %).",
            "Zones belong to one machine's own network. Use an address that is valid everywhere.",
        )
    address = addresses.read_ipv6(bare)
    if address is None:
        raise refusal(
            "format",
            "The host has a colon in it but is not an IPv6 address.",
            "Write an IPv6 address in square brackets, and the port after them.",
        )
    return str(address)


def _idna(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise refusal("format", "The host name holds characters that no name can have.") from None
