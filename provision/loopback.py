"""Say what loopback is: the one place that knows, for the server's own address and for tenants'."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

ADDRESS: Final = IPv4Address("127.0.0.1")
NETWORKS: Final = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

_NAMES: Final = frozenset(
    {
        "localhost", "localhost.localdomain", "localhost4", "localhost4.localdomain4",
        "localhost6", "localhost6.localdomain6", "ip6-localhost", "ip6-loopback",
    }
)  # fmt: skip


def is_loopback(address: str | None) -> bool:
    """Return whether this is a literal address of loopback, an IPv4-mapped one included."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return any((mapped or found) in each for each in NETWORKS)


def is_localhost(name: str) -> bool:
    """Return whether systems and resolvers take this name for the machine itself."""
    bare = name.lower().removesuffix(".")
    return bare in _NAMES or bare.endswith(".localhost")


def is_this_machine(host: str) -> bool:
    """Return whether this host, as typed or asked for, can be no other machine.

    Of the names only `localhost` counts: what the others lead to is up to each system.
    """
    return host == "localhost" or is_loopback(host)
