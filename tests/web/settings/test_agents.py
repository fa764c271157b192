from __future__ import annotations

import pytest

from provision.web.settings.agents import described

_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/1 Firefox/143.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0) {_CHROME} Safari/537.36", "Chrome on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {_CHROME} Safari/537.36 Edg/141.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537", "Chrome on Android"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) {_SAFARI} Safari/605", "Safari on macOS"),
        (f"Mozilla/5.0 (iPhone; like Mac OS X) {_SAFARI} Mobile Safari/604", "Safari on iPhone"),
        ("curl/8.5.0", "curl"),
        ("", "An unknown browser"),
        ("<script>alert(1)</script>", "An unknown browser"),
        ("Something (Linux)", "An unknown browser on Linux"),
    ],
)
def test_program_and_system_are_recognised_and_nothing_is_repeated(agent: str, words: str) -> None:
    assert described(agent) == words
