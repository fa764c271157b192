from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from provision.control import dossier, idempotency, keys
from provision.control.idempotency import LIFE_S, MOST, PURPOSE, Ticket
from provision.control.secrets.sealed import SealedSecrets, open_vault, unproved_vault
from provision.control.store.tables import idempotency_keys, sealed
from provision.errors import TooManyKeysError
from tests.control.conftest import CLIENT

if TYPE_CHECKING:
    from pathlib import Path

    from provision.control.accounts.users import Person
    from provision.control.store.store import ControlStore
    from tests.control.conftest import Clock

HASH, OTHER_HASH = "a" * 64, "b" * 64


def _keep(
    secrets: SealedSecrets, ticket: Ticket, answer: str = "first", *, again: bool = False
) -> bool:
    with secrets.store.writing() as conn:
        return idempotency.keep(secrets, conn, ticket, answer, again=again)


def _answers(store: ControlStore) -> int:
    with store.reading() as conn:
        query = select(func.count()).select_from(sealed).where(sealed.c.purpose == PURPOSE)
        return conn.execute(query).scalar_one()


def test_a_key_stands_for_one_request_and_one_row(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person
) -> None:
    ticket = Ticket.of(alice.id, "k", HASH)
    assert idempotency.look(store, secrets, ticket) is None
    first = idempotency.claim(store, secrets, ticket)
    assert (first.is_same, first.answer) == (True, None)
    assert idempotency.claim(store, secrets, ticket) == first
    other = idempotency.claim(store, secrets, Ticket.of(alice.id, "k", OTHER_HASH))
    assert (other.is_same, other.row_id) == (False, first.row_id)
    bobs = idempotency.claim(store, secrets, Ticket.of(bob.id, "k", OTHER_HASH))
    assert bobs.is_same
    assert bobs.row_id != first.row_id


