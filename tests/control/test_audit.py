from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.control import audit

if TYPE_CHECKING:
    from provision.control.store import ControlStore


def _record(store: ControlStore, at: int, user_id: str | None = None) -> None:
    with store.writing() as conn:
        audit.record(conn, at=at, event="signed_in", user_id=user_id, detail={"at": at})


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
            audit.record(conn, at=1, event="signed_in", user_id="a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert audit.listing(store) == []


def test_detail_comes_back_as_it_was_whatever_it_holds(store: ControlStore) -> None:
    detail = {"text": "\0 ü \ud800 </script>", "number": 1, "nothing": None}
    with store.writing() as conn:
        audit.record(conn, at=1, event="signed_in", user_id=None, detail=detail)
    assert audit.listing(store)[0].detail == detail
