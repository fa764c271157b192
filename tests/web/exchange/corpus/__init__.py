"""Files as seventeen tools write them, with made-up content, and the tasks that are in them.

`tools` holds the files of tools, `sheets` those that people keep by hand; `workbooks` writes
`.xlsx`. Columns, their order and their forms are those of the real exports.
"""

from __future__ import annotations

from tests.web.exchange.corpus.expected import File, Task
from tests.web.exchange.corpus.sheets import SHEETS
from tests.web.exchange.corpus.tools import TOOLS

FILES: tuple[File, ...] = (*TOOLS, *SHEETS)

__all__ = ["FILES", "File", "Task"]
