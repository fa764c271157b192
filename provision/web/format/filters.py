"""The filters that templates write values with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.nouns.days import parse_day
from provision.web.format.dates import long_day, moment, short_day
from provision.web.format.markdown import prose
from provision.web.format.money import money

if TYPE_CHECKING:
    from jinja2 import Environment


def install(env: Environment) -> None:
    """Add the filters to `env`."""
    env.filters.update(
        date_input_type=date_input_type,
        day=short_day,
        long_day=long_day,
        moment=moment,
        money=money,
        prose=prose,
    )


def date_input_type(text: str) -> str:
    """Return `date`, or `text` for a value that a date field would silently drop."""
    return "date" if not text or parse_day(text) else "text"
