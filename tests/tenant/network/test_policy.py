from __future__ import annotations

import threading
import time
from ipaddress import ip_address, ip_network

import pytest

from provision.errors import AddressRefusedError, UnreachableError
from provision.loopback import is_localhost
from provision.tenant.host.addresses import looks_internal
from provision.tenant.network.policy import JudgedAddresses, NetworkPolicy
from tests.patience import LONG_S

INTRANET = NetworkPolicy("intranet", loopback=False)
PUBLIC = NetworkPolicy("public", loopback=True)

NEVER = (
    "0.0.0.0", "0.1.2.3", "169.254.0.1", "169.254.169.254", "100.100.100.200", "168.63.129.16",
    "192.0.0.192", "192.0.0.8", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "fe80::1", "febf::1", "fec0::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254",
    "::ffff:169.254.169.254", "::ffff:0:169.254.169.254", "::169.254.169.254",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::1", "::ffff:0.0.0.0",
    "2001:0:a9fe:a9fe::1", "2001:0:808:808:0:0:5601:5601", "::2",
)  # fmt: skip
LOOPBACK = ("127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
            "2002:7f00:1::", "::7f00:1")  # fmt: skip
PRIVATE = ("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "fd12::1",
           "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::")  # fmt: skip
GLOBAL = ("8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1",
          "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808")  # fmt: skip
RESERVED = ("192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "2001:db8::1",
            "4000::1", "100::1")  # fmt: skip


def _lets_in(policy: NetworkPolicy, address: str) -> bool:
    try:
        policy.judge(ip_address(address))
    except AddressRefusedError:
        return False
    return True


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_let_in(address: str) -> None:
    everything = [ip_network("0.0.0.0/0"), ip_network("::/0")]
    for policy in (INTRANET, PUBLIC, NetworkPolicy("intranet", allow=everything, loopback=True)):
        assert not _lets_in(policy, address)


@pytest.mark.parametrize("address", LOOPBACK)
def test_loopback_is_let_in_by_flag_or_list_only(address: str) -> None:
    listed = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    assert not _lets_in(INTRANET, address)
    assert not _lets_in(PUBLIC, address)
    assert _lets_in(NetworkPolicy("intranet", loopback=True), address)
    assert _lets_in(NetworkPolicy("intranet", allow=listed, loopback=False), address)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_for_the_intranet(address: str) -> None:
    assert _lets_in(INTRANET, address)
    assert not _lets_in(PUBLIC, address)


@pytest.mark.parametrize("address", GLOBAL)
def test_global_addresses_are_for_all(address: str) -> None:
    assert _lets_in(INTRANET, address)
    assert _lets_in(PUBLIC, address)


@pytest.mark.parametrize("address", RESERVED)
def test_reserved_addresses_are_not_public(address: str) -> None:
    assert not _lets_in(PUBLIC, address)


def test_lists_override_the_mode_and_deny_wins() -> None:
    ten = [ip_network("10.0.0.0/8")]
    assert _lets_in(NetworkPolicy("public", allow=ten, loopback=False), "10.0.0.1")
    assert _lets_in(NetworkPolicy("public", allow=ten, loopback=False), "::ffff:10.0.0.1")
    assert not _lets_in(NetworkPolicy("intranet", deny=ten, loopback=False), "10.0.0.1")
    assert not _lets_in(NetworkPolicy("intranet", deny=ten, loopback=False), "::ffff:10.0.0.1")
    assert not _lets_in(NetworkPolicy("intranet", allow=ten, deny=ten, loopback=False), "10.0.0.1")


@pytest.mark.parametrize(
    "host",
    ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "0x7f.1", "127.0.1", "017700000001",
     "0x7F.0.0.1", "①②⑦.⓪.⓪.①", "\uff11\uff12\uff17.0.0.1",
        "127。0。0。1", "::1%1", "[::1%1]", "fe80::1%eth0",
     "010.0.0.1", "10.1", "8.8.8.8.", "08.8.8.8", "1.2.3.4.5", "256.1.1.1", "0x", "1.2.3.0x",
     "134744072", "99999999999", "127.0.0.1."],
)  # fmt: skip
def test_an_address_in_any_other_spelling_is_refused(host: str) -> None:
    for policy in (INTRANET, PUBLIC, NetworkPolicy("intranet", loopback=True)):
        with pytest.raises(AddressRefusedError):
            policy.judge_literal(host)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", "localhost.", "x.localhost", "localhost.localdomain",
     "ip6-localhost", "ip6-loopback", "localhost6"],
)  # fmt: skip
def test_names_of_the_machine_itself_count_as_loopback(host: str) -> None:
    assert is_localhost(host)
    NetworkPolicy("intranet", loopback=True).judge_literal(host)
    for policy in (INTRANET, PUBLIC):
        with pytest.raises(AddressRefusedError, match="localhost"):
            policy.judge_literal(host)


