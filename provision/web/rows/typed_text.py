"""Convert days and sums as people type them into the form that a noun's fields read.

`4 Dec 2026`, `4.12.2026` and `1.234,50` are understood. If a text could be two days or two sums and
the person's formats do not decide, the form asks which one is meant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provision.errors import ValidationError
from provision.nouns import amount_text, day_text
from provision.nouns.day_text import Written
from provision.nouns.fields import Day, Money

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from provision.control.accounts.formats import Formats
    from provision.nouns.noun import Noun


@dataclass(frozen=True, slots=True)
class Typed:
    """A form with days and sums converted; `doubts` are messages on ambiguous ones, by column."""

    sent: Mapping[str, str]
    doubts: Mapping[str, list[str]] = field(default_factory=dict)

    def read(
        self,
        noun: Noun,
        *,
        creating: bool,
        stored: Callable[[], Mapping[str, object]] | None = None,
    ) -> dict[str, Any]:
        """Return the values to store. Raises ValidationError with all that is wrong."""
        try:
            values = noun.read(self.sent, creating=creating, stored=stored)
        except ValidationError as error:
            raise ValidationError({**error.errors, **self.doubts}) from None
        if self.doubts:
            raise ValidationError(dict(self.doubts))
        return values


def understood(noun: Noun, sent: Mapping[str, str], formats: Formats) -> Typed:
    """Return the form with days and sums converted; other text stays as it was typed."""
    plain, doubts = dict(sent), {}
    for each in noun.fields:
        text = sent.get(each.column, "").strip()
        if not text:
            continue
        if isinstance(each, Day):
            found, doubt = _day(text, formats)
        elif isinstance(each, Money):
            found, doubt = _sum(text, formats)
        else:
            continue
        plain[each.column] = found
        if doubt:
            doubts[each.column] = [doubt]
    return Typed(plain, doubts)


def _day(text: str, formats: Formats) -> tuple[str, str]:
    """Return the day as it is stored, and the question if there are two readings."""
    # Day first is the default, so it does not show that the person chose it.
    order: day_text.DayOrder = "month" if formats.date_format == "month_day" else ""
    found = day_text.read(text, order)
    if isinstance(found, Written):
        return found.day.isoformat(), ""
    if found == "order" and (both := day_text.both_readings(text)):
        first, second = both
        words = f"{day_text.in_words(first)} or {day_text.in_words(second)}"
        return "", f"{text} is {words}. Write {first} or {second}."
    return text, ""


def _sum(text: str, formats: Formats) -> tuple[str, str]:
    """Return the sum as it is stored, and the question if there are two readings."""
    found = amount_text.read(text)
    if found == "number":
        return text, ""
    if found != "mark":
        return found, ""
    grouping = {"comma_point": ",", "point_comma": "."}.get(formats.number_format)
    if grouping is not None and grouping in text:
        # As pages write thousands for this person.
        return amount_text.read(text, "," if grouping == "." else "."), ""
    whole = amount_text.read(text, "," if "." in text else ".")
    parted = amount_text.read(text, "." if "." in text else ",")
    return (
        "",
        f"{text} is {int(whole):,} or {float(parted):g}. Write {whole} or {float(parted):.2f}.",
    )
