from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from provision.control import audit, connections
from provision.control.connections import NewConnection
from provision.control.store.tables import connections as table
from provision.control.store.tables import sealed
from provision.control.workspaces import memberships
from provision.errors import (
    ConnectionNotFoundError,
    ConnectionUnreadableError,
    ValidationError,
)
from tests.control.conftest import CLIENT

if TYPE_CHECKING:
    from provision.control.accounts.users import Person
    from provision.control.connections import SavedConnection
    from provision.control.secrets.sealed import SealedSecrets
    from provision.control.store.store import ControlStore
    from tests.control.conftest import Clock

SECRET = '{"password": "hunter2"}'
NEW = NewConnection(
    name="Work",
    kind="pasted",
    host="db.example.org",
    port=5432,
    database="work",
    username="alice",
    provider="Neon",
    tls="verified",
    owner_id="11111111-1111-4111-8111-111111111111",
    server_version="18.1",
)


def _count(store: ControlStore, of: Any) -> int:
    with store.reading() as conn:
        return conn.execute(select(func.count()).select_from(of)).scalar_one()


def _another(**changes: Any) -> NewConnection:
    return replace(NEW, owner_id=str(uuid4()), **changes)


def test_saves_what_is_shown_in_columns_and_the_string_only_sealed(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    saved = connections.save(
        store, secrets, user_id=alice.id, new=NEW, secret=SECRET, client=CLIENT
    )
    assert (saved.name, saved.host, saved.port, saved.owner_id) == (
        "Work",
        "db.example.org",
        5432,
        NEW.owner_id,
    )
    assert (saved.schema_version, saved.verified_at) == (None, store.now())
    assert connections.active(store, alice.id) == saved
    assert connections.open_secret(store, secrets, saved.id) == SECRET
    with store.reading() as conn:
        everything = repr([conn.execute(select(each)).all() for each in (table, sealed)])
    assert "hunter2" not in everything + repr(saved) + repr(audit.listing(store))


def test_replaces_the_one_before_with_all_that_belongs_to_it(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    sealed_before = _count(store, sealed)
    old = connections.save(store, secrets, user_id=alice.id, new=NEW, secret="old", client=CLIENT)
    new = connections.save(
        store,
        secrets,
        user_id=alice.id,
        new=replace(NEW, host="new.example.org"),
        secret="new",
        client=CLIENT,
        instead_of=old.id,
    )
    assert connections.active(store, alice.id) == new
    assert connections.open_secret(store, secrets, new.id) == "new"
    with pytest.raises(ConnectionNotFoundError):
        connections.open_secret(store, secrets, old.id)
    assert _count(store, table) == 1
    assert _count(store, sealed) == sealed_before + 1
    assert [each.detail["replaced"] for each in audit.listing(store)[:2]] == [old.id, None]


def test_one_person_connects_several_and_each_is_replaced_for_itself(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    def save(new: NewConnection, secret: str, **options: Any) -> SavedConnection:
        return connections.save(
            store, secrets, user_id=alice.id, new=new, secret=secret, client=CLIENT, **options
        )

    first = save(NEW, "first")
    second = save(_another(), "second", adding=True)
    with pytest.raises(ValidationError):
        save(NEW, "again", adding=True)
    moved = save(replace(_another(), owner_id=second.owner_id), "moved", instead_of=second.id)
    # Saved within one second, so in any order.
    assert {each.id for each in connections.listing(store, alice.id)} == {first.id, moved.id}
    assert connections.open_secret(store, secrets, first.id) == "first"
    with pytest.raises(ConnectionNotFoundError):
        connections.open_secret(store, secrets, second.id)
    entered = memberships.listing(store, user_id=alice.id)
    assert [(each.id, each.role, each.members) for each in entered] == [
        (second.owner_id, "owner", 1),
        (NEW.owner_id, "owner", 1),
    ]
    # As of two wizards at once: the later one takes nothing away.
    with pytest.raises(ValidationError):
        save(_another(), "meanwhile")
    with pytest.raises(ValidationError):
        save(_another(), "meanwhile", instead_of=second.id)
    connections.forget(store, user_id=alice.id, connection_id=first.id, client=CLIENT)
    assert [each.id for each in memberships.listing(store, user_id=alice.id)] == [second.owner_id]


def test_a_string_is_sealed_anew_only_in_place_of_the_one_that_was_read(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    saved = connections.save(store, secrets, user_id=alice.id, new=NEW, secret="old", client=CLIENT)
    before = _count(store, sealed)

    def replace_old(after: str) -> str:
        connections.replace_secret(store, secrets, saved.id, before="old", after=after)
        return connections.open_secret(store, secrets, saved.id)

    assert replace_old("new") == "new"
    assert replace_old("newer") == "new"
    assert _count(store, sealed) == before
    connections.replace_secret(store, secrets, str(uuid4()), before="old", after="lost")


def test_forgets_a_connection_and_its_string(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    sealed_before = _count(store, sealed)
    saved = connections.save(
        store, secrets, user_id=alice.id, new=NEW, secret=SECRET, client=CLIENT
    )
    connections.forget(store, user_id=alice.id, connection_id=saved.id, client=CLIENT)
    assert connections.active(store, alice.id) is None
    assert _count(store, sealed) == sealed_before
    assert audit.listing(store)[0].event == "connection_forgotten"
    with pytest.raises(ConnectionNotFoundError):
        connections.forget(store, user_id=alice.id, connection_id=saved.id, client=CLIENT)


def test_tells_which_connections_are_none_any_more(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    old = connections.save(
        store, secrets, user_id=alice.id, new=NEW, secret="old", client=CLIENT
    ).id
    new = connections.save(
        store, secrets, user_id=alice.id, new=NEW, secret="new", client=CLIENT, instead_of=old
    ).id
    assert connections.forgotten(store, [new, old, "never"] * 400) == {old, "never"}
    assert connections.forgotten(store, []) == set()


def test_nobody_forgets_the_connection_of_another(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person
) -> None:
    saved = connections.save(
        store, secrets, user_id=alice.id, new=NEW, secret=SECRET, client=CLIENT
    )
    with pytest.raises(ConnectionNotFoundError):
        connections.forget(store, user_id=bob.id, connection_id=saved.id, client=CLIENT)
    assert connections.active(store, alice.id) == saved
    assert connections.active(store, bob.id) is None


@pytest.mark.parametrize(
    "connection_id", ["", "\0", "\ud800", "0b5c7f3e-1111-4222-8333-444455556666"]
)
def test_an_unknown_connection_is_not_found(
    store: ControlStore, alice: Person, connection_id: str
) -> None:
    with pytest.raises(ConnectionNotFoundError):
        connections.forget(store, user_id=alice.id, connection_id=connection_id, client=CLIENT)


def test_remembers_that_the_tables_are_ready_and_that_they_are_not(
    store: ControlStore, secrets: SealedSecrets, clock: Clock, alice: Person
) -> None:
    saved = connections.save(
        store, secrets, user_id=alice.id, new=NEW, secret=SECRET, client=CLIENT
    )
    clock.pass_s(60)
    connections.mark_verified(store, saved.id, schema_version=2)
    ready = replace(saved, schema_version=2, verified_at=store.now())
    assert connections.active(store, alice.id) == ready
    connections.mark_verified(store, saved.id, schema_version=2, server_version="18.2")
    assert connections.active(store, alice.id) == replace(ready, server_version="18.2")
    clock.pass_s(60)
    connections.mark_unready(store, saved.id)
    unready = replace(ready, server_version="18.2", schema_version=None)
    assert connections.active(store, alice.id) == unready
    with pytest.raises(ConnectionNotFoundError):
        connections.mark_unready(store, str(uuid4()))
    with pytest.raises(ConnectionNotFoundError):
        connections.mark_verified(store, str(uuid4()), schema_version=2)


def test_a_workspace_held_by_another_account_is_known_and_not_given_away(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person
) -> None:
    saved = connections.save(
        store, secrets, user_id=alice.id, new=NEW, secret=SECRET, client=CLIENT
    )
    asked = [NEW.owner_id, *(str(uuid4()) for _ in range(1200))]
    assert connections.held_by_others(store, asked, user_id=bob.id) == {NEW.owner_id}
    assert connections.held_by_others(store, asked, user_id=alice.id) == set()
    assert connections.held_by_others(store, [], user_id=bob.id) == set()
    with pytest.raises(ValidationError) as caught:
        connections.save(store, secrets, user_id=bob.id, new=NEW, secret="b", client=CLIENT)
    assert set(caught.value.errors) == {"workspace"}
    assert connections.active(store, bob.id) is None
    connections.save(
        *(store, secrets),
        user_id=alice.id,
        new=NEW,
        secret=SECRET,
        client=CLIENT,
        instead_of=saved.id,
    )


def test_a_connection_given_to_another_account_in_the_file_cannot_be_opened(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person
) -> None:
    saved = connections.save(
        store, secrets, user_id=alice.id, new=NEW, secret=SECRET, client=CLIENT
    )
    with store.writing() as conn:
        conn.execute(update(table).values(user_id=bob.id))
    with pytest.raises(ConnectionUnreadableError):
        connections.open_secret(store, secrets, saved.id)


def test_a_connection_led_to_another_workspace_in_the_file_cannot_be_opened(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    saved = connections.save(
        store, secrets, user_id=alice.id, new=NEW, secret=SECRET, client=CLIENT
    )
    elsewhere = str(uuid4())
    with store.writing() as conn:
        conn.execute(update(table).values(owner_id=elsewhere))
    with pytest.raises(ConnectionUnreadableError):
        connections.open_secret(store, secrets, saved.id)
    changed = connections.active(store, alice.id)
    assert changed is not None
    assert connections.name_of(changed) != connections.name_of(saved)
    with store.writing() as conn:
        conn.execute(update(table).values(owner_id=saved.owner_id))
    # Nor is one opened under the name that it had for a moment.
    with pytest.raises(ConnectionNotFoundError):
        connections.open_secret(store, secrets, saved.id, name=connections.name_of(changed))
    name = connections.name_of(saved)
    assert connections.open_secret(store, secrets, saved.id, name=name) == SECRET


def test_what_was_sealed_without_its_workspace_is_sealed_again_once(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person
) -> None:
    saved = connections.save(
        store, secrets, user_id=alice.id, new=NEW, secret=SECRET, client=CLIENT
    )
    broken = connections.save(
        store, secrets, user_id=bob.id, new=_another(), secret="b", client=CLIENT
    )
    with store.writing() as conn:
        for each, text in ((saved, SECRET), (broken, "b")):
            earlier = f"{each.user_id}/{each.id}"
            sealed_id = secrets.put(
                conn, purpose=connections.PURPOSE, owner=earlier, plaintext=text
            )
            where = table.c.id == each.id
            conn.execute(update(table).where(where).values(sealed_id=sealed_id))
        conn.execute(update(sealed).where(sealed.c.id == sealed_id).values(value=b"\x01cut"))
    for _ in range(2):
        connections.bind_workspaces(secrets)
        assert connections.open_secret(store, secrets, saved.id) == SECRET
        with pytest.raises(ConnectionUnreadableError):
            connections.open_secret(store, secrets, broken.id)
    # What is bound already cannot be passed off as what is not.
    with store.writing() as conn:
        conn.execute(update(sealed).values(owner=f"{saved.user_id}/{saved.id}"))
        conn.execute(update(table).where(table.c.id == saved.id).values(owner_id=str(uuid4())))
    connections.bind_workspaces(secrets)
    with pytest.raises(ConnectionUnreadableError):
        connections.open_secret(store, secrets, saved.id)


def test_strings_swapped_between_connections_cannot_be_opened(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person
) -> None:
    first = connections.save(store, secrets, user_id=alice.id, new=NEW, secret="a", client=CLIENT)
    second = connections.save(
        store, secrets, user_id=bob.id, new=_another(), secret="b", client=CLIENT
    )
    with store.writing() as conn:
        ids = {row.id: row.sealed_id for row in conn.execute(select(table))}
        for here, there in ((first, second), (second, first)):
            conn.execute(update(table).where(table.c.id == here.id).values(sealed_id=ids[there.id]))
    for each in (first, second):
        with pytest.raises(ConnectionUnreadableError):
            connections.open_secret(store, secrets, each.id)


def test_a_broken_string_costs_nobody_else_anything_and_can_be_pasted_again(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person
) -> None:
    broken = connections.save(
        store, secrets, user_id=alice.id, new=NEW, secret=SECRET, client=CLIENT
    )
    whole = connections.save(
        store, secrets, user_id=bob.id, new=_another(), secret="b", client=CLIENT
    )
    with store.writing() as conn:
        sealed_id = conn.execute(
            select(table.c.sealed_id).where(table.c.id == broken.id)
        ).scalar_one()
        conn.execute(update(sealed).where(sealed.c.id == sealed_id).values(value=b"\x01cut"))
    with pytest.raises(ConnectionUnreadableError) as caught:
        connections.open_secret(store, secrets, broken.id)
    assert "Paste your connection string again" in str(caught.value)
    assert connections.active(store, alice.id) == broken
    assert connections.open_secret(store, secrets, whole.id) == "b"
    again = connections.save(
        *(store, secrets),
        user_id=alice.id,
        new=NEW,
        secret=SECRET,
        client=CLIENT,
        instead_of=broken.id,
    )
    assert connections.open_secret(store, secrets, again.id) == SECRET


def test_foreign_text_of_any_length_can_be_kept(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    new = _another(host="h" * 5000, database="d" * 5000, server_version="v" * 5000, name="n" * 5000)
    saved = connections.save(
        store, secrets, user_id=alice.id, new=new, secret="s" * 100_000, client=CLIENT
    )
    assert connections.active(store, alice.id) == saved