@pytest.mark.parametrize("host", ["db.example.com", "db", "10.example.com", "dead.beef", "1a.b"])
def test_names_are_not_judged_by_their_text(host: str) -> None:
    PUBLIC.judge_literal(host)


@pytest.mark.parametrize(
    ("host", "is_internal"),
    [("db", True), ("nas.local", True), ("x.internal", True), ("10.0.0.1", True), ("::1", True),
     ("localhost", True), ("8.8.8.8", False), ("db.example.com", False), ("2a00::1", False)],
)  # fmt: skip
def test_tells_from_the_text_what_is_surely_internal(host: str, is_internal: bool) -> None:
    assert looks_internal(host) is is_internal


def test_plain_text_passes_on_private_networks_only() -> None:
    assert INTRANET.lets_plain_text_pass(["10.0.0.1", "::ffff:192.168.0.1", "127.0.0.1"])
    assert not INTRANET.lets_plain_text_pass(["10.0.0.1", "8.8.8.8"])
    assert not PUBLIC.lets_plain_text_pass(["10.0.0.1"])


def test_an_address_resolves_to_itself() -> None:
    policy = NetworkPolicy("intranet", loopback=True)
    assert policy.resolve("10.0.0.7", 5432, timeout_s=1).addresses == ("10.0.0.7",)
    assert policy.resolve("::1", 5432, timeout_s=1).addresses == ("::1",)


def test_every_answer_of_a_name_is_judged() -> None:
    with pytest.raises(AddressRefusedError):
        INTRANET.resolve("localhost", 5432, timeout_s=5)
    found = NetworkPolicy("intranet", loopback=True).resolve("localhost", 5432, timeout_s=5)
    assert "127.0.0.1" in found.addresses
    assert found.plain_text


def test_an_address_whose_text_nobody_judged_is_refused_all_the_same() -> None:
    for host in ("169.254.169.254", "2852039166", "localhost"):
        with pytest.raises(AddressRefusedError):
            INTRANET.resolve_judged_text(host, 5432, timeout_s=5)


def test_the_built_in_server_is_exempt() -> None:
    found = PUBLIC.resolve("127.0.0.1", 5432, timeout_s=1, exempt=True)
    assert found == JudgedAddresses(("127.0.0.1",), plain_text=True)


def test_a_name_that_leads_nowhere_is_said_so() -> None:
    with pytest.raises(UnreachableError) as failed:
        PUBLIC.resolve("no-such-host.invalid", 5432, timeout_s=5)
    assert failed.value.code == "dns_failed"
    assert "no-such-host.invalid" in failed.value.detail


def test_looking_up_never_takes_longer_than_its_limit() -> None:
    policy = NetworkPolicy("intranet", loopback=True, lookups=1)
    policy._slots.acquire()
    begun = time.monotonic()
    with pytest.raises(UnreachableError) as failed:
        policy.resolve("localhost", 5432, timeout_s=0.2)
    assert failed.value.code == "dns_failed"
    assert time.monotonic() - begun < LONG_S
    policy._slots.release()
    assert policy.resolve("localhost", 5432, timeout_s=5)


def test_many_at_once_share_the_bounded_threads() -> None:
    policy = NetworkPolicy("intranet", loopback=True, lookups=2)
    found: list[tuple[str, ...]] = []

    def look_up() -> None:
        found.append(policy.resolve("localhost", 5432, timeout_s=10).addresses)

    threads = [threading.Thread(target=look_up) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16


def test_a_policy_must_look_up_at_least_one_name() -> None:
    with pytest.raises(ValueError, match="at least one"):
        NetworkPolicy(loopback=False, lookups=0)


def test_no_list_lets_loopback_in_under_public() -> None:
    everything = (ip_network("127.0.0.0/8"), ip_network("::1/128"), ip_network("0.0.0.0/0"))
    policy = NetworkPolicy("public", allow=everything, loopback=True)
    for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert not _lets_in(policy, address)
    with pytest.raises(AddressRefusedError):
        policy.judge_literal("localhost")
