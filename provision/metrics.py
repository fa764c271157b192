"""Counts for operators in each process, sums over all of them, and writes Prometheus text.

No label ever names a tenant. docs/design.md says why no library writes the text.
"""

from __future__ import annotations

import fcntl
import os
import resource
import threading
import time
import zlib
from bisect import bisect_left
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from uuid import uuid4

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Samples = dict[str, dict[str, float]]
"""By family, the value of each sample by its labels as they stand in the text."""

# Upper bounds of what a request took, in seconds.
_BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# How old the numbers of another process may be.
_PUBLISHED_EVERY_S: Final = 1.0
# Length and checksum of what is published.
_HEAD_BYTES: Final = 8
_READ_TRIES: Final = 5
_REQUEST_SECONDS: Final = "provision_request_seconds"


class Family(NamedTuple):
    """The type and the help text of a name."""

    kind: Literal["gauge", "counter", "histogram"]
    help: str


FAMILIES: Final[Mapping[str, Family]] = {
    "provision_workers": Family("gauge", "Processes that answer requests."),
    _REQUEST_SECONDS: Family("histogram", "Requests by route, and how long they took."),
    "provision_engines": Family("gauge", "Tenants whose engine is kept."),
    "provision_engines_max": Family("gauge", "As many may be kept."),
    "provision_connections": Family("gauge", "Connections to tenants' databases."),
    "provision_connections_lent": Family("gauge", "Of these, at work for a request."),
    "provision_connections_max": Family("gauge", "As many may be open."),
    "provision_connections_opened_total": Family("counter", "Connections opened."),
    "provision_connections_found_dead_total": Family(
        "counter", "Kept connections whose server had hung up, replaced unseen."
    ),
    "provision_calls_total": Family("counter", "Calls that were given a connection."),
    "provision_waiting": Family("gauge", "Calls waiting for a connection."),
    "provision_waits_total": Family("counter", "Calls that had to wait for a connection."),
    "provision_waits_in_vain_total": Family("counter", "Of these, given up when time was over."),
    "provision_evictions_total": Family("counter", "Engines closed, by reason."),
    "provision_breakers": Family(
        "gauge", "Tenants whose last call failed: not tried for now (open) or tried (failing)."
    ),
    "provision_breaker_refusals_total": Family("counter", "Calls refused at once."),
    "provision_trouble_slots_taken": Family("gauge", "Threads that wait for slow tenants."),
    "provision_trouble_slots_max": Family("gauge", "As many may wait."),
    "provision_failures_total": Family("counter", "Failed calls by code."),
    "process_cpu_seconds_total": Family("counter", "Processor time, of all workers."),
    "process_resident_memory_bytes": Family("gauge", "Memory, of all workers."),
    "process_open_fds": Family("gauge", "Open files and sockets, of all workers."),
    "process_threads": Family("gauge", "Threads, of all workers."),
}
"""Every family, in the order of the answer."""


