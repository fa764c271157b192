"""What a browser says of itself, in a few words of ours: `Firefox on Windows`.

Nothing of what it sent is repeated, and nothing depends on it: anybody may send anything.
"""

from __future__ import annotations

import re
from typing import Final

# In this order: most browsers also name those that they want to be taken for.
_PROGRAMS: Final = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"\bEdg(A|iOS)?/", "Edge"),
        (r"\b(OPR|OPX)/", "Opera"),
        (r"\bVivaldi/", "Vivaldi"),
        (r"\bSamsungBrowser/", "Samsung Internet"),
        (r"\b(Firefox|FxiOS)/", "Firefox"),
        (r"\b(Chrome|CriOS|HeadlessChrome|Chromium)/", "Chrome"),
        (r"\bVersion/[\d.]+ .*\bSafari/", "Safari"),
        (r"^curl/", "curl"),
        (r"^(python|Python)-", "A Python program"),
        (r"^Wget/", "Wget"),
    )
)
_SYSTEMS: Final = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"\biPhone\b", "iPhone"),
        (r"\biPad\b", "iPad"),
        (r"\bAndroid\b", "Android"),
        (r"\bCrOS\b", "ChromeOS"),
        (r"\bWindows\b", "Windows"),
        (r"\b(Macintosh|Mac OS X)\b", "macOS"),
        (r"\bLinux\b", "Linux"),
    )
)
_UNKNOWN: Final = "An unknown browser"


def described(agent: str) -> str:
    """Return program and system in words, as far as they are recognised."""
    program = _first(_PROGRAMS, agent)
    system = _first(_SYSTEMS, agent)
    if program and system:
        return f"{program} on {system}"
    return program or (f"{_UNKNOWN} on {system}" if system else _UNKNOWN)


def _first(known: tuple[tuple[re.Pattern[str], str], ...], agent: str) -> str:
    return next((name for pattern, name in known if pattern.search(agent)), "")
