"""Calls the app with a request, in a thread, and keeps all that it answers for the event loop.

The thread waits for nobody: an answer beyond a bound lies on disk until the client has taken it.
"""

from __future__ import annotations

import io
import logging
import re
import sys
import time
from email.utils import formatdate
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes
from wsgiref.util import FileWrapper

from provision.server.refusals import FAULT, NO_ROOM, NO_ROOM_FOR_ANSWER, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from provision.server.request_buffer import Request

    WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

log = logging.getLogger(__name__)

REFUSED: Final = "provision.refused"
"""Set in the environment by the app where it refused a request for what went wrong before."""

_IN_MEMORY_BYTES: Final = 256 * 1024
_FILE_BLOCK_BYTES: Final = 64 * 1024
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_STATUS: Final = re.compile(r"[1-9][0-9]{2}( [\t\x20-\x7e]*)?")
_OF_THE_CONNECTION: Final = frozenset(
    ("connection", "date", "keep-alive", "server", "te", "trailer", "transfer-encoding", "upgrade")
)


class _NoSpoolError(Exception):
    """An answer cannot be written to disk."""


class Answer:
    """Head and body of one answer; the body in `rest` is sent after `start`."""

    __slots__ = ("keep_alive", "rest", "rest_bytes", "start", "was_refused")

    def __init__(
        self,
        start: bytes,
        *,
        rest: IO[bytes] | None = None,
        rest_bytes: int = 0,
        keep_alive: bool,
        was_refused: bool = False,
    ) -> None:
        self.start = start
        self.rest = rest
        self.rest_bytes = rest_bytes
        self.keep_alive = keep_alive
        self.was_refused = was_refused
        """Return whether the app refused it at once, because of what went wrong before."""

    def close(self) -> None:
        """Free what lies on disk."""
        if self.rest is not None:
            self.rest.close()


class Caller:
    """Calls one WSGI app for requests to one listener's address; used by many threads."""

    def __init__(self, app: WsgiApp, *, server: tuple[str, int]) -> None:
        self._app: Final = app
        self._fixed: Final[dict[str, Any]] = {
            "SCRIPT_NAME": "",
            "SERVER_NAME": server[0],
            "SERVER_PORT": str(server[1]),
            "SERVER_SOFTWARE": "provision",
            "wsgi.errors": sys.stderr,
            "wsgi.file_wrapper": _File,
            "wsgi.input_terminated": True,
            "wsgi.multiprocess": True,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
        }

    def call(self, request: Request, client: tuple[str, int], *, is_last: bool) -> Answer:
        """Return the app's answer, or ours where it fails; the request's body is closed.

        `is_last`: the connection is closed afterwards.
        """
        refusal = FAULT
        try:
            environ = self._environ(request, client)
            answered = _Answering(request, keep_alive=request.keep_alive and not is_last)
            return answered.collect(self._app, environ)
        except _NoSpoolError as error:
            log.error("An answer cannot be kept on disk: %s", error)
            is_read = request.method in ("GET", "HEAD", "OPTIONS")
            refusal = NO_ROOM if is_read else NO_ROOM_FOR_ANSWER
        except Exception as error:  # noqa: BLE001  # a thread of the server outlives every request
            # Without the text, which may hold what the person sent.
            log.error("Answered 500: %s", type(error).__name__)
        finally:
            request.close()
        start = answer(refusal, as_problem=request.is_api, has_body=request.method != "HEAD")
        return Answer(start, keep_alive=False)

    def _environ(self, request: Request, client: tuple[str, int]) -> dict[str, Any]:
        path, _, query = request.target.partition(b"?")
        environ = {
            **self._fixed,
            "PATH_INFO": unquote_to_bytes(path.partition(b"#")[0]).decode("latin-1"),
            "QUERY_STRING": query.partition(b"#")[0].decode("latin-1"),
            "RAW_URI": request.target.decode("latin-1"),
            "REMOTE_ADDR": client[0],
            "REMOTE_PORT": str(client[1]),
            "REQUEST_METHOD": request.method,
            "REQUEST_URI": request.target.decode("latin-1"),
            "SERVER_PROTOCOL": f"HTTP/{request.version}",
            "wsgi.input": request.body or io.BytesIO(),
        }
        for raw_name, raw_value in request.headers:
            if b"_" in raw_name:
                continue  # `X_Forwarded_For` would pass for `X-Forwarded-For`
            name = raw_name.decode("ascii").upper().replace("-", "_")
            value = raw_value.decode("latin-1")
            if name == "CONTENT_TYPE":
                environ[name] = value
            elif name not in ("CONTENT_LENGTH", "TRANSFER_ENCODING", "EXPECT"):
                key = f"HTTP_{name}"
                between = "; " if name == "COOKIE" else ","
                environ[key] = f"{environ[key]}{between}{value}" if key in environ else value
        if request.body_bytes or request.method in ("POST", "PUT", "PATCH"):
            environ["CONTENT_LENGTH"] = str(request.body_bytes)
        return environ


