"""`app.py`: a program that serves, and a module that any WSGI server can load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.running import environment, running

_ROOT = Path(__file__).parent.parent

_LOAD = """
import app
from provision import close_app
with app.app.test_client() as client:
    print(client.get("/healthz").status_code)
close_app(app.app)
"""


def test_as_a_program_it_is_provision_serve(tmp_path: Path) -> None:
    with running(
        *("--port", "0"), directory=tmp_path, program=[sys.executable, str(_ROOT / "app.py")]
    ) as server:
        assert server.ask("/healthz").status == 200
        assert server.stop() == 0


def test_as_a_module_it_holds_the_callable(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOAD],
        cwd=tmp_path,
        env=environment({}) | {"PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "200\n", done.stderr
    assert (tmp_path / "data" / "control.db").exists()
