"""How the person asking wants days, times and amounts written; strangers get the server's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import g, has_app_context

from provision.control.accounts.formats import Formats

if TYPE_CHECKING:
    from provision.control.accounts.users import Person

_OF_THE_SERVER: Final = Formats()


def write_for(person: Person | None) -> None:
    """Use the formats of `person` for the rest of this request; None is a stranger."""
    g.formats = person.formats if person else _OF_THE_SERVER


def formats() -> Formats:
    """Return the formats of the person asking."""
    found: Formats = g.get("formats", _OF_THE_SERVER) if has_app_context() else _OF_THE_SERVER
    return found
