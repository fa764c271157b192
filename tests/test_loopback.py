"""What is loopback is written once; here what counts as it, and that no module says so again."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.loopback import is_loopback, is_this_machine

_PACKAGE = Path(__file__).parent.parent / "provision"
_ANOTHER_RULE = (".is_loopback", 'startswith("127.', '"::1"', 'endswith(".localhost")')


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1"]
)
def test_what_can_be_no_other_machine(host: str) -> None:
    assert is_this_machine(host)


@pytest.mark.parametrize(
    "host", ["", "a.localhost", "localhost.example.org", "128.0.0.1", "::2", "127.0.0.1.nip.io"]
)
def test_what_may_be_another_machine(host: str) -> None:
    assert not is_this_machine(host)
    assert not is_loopback(host)


def test_no_other_module_has_a_rule_of_its_own() -> None:
    # To connect to a server that listens everywhere is the one use of the address as a value.
    allowed = {"loopback.py", "cli/accounts.py"}
    rules = {
        str(path.relative_to(_PACKAGE))
        for path in _PACKAGE.rglob("*.py")
        if any(each in path.read_text() for each in _ANOTHER_RULE)
    }
    assert rules <= allowed
