from __future__ import annotations

import logging
import subprocess
import sys

from provision.server.logs import OneLine, config

_SCRIPT = """
import logging
from provision.server import logs
logs.configure("info")
logging.getLogger("provision.server").info("ours")
logging.getLogger("provision.server").debug("too quiet")
logging.getLogger("sqlalchemy.engine").info("a bound value")
logging.getLogger("gunicorn.error").info("chatter")
logging.getLogger("gunicorn.error").warning("worth knowing")
try:
    raise ValueError("first\\nsecond")
except ValueError:
    logging.getLogger("provision.web").exception("from %s", "a\\nforged\\x1b[31m line")
"""


def test_an_event_is_one_line_whatever_it_holds() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True
    )
    lines = done.stderr.splitlines()
    assert [line.split(": ", 1)[1][:13] for line in lines] == [
        "ours",
        "worth knowing",
        r"from a\nforge",
    ]
    assert r"\x1b[31m" in lines[-1]
    assert lines[-1].endswith(r"ValueError: first\nsecond")
    assert done.stdout == ""


def test_what_is_printable_stays_as_it_is() -> None:
    record = logging.LogRecord("provision", logging.INFO, "", 1, "Tomás, 列", (), None)
    assert OneLine("%(message)s").format(record) == "Tomás, 列"


def test_a_quiet_level_quietens_libraries_too() -> None:
    assert config("error")["root"]["level"] == "ERROR"
    assert config("debug")["root"]["level"] == "WARNING"


def test_an_event_says_when_in_utc() -> None:
    record = logging.LogRecord("provision", logging.INFO, "", 1, "text", None, None)
    record.created, record.msecs = 1_800_000_000.25, 250
    formatter = config("info")["formatters"]["line"]
    line = OneLine(formatter["format"]).format(record)
    assert line.startswith("2027-01-15T08:00:00.250Z ")
