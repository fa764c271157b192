"""What docs/asvs.md counts and names is so."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_TEXT = (_ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
_LINES = [line.split(" | ") for line in _TEXT.splitlines() if re.match(r"\| \d", line)]


def test_the_count_at_the_top_is_that_of_the_lines() -> None:
    counted = Counter(cells[3].strip(" *") for cells in _LINES)
    assert set(counted) == {"met", "partly", "not met", "n/a"}
    told = re.search(r"(\d+) are met, (\d+) partly, (\d+) are not, and (\d+) do not apply", _TEXT)
    assert told is not None
    assert [int(number) for number in told.groups()] == [
        counted[state] for state in ("met", "partly", "not met", "n/a")
    ]


def test_every_file_it_names_is_there() -> None:
    names = re.findall(r"`((?:[\w*]+/)*[\w*]+\.(?:py|html|js|json))`", _TEXT)
    assert len(names) > 60
    for name in set(names):
        places = [_ROOT / name, _ROOT / "provision" / name, _ROOT / "tests" / "web" / name]
        assert any(list(each.parent.glob(each.name)) for each in places), name


def test_every_line_says_by_what() -> None:
    assert [cells[0] for cells in _LINES if len(cells) != 5 or not cells[4].strip(" |")] == []
