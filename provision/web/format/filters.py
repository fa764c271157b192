"""How dates, times and amounts are written on pages: filters for the templates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from provision.web.format.markdown import prose

if TYPE_CHECKING:
    from decimal import Decimal

    from jinja2 import Environment

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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


def today() -> date:
    """The server's own day: people and server share an office, or set TZ."""
    return datetime.now().astimezone().date()


def parse_day(text: str | None) -> date | None:
    """A stored date; None for none and for what is no day of our calendar (infinity, BC)."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def short_day(text: str | None, now: date | None = None) -> str:
    """`Fri 27 Nov` within ten days, `18 Dec` within this year, `4 Jan 2027` beyond.

    What is not a day is shown as it is stored.
    """
    day = parse_day(text)
    if day is None:
        return text or ""
    now = now or today()
    if day == now:
        return "Today"
    name = f"{day.day} {_MONTHS[day.month - 1]}"
    if abs((day - now).days) <= 10:
        return f"{_DAYS[day.weekday()]} {name}"
    return name if day.year == now.year else f"{name} {day.year}"


def long_day(day: date) -> str:
    """`Monday 23 November`."""
    return f"{day:%A} {day.day} {day:%B}"


def moment(text: str | None) -> str:
    """A stored UTC timestamp in the server's time: `14:21` today, else `Fri 20 Nov, 14:21`."""
    try:
        when = datetime.fromisoformat(text or "").replace(tzinfo=UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        return text or ""
    clock = f"{when.hour}:{when.minute:02}"
    if when.date() == today():
        return clock
    return f"{short_day(when.date().isoformat())}, {clock}"


def money(amount: Decimal | None) -> str:
    """`27,360` or `27,360.50`: no currency, the tables hold none."""
    if amount is None:
        return ""
    if not amount.is_finite():
        return str(amount)
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


def date_input_type(text: str) -> str:
    """`date`, or `text` for a value that a date field would silently drop."""
    return "date" if not text or parse_day(text) else "text"