class _Answering:
    """One call of the app: what it gave to `start_response`, and the body so far."""

    def __init__(self, request: Request, *, keep_alive: bool) -> None:
        self._method: Final = request.method
        self._keep_alive = keep_alive
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self._pieces: list[bytes] = []
        self._size = 0
        self._file: IO[bytes] | None = None

    def collect(self, app: WsgiApp, environ: dict[str, Any]) -> Answer:
        """Run the app to the end of its answer."""
        try:
            result = app(environ, self._start_response)
            if isinstance(result, _File) and self._method != "HEAD":
                self._take_over(result.filelike)
            else:
                self._collect(result)
                if self._file is not None:
                    self._rewind(self._file)
            head = self._head()
        except BaseException:
            if self._file is not None:
                self._file.close()
            raise
        refused = bool(environ.get(REFUSED))
        if self._file is None:
            start = b"".join((head, *self._pieces))
            return Answer(start, keep_alive=self._keep_alive, was_refused=refused)
        return Answer(
            head,
            rest=self._file,
            rest_bytes=self._size,
            keep_alive=self._keep_alive,
            was_refused=refused,
        )

    def _collect(self, result: Iterable[bytes]) -> None:
        try:
            for piece in result:
                if piece:
                    self._add(piece)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    @staticmethod
    def _rewind(file: IO[bytes]) -> None:
        try:
            file.seek(0)  # writes what is buffered
        except OSError as error:
            raise _NoSpoolError(error.strerror) from None

    def _take_over(self, file: IO[bytes]) -> None:
        """Let the client be sent an open file as it is, or its content where that is little."""
        self._file = file
        at = file.tell()
        self._size = file.seek(0, io.SEEK_END) - at
        file.seek(at)
        if self._size <= _IN_MEMORY_BYTES:
            self._pieces.append(file.read())
            file.close()
            self._file = None

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None
    ) -> Callable[[bytes], None]:
        self._status, self._headers = status, headers
        return self._add

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._method == "HEAD":
            return
        if self._file is None:
            self._pieces.append(piece)
            if self._size <= _IN_MEMORY_BYTES:
                return
            piece = b"".join(self._pieces)
            self._pieces.clear()
        try:
            if self._file is None:
                self._file = TemporaryFile()  # noqa: SIM115  # closed with the answer
            self._file.write(piece)
        except OSError as error:
            raise _NoSpoolError(error.strerror) from None

    def _head(self) -> bytes:
        if not _STATUS.fullmatch(self._status):
            raise ValueError("no status")
        code = self._status[:3]
        lines, length = self._checked_headers()
        if code in ("204", "304"):
            self._pieces.clear()
            if self._file is not None:
                self._file.close()
                self._file = None
        elif self._method != "HEAD":
            # What the app announced and what it gave may differ, as where a file was cut short.
            length = str(self._size)
        if length is not None and code != "204":
            lines.append(f"Content-Length: {length}")
        connection = "keep-alive" if self._keep_alive else "close"
        lines += [f"Date: {_date()}", "Server: provision", f"Connection: {connection}"]
        return "\r\n".join([f"HTTP/1.1 {self._status}", *lines, "", ""]).encode("latin-1")

    def _checked_headers(self) -> tuple[list[str], str | None]:
        """Return the app's headers as lines, and its Content-Length; raise ValueError for a break.

        Headers of the connection are ours; of the app's only `close` is obeyed.
        """
        lines: list[str] = []
        length: str | None = None
        for name, value in self._headers:
            if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
                raise ValueError("a header that would break the answer")
            lower = name.lower()
            if lower == "connection" and "close" in value.lower():
                self._keep_alive = False
            elif lower == "content-length":
                length = value
            elif lower not in _OF_THE_CONNECTION:
                lines.append(f"{name}: {value}")
        return lines, length


class _File(FileWrapper):
    """An open file as the app answers it; werkzeug makes one of what it sends unread."""

    def __init__(self, file: IO[bytes], _block: int = 0) -> None:
        super().__init__(file, _FILE_BLOCK_BYTES)


_dated: tuple[int, str] = (0, "")


def _date() -> str:
    """Return the present second as HTTP writes it."""
    global _dated  # noqa: PLW0603  # one text for all answers of a second
    now = int(time.time())
    if _dated[0] != now:
        _dated = (now, formatdate(now, usegmt=True))
    return _dated[1]
