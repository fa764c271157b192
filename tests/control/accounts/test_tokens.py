from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from provision.control import audit, connections
from provision.control.accounts import tokens, users
from provision.control.audit import Client
from provision.control.store.tables import tokens as table
from provision.errors import TokenNotFoundError, ValidationError
from tests.control.conftest import CLIENT
from tests.control.test_connections import NEW

if TYPE_CHECKING:
    from provision.control.accounts.tokens import Token
    from provision.control.accounts.users import Person
    from provision.control.secrets.sealed import SealedSecrets
    from provision.control.store.store import ControlStore
    from tests.control.conftest import Clock


def _create(
    store: ControlStore, person: Person, *, read_only: bool = False, expires_at: int | None = None
) -> tuple[str, Token]:
    return tokens.create(
        store,
        user_id=person.id,
        name="CI",
        read_only=read_only,
        expires_at=expires_at,
        client=CLIENT,
    )


def test_speaks_for_the_person_who_made_it(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person
) -> None:
    raw, token = _create(store, alice, read_only=True)
    _create(store, bob)
    saved = connections.save(store, secrets, user_id=alice.id, new=NEW, secret="x", client=CLIENT)
    holder = tokens.resolve(store, raw)
    assert holder
    assert (holder.person, holder.place.connection, holder.token) == (alice, saved, token)
    assert holder.token.read_only


def test_a_holder_without_a_database_has_no_connection(store: ControlStore, alice: Person) -> None:
    holder = tokens.resolve(store, _create(store, alice)[0])
    assert holder
    assert holder.place.connection is None


def test_has_a_known_prefix_256_random_bits_and_a_checksum(
    store: ControlStore, alice: Person
) -> None:
    made = {_create(store, alice)[0] for _ in range(5)}
    assert len(made) == 5
    assert all(re.fullmatch("pvn_[0-9a-f]{64}[0-9a-f]{8}", each) for each in made)


def test_the_raw_token_is_kept_nowhere(store: ControlStore, alice: Person) -> None:
    raw, token = _create(store, alice)
    with store.reading() as conn:
        row = conn.execute(select(table)).one()
    told = repr((row, token, tokens.resolve(store, raw), audit.listing(store)))
    assert raw not in told
    assert raw.removeprefix("pvn_") not in told


@pytest.mark.parametrize("raw", ["", "pvn_", "\0", "\ud800", "x" * 100_000, "pvn_" + "0" * 72])
def test_an_unknown_token_is_nobody(store: ControlStore, alice: Person, raw: str) -> None:
    _create(store, alice)
    assert tokens.resolve(store, raw) is None


def test_a_mistyped_token_is_nobody(store: ControlStore, alice: Person) -> None:
    raw, _ = _create(store, alice)
    for wrong in (raw.upper(), raw + " ", raw[:-1], raw[:10] + raw[11:] + "0", f" {raw}"):
        assert tokens.resolve(store, wrong) is None


def test_ends_when_it_expires(store: ControlStore, clock: Clock, alice: Person) -> None:
    raw, _ = _create(store, alice, expires_at=store.now() + 10)
    for_ever, _ = _create(store, alice)
    clock.pass_s(9)
    assert tokens.resolve(store, raw)
    clock.pass_s(1)
    assert tokens.resolve(store, raw) is None
    clock.pass_s(10**9)
    assert tokens.resolve(store, for_ever)


def test_sleeps_while_the_account_is_disabled(store: ControlStore, alice: Person) -> None:
    raw, _ = _create(store, alice)
    users.set_enabled(store, alice.id, enabled=False)
    assert tokens.resolve(store, raw) is None
    users.set_enabled(store, alice.id, enabled=True)
    assert tokens.resolve(store, raw)


def test_is_noted_as_used_once_a_minute(store: ControlStore, clock: Clock, alice: Person) -> None:
    raw, _ = _create(store, alice)
    started = store.now()
    for wait_s, noted in ((0, started), (59, started), (1, started + 60)):
        clock.pass_s(wait_s)
        assert tokens.resolve(store, raw)
        assert [each.last_used_at for each in tokens.listing(store, user_id=alice.id)] == [noted]


def test_lists_the_tokens_of_one_person_newest_first(
    store: ControlStore, clock: Clock, alice: Person, bob: Person
) -> None:
    _, first = _create(store, alice)
    clock.pass_s(1)
    _, second = _create(store, alice)
    _create(store, bob)
    assert tokens.listing(store, user_id=alice.id) == [second, first]


def test_is_over_once_revoked(store: ControlStore, alice: Person) -> None:
    raw, token = _create(store, alice)
    other, _ = _create(store, alice)
    tokens.revoke(store, user_id=alice.id, token_id=token.id, client=CLIENT)
    assert tokens.resolve(store, raw) is None
    assert tokens.resolve(store, other)
    with pytest.raises(TokenNotFoundError):
        tokens.revoke(store, user_id=alice.id, token_id=token.id, client=CLIENT)


def test_nobody_revokes_the_token_of_another(
    store: ControlStore, alice: Person, bob: Person
) -> None:
    raw, token = _create(store, alice)
    with pytest.raises(TokenNotFoundError):
        tokens.revoke(store, user_id=bob.id, token_id=token.id, client=CLIENT)
    assert tokens.resolve(store, raw)


@pytest.mark.parametrize("token_id", ["", "1", "\0", "\ud800", "x" * 10_000])
def test_an_id_that_cannot_be_one_is_not_found(
    store: ControlStore, alice: Person, token_id: str
) -> None:
    with pytest.raises(TokenNotFoundError):
        tokens.revoke(store, user_id=alice.id, token_id=token_id, client=CLIENT)


def test_needs_a_name(store: ControlStore, alice: Person) -> None:
    with pytest.raises(ValidationError) as caught:
        tokens.create(
            store, user_id=alice.id, name=" ", read_only=False, expires_at=None, client=CLIENT
        )
    assert set(caught.value.errors) == {"name"}


def test_making_and_revoking_are_told(store: ControlStore, alice: Person) -> None:
    _, token = _create(store, alice, read_only=True)
    tokens.revoke(store, user_id=alice.id, token_id=token.id, client=Client("192.0.2.1", ""))
    revoked, created = audit.listing(store, user_id=alice.id)[:2]
    assert (created.event, created.detail) == (
        "token_created",
        {"token_id": token.id, "name": "CI", "read_only": True},
    )
    assert (revoked.event, revoked.address) == ("token_revoked", "192.0.2.1")
    assert revoked.detail == {"token_id": token.id, "name": "CI"}
