"""How much memory a program under test holds, its children included."""

from __future__ import annotations

import resource
import threading
from pathlib import Path
from typing import Self


class MemoryWatch:
    """Resident megabytes of a process and its children; `most` since it was entered."""

    def __init__(self, pid: int) -> None:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        self._paths = [Path(f"/proc/{each}/statm") for each in (pid, *children)]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.base = self.most = self.now()

    def now(self) -> float:
        pages = sum(int(each.read_text("ascii").split()[1]) for each in self._paths)
        return pages * resource.getpagesize() / 1e6

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(0.005):
            self.most = max(self.most, self.now())
