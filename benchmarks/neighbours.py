"""One tenant's database hangs: what do the others notice, and what does its owner?

Run it as `python -m benchmarks.neighbours`. Others are measured with the neighbour well and with it
hung, alternately, five rounds; the table shows the medians and their ratio.
"""

from __future__ import annotations

import statistics
import threading

from benchmarks.counting_proxy import CountingProxy
from benchmarks.rig import Load, folder_and_postgres, lead_through, load, make_tenants
from tests.running import running

ROUNDS = 5
SECONDS = 6.0
OTHERS = 4
CLIENTS = 4
HUNG_CLIENTS = 16


def main() -> None:
    with folder_and_postgres() as (folder, postgres):
        *others, hung = make_tenants(folder, postgres, OTHERS + 1)
        bearers = [each.token for each in others]
        with CountingProxy(hung.target.host, hung.target.port) as proxy:
            hung = lead_through(folder, hung, proxy.host, proxy.port)
            with running("serve", "--port", "0", directory=folder) as server:
                # Each refusal is a line in the log; a full pipe would hold the server up.
                log = server.process.stdout
                threading.Thread(target=log.read if log else None, daemon=True).start()
                address = (server.host, server.port)
                load(address, [*bearers, hung.token], clients=CLIENTS, seconds=2)
                well: list[Load] = []
                beside_hung: list[Load] = []
                owners: list[Load] = []
                for _ in range(ROUNDS):
                    proxy.speak_again()
                    load(address, [hung.token], clients=1, seconds=1)
                    well.append(load(address, bearers, clients=CLIENTS, seconds=SECONDS))
                    proxy.fall_silent()
                    owner = threading.Thread(
                        target=lambda: owners.append(
                            load(address, [hung.token], clients=HUNG_CLIENTS, seconds=SECONDS + 2)
                        )
                    )
                    owner.start()
                    beside_hung.append(load(address, bearers, clients=CLIENTS, seconds=SECONDS))
                    owner.join()
                server.stop()
    _print("others, neighbour well", well)
    _print("others, neighbour hung", beside_hung)
    ratios = [
        after.percentile(0.99) / before.percentile(0.99)
        for before, after in zip(well, beside_hung, strict=True)
    ]
    print(f"p99 hung / well: median {statistics.median(ratios):.2f}, all {_rounded(ratios)}")
    _print("owner of the hung one", owners)


def _print(what: str, rounds: list[Load]) -> None:
    statuses: dict[int, int] = {}
    for each in rounds:
        for status, count in each.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    p50, p99, most = (
        statistics.median(each.percentile(share) for each in rounds) for share in (0.5, 0.99, 1.0)
    )
    print(
        f"{what:24} p50 {p50:8.1f} ms   p99 {p99:8.1f} ms   most {most:8.1f} ms   "
        f"statuses {dict(sorted(statuses.items()))}"
    )


def _rounded(numbers: list[float]) -> str:
    return ", ".join(f"{number:.2f}" for number in numbers)


if __name__ == "__main__":
    main()
