"""What a thousand tenants in one process cost: memory, connections, and what is left of them.

Run it as `python -m benchmarks.memory`. The registry keeps 64 engines; sixteen threads read as
tenants in random order. Connections are counted by the server. The aim: at most 60 MB
above the base, never more connections than the bound, and none left at the end.
"""

from __future__ import annotations

import gc
import random
import resource
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from benchmarks.many_tenants import Watch
from benchmarks.rig import folder_and_postgres, met
from benchmarks.round_trips import by_oid
from provision.tenant.access import TenantAccess, Workspace
from provision.tenant.connection.driver import TenantConnection
from provision.tenant.host.target import Target
from provision.tenant.network.policy import NetworkPolicy
from provision.tenant.pool.bounds import Bounds
from provision.tenant.pool.registry import EngineRegistry

TENANTS = 1000
ENGINES = 64
DATABASES = 40  # each of which takes 20 connections and no more
CONNECTIONS = 128
THREADS = 16
PASSES = 3
OPEN = "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'workspace%'"


def main() -> None:
    with folder_and_postgres() as (_, postgres):
        targets = []
        for number in range(DATABASES):
            made = postgres.database_for(f"database {number}")
            place = (made.host, made.port, made.database, made.user, made.password)
            targets.append(met(Target(*place, sslmode="disable")))
        watch = Watch(postgres)
        read_as(targets, 1, 1)  # what the first use of anything loads belongs to the base
        base = memory()
        watch.start()
        begun = time.monotonic()
        registry, most_engines = read_as(targets, TENANTS, PASSES, keep=True)
        took_s = time.monotonic() - begun
        with_all = memory()
        registry.close()
        watch.stop()
        gc.collect()
        left = sum(isinstance(each, TenantConnection) for each in gc.get_objects())
        print(f"{TENANTS} tenants, {ENGINES} engines kept, {PASSES} passes by {THREADS} threads")
        print(f"  {TENANTS * PASSES / took_s:.0f} reads a second, most of them on a new connection")
        print(
            f"  memory above base: {with_all - base:.1f} MB; after closing {memory() - base:.1f} MB"
        )
        print(f"  most engines {most_engines}, most connections {watch.most} of {CONNECTIONS}")
        print(f"  left after closing: {left} connection objects, {watch.ask(OPEN)} on the server")
        watch.close()


def read_as(
    targets: list[Target], tenants: int, passes: int, *, keep: bool = False
) -> tuple[EngineRegistry, int]:
    """Read once a pass as each tenant; returns the registry, and the most engines it kept."""
    registry = EngineRegistry(
        lambda number: replace(targets[int(number) % len(targets)]),
        policy=NetworkPolicy(loopback=True),
        bounds=Bounds(max_engines=ENGINES, max_connections=CONNECTIONS),
    )
    access = TenantAccess(registry)
    most, lock = [0], threading.Lock()

    def read(number: int) -> None:
        access.read(Workspace(str(number), "owner"), by_oid)
        with lock:
            engines = registry.stats()["engines"]
            most[0] = max(most[0], engines if isinstance(engines, int) else 0)

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(passes):
            list(pool.map(read, random.sample(range(tenants), tenants)))
    if not keep:
        registry.close()
    return registry, most[0]


def memory() -> float:
    """Resident memory of this process in MB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    main()
