"""Pastes as consoles, frameworks and people give them."""

from __future__ import annotations

from typing import Any

import pytest

from provision.errors import ConnectionStringError
from provision.tenant.dsn import reading as dsn
from tests.tenant.console_pastes import MORE, NOTED, READ, REFUSED, USUAL

_ALL = [*READ, *MORE]
_PASTED = {name: pasted for name, pasted, _ in READ}


@pytest.mark.parametrize(("name", "pasted", "says"), _ALL, ids=[row[0] for row in _ALL])
def test_is_read_at_the_first_try(name: str, pasted: str, says: dict[str, Any]) -> None:
    target = dsn.parse(pasted).target
    assert {each: getattr(target, each) for each in USUAL} == USUAL | says


@pytest.mark.parametrize(("name", "change"), NOTED)
def test_says_what_was_left_out_or_chosen(name: str, change: str) -> None:
    changes = dsn.parse(_PASTED[name]).changes
    assert any(change in each for each in changes), changes


@pytest.mark.parametrize(
    ("name", "pasted", "code", "piece"), REFUSED, ids=[row[0] for row in REFUSED]
)
def test_says_which_piece_is_in_the_way(name: str, pasted: str, code: str, piece: str) -> None:
    with pytest.raises(ConnectionStringError) as refused:
        dsn.parse(pasted)
    assert refused.value.code == code
    assert piece in f"{refused.value.detail} {refused.value.remedy}"


def test_the_corpus_is_large() -> None:
    assert len(READ) + len(REFUSED) >= 200
    assert len(_PASTED) == len(READ)
