"""Say what an IP address is, by a table of our own, and read every spelling a C resolver would.

`policy` decides with it. The flags of `ipaddress` are not used: they call cloud metadata
"private", tunnelled metadata "global", and they have changed between patch releases of Python.
"""

from __future__ import annotations

import re
import unicodedata
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_network
from typing import TYPE_CHECKING, Final, Literal

from provision import loopback

if TYPE_CHECKING:
    from collections.abc import Iterable

Address = IPv4Address | IPv6Address
Kind = Literal[
    "global", "private", "loopback", "reserved", "link-local", "metadata", "multicast",
    "unspecified",
]  # fmt: skip

NEVER: Final[frozenset[Kind]] = frozenset({"link-local", "metadata", "multicast", "unspecified"})
"""Kinds that no setting lets through."""

# The first network that holds an address names its kind, so single hosts stand before their range.
_TABLE: Final = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.100.100.200/32", "metadata"),  # Alibaba Cloud
        ("100.64.0.0/10", "private"),  # carrier-grade NAT; Tailscale
        *((str(network), "loopback") for network in loopback.NETWORKS),
        ("168.63.129.16/32", "metadata"),  # Azure's host agent
        ("169.254.0.0/16", "link-local"),  # with 169.254.169.254, most clouds' metadata
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "metadata"),  # 192.0.0.192 is Oracle Cloud's
        ("192.0.2.0/24", "reserved"),  # documentation
        ("192.88.99.0/24", "reserved"),  # 6to4 relays, withdrawn
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "reserved"),  # benchmarking
        ("198.51.100.0/24", "reserved"),  # documentation
        ("203.0.113.0/24", "reserved"),  # documentation
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "unspecified"),  # future use, and the broadcast address
        ("::/128", "unspecified"),
        ("64:ff9b:1::/48", "unspecified"),  # local NAT64: where it leads cannot be told
        ("fd00:ec2::/32", "metadata"),  # AWS
        ("fd20:ce::/32", "metadata"),  # Google Cloud
        ("fd00:c1::/32", "metadata"),  # Oracle Cloud
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "link-local"),  # site-local, withdrawn
        ("ff00::/8", "multicast"),
        ("2001:db8::/32", "reserved"),  # documentation
        ("2001::/23", "reserved"),  # protocol assignments
        ("3fff::/20", "reserved"),  # documentation
        ("2000::/3", "global"),
        ("::/0", "reserved"),  # nothing else has been given out
        ("0.0.0.0/0", "global"),
    )
)

_LOCAL_SUFFIXES: Final = (".local", ".lan", ".internal", ".intranet", ".home.arpa", ".localdomain")

_MAPPED: Final = ip_network("::ffff:0:0/96")
_TRANSLATED: Final = ip_network("::ffff:0:0:0/96")
_COMPATIBLE: Final = ip_network("::/96")
_NAT64: Final = ip_network("64:ff9b::/96")
_6TO4: Final = ip_network("2002::/16")
_TEREDO: Final = ip_network("2001::/32")

_NUMBER: Final = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)\Z")
_DOTS: Final = str.maketrans("\u3002\uff0e\uff61", "...")


def kind(address: Address) -> Kind:
    """Look the address up as it stands, what it may embed left aside."""
    for network, found in _TABLE:
        if address.version == network.version and address in network:
            return found  # type: ignore[return-value]  # the table holds nothing but kinds
    raise AssertionError("the table ends with both whole address spaces")


def embedded(address: Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses that packets to this IPv6 address may end at; empty for most."""
    if isinstance(address, IPv4Address) or int(address) <= 1:
        return ()
    number = int(address)
    last = IPv4Address(number & 0xFFFFFFFF)
    if any(address in each for each in (_MAPPED, _TRANSLATED, _COMPATIBLE, _NAT64)):
        return (last,)
    if address in _6TO4:
        return (IPv4Address(number >> 80 & 0xFFFFFFFF),)
    if address in _TEREDO:
        return (
            IPv4Address(number >> 64 & 0xFFFFFFFF),
            IPv4Address(~number & 0xFFFFFFFF),
        )
    return ()


def read_ipv6(text: str) -> IPv6Address | None:
    """Read an IPv6 literal without brackets and without a zone; None for anything else."""
    if "%" in text:
        return None
    try:
        return IPv6Address(text)
    except AddressValueError:
        return None


def ends_in_number(host: str) -> bool:
    """Return whether the last label is a number, which no real name has: it is an address.

    Look-alike digits (full-width, circled) and look-alike dots count, as resolvers fold them.
    """
    label = _folded(host).removesuffix(".").rpartition(".")[2]
    return _NUMBER.match(label) is not None


def is_canonical_ipv4(host: str) -> bool:
    """Return whether it is four decimal numbers without leading zeros, and nothing else."""
    try:
        return str(IPv4Address(host)) == host
    except AddressValueError:
        return False


def read_ipv4_spelling(host: str) -> IPv4Address | None:
    """Read one to four decimal, octal or hex numbers as the C function inet_aton does."""
    parts = _folded(host).removesuffix(".").split(".")
    if len(parts) > 4 or any(len(part) > 40 or not _NUMBER.match(part) for part in parts):
        return None
    try:
        numbers = [_number(part) for part in parts]
    except ValueError:
        return None
    *heads, tail = numbers
    if any(head > 255 for head in heads) or tail >= 256 ** (4 - len(heads)):
        return None
    for place, head in enumerate(heads):
        tail += head << 8 * (3 - place)
    return IPv4Address(tail)


def _number(text: str) -> int:
    if text[:2] in ("0x", "0X"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") and len(text) > 1 else 10)


def _folded(host: str) -> str:
    return unicodedata.normalize("NFKC", host.translate(_DOTS)).translate(_DOTS)


def is_literal(host: str) -> bool:
    """Return whether the host is an address in plain form, not a name."""
    return is_canonical_ipv4(host) or read_ipv6(host) is not None


def looks_internal(host: str) -> bool:
    """Return whether the text alone says: this machine, or a network of one's own."""
    name = host.lower().removesuffix(".")
    if is_literal(name):
        return are_near((name,))
    return "." not in name or name.endswith(_LOCAL_SUFFIXES) or loopback.is_localhost(name)


def are_near(literals: Iterable[str]) -> bool:
    """Return whether packets to all of these end on this machine or in a private network."""
    found = [IPv6Address(each) if ":" in each else IPv4Address(each) for each in literals]
    ends = (end for address in found for end in embedded(address) or (address,))
    return all(kind(each) in ("private", "loopback") for each in ends)
