from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from provision.control.accounts import formats, profile, users
from provision.control.accounts.formats import Formats
from provision.errors import NotFoundError, ValidationError

if TYPE_CHECKING:
    from provision.control.accounts.users import Person
    from provision.control.store.store import ControlStore

NOBODY = "00000000-0000-4000-8000-000000000000"


def _formats(store: ControlStore, person: Person) -> Formats:
    found = users.by_id(store, person.id)
    assert found is not None
    return found.formats


def test_what_is_changed_is_kept_and_the_rest_stays(store: ControlStore, alice: Person) -> None:
    assert _formats(store, alice) == Formats()
    profile.change(store, alice.id, {"time_zone": "Asia/Kathmandu", "week_start": "sunday"})
    profile.change(store, alice.id, {"number_format": "point_comma"})
    assert _formats(store, alice) == Formats(
        "Asia/Kathmandu", "sunday", number_format="point_comma"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "Europe/Berlin\0"),
        ("time_zone", "Europe"),
        ("time_zone", "x" * 300),
        ("week_start", "Monday"),
        ("date_format", ""),
        ("number_format", "1,000"),
    ],
)
def test_what_is_no_format_is_refused_by_name(
    store: ControlStore, alice: Person, name: str, value: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        profile.change(store, alice.id, {"week_start": "sunday", name: value})
    assert list(caught.value.errors) == [name]
    assert _formats(store, alice) == Formats()


def test_nobody_has_no_formats(store: ControlStore) -> None:
    with pytest.raises(NotFoundError):
        profile.change(store, NOBODY, {"week_start": "sunday"})


def test_a_guess_never_replaces_a_choice(store: ControlStore, alice: Person) -> None:
    formats.guess_time_zone(store, alice.id, "No/Where")
    assert _formats(store, alice).time_zone is None
    formats.guess_time_zone(store, alice.id, "Pacific/Auckland")
    formats.guess_time_zone(store, alice.id, "Europe/Berlin")
    assert _formats(store, alice).time_zone == "Pacific/Auckland"


def test_a_zone_that_is_no_longer_known_reads_as_the_server_s() -> None:
    assert Formats("Mars/Olympus").zone == formats.server_zone()


def test_every_zone_to_choose_from_is_one() -> None:
    names = formats.time_zones()
    assert {"UTC", "Pacific/Auckland", "America/Argentina/Buenos_Aires"} <= set(names)
    for name in names:
        assert datetime(2026, 7, 1, tzinfo=Formats(name).zone).utcoffset() is not None
