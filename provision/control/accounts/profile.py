"""What a person says about themselves: their name, and how they want things written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from provision.control.accounts import formats
from provision.control.accounts.naming import name_problems, normalized_name
from provision.control.accounts.users import PERSON_COLUMNS, person_from
from provision.control.store.tables import users
from provision.errors import NotFoundError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.control.accounts.users import Person
    from provision.control.store.store import ControlStore


def change(store: ControlStore, user_id: str, values: Mapping[str, str]) -> Person:
    """Write the fields given, all of them or none: `name`, and those of Formats.

    Returns the person as they are then. Raises ValidationError, or NotFoundError.
    """
    written = dict(values)
    errors = formats.problems({name: text for name, text in values.items() if name != "name"})
    if "name" in written:
        written["name"] = normalized_name(written["name"])
        if problems := name_problems(written["name"]):
            errors["name"] = problems
    if errors:
        raise ValidationError(errors)
    of_person = users.c.id == user_id
    with store.writing() as conn:
        if written:
            conn.execute(update(users).where(of_person).values(written))
        row = conn.execute(select(*PERSON_COLUMNS).where(of_person)).first()
    if row is None:
        raise NotFoundError
    return person_from(row)
