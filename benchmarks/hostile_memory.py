"""What hostile databases cost the server that talks to them, in memory: eight requests at once.

Run it as `python -m benchmarks.hostile_memory [KIND …]`. For each kind of flood a real `provision
serve` is started and asked by eight clients as two tenants, twice; the resident memory of all its
processes is read from /proc all the while. The aim: 150 MB above the base at most, and given back a
few seconds later.
"""

from __future__ import annotations

import collections
import json
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.rig import folder_and_postgres, lead_through, make_tenants
from tests.memory import MemoryWatch
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
    answers: collections.Counter[str] = collections.Counter()
    with MemoryWatch(server.process.pid) as watch, ThreadPoolExecutor(REQUESTS) as pool:
        begin()
        begun = time.monotonic()
        for _ in range(ROUNDS):
            answers.update(pool.map(lambda token: _ask(server, token), asked))
        took = time.monotonic() - begun
        time.sleep(SETTLE_S)
        most, kept = watch.most - watch.base, watch.now() - watch.base
    print(
        f"{kind:44}{watch.base:8.0f}{most:+9.0f}{kept:+9.0f}{took:7.1f}s  {dict(answers)}",
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
