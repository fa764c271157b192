"""Variables of a command line that name each other: the text must not grow without a bound."""

from __future__ import annotations

import string
from itertools import pairwise

from provision.tenant.dsn.parts import MAX_CHARACTERS
from provision.tenant.dsn.reading import parse


def test_variables_that_double_stay_small() -> None:
    names = string.ascii_uppercase
    doubled = " ".join(f"{after}=${before}${before}" for before, after in pairwise(names))
    reading = parse(f"A=xxxxxxxx {doubled} psql -h h -U $Z -d d")
    assert len(reading.target.user) <= 2 * MAX_CHARACTERS
