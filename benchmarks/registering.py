"""From a pasted string to the first row: what it costs beyond the first contact in a child process.

Run it as `python -m benchmarks.registering`. The string is parsed, judged, connected with, checked,
sealed and saved, and then the first list is read (the aim is at most 30 ms beyond the first
contact, which starts a process of its own). The app runs in this process; medians of the rounds.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from sqlalchemy import URL

from benchmarks.rig import app_and_postgres, met
from provision.tenant.host.target import Target
from tests.conftest import Database
from tests.web.conftest import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 15


def main() -> None:
    with app_and_postgres() as (app, postgres):
        made = postgres.database_for("somebody")
        target = Target(
            made.host, made.port, made.database, made.user, made.password, sslmode="disable"
        )
        url = URL.create(
            *("postgresql", made.user, made.password, made.host, made.port), database=made.database
        )
        database = Database(made.database, made.user, made.password, url)
        visitor = Visitor(app)
        visitor.register("somebody")
        visitor.connect(database)
        token = visitor.csrf_token()
        known = met(target)

        def register() -> None:
            saved = visitor.raw(
                "POST",
                "/api/user/database-connection",
                json={"connection_string": database.connection_string},
                headers={"X-CSRFToken": token},
            )
            assert saved.status_code == 200, saved.text
            listed = visitor.raw("GET", "/api/projects")
            assert listed.status_code == 200, listed.text

        kinds: dict[str, Callable[[], object]] = {
            "register, and read the first list": register,
            "first contact, in a child process": lambda: met(target),
            "a connection later": lambda: met(known),
        }
        took: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(ROUNDS):
            for name, call in kinds.items():
                begun = time.perf_counter()
                call()
                took[name].append((time.perf_counter() - begun) * 1000)
    all_ms, first_ms, later_ms = (statistics.median(each) for each in took.values())
    for name, each in took.items():
        print(f"{name:36} {statistics.median(each):7.1f} ms")
    print(f"{'register beyond the first contact':36} {all_ms - (first_ms - later_ms):7.1f} ms")


if __name__ == "__main__":
    main()
