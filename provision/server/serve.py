"""The production server: gunicorn inside our own process, and what starts and stops with it.

The first process binds the address, starts the built-in PostgreSQL where it is wanted and keeps the
workers running; each worker makes an app of its own. On SIGTERM or Ctrl-C no connection is accepted
any more, what is in flight is finished, and every connection to a tenant is closed.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import AppImportError

from provision import close_app, create_app
from provision.assembly import metrics_of, open_store
from provision.built_in.postgres import BuiltInPostgres
from provision.errors import SettingsError
from provision.server import logs
from provision.server.worker import Worker
from provision.settings import forget_libpq_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from flask import Flask

    from provision.settings import Settings

log = logging.getLogger(__name__)

# What is in flight may take this long after SIGTERM, the last of it to close tenants' connections.
GRACE_S: Final = 30
_CLOSING_S: Final = 2
_PORTS_TRIED: Final = 100


def serve(
    settings: Settings,
    *,
    next_free_port: bool = False,
    prepare: Callable[[], None] | None = None,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C.

    `prepare` runs once everything but the workers is up; `announce` is called with the address once
    the first worker is ready, in that worker. Raises SettingsError when it cannot be started as
    configured; returns after a clean stop.
    """
    logs.configure(settings.log_level)
    forget_libpq_environment()
    os.umask(0o077)
    signal.signal(signal.SIGTERM, _leave)
    listener = _bind(settings, next_free_port=next_free_port)
    with contextlib.ExitStack() as running:
        running.callback(listener.close)
        # Here, so that a wrong key stops the start with one line, and not each worker.
        open_store(settings)[0].dispose()
        if settings.encryption_key is None and settings.mode == "serve":
            log.warning(
                "PROVISION_ENCRYPTION_KEY is not set: the key is %s; keep a copy of it elsewhere",
                settings.data_dir / "secret.key",
            )
        postgres = BuiltInPostgres(settings.data_dir) if settings.built_in_postgres else None
        if postgres is not None:
            running.callback(postgres.stop)
            postgres.start()
        if prepare is not None:
            prepare()
        metrics = None
        if settings.workers > 1:
            metrics = running.enter_context(_folder_for_metrics())
        _run(_Server(settings, listener, announce or _log_address, metrics), postgres)


def _run(server: _Server, postgres: BuiltInPostgres | None) -> None:
    starter = os.getpid()
    try:
        _Master(server, postgres).run()
    except SystemExit as end:
        # A worker leaves this way too, and its exit code tells the master what happened.
        if os.getpid() != starter:
            raise
        if end.code:
            raise SystemExit(1) from None
    log.info("Stopped")


class _Master(Arbiter):  # type: ignore[misc]
    """The first process: it keeps the workers and the built-in PostgreSQL running.

    Ctrl-C lets requests finish as SIGTERM does; a second one does not.
    """

    handle_int = Arbiter.handle_term

    def __init__(self, server: _Server, postgres: BuiltInPostgres | None) -> None:
        super().__init__(server)
        self._postgres = postgres

    def manage_workers(self) -> None:
        """Restart what has ended; gunicorn calls this once a second and when a child ends."""
        super().manage_workers()
        if self._postgres is not None:
            self._postgres.revive()


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn's view of us: its options, and an app for each worker."""

    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        announce: Callable[[str], None],
        metrics: Path | None,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._address = _address(settings.host, listener)
        self._announce = announce
        self._bind = self._hand_over(listener)
        super().__init__(prog="provision")

    def load_config(self) -> None:
        settings = self._settings
        options = {
            "bind": [self._bind],
            "workers": settings.workers,
            # Kept-alive connections otherwise gather at one of several workers.
            "reuse_port": settings.workers > 1,
            "worker_class": Worker,
            "threads": settings.threads,
            "graceful_timeout": GRACE_S,
            "control_socket_disable": True,
            "accesslog": None,
            "logconfig_dict": logs.config(settings.log_level),
            # Forwarded headers are believed by the app alone, and only as its settings say.
            "forwarded_allow_ips": "",
            "secure_scheme_headers": {},
            "post_fork": self._shorten_grace,
            "post_worker_init": self._begin,
            "worker_exit": self._close,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        try:
            return create_app(self._settings)
        except SettingsError as error:
            raise AppImportError(f"provision: {error}") from None

    def _hand_over(self, listener: socket.socket) -> str:
        """Return what gunicorn binds: our socket, or its address where each worker has one."""
        if self._settings.workers == 1:
            return f"fd://{listener.detach()}"
        host, port = listener.getsockname()[:2]
        listener.close()
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @staticmethod
    def _shorten_grace(_master: Any, worker: Any) -> None:
        """Leave the worker time to close its connections before the master kills it."""
        worker.cfg.set("graceful_timeout", GRACE_S - _CLOSING_S)

    def _begin(self, worker: Any) -> None:
        if self._metrics is not None:
            metrics = metrics_of(self.callable)
            metrics.join(self._metrics)
            worker.publish = metrics.publish
        if worker.age == 1:
            self._announce(self._address)

    def _close(self, _master: Any, _worker: Any) -> None:
        if self.callable is not None:
            metrics_of(self.callable).publish(now=True)
            close_app(self.callable)


@contextlib.contextmanager
def _folder_for_metrics() -> Iterator[Path]:
    """Make a folder in which the workers publish what they count; it goes with the server."""
    starter = os.getpid()
    folder = tempfile.mkdtemp(prefix="provision-")
    try:
        yield Path(folder)
    finally:
        # A worker leaves through here too.
        if os.getpid() == starter:
            shutil.rmtree(folder, ignore_errors=True)


def _bind(settings: Settings, *, next_free_port: bool) -> socket.socket:
    """Return a socket bound to the configured address, or to one of the ports above it."""
    host, first = settings.host, settings.port
    try:
        found = socket.getaddrinfo(host, first, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise SettingsError(
            f"PROVISION_HOST is {host!r}, which is not known here; "
            "it may be an address of this machine, such as 127.0.0.1 or 0.0.0.0"
        ) from None
    family, address = found[0][0], found[0][4]
    last = min(first + _PORTS_TRIED, 65535) if next_free_port else first
    for port in range(first, last + 1):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address[0], port, *address[2:]))
            listener.listen()
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE:
                continue
            name = "PROVISION_PORT" if error.errno == errno.EACCES else "PROVISION_HOST"
            value = port if error.errno == errno.EACCES else repr(host)
            raise SettingsError(
                f"{name} is {value}; this program cannot listen there ({error.strerror})"
            ) from None
        return listener
    ports = f"{first} to {last} are" if last > first else f"{first} is"
    raise SettingsError(f"PROVISION_PORT {ports} taken by another program; choose another port")


def _address(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def _log_address(address: str) -> None:
    log.info("Listening on %s", address)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Stop what has been started on SIGTERM, as long as the server does not run yet."""
    sys.exit(0)
