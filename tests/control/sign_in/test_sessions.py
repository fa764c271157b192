from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, func, select

from provision.control import audit, connections
from provision.control.audit import Client
from provision.control.sign_in import sessions
from provision.control.store.identifiers import digest
from provision.control.store.tables import sessions as table
from provision.errors import SessionNotFoundError
from tests.control.conftest import CLIENT
from tests.control.test_connections import NEW

if TYPE_CHECKING:
    from provision.control.accounts.users import Person
    from provision.control.secrets.sealed import SealedSecrets
    from provision.control.store.store import ControlStore
    from tests.control.conftest import Clock

DAY_S = 86_400


def _start(store: ControlStore, person: Person, *, absolute_s: int = 30 * DAY_S) -> str:
    return sessions.start(
        store,
        user_id=person.id,
        absolute_s=absolute_s,
        idle_s=DAY_S,
        client=Client("192.0.2.1", "Browser"),
    )


def _last_seen(store: ControlStore) -> int:
    with store.reading() as conn:
        return int(conn.execute(select(table.c.last_seen_at)).scalar_one())


def test_says_who_is_signed_in(
    store: ControlStore, secrets: SealedSecrets, alice: Person, bob: Person
) -> None:
    raw, bobs = _start(store, alice), _start(store, bob)
    before = sessions.resolve(store, raw)
    assert before
    assert (before.person, before.place.connection) == (alice, None)
    saved = connections.save(store, secrets, user_id=alice.id, new=NEW, secret="x", client=CLIENT)
    after = sessions.resolve(store, raw)
    assert after
    assert (after.person, after.place.connection) == (alice, saved)
    other = sessions.resolve(store, bobs)
    assert other
    assert (other.person, other.place.connection) == (bob, None)


def test_the_raw_id_is_kept_nowhere(store: ControlStore, alice: Person) -> None:
    raw = _start(store, alice)
    with store.reading() as conn:
        row = conn.execute(select(table)).one()
    assert raw not in repr(row)
    signed_in = sessions.resolve(store, raw)
    assert signed_in
    assert signed_in.session_id_hash == row.id_hash
    assert row.id_hash not in repr(signed_in)
    assert sessions.resolve(store, row.id_hash) is None


def test_every_session_has_an_id_of_256_random_bits(store: ControlStore, alice: Person) -> None:
    ids = {_start(store, alice) for _ in range(5)}
    assert len(ids) == 5
    assert all(len(bytes.fromhex(each)) == 32 for each in ids)


@pytest.mark.parametrize("raw", ["", "unknown", "\0", "\ud800", "x" * 100_000])
def test_an_unknown_id_is_nobody(store: ControlStore, alice: Person, raw: str) -> None:
    _start(store, alice)
    assert sessions.resolve(store, raw) is None
    sessions.end(store, raw, client=CLIENT)
    assert [each.event for each in audit.listing(store)] == ["signed_in", "registered"]


def test_ends_when_idle(store: ControlStore, clock: Clock, alice: Person) -> None:
    raw = _start(store, alice)
    clock.pass_s(DAY_S - 1)
    assert sessions.resolve(store, raw)
    clock.pass_s(DAY_S - 1)
    assert sessions.resolve(store, raw)
    clock.pass_s(DAY_S)
    assert sessions.resolve(store, raw) is None


