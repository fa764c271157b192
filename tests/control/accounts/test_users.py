from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

import argon2
import pytest
from sqlalchemy import select, update

from provision.control import audit
from provision.control.accounts import profile
from provision.control.accounts import users as people
from provision.control.audit import Client
from provision.control.sign_in import sessions
from provision.control.store.store import ControlStore
from provision.control.store.tables import users
from provision.credentials.passwords import PasswordHasher
from provision.errors import BadCredentialsError, EmailTakenError, NotFoundError, ValidationError
from tests.control.conftest import CLIENT, PASSWORD

if TYPE_CHECKING:
    from provision.control.accounts.users import Person

NOBODY = "00000000-0000-4000-8000-000000000000"


def _password_hash(store: ControlStore, person: Person) -> str:
    with store.reading() as conn:
        kept = conn.execute(select(users.c.password_hash).where(users.c.id == person.id))
        return str(kept.scalar_one())


def _register_in_process(url: str) -> str:
    store = ControlStore.open(url)
    try:
        people.register(
            store,
            PasswordHasher(),
            email="alice@example.org",
            name="Alice",
            password=PASSWORD,
            client=CLIENT,
        )
    except EmailTakenError:
        return "taken"
    finally:
        store.dispose()
    return "made"


def _start(store: ControlStore, person: Person) -> str:
    return sessions.start(store, user_id=person.id, absolute_s=3600, idle_s=3600, client=CLIENT)


def test_registers_a_person_at_the_first_step(store: ControlStore, hasher: PasswordHasher) -> None:
    person = people.register(
        store,
        hasher,
        email=" Alice@Example.org ",
        name="  Alice ",
        password=PASSWORD,
        client=CLIENT,
    )
    assert (person.email, person.name) == ("alice@example.org", "Alice")
    assert (person.is_enabled, person.two_factor, person.setup_step) == (True, False, "information")
    assert people.by_id(store, person.id) == person
    assert people.by_email(store, "ALICE@example.org") == person
    assert PASSWORD not in _password_hash(store, person)


def test_names_every_field_that_is_wrong(store: ControlStore, hasher: PasswordHasher) -> None:
    with pytest.raises(ValidationError) as caught:
        people.register(store, hasher, email="nonsense", name="", password="short", client=CLIENT)
    assert set(caught.value.errors) == {"email", "name", "password"}
    assert people.listing(store) == []
    assert audit.listing(store) == []


def test_an_address_is_taken_in_every_spelling(
    store: ControlStore, hasher: PasswordHasher, alice: Person
) -> None:
    with pytest.raises(EmailTakenError):
        people.register(
            store, hasher, email="ALICE@EXAMPLE.ORG", name="A", password=PASSWORD, client=CLIENT
        )
    assert people.listing(store) == [alice]


def test_one_of_several_who_register_an_address_at_once_gets_it(
    store: ControlStore, control_url: str
) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        results = pool.map(_register_in_process, [control_url] * 6, chunksize=1)
        pool.close()
        pool.join()
    assert sorted(results) == ["made"] + ["taken"] * 5
    assert len(people.listing(store)) == 1
    assert [each.event for each in audit.listing(store)] == ["registered"]


def test_lets_in_who_knows_the_password(
    store: ControlStore, hasher: PasswordHasher, alice: Person
) -> None:
    found = people.authenticate(
        store, hasher, email=" Alice@example.ORG", password=PASSWORD, client=CLIENT
    )
    assert found.person == alice
    assert found.password_hash not in repr(found)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("alice@example.org", "wrong password"),
        ("alice@example.org", ""),
        ("alice@example.org", "x" * 100_000),
        ("nobody@example.org", PASSWORD),
        ("alice@exam\0ple.org", PASSWORD),
        ("\ud800", PASSWORD),
        ("", ""),
        ("x" * 100_000, PASSWORD),
    ],
)
def test_refuses_everybody_else_in_the_same_words(
    store: ControlStore, hasher: PasswordHasher, alice: Person, email: str, password: str
) -> None:
    with pytest.raises(BadCredentialsError) as caught:
        people.authenticate(
            store, hasher, email=email, password=password, client=Client("192.0.2.1", "")
        )
    assert str(caught.value) == BadCredentialsError.message
    failure = audit.listing(store)[0]
    assert failure.event == "sign_in_failed"
    assert failure.user_id == (alice.id if email == alice.email else None)
    assert failure.address == "192.0.2.1"


