"""Draw tasks as cards and as lines of the list; rows that were drawn before are not drawn again."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any, Literal

from flask import current_app
from markupsafe import Markup

from provision.web.answer.drawn_rows import DrawnRow
from provision.web.answer.urls import address_of
from provision.web.format.viewer import formats
from provision.web.request import session
from provision.web.request.services import services
from provision.web.tasks.cards import card, group_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from provision.tenant.connection.decoding import Texts
    from provision.tenant.queries.rows import TaskCard
    from provision.web.format.dates import Due

_TEMPLATE = "tasks/_cards.html"


class Drawings(dict[Any, Markup]):
    """The HTML that a macro draws of each value. It is drawn at the first look-up and kept."""

    def __init__(self, draw: Callable[[Any], Markup]) -> None:
        self._draw = draw

    def __missing__(self, thing: Any) -> Markup:
        self[thing] = drawing = self._draw(thing)
        return drawing


@dataclass(frozen=True, slots=True)
class Drawn:
    """The parts of cards. In one answer, each is drawn once for each value."""

    avatar: Drawings
    due: Drawings
    icon: Drawings
    priority: Drawings
    status: Drawings


def drawn() -> Drawn:
    """Return the empty store for the card parts of one answer."""
    ui: Any = current_app.jinja_env.globals["ui"]

    def due(day: Due) -> Markup:
        drawing: Markup = ui.due(day.iso, day.text, day.days_late, day.is_today)
        return drawing

    def status(name: str | None) -> Markup:
        drawing: Markup = ui.status("task", name)
        return drawing

    return Drawn(
        avatar=Drawings(ui.avatar),
        due=Drawings(due),
        icon=Drawings(ui.icon),
        priority=Drawings(ui.priority),
        status=Drawings(status),
    )


def board_cards(rows: Texts[TaskCard], today: date) -> list[DrawnRow]:
    """Return each row as a card; its place is its status."""
    return _take("card", rows, today)


def list_lines(rows: Texts[TaskCard], today: date) -> list[DrawnRow]:
    """Return each row as a line of the list; its place is its group by due date."""
    return _take("line", rows, today)


def _take(shape: Literal["card", "line"], rows: Texts[TaskCard], today: date) -> list[DrawnRow]:
    base, parts = address_of("tasks.list"), drawn()
    connection = session.connection_or_none()
    owner_id = connection.owner_id if connection else ""

    def draw(text: bytes) -> DrawnRow:
        macros: Any = current_app.jinja_env.get_template(_TEMPLATE).module
        shown = card(rows.read(text), today)
        if shape == "card":
            return DrawnRow(shown.status, macros.cards([shown], base, parts))
        return DrawnRow(group_of(shown, today), macros.line(shown, base, parts))

    # All that `draw` reads: the base also says below which path icons are found.
    manner = (owner_id, shape, base, today, *astuple(formats()))
    return services().drawn_rows.take(manner, rows.texts, draw)
