"""Stand between a server and libpq for one long answer; hand on a little at a time.

libpq reads on for as long as something comes once a message says that it is long, and nothing can
interrupt it: from a server that sends as fast as we read, one call has been seen to take 300 MB.
So the descriptor it reads from becomes one end of a pair of sockets, and the server is read here.
TLS is not touched by it: libpq's own is on top.
"""

from __future__ import annotations

import os
import socket
from typing import Final

from provision.tenant.connection.received import unread_bytes

_PIECE_BYTES: Final = 65_536


class Feed:
    """In place from its making to `end`; `fd` is the server's descriptor meanwhile."""

    def __init__(self, libpq_fd: int) -> None:
        self._libpq_fd: Final = libpq_fd
        self._server: Final = socket.socket(fileno=os.dup(libpq_fd))
        self._ours, theirs = socket.socketpair()
        with theirs:
            theirs.setblocking(False)
            self._ours.setblocking(False)
            os.dup2(theirs.fileno(), libpq_fd, inheritable=False)
        self.fd: Final = self._server.fileno()

    @property
    def has_more(self) -> bool:
        """Return whether libpq has not read all that was handed on."""
        return unread_bytes(self._libpq_fd) > 0

    def hand_on(self) -> None:
        """Give libpq what has come, at most one piece, and the server what libpq wrote."""
        if self.has_more:
            return
        try:
            piece = self._server.recv(_PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if piece:
            self._ours.sendall(piece)
        else:
            self._ours.shutdown(socket.SHUT_WR)
        try:
            self._server.sendall(self._ours.recv(_PIECE_BYTES))
        except OSError:  # most of all because it wrote nothing
            return

    def end(self) -> bool:
        """Give the descriptor back; return whether nothing was lost on the way."""
        is_whole = not self.has_more
        os.dup2(self._server.fileno(), self._libpq_fd, inheritable=False)
        self._server.close()
        self._ours.close()
        return is_whole