def test_an_attempt_records_nothing_that_was_typed(
    store: ControlStore, hasher: PasswordHasher
) -> None:
    with pytest.raises(BadCredentialsError):
        people.authenticate(
            store, hasher, email="typed@secret", password="typed secret", client=CLIENT
        )
    assert "secret" not in repr(audit.listing(store))


def test_a_disabled_account_is_out_at_once_and_back_without_its_sessions(
    store: ControlStore, hasher: PasswordHasher, alice: Person
) -> None:
    raw = _start(store, alice)
    people.set_enabled(store, alice.id, enabled=False)
    assert sessions.resolve(store, raw) is None
    with pytest.raises(BadCredentialsError):
        people.authenticate(store, hasher, email=alice.email, password=PASSWORD, client=CLIENT)
    people.set_enabled(store, alice.id, enabled=True)
    assert sessions.resolve(store, raw) is None
    assert (
        people.authenticate(
            store, hasher, email=alice.email, password=PASSWORD, client=CLIENT
        ).person
        == alice
    )
    assert {"account_disabled", "account_enabled"} <= {e.event for e in audit.listing(store)}


def test_a_hash_of_old_parameters_is_replaced_at_sign_in(
    store: ControlStore, hasher: PasswordHasher, alice: Person
) -> None:
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with store.writing() as conn:
        conn.execute(update(users).values(password_hash=old))
    with pytest.raises(BadCredentialsError):
        people.authenticate(
            store, hasher, email=alice.email, password="wrong password", client=CLIENT
        )
    assert _password_hash(store, alice) == old
    found = people.authenticate(store, hasher, email=alice.email, password=PASSWORD, client=CLIENT)
    new = _password_hash(store, alice)
    assert found.password_hash == new
    assert new != old
    assert not hasher.needs_rehash(new)
    people.authenticate(store, hasher, email=alice.email, password=PASSWORD, client=CLIENT)
    assert _password_hash(store, alice) == new


def test_renames_and_remembers_the_step(store: ControlStore, alice: Person, bob: Person) -> None:
    profile.change(store, alice.id, {"name": " Alice Liddell "})
    people.set_setup_step(store, alice.id, "schema")
    found = people.by_id(store, alice.id)
    assert found
    assert (found.name, found.setup_step) == ("Alice Liddell", "schema")
    assert people.by_id(store, bob.id) == bob
    with pytest.raises(ValidationError):
        profile.change(store, alice.id, {"name": "\n"})


def test_an_address_is_changed_to_one_that_is_free(
    store: ControlStore, hasher: PasswordHasher, alice: Person, bob: Person
) -> None:
    people.change_email(
        store, alice.id, email=" Liddell@Example.ORG ", client=Client("192.0.2.1", "")
    )
    assert people.by_email(store, "alice@example.org") is None
    found = people.authenticate(
        store, hasher, email="liddell@example.org", password=PASSWORD, client=CLIENT
    )
    assert found.person.id == alice.id
    told = audit.listing(store, user_id=alice.id)[0]
    assert (told.event, told.address) == ("email_changed", "192.0.2.1")
    assert told.detail == {"before": "alice@example.org"}
    with pytest.raises(EmailTakenError, match="Another account here"):
        people.change_email(store, alice.id, email="BOB@example.org", client=CLIENT)
    with pytest.raises(ValidationError):
        people.change_email(store, alice.id, email="no address", client=CLIENT)
    assert people.by_email(store, "liddell@example.org")


def test_says_when_there_is_no_such_person(store: ControlStore) -> None:
    assert people.by_id(store, NOBODY) is None
    assert people.by_email(store, "nobody@example.org") is None
    with pytest.raises(NotFoundError):
        people.set_enabled(store, NOBODY, enabled=True)
    with pytest.raises(NotFoundError):
        people.change_email(store, NOBODY, email="somebody@example.org", client=CLIENT)
    with pytest.raises(NotFoundError):
        profile.change(store, NOBODY, {"name": "A"})
    with pytest.raises(NotFoundError):
        people.set_setup_step(store, NOBODY, "schema")
    assert audit.listing(store) == []


def test_lists_everybody_by_address(store: ControlStore, bob: Person, alice: Person) -> None:
    assert people.listing(store) == [alice, bob]