def test_ends_after_its_absolute_life_however_busy(
    store: ControlStore, clock: Clock, alice: Person
) -> None:
    raw = _start(store, alice, absolute_s=3 * DAY_S)
    for _ in range(5):
        clock.pass_s(DAY_S // 2)
        assert sessions.resolve(store, raw)
    clock.pass_s(DAY_S // 2)
    assert sessions.resolve(store, raw) is None


def test_is_noted_as_seen_once_a_minute(store: ControlStore, clock: Clock, alice: Person) -> None:
    raw = _start(store, alice)
    started = store.now()
    clock.pass_s(59)
    sessions.resolve(store, raw)
    assert _last_seen(store) == started
    clock.pass_s(1)
    sessions.resolve(store, raw)
    assert _last_seen(store) == started + 60


def test_is_resolved_by_one_statement(store: ControlStore, alice: Person) -> None:
    raw = _start(store, alice)
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    def trace(connection: Any, *_: object) -> None:
        connection.set_trace_callback(statements.append)

    with store.reading() as conn:
        engine = conn.engine
    if engine.dialect.name == "sqlite":  # by the driver: SQLAlchemy is passed by
        event.listen(engine, "checkout", trace)
    else:
        event.listen(engine, "before_cursor_execute", note)
    assert sessions.resolve(store, raw)
    assert len(statements) == 1


def test_another_id_takes_the_place_of_the_former(
    store: ControlStore, alice: Person, clock: Clock
) -> None:
    raw = _start(store, alice, absolute_s=60)
    other = sessions.renew(store, id_hash=digest(raw))
    assert sessions.resolve(store, raw) is None
    found = sessions.resolve(store, other)
    assert found
    assert found.person == alice
    with pytest.raises(SessionNotFoundError):
        sessions.renew(store, id_hash=digest(raw))
    clock.pass_s(60)
    assert sessions.resolve(store, other) is None


def test_ends_by_signing_out_here_only(store: ControlStore, alice: Person) -> None:
    here, elsewhere = _start(store, alice), _start(store, alice)
    sessions.end(store, here, client=Client("192.0.2.2", "Browser"))
    assert sessions.resolve(store, here) is None
    assert sessions.resolve(store, elsewhere)
    told = audit.listing(store)[0]
    assert (told.event, told.user_id, told.address) == ("signed_out", alice.id, "192.0.2.2")
    sessions.end(store, here, client=CLIENT)
    assert len(audit.listing(store)) == 4


def test_ends_everywhere_else(store: ControlStore, alice: Person, bob: Person) -> None:
    here, elsewhere, bobs = _start(store, alice), _start(store, alice), _start(store, bob)
    assert sessions.end_others(store, user_id=alice.id, id_hash=digest(here), client=CLIENT) == 1
    assert sessions.resolve(store, here)
    assert sessions.resolve(store, elsewhere) is None
    assert sessions.resolve(store, bobs)
    assert sessions.end_others(store, user_id=alice.id, id_hash=digest(here), client=CLIENT) == 0
    ended = [each.detail for each in audit.listing(store) if each.event == "sessions_ended"]
    assert ended == [{"count": 1}]


def test_one_session_of_ones_own_is_ended_and_nobody_elses(
    store: ControlStore, alice: Person, bob: Person
) -> None:
    here, bobs = _start(store, alice), _start(store, bob)
    for other in (digest(bobs), "0" * 64, "", "\0", "x" * 10_000):
        with pytest.raises(SessionNotFoundError):
            sessions.end_one(store, user_id=alice.id, id_hash=other, client=CLIENT)
    assert sessions.resolve(store, bobs)
    sessions.end_one(store, user_id=alice.id, id_hash=digest(here), client=Client("192.0.2.7", ""))
    assert sessions.resolve(store, here) is None
    told = audit.listing(store)[0]
    assert (told.event, told.user_id, told.address) == ("session_ended", alice.id, "192.0.2.7")


def test_lists_those_that_are_not_over_with_the_end_that_comes_first(
    store: ControlStore, alice: Person, bob: Person, clock: Clock
) -> None:
    _start(store, bob)
    first = _start(store, alice)
    clock.pass_s(60)
    second = _start(store, alice)
    listed = sessions.listing(store, user_id=alice.id)
    assert [each.id_hash for each in listed] == [digest(second), digest(first)]
    now = store.now()
    assert (listed[1].created_at, listed[0].created_at) == (now - 60, now)
    assert [each.ends_at for each in listed] == [now + DAY_S, now - 60 + DAY_S]
    clock.pass_s(DAY_S - 1)
    assert [each.id_hash for each in sessions.listing(store, user_id=alice.id)] == [digest(second)]


def test_what_is_over_is_swept_away_at_the_next_sign_in(
    store: ControlStore, clock: Clock, alice: Person, bob: Person
) -> None:
    _start(store, alice)
    clock.pass_s(30 * DAY_S)
    _start(store, bob)
    with store.reading() as conn:
        assert conn.execute(select(func.count()).select_from(table)).scalar() == 1


def test_a_browser_may_call_itself_anything(store: ControlStore, alice: Person) -> None:
    agent = "\0\x1b[31m\ud800" + "x" * 10_000
    sessions.start(
        store, user_id=alice.id, absolute_s=DAY_S, idle_s=DAY_S, client=Client("\0", agent)
    )
    with store.reading() as conn:
        row = conn.execute(select(table)).one()
    assert row.agent.startswith("[31mxxx")
    assert len(row.agent) <= 300
    assert audit.listing(store)[0].agent == row.agent


def test_no_more_are_kept_than_anybody_has_browsers(
    store: ControlStore, alice: Person, bob: Person, clock: Clock
) -> None:
    bobs = _start(store, bob)
    raws = []
    for _ in range(sessions.MOST + 2):
        clock.pass_s(1)
        raws.append(_start(store, alice))
    assert [bool(sessions.resolve(store, raw)) for raw in raws[:4]] == [False, False, True, True]
    assert len(sessions.listing(store, user_id=alice.id)) == sessions.MOST
    assert sessions.resolve(store, bobs)