class Metrics:
    """What one process counts; `ask_registry` returns the numbers of the pool.

    `join` lets the processes of one server see each other's.
    """

    def __init__(self, ask_registry: Callable[[], Mapping[str, Any]]) -> None:
        self._ask_registry: Final = ask_registry
        self._lock: Final = threading.Lock()
        self._requests: Final[dict[tuple[str, str, str], list[float]]] = {}
        self._folder: Path | None = None
        self._file = -1
        self._published_at = 0.0

    def count_request(self, route: str, method: str, status: int, took_s: float) -> None:
        """Count an answered request by its route's template and the class of its status."""
        key = (route, method, f"{status // 100}xx")
        with self._lock:
            counts = self._requests.get(key)
            if counts is None:
                # One for each bound, one for what is above them all, and the sum of seconds.
                counts = self._requests[key] = [0.0] * (len(_BOUNDS_S) + 2)
            counts[bisect_left(_BOUNDS_S, took_s)] += 1.0
            counts[-1] += took_s

    def join(self, folder: Path) -> None:
        """Publish in this folder from now on, and count in what others publish there."""
        self._folder = folder
        self._file = os.open(folder / uuid4().hex, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Held as long as this process lives, so that others see when it is gone.
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def publish(self, *, now: bool = False) -> None:
        """Tell the other processes, if that was not done within the last second."""
        if self._folder is None or not (now or time.monotonic() >= self._due_at()):
            return
        self._published_at = time.monotonic()
        text = msgspec.json.encode(self._own())
        head = len(text).to_bytes(_HEAD_BYTES // 2) + zlib.crc32(text).to_bytes(_HEAD_BYTES // 2)
        os.pwrite(self._file, head + text, 0)

    def text(self) -> str:
        """Return the numbers of all processes together, in the text format 0.0.4."""
        total: Samples = defaultdict(lambda: defaultdict(float))
        for samples in (self._own(), *self._of_others()):
            for name, values in samples.items():
                for labels, value in values.items():
                    total[name][labels] += value
        return "".join(_lines(total))

    def _due_at(self) -> float:
        return self._published_at + _PUBLISHED_EVERY_S

    def _own(self) -> Samples:
        with self._lock:
            requests = {key: list(counts) for key, counts in self._requests.items()}
        return {
            "provision_workers": {"": 1.0},
            _REQUEST_SECONDS: _histograms(requests),
            **_registry_samples(self._ask_registry()),
            **_process_samples(),
        }

    def _of_others(self) -> Iterator[Samples]:
        """Yield what other processes published; of one that is gone, only what it had counted."""
        if self._folder is None:
            return
        own = os.fstat(self._file).st_ino
        for path in self._folder.iterdir():
            with path.open("rb", buffering=0) as file:
                samples = _published(file.fileno())
                if os.fstat(file.fileno()).st_ino == own or samples is None:
                    continue
                if _is_free(file.fileno()):
                    samples = {
                        name: each
                        for name, each in samples.items()
                        if FAMILIES[name].kind != "gauge"
                    }
                yield samples


def _published(file: int) -> Samples | None:
    """Return what a file holds, read again if it was being written; None if it holds nothing."""
    for _ in range(_READ_TRIES):
        content = os.pread(file, os.fstat(file).st_size, 0)
        length = int.from_bytes(content[: _HEAD_BYTES // 2])
        text = content[_HEAD_BYTES : _HEAD_BYTES + length]
        if text and zlib.crc32(text) == int.from_bytes(content[_HEAD_BYTES // 2 : _HEAD_BYTES]):
            return msgspec.json.decode(text, type=Samples)
    return None


def _is_free(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _lines(samples: Samples) -> Iterator[str]:
    for name, family in FAMILIES.items():
        yield f"# HELP {name} {family.help}\n# TYPE {name} {family.kind}\n"
        for labels, value in samples.get(name, {}).items():
            # The samples of a histogram have names of their own, which stand before the labels.
            suffix, _, rest = labels.partition("{")
            yield f"{name}{suffix}{'{' + rest if rest else ''} {_number(value)}\n"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _labels(**labels: str) -> str:
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inside}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _histograms(requests: Mapping[tuple[str, str, str], list[float]]) -> dict[str, float]:
    samples: dict[str, float] = {}
    for (route, method, status), counts in requests.items():
        labels = {"route": route, "method": method, "status": status}
        so_far = 0.0
        for bound, count in zip((*map(str, _BOUNDS_S), "+Inf"), counts, strict=False):
            so_far += count
            samples["_bucket" + _labels(**labels, le=bound)] = so_far
        samples["_sum" + _labels(**labels)] = counts[-1]
        samples["_count" + _labels(**labels)] = so_far
    return samples


def _registry_samples(stats: Mapping[str, Any]) -> Samples:
    plain = (
        "engines",
        "engines_max",
        "connections",
        "connections_lent",
        "connections_max",
        "connections_opened_total",
        "connections_found_dead_total",
        "waiting",
        "waits_total",
        "waits_in_vain_total",
        "breaker_refusals_total",
        "trouble_slots_taken",
        "trouble_slots_max",
    )
    samples: Samples = {f"provision_{name}": {"": float(stats[name])} for name in plain}
    samples["provision_calls_total"] = {"": float(stats["lent_total"])}
    samples["provision_evictions_total"] = {
        _labels(reason=reason): float(stats[f"evicted_{reason}_total"])
        for reason in ("lru", "idle", "changed")
    }
    is_open, failing = stats["breakers_open"], stats["tenants_failing"]
    samples["provision_breakers"] = {
        _labels(state="open"): float(is_open),
        _labels(state="failing"): float(failing - is_open),
    }
    samples["provision_failures_total"] = {
        _labels(code=code): float(count) for code, count in stats["failures_total"].items()
    }
    return samples


def _process_samples() -> Samples:
    used = resource.getrusage(resource.RUSAGE_SELF)
    samples: Samples = {
        "process_cpu_seconds_total": {"": used.ru_utime + used.ru_stime},
        "process_threads": {"": float(threading.active_count())},
    }
    with suppress(OSError):  # not a Linux
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        samples["process_resident_memory_bytes"] = {"": float(pages * resource.getpagesize())}
        samples["process_open_fds"] = {"": float(sum(1 for _ in Path("/proc/self/fd").iterdir()))}
    return samples
