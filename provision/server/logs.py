"""How the server logs: the standard library, to standard error, one line an event.

A line break or an escape code in a message, a client's own words among them, is written out, so
that nobody can forge a line. Libraries only speak from `warning` on: below it some of them would
tell bound values.
"""

from __future__ import annotations

import logging
import logging.config
import time
from typing import Any, Final

_ESCAPES: Final = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
}


class OneLine(logging.Formatter):
    """Formats a record, its traceback included, as one printable line that begins in UTC."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).translate(_ESCAPES)


def config(level: str) -> dict[str, Any]:
    """Return a `logging.config` dictionary in which our own loggers write from `level` on."""
    ours = level.upper()
    theirs = "WARNING" if ours in ("DEBUG", "INFO") else ours
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": OneLine,
                "format": "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s",
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"level": theirs, "handlers": ["stderr"]},
        "loggers": {
            "provision": {"level": ours},
            # Named, because gunicorn hangs handlers of its own on it.
            "gunicorn.error": {"level": theirs, "handlers": [], "propagate": True},
        },
    }


def configure(level: str) -> None:
    """Log like this in the present process and in all that are forked from it."""
    logging.config.dictConfig(config(level))
