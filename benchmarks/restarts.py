"""A tenant's server is stopped and started again under writes: what is lost, what is done twice?

Run it as `python -m benchmarks.restarts`. Writers give every project a name of its own and note
what they were answered; afterwards the names are compared with the rows. Stops are orderly (SIGINT)
and sudden (SIGQUIT, as a crash is), and shorter and longer.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

from benchmarks.rig import Tenant, folder_and_postgres, make_tenants
from tests.running import running

if TYPE_CHECKING:
    from pathlib import Path

    from provision.built_in.postgres import BuiltInPostgres

WRITERS = 8
STOPS = (
    ("orderly", signal.SIGINT, 0.0),
    ("sudden", signal.SIGQUIT, 0.0),
    ("orderly", signal.SIGINT, 3.0),
    ("sudden", signal.SIGQUIT, 12.0),
)


@dataclass(slots=True)
class Writers:
    """Threads that create projects one after the other, and what they were answered."""

    address: tuple[str, int]
    tenant: Tenant
    answers: dict[str, int] = field(default_factory=dict)
    good_at: list[float] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._write) for _ in range(WRITERS)]
        for each in self._threads:
            each.start()

    def stop(self) -> None:
        self._stopping.set()
        for each in self._threads:
            each.join()

    def _write(self) -> None:
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        headers = {"Authorization": f"Bearer {self.tenant.token}"}
        headers["Content-Type"] = "application/json"
        while not self._stopping.wait(0.005):
            name = f"unique {next(self._numbers)}"
            connection.request("POST", "/api/projects", json.dumps({"name": name}), headers)
            reply = connection.getresponse()
            reply.read()
            self.answers[name] = reply.status
            if reply.status == 201:
                self.good_at.append(time.monotonic())
        connection.close()


def main() -> None:
    with folder_and_postgres() as (folder, postgres):
        (tenant,) = make_tenants(folder, postgres, 1)
        with running("serve", "--port", "0", directory=folder) as server:
            log = server.process.stdout
            threading.Thread(target=log.read if log else None, daemon=True).start()
            writers = Writers((server.host, server.port), tenant)
            writers.start()
            for kind, number, down_s in STOPS:
                time.sleep(2.0)
                back_at = restart(folder, postgres, tenant, number, down_s)
                time.sleep(3.0)
                first_s = min(at for at in writers.good_at if at >= back_at) - back_at
                print(f"{kind:8} stop, down for {down_s:4.1f} s: first good answer {first_s:.2f} s")
            writers.stop()
            server.stop()
        compare(tenant, writers.answers)


def restart(
    folder: Path, postgres: BuiltInPostgres, tenant: Tenant, number: signal.Signals, down_s: float
) -> float:
    """Stop the server, start it again; returns when it took connections again."""
    file = folder / "tenants" / "postgres" / "cluster" / "postmaster.pid"
    os.kill(int(file.read_text().split()[0]), number)
    while file.exists() and _takes_connections(tenant):
        time.sleep(0.01)
    time.sleep(down_s)
    while not _takes_connections(tenant):
        postgres.revive()
        time.sleep(0.02)
    return time.monotonic()


def compare(tenant: Tenant, answers: dict[str, int]) -> None:
    with psycopg.connect(_url(tenant)) as connection:
        rows = connection.execute("SELECT name FROM projects WHERE name LIKE 'unique%'").fetchall()
    kept = Counter(name for (name,) in rows)
    good = {name for name, status in answers.items() if status == 201}
    print(f"answers by status: {dict(sorted(Counter(answers.values()).items()))}")
    print(f"acknowledged and lost: {len(good - kept.keys())}")
    print(f"done twice: {sum(count > 1 for count in kept.values())}")
    print(f"done, though the answer was a 503: {len(kept.keys() - good)} (its text says so)")


def _takes_connections(tenant: Tenant) -> bool:
    with suppress(psycopg.OperationalError):
        psycopg.connect(_url(tenant), connect_timeout=2).close()
        return True
    return False


def _url(tenant: Tenant) -> str:
    return tenant.target.url.set(drivername="postgresql").render_as_string(hide_password=False)


if __name__ == "__main__":
    main()
