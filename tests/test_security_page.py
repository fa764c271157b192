"""What docs/security.md names is there, and its numbers are the program's."""

from __future__ import annotations

import re
from pathlib import Path

from provision.control import audit
from provision.control.accounts import tokens
from provision.control.sign_in import half_sign_ins, sessions
from provision.tenant.connection import driver, result_room

_ROOT = Path(__file__).parent.parent
_TEXT = " ".join((_ROOT / "docs" / "security.md").read_text(encoding="utf-8").split())


def test_every_file_it_names_is_there() -> None:
    names = set(re.findall(r"`((?:\w+/)*\w+\.py)`", _TEXT))
    assert len(names) > 25
    missing = [
        name
        for name in names
        if not any((_ROOT / top / name).is_file() for top in ("", "provision"))
    ]
    assert missing == []


def test_its_numbers_are_those_of_the_program() -> None:
    assert f"{sessions.MOST} sessions, {tokens.MOST} tokens" in _TEXT
    assert f"{half_sign_ins.MOST} half-finished sign-ins a person" in _TEXT
    assert f"{audit.MOST_OF_A_PERSON:,} events of each kind" in _TEXT
    assert f"cut at {audit.MAX_CLIENT_CHARACTERS} characters" in _TEXT
    assert half_sign_ins.MOST_FAILURES == 10
    assert half_sign_ins.LIFE_S == 300
    assert "five minutes and ten wrong codes" in _TEXT
    assert f"Answers over {result_room.FREE_BYTES // 1024} KiB wait" in _TEXT
    assert f"a log-in {driver.MOST_OF_A_LOG_IN // 1024} KiB" in _TEXT
    assert driver.MESSAGE_SHARE == 4
    assert "one message a quarter of it" in _TEXT
