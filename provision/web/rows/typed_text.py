"""What people type into a form for a day or a sum, as the fields of the noun read it.

`4 Dec 2026`, `4.12.2026` and `1.234,50` are understood. What could be two days or two sums is asked
about, unless the person's own formats say which it is.
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
    """A form with its days and sums made plain; `doubts` are those with two readings, by column."""

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
    """Return the form with plain days and sums; what is neither stays as it was typed."""
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
    """The day as it is stored, and what has to be asked."""
    # Day first is what nobody has to choose, so it says nothing.
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
    """The sum as it is stored, and what has to be asked."""
    found = amount_text.read(text)
    if found == "number":
        return text, ""
    if found != "mark":
        return found, ""
    grouping = "." if formats.number_format == "point_comma" else ","
    if grouping in text:
        # As pages write thousands for this person.
        return amount_text.read(text, "," if grouping == "." else "."), ""
    whole = amount_text.read(text, "," if "." in text else ".")
    parted = amount_text.read(text, "." if "." in text else ",")
    return (
        "",
        f"{text} is {int(whole):,} or {float(parted):g}. Write {whole} or {float(parted):.2f}.",
    )
