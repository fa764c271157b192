"""Judge where a tenant's database may live: the text of a host, and every address of its name.

`dsn.reading` has the text judged. Whoever connects gets `JudgedAddresses` here and connects to
those, so that a name which answers differently later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TYPE_CHECKING, Final, Literal

from provision import loopback
from provision.errors import AddressRefusedError, UnreachableError
from provision.tenant.failures.translate import explain, setting_words
from provision.tenant.host import addresses
from provision.tenant.host.providers import recognise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.tenant.host.addresses import Address, Kind

Network = IPv4Network | IPv6Network


_KIND_WORDS: Final[dict[Kind, str]] = {
    "global": "a public address",
    "private": "an address of a private network",
    "loopback": "this server itself (loopback)",
    "reserved": "an address reserved for other uses",
    "link-local": "a link-local address",
    "metadata": "an address cloud machines use to manage themselves",
    "multicast": "a multicast address",
    "unspecified": "an address that belongs to no machine",
}


@dataclass(frozen=True, slots=True)
class JudgedAddresses:
    """The addresses of one host, all of them let in."""

    addresses: tuple[str, ...]
    plain_text: bool
    """Whether a connection to them may go without TLS."""


class NetworkPolicy:
    """Judges addresses. `allow` and `deny` override `mode`; deny wins; some kinds are never let in.

    `loopback` lets loopback in without its being listed; under `public` no list lets it in.
    `lookups` bounds the name look-ups under way at once, since one cannot be interrupted.
    """

    def __init__(
        self,
        mode: Literal["intranet", "public"] = "intranet",
        *,
        allow: Iterable[Network] = (),
        deny: Iterable[Network] = (),
        loopback: bool,
        lookups: int = 32,
    ) -> None:
        if lookups < 1:
            raise ValueError("at least one name must be looked up at a time")
        self.mode: Final = mode
        self._allow: Final = tuple(allow)
        self._deny: Final = tuple(deny)
        self._loopback: Final = loopback and mode == "intranet"
        self._slots: Final = threading.BoundedSemaphore(lookups)

    def judge(self, address: Address) -> None:
        """Raise AddressRefusedError unless a tenant's database may live at this address."""
        inner = addresses.embedded(address)
        # What is only a wrapper (mapped, NAT64, 6to4, Teredo) is judged by where packets end.
        judged: tuple[Address, ...] = inner or (address,)
        for each in judged:
            kind = addresses.kind(each)
            if kind in addresses.NEVER or (kind == "loopback" and self.mode == "public"):
                raise self._refusal(kind)
            if _in(each, self._deny) or _in(address, self._deny):
                raise self._refusal(kind, denied=True)
        if inner and addresses.kind(address) in addresses.NEVER:
            raise self._refusal(addresses.kind(address))
        for each in judged:
            kind = addresses.kind(each)
            if not (_in(each, self._allow) or _in(address, self._allow) or self._welcomes(kind)):
                raise self._refusal(kind)

    def judge_literal(self, host: str) -> None:
        """Raise AddressRefusedError if the host is any spelling of a refused address, or localhost.

        Names pass: what they resolve to is judged when connecting. Of the spellings of an IPv4
        address only four plain decimal numbers pass, because libraries disagree on all others.
        """
        host = host.removeprefix("[").removesuffix("]").lower()
        if loopback.is_localhost(host):
            self.judge(loopback.ADDRESS)
        elif ":" in host or "%" in host:
            address = addresses.read_ipv6(host)
            if address is None:
                raise AddressRefusedError(
                    "The host is an IPv6 address with a zone, or not a complete one.",
                    "Write the address alone, in square brackets, without % and what follows it.",
                )
            self.judge(address)
        elif addresses.is_canonical_ipv4(host):
            self.judge(IPv4Address(host))
        elif addresses.ends_in_number(host):
            spelled = addresses.read_ipv4_spelling(host)
            if spelled is not None:
                self.judge(spelled)
            raise AddressRefusedError(
                "The host is a number, but not an address in its plain form.",
                "Write an address as four decimal numbers, such as 10.0.0.7, or use a name.",
            )

    def resolve(
        self, host: str, port: int, *, timeout_s: float, exempt: bool = False
    ) -> JudgedAddresses:
        """Return the addresses of the host, IPv4 and IPv6, every one of them judged.

        One refused answer refuses the host. `exempt` is for the built-in server, which is let in by
        its kind. Raises AddressRefusedError, or UnreachableError with code `dns_failed`.
        """
        if not exempt:
            self.judge_literal(host)
        return self.resolve_judged_text(host, port, timeout_s=timeout_s, exempt=exempt)

    def resolve_judged_text(
        self, host: str, port: int, *, timeout_s: float, exempt: bool = False
    ) -> JudgedAddresses:
        """Do as `resolve` for a host that `judge_literal` let in already.

        An address that is the host itself is judged here again, as any answer: were the text not
        judged, an address spelled in an unusual way would lack its own words, and no more.
        """
        bare = host.removeprefix("[").removesuffix("]")
        literal = (bare,) if addresses.is_literal(bare) else None
        found = literal or self._look_up(host, port, timeout_s)
        if exempt:
            return JudgedAddresses(found, plain_text=True)
        for each in found:
            if "%" in each:
                raise self._refusal("link-local")
            self.judge(_address(each))
        return JudgedAddresses(found, plain_text=self.lets_plain_text_pass(found))

    def lets_plain_text_pass(self, resolved: Iterable[str]) -> bool:
        """Return whether a connection to these judged addresses may go without TLS.

        Only where all of them are this machine's or a private network's, and never under `public`.
        """
        return self.mode != "public" and addresses.are_near(resolved)

    def _refusal(self, kind: Kind, *, denied: bool = False) -> AddressRefusedError:
        where = _KIND_WORDS[kind]
        detail, remedy = explain(
            "blocked_address", target=None, provider=None, kind=kind, where=where
        )
        rule = "never" if kind in addresses.NEVER else "denied" if denied else self.mode
        return AddressRefusedError(
            detail,
            remedy,
            where=where,
            operator=setting_words(rule, is_loopback=kind == "loopback"),
        )

    def _welcomes(self, kind: Kind) -> bool:
        if kind == "loopback":
            return self._loopback
        if self.mode == "public":
            return kind == "global"
        return kind in ("global", "private", "reserved")

    def _look_up(self, host: str, port: int, timeout_s: float) -> tuple[str, ...]:
        until = time.monotonic() + timeout_s
        if not self._slots.acquire(timeout=max(timeout_s, 0.0)):
            raise _dns_failure(host, "busy")
        answers: queue.SimpleQueue[tuple[str, ...] | None] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                answers.put(_getaddrinfo(host, port))
            finally:
                self._slots.release()

        try:
            threading.Thread(target=look_up, name="provision-dns", daemon=True).start()
        except RuntimeError:
            self._slots.release()
            raise _dns_failure(host, "busy") from None
        left = until - time.monotonic()
        try:
            if left <= 0.0:
                # Over is over, also where the answer came in the same moment.
                raise queue.Empty
            found = answers.get(timeout=left)
        except queue.Empty:
            raise _dns_failure(host, "timeout") from None
        if not found:
            raise _dns_failure(host, "unknown")
        return found


def _getaddrinfo(host: str, port: int) -> tuple[str, ...] | None:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        return None
    return tuple(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in answers))


def _address(text: str) -> Address:
    return IPv6Address(text) if ":" in text else IPv4Address(text)


def _in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == each.version and address in each for each in networks)


def _dns_failure(host: str, why: Literal["unknown", "timeout", "busy"]) -> UnreachableError:
    detail, remedy = explain(
        "dns_failed", target=None, provider=recognise(host), host=host, why=why
    )
    return UnreachableError(
        "dns_failed", detail, remedy, retry_after_s=None if why == "unknown" else 5
    )
