"""Debian's PgBouncer in transaction mode before the test server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.tenant.real_servers import HOST, NOBODY, as_nobody, free_port, missing, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Server


@contextmanager
def pgbouncer(
    server: Server,
    users: dict[str, str],
    *settings: str,
    databases: str = "*",
    server_port: int | None = None,
) -> Iterator[int]:
    """The port of a PgBouncer that shares two server connections among all."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        missing("PgBouncer is not installed")
        return
    folder = Path(tempfile.mkdtemp(prefix="provision-pgbouncer-"))
    port = free_port()
    (folder / "users").write_text("".join(f'"{name}" "{key}"\n' for name, key in users.items()))
    (folder / "ini").write_text(
        f"[databases]\n{databases} = host={server.host} port={server_port or server.port}\n"
        f"[pgbouncer]\nlisten_addr = {HOST}\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {folder / 'users'}\n"
        "pool_mode = transaction\ndefault_pool_size = 2\n" + "".join(f"{s}\n" for s in settings)
    )
    as_root = os.geteuid() == 0
    for path in (folder, folder / "users", folder / "ini") if as_root else ():
        os.chown(path, NOBODY, NOBODY)
    process = subprocess.Popen(
        [program, "-q", str(folder / "ini")], stderr=subprocess.DEVNULL, **as_nobody()
    )
    try:
        wait_until(lambda: _listens(port, process))
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(folder)


def _listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
