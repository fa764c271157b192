"""Load from wrk (Debian's package of that name), which leaves the cores to the servers."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rig import Ask

_SCRIPT: Final = """
local asks = {}
function init(arguments)
  math.randomseed(os.time())
%s
end
function request() return asks[math.random(#asks)] end
function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format('\\nSEEN {"requests": %%d, "s": %%f, "p50": %%f, "p99": %%f,'
    .. ' "bytes": %%d, "refused": %%d, "failed": %%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, summary.bytes, errors.status, failed))
end
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What wrk saw: requests a second, milliseconds, bytes an answer, answers that were errors."""

    rate: float
    p50_ms: float
    p99_ms: float
    answer_bytes: float
    errors: int


def is_here() -> bool:
    return shutil.which("wrk") is not None


def load(address: tuple[str, int], asks: Sequence[Ask], *, clients: int, seconds: float) -> Seen:
    """Ask random ones of `asks` from `clients` connections; `seconds` are rounded up."""
    lines = "\n".join(f"  asks[{count}] = {_formatted(ask)}" for count, ask in enumerate(asks, 1))
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "asks.lua"
        script.write_text(_SCRIPT % lines)
        command = ["wrk", "-t1", f"-c{clients}", f"-d{-int(-seconds // 1)}s", "--latency"]
        done = subprocess.run(
            [*command, "-s", str(script), f"http://{address[0]}:{address[1]}/"],
            capture_output=True,
            text=True,
            check=True,
        )
    line = next(each for each in done.stdout.splitlines() if each.startswith("SEEN "))
    seen = json.loads(line.removeprefix("SEEN "))
    return Seen(
        rate=seen["requests"] / seen["s"],
        p50_ms=seen["p50"],
        p99_ms=seen["p99"],
        answer_bytes=seen["bytes"] / max(1, seen["requests"]),
        errors=seen["refused"] + seen["failed"],
    )


def _formatted(ask: Ask) -> str:
    headers = ", ".join(f"[{_text(name)}] = {_text(value)}" for name, value in ask.headers.items())
    body = _text(ask.body) if ask.body else "nil"
    return f"wrk.format({_text(ask.method)}, {_text(ask.path)}, {{{headers}}}, {body})"


def _text(value: str) -> str:
    """Write text for Lua, byte by byte where it is not plain."""
    plain = (chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03}"
             for byte in value.encode())  # fmt: skip
    return f'"{"".join(plain)}"'
