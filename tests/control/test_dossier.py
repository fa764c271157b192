from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from sqlalchemy import func, select

from provision.control import audit, connections, dossier, import_words
from provision.control.accounts import tokens
from provision.control.audit import Client
from provision.control.second_factor import enrolment
from provision.control.sign_in import sessions
from provision.control.store.tables import metadata, sealed
from provision.errors import NotFoundError
from tests.control.conftest import CLIENT
from tests.control.test_connections import NEW, _another

if TYPE_CHECKING:
    from provision.control.accounts.users import Person
    from provision.control.secrets.sealed import SealedSecrets
    from provision.control.store.store import ControlStore


def _rows_of(store: ControlStore, user_id: str) -> dict[str, int]:
    """How many rows each table has of this person."""
    counted = {}
    with store.reading() as conn:
        for table in metadata.sorted_tables:
            column = table.c.get("id" if table.name == "users" else "user_id")
            if column is not None:
                query = select(func.count()).select_from(table).where(column == user_id)
                counted[table.name] = conn.execute(query).scalar_one()
    return counted


def _live(store: ControlStore, secrets: SealedSecrets, person: Person, new: Any) -> None:
    """Leave a trace in as many tables as there are."""
    connections.save(store, secrets, user_id=person.id, new=new, secret="x", client=CLIENT)
    sessions.start(
        store, user_id=person.id, absolute_s=60, idle_s=60, client=Client("192.0.2.1", "B")
    )
    tokens.create(
        store, user_id=person.id, name="t", read_only=True, expires_at=None, client=CLIENT
    )
    enrolment.begin(store, secrets, person.id)
    import_words.remember(store, person.id, {("tasks", "status", "parked"): "todo"})


def test_everything_goes_but_what_happened_and_when(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person
) -> None:
    _live(store, secrets, alice, NEW)
    _live(store, secrets, bob, _another())
    bobs = _rows_of(store, bob.id)
    dossier.erase(store, alice.id)
    left = _rows_of(store, alice.id)
    events = left.pop("audit_events")
    assert (set(left.values()), events) == ({0}, 5)
    assert _rows_of(store, bob.id) == bobs
    with store.reading() as conn:
        owners = set(conn.execute(select(sealed.c.owner)).scalars())
    assert not any(alice.id in owner for owner in owners)
    told = audit.listing(store, user_id=alice.id)
    assert told[0].event == "account_deleted"
    assert {(each.address, each.agent, str(each.detail)) for each in told} == {("", "", "{}")}
    with pytest.raises(NotFoundError):
        dossier.erase(store, alice.id)


def test_a_string_tested_meanwhile_is_not_kept_for_nobody(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    dossier.erase(store, alice.id)
    with store.reading() as conn:
        before = conn.execute(select(func.count()).select_from(sealed)).scalar_one()
    with pytest.raises(NotFoundError):
        connections.save(store, secrets, user_id=alice.id, new=NEW, secret="x", client=CLIENT)
    with store.reading() as conn:
        assert conn.execute(select(func.count()).select_from(sealed)).scalar_one() == before


def test_a_second_factor_in_force_goes_too(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    secret = enrolment.begin(store, secrets, alice.id)
    assert secret is not None
    enrolment.turn_on(store, secrets, alice.id, pyotp.TOTP(secret).at(store.now()), client=CLIENT)
    dossier.erase(store, alice.id)
    with store.reading() as conn:
        purposes = set(conn.execute(select(sealed.c.purpose)).scalars())
    assert purposes == {"key check"}


def test_what_is_gathered_is_of_one_person_and_told(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person
) -> None:
    _live(store, secrets, alice, NEW)
    _live(store, secrets, bob, _another())
    found = dossier.gather(store, alice.id, client=Client("192.0.2.9", ""))
    assert found.account["email"] == alice.email
    assert (len(found.sessions), len(found.tokens)) == (1, 1)
    assert [each.connection for each in found.workspaces] == connections.listing(store, alice.id)
    assert {each.user_id for each in found.events} == {alice.id}
    assert (found.events[0].event, found.events[0].address) == ("data_exported", "192.0.2.9")
    assert "password_hash" not in found.account