def test_the_first_answer_stays_the_first(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    ticket = Ticket.of(alice.id, "k", HASH)
    claimed = idempotency.claim(store, secrets, ticket)
    assert _keep(secrets, ticket)
    assert not _keep(secrets, ticket, "second")
    seen = idempotency.look(store, secrets, ticket)
    assert seen is not None
    assert (seen.answer, seen.row_id) == ("first", claimed.row_id)
    assert not _keep(secrets, Ticket.of(alice.id, "k", OTHER_HASH), "other")
    assert _keep(secrets, ticket, "more of the first", again=True)
    seen = idempotency.look(store, secrets, ticket)
    assert seen is not None
    assert seen.answer == "more of the first"
    assert _answers(store) == 1


def test_another_request_is_told_nothing_of_the_answer(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    assert _keep(secrets, Ticket.of(alice.id, "k", HASH))
    seen = idempotency.look(store, secrets, Ticket.of(alice.id, "k", OTHER_HASH))
    assert seen is not None
    assert (seen.is_same, seen.answer) == (False, None)


def test_what_fails_with_the_answer_keeps_nothing(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    ticket = Ticket.of(alice.id, "k", HASH)

    def keep_and_fail() -> None:
        with store.writing() as conn:
            assert idempotency.keep(secrets, conn, ticket, "first")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        keep_and_fail()
    assert idempotency.look(store, secrets, ticket) is None
    assert _answers(store) == 0


def test_nothing_of_it_lies_in_clear(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    ticket = Ticket.of(alice.id, "my very own key", HASH)
    assert _keep(secrets, ticket, "pvn_secret")
    with store.reading() as conn:
        rows = [*conn.execute(select(idempotency_keys)), *conn.execute(select(sealed))]
    assert "pvn_secret" not in str(rows)
    assert "my very own key" not in str(rows)


def test_an_answer_moved_to_another_key_or_person_is_no_answer(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person
) -> None:
    first, second = Ticket.of(alice.id, "1", HASH), Ticket.of(alice.id, "2", HASH)
    theirs = Ticket.of(bob.id, "1", HASH)
    for ticket in (first, second, theirs):
        assert _keep(secrets, ticket, ticket.owner)
    with store.writing() as conn:
        of_first = (
            select(idempotency_keys.c.sealed_id)
            .where(idempotency_keys.c.key_hash == first.key_hash)
            .scalar_subquery()
        )
        moved = idempotency_keys.update().where(idempotency_keys.c.key_hash != first.key_hash)
        conn.execute(moved.values(sealed_id=of_first))
    for ticket in (second, theirs):
        seen = idempotency.look(store, secrets, ticket)
        assert seen is not None
        assert (seen.is_same, seen.answer) == (True, None)


def test_a_key_is_over_after_a_day_and_then_stands_for_anything(
    store: ControlStore, secrets: SealedSecrets, alice: Person, clock: Clock
) -> None:
    ticket = Ticket.of(alice.id, "k", HASH)
    first = idempotency.claim(store, secrets, ticket)
    assert _keep(secrets, ticket)
    clock.pass_s(LIFE_S - 1)
    assert idempotency.claim(store, secrets, ticket).answer == "first"
    clock.pass_s(1)
    assert idempotency.look(store, secrets, ticket) is None
    anew = idempotency.claim(store, secrets, Ticket.of(alice.id, "k", OTHER_HASH))
    assert (anew.is_same, anew.answer) == (True, None)
    assert anew.row_id != first.row_id
    assert _answers(store) == 0


def test_what_is_over_is_deleted_with_its_answer_and_nothing_else(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person, clock: Clock
) -> None:
    assert idempotency.purge(store) == 0
    assert _keep(secrets, Ticket.of(alice.id, "1", HASH))
    idempotency.claim(store, secrets, Ticket.of(bob.id, "2", HASH))
    clock.pass_s(LIFE_S - 10)
    assert _keep(secrets, Ticket.of(bob.id, "3", HASH))
    assert idempotency.purge(store) == 0
    clock.pass_s(10)
    assert idempotency.purge(store) == 2
    assert idempotency.purge(store) == 0
    assert _answers(store) == 1


def test_a_person_has_so_many_keys_a_day_and_others_have_theirs(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person, clock: Clock
) -> None:
    with store.writing() as conn:
        conn.execute(
            idempotency_keys.insert(),
            [
                {
                    "key_hash": f"{number:064}",
                    "user_id": alice.id,
                    "request_hash": HASH,
                    "row_id": f"{number:036}",
                    "answer_bytes": 0,
                    "created_at": store.now(),
                }
                for number in range(MOST)
            ],
        )
    clock.pass_s(100)
    with pytest.raises(TooManyKeysError) as refused:
        idempotency.claim(store, secrets, Ticket.of(alice.id, "one more", HASH))
    assert refused.value.retry_after_s == LIFE_S - 100
    assert idempotency.claim(store, secrets, Ticket.of(bob.id, "k", HASH)).is_same
    clock.pass_s(LIFE_S - 100)
    assert idempotency.claim(store, secrets, Ticket.of(alice.id, "one more", HASH)).is_same


def test_an_answer_too_long_is_not_kept_and_neither_is_one_too_many(
    store: ControlStore,
    secrets: SealedSecrets,
    alice: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = Ticket.of(alice.id, "long", HASH)
    assert _keep(secrets, long, "ü" * (idempotency.MOST_ANSWER_BYTES // 2 + 1))
    seen = idempotency.look(store, secrets, long)
    assert seen is not None
    assert seen.answer is None
    assert _keep(secrets, Ticket.of(alice.id, "1", HASH), "x" * 60)
    monkeypatch.setattr(idempotency, "MOST_BYTES", 100)
    assert _keep(secrets, Ticket.of(alice.id, "2", HASH), "x" * 60)
    assert _answers(store) == 1


def test_of_many_at_once_one_enters_the_key(
    store: ControlStore, secrets: SealedSecrets, alice: Person
) -> None:
    ticket, found, barrier = Ticket.of(alice.id, "k", HASH), [], threading.Barrier(6)

    def claim() -> None:
        barrier.wait()
        found.append(idempotency.claim(store, secrets, ticket))

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len({each.row_id for each in found}) == 1


def test_keys_go_with_the_account_and_are_told_of_before(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person
) -> None:
    for person in (alice, bob):
        assert _keep(secrets, Ticket.of(person.id, "k", HASH))
    now = store.now()
    told = dossier.gather(store, alice.id, client=CLIENT).idempotency_keys
    assert told == [{"created_at": now, "expires_at": now + LIFE_S}]
    dossier.erase(store, alice.id)
    assert _answers(store) == 1
    assert idempotency.look(store, secrets, Ticket.of(alice.id, "k", HASH)) is None
    assert idempotency.look(store, secrets, Ticket.of(bob.id, "k", HASH)) is not None


def test_answers_move_to_a_new_key_and_a_lost_one_takes_them_along(
    store: ControlStore, secrets: SealedSecrets, alice: Person, tmp_path: Path
) -> None:
    ticket = Ticket.of(alice.id, "k", HASH)
    assert _keep(secrets, ticket)
    new = "cd" * 32
    both = open_vault(
        store,
        encryption_key=f"{new},{'ab' * 32}",
        key_file=tmp_path / "secret.key",
        allow_generate=False,
    )
    assert keys.rotate(both, pause=lambda _: None).moved[PURPOSE] == 1
    seen = idempotency.look(store, both, ticket)
    assert seen is not None
    assert seen.answer == "first"
    lost = unproved_vault(store, encryption_key="ef" * 32, key_file=tmp_path / "secret.key")
    unreadable = idempotency.look(store, lost, ticket)
    assert unreadable is not None
    assert (unreadable.is_same, unreadable.answer) == (True, None)
    assert keys.forget_lost(lost) == []
    assert idempotency.look(store, lost, ticket) is None
    assert _answers(store) == 0
