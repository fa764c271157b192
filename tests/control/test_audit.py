from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from provision.control import audit
from provision.control.audit import Client
from provision.control.store.tables import audit_events
from tests.control.conftest import CLIENT

if TYPE_CHECKING:
    from provision.control.store.store import ControlStore
    from tests.control.conftest import Clock


def _record(store: ControlStore, at: int, user_id: str | None = None) -> None:
    with store.writing() as conn:
        audit.record(
            conn, at=at, event="signed_in", user_id=user_id, detail={"at": at}, client=CLIENT
        )


def test_lists_newest_first_of_everybody_or_of_one(store: ControlStore) -> None:
    for at, user_id in ((1, "a"), (2, None), (2, "b"), (3, "a")):
        _record(store, at, user_id)
    assert [(each.at, each.user_id) for each in audit.listing(store)] == [
        (3, "a"),
        (2, "b"),
        (2, None),
        (1, "a"),
    ]
    assert [each.at for each in audit.listing(store, user_id="a")] == [3, 1]
    assert [each.at for each in audit.listing(store, since=2)] == [3, 2, 2]
    assert [each.at for each in audit.listing(store, limit=1)] == [3]


def test_is_not_told_when_it_did_not_happen(store: ControlStore) -> None:
    def fail() -> None:
        with store.writing() as conn:
            audit.record(conn, at=1, event="signed_in", user_id="a", client=CLIENT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert audit.listing(store) == []


def test_detail_comes_back_as_it_was_whatever_it_holds(store: ControlStore) -> None:
    detail = {"text": "\0 ü \ud800 </script>", "number": 1, "nothing": None}
    with store.writing() as conn:
        audit.record(conn, at=1, event="signed_in", user_id=None, detail=detail, client=CLIENT)
    assert audit.listing(store)[0].detail == detail


def test_goes_on_before_an_event_of_that_person_alone(store: ControlStore) -> None:
    for at, user_id in ((1, "a"), (2, "a"), (2, "a"), (2, "b"), (3, "a")):
        _record(store, at, user_id)
    first, *rest = audit.listing(store, user_id="a")
    listed = audit.listing(store, user_id="a", before=first.id)
    assert [each.id for each in listed] == [each.id for each in rest]
    assert [each.at for each in audit.listing(store, user_id="a", before=rest[1].id)] == [1]
    (bobs,) = audit.listing(store, user_id="b")
    assert audit.listing(store, user_id="a", before=bobs.id) == []
    assert audit.listing(store, user_id="a", before=10**15) == []


def test_a_flood_of_one_kind_keeps_its_newest_and_all_of_the_others(store: ControlStore) -> None:
    _record(store, 0, "a")
    client = {"address": "", "agent": "", "detail": "{}"}
    earlier = [
        {"at": at, "event": "sign_in_failed", "user_id": user_id, **client}
        for at in range(2_400)
        for user_id in ("a", None)
    ]
    with store.writing() as conn:
        conn.execute(insert(audit_events), earlier)
        for at in range(2_400, 3_000):  # looked at now and then, by chance: 12 times here
            for user_id in ("a", None):
                audit.record(conn, at=at, event="sign_in_failed", user_id=user_id, client=CLIENT)
    listed = audit.listing(store, user_id="a", limit=10_000)
    failures = [each for each in listed if each.event == "sign_in_failed"]
    assert 2_000 <= len(failures) < 2_900
    assert failures[0].at == 2_999
    assert [each.event for each in listed if each not in failures] == ["signed_in"]
    everybodys = audit.listing(store, limit=10_000)
    assert sum(each.user_id is None for each in everybodys) == 3_000


def test_what_is_older_than_the_days_it_is_kept_goes_in_lots(
    store: ControlStore, clock: Clock
) -> None:
    now = store.now()
    with store.writing() as conn:
        for at in [now - 86_400 - 1] * 1_500 + [now - 86_400, now]:
            audit.record(conn, at=at, event="signed_in", user_id="a", client=CLIENT)
    assert [audit.purge(store, days=1) for _ in range(3)] == [1_000, 500, 0]
    assert [each.at for each in audit.listing(store)] == [now, now - 86_400]
    clock.pass_s(2 * 86_400)
    assert audit.purge(store, days=1) == 2


def test_stripped_events_tell_what_happened_and_nothing_of_the_person(store: ControlStore) -> None:
    with store.writing() as conn:
        for user_id in ("a", "b"):
            audit.record(
                conn,
                at=1,
                event="token_created",
                user_id=user_id,
                detail={"name": "laptop"},
                client=Client("192.0.2.1", "Browser"),
            )
        audit.strip(conn, "a")
    bobs, alices = audit.listing(store)
    assert (alices.event, alices.address, alices.agent, alices.detail) == (
        *("token_created", "", ""),
        {},
    )
    assert (bobs.address, bobs.detail) == ("192.0.2.1", {"name": "laptop"})
