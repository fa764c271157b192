"""What templates write values with: filters, and the labels of choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provision.nouns.days import parse_day
from provision.nouns.projects import PROJECT
from provision.nouns.tasks import TASK
from provision.nouns.team import TEAM_MEMBER
from provision.web.format.dates import late_words, long_day, moment, short_day
from provision.web.format.markdown import prose
from provision.web.format.money import money
from provision.web.format.names import hue, isolated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment


_CHOICES: Final = {
    "task": (TASK, "status"),
    "project": (PROJECT, "status"),
    "team": (TEAM_MEMBER, "status"),
    "priority": (TASK, "priority"),
}


def install(env: Environment) -> None:
    """Add the filters to `env`."""
    env.filters.update(
        date_input_type=date_input_type,
        day=short_day,
        hue=hue,
        isolated=isolated,
        late_words=late_words,
        long_day=long_day,
        moment=moment,
        money=money,
        prose=prose,
    )


def date_input_type(text: str) -> str:
    """Return `date`, or `text` for a value that a date field would silently drop."""
    return "date" if not text or parse_day(text) else "text"


def labels(choice: str) -> Mapping[str, str]:
    """Return the labels of a noun's statuses, or of `priority`, as the noun declares them."""
    noun, column = _CHOICES[choice]
    return noun.labels(column)
