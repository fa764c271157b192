"""What hostile databases cost the server that talks to them, in memory: eight requests at once.

Run it as `python -m benchmarks.hostile_memory [KIND …]`. For each kind of flood a real `provision
serve` is started and asked by eight clients as two tenants, twice; the resident memory of all its
processes is read from /proc all the while. The aim: 150 MB above the base at most, and given back a
few seconds later.
"""

from __future__ import annotations

import collections
import json
import resource
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.rig import folder_and_postgres, lead_through, make_tenants
from tests.running import running
from tests.tenant.faulty_servers import serving
from tests.tenant.floods import ENDING, ENDLESS, flooding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.running import Running

TENANTS = 2
REQUESTS = 8
ROUNDS = 2
SETTLE_S = 3.0
PATH = "/api/projects"


class Watch:
    """The most that a process and its children have held since it was told to look, in MB."""

    def __init__(self, pid: int) -> None:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        self._paths = [Path(f"/proc/{each}/statm") for each in (pid, *children)]
        self._stopped = threading.Event()
        self.most = self.now()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def now(self) -> float:
        pages = sum(int(each.read_text("ascii").split()[1]) for each in self._paths)
        return pages * resource.getpagesize() / 1e6

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(0.005):
            self.most = max(self.most, self.now())


def main() -> None:
    kinds = {**ENDLESS, **ENDING}
    wanted = sys.argv[1:] or list(kinds)
    print(f"{'kind':44}{'base':>8}{'most':>9}{'kept':>9}{'took':>8}  answers")
    with folder_and_postgres() as (folder, postgres):
        tenants = make_tenants(folder, postgres, TENANTS)
        chosen: list[Callable[[], Iterator[bytes]]] = []
        real = (tenants[0].target.host, tenants[0].target.port)
        talk = flooding(real, lambda: chosen[0] if chosen else None)
        with serving(talk) as port:
            tokens = [lead_through(folder, each, "127.0.0.1", port).token for each in tenants]
            for kind in wanted:
                chosen.clear()
                with running("serve", "--port", "0", directory=folder) as server:
                    log = server.process.stdout
                    threading.Thread(target=log.read if log else None, daemon=True).start()
                    _measure(server, tokens, partial(chosen.append, kinds[kind]), kind)
                    server.process.terminate()


def _measure(server: Running, tokens: list[str], begin: Callable[[], object], kind: str) -> None:
    asked = [tokens[number % TENANTS] for number in range(REQUESTS)]
    with ThreadPoolExecutor(REQUESTS) as pool:
        list(pool.map(lambda token: _ask(server, token), asked * 8))
    watch = Watch(server.process.pid)
    base = watch.now()
    begin()
    begun = time.monotonic()
    answers: collections.Counter[str] = collections.Counter()
    with ThreadPoolExecutor(REQUESTS) as pool:
        for _ in range(ROUNDS):
            answers.update(pool.map(lambda token: _ask(server, token), asked))
    took = time.monotonic() - begun
    time.sleep(SETTLE_S)
    kept = watch.now() - base
    watch.stop()
    print(
        f"{kind:44}{base:8.0f}{watch.most - base:+9.0f}{kept:+9.0f}{took:7.1f}s  {dict(answers)}",
        flush=True,
    )


def _ask(server: Running, token: str) -> str:
    request = urllib.request.Request(
        f"http://{server.host}:{server.port}{PATH}",
        headers={"Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(answer.status)
    except urllib.error.HTTPError as answer:
        with answer:
            return f"{answer.code} {json.loads(answer.read())['code']}"


if __name__ == "__main__":
    main()
