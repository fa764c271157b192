from __future__ import annotations

from typing import TYPE_CHECKING

from provision.control import audit
from provision.control.store.store import ControlStore
from provision.web.operations.retention import Retention
from tests.control.conftest import CLIENT
from tests.web.conftest import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask

DAY_S = 86_400


def _record(store: ControlStore, days_ago: int, count: int = 1) -> None:
    with store.writing() as conn:
        for _ in range(count):
            at = store.now() - days_ago * DAY_S
            audit.record(conn, at=at, event="signed_in", user_id="a", client=CLIENT)


def test_old_events_are_gone_after_the_start_and_new_ones_stay(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'control.db'}"
    store = ControlStore.open(url)
    _record(store, days_ago=31)
    _record(store, days_ago=29)
    app = make_app(control_url=url, audit_days=30)
    assert len(audit.listing(store)) == 1
    Visitor(app).register("nora")
    assert len(audit.listing(store)) == 3
    store.dispose()


def test_is_looked_at_once_a_day_or_soon_while_there_is_more(tmp_path: Path) -> None:
    store = ControlStore.open(f"sqlite:///{tmp_path / 'control.db'}")
    time = [0.0]
    retention = Retention(store, days=30, clock=lambda: time[0])
    _record(store, days_ago=31, count=1_200)
    left = []
    for passed_s in (0, 0, 10, 10, DAY_S - 1, 1):
        time[0] += passed_s
        if passed_s == DAY_S - 1:
            _record(store, days_ago=31)
        retention.look()
        left.append(len(audit.listing(store, limit=5_000)))
    assert left == [200, 200, 0, 0, 1, 0]
    store.dispose()
