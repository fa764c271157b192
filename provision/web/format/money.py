"""Amounts of money as pages write them: no currency, the tables hold none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provision.web.format.viewer import formats

if TYPE_CHECKING:
    from decimal import Decimal

_SEPARATORS: Final = {
    "comma_point": str.maketrans({}),
    "point_comma": str.maketrans(",.", ".,"),
    "space_comma": str.maketrans(",.", "\N{NO-BREAK SPACE},"),
    "apostrophe_point": str.maketrans(",", "\N{RIGHT SINGLE QUOTATION MARK}"),
}
# Percentages beyond it say nothing more; other programs may have stored any number.
_MOST_PERCENT: Final = 1000


@dataclass(frozen=True, slots=True)
class Budget:
    """What is spent of a budget; `percent` is None without a budget to measure against."""

    spent: str
    budget: str
    rest: str
    percent: int | None
    is_over: bool


def money(amount: Decimal | None) -> str:
    """Write `27,360` or `27,360.50` with the person's separators; NaN stays as it is."""
    if amount is None:
        return ""
    if not amount.is_finite():
        return str(amount)
    text = f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"
    return text.translate(_SEPARATORS[formats().number_format])


def budget(amount: Decimal | None, spent: Decimal | None) -> Budget:
    """Set spent against budget; None counts as no budget, and as nothing spent."""
    used = spent or 0
    if amount is None:
        return Budget(money(spent) or "0", "", "", None, is_over=False)
    rest = amount - used
    percent = round(100 * used / amount) if amount > 0 else (0 if used <= 0 else _MOST_PERCENT)
    percent = max(0, min(percent, _MOST_PERCENT))
    words = f"{money(-rest)} over" if rest < 0 else f"{money(rest)} left"
    return Budget(money(spent) or "0", money(amount), words, percent, is_over=rest < 0)
