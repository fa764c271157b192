"""Tell how much has come on a connection, as the system counts it."""

from __future__ import annotations

import array
import fcntl
import socket
import sys
import termios
from typing import Final

# Where Linux (4.1 and later) keeps `tcpi_bytes_received` in its `struct tcp_info`, a `u64`.
_TCP_INFO: Final = getattr(socket, "TCP_INFO", None) if sys.platform == "linux" else None
_RECEIVED: Final = slice(128, 136)


def received_bytes(fd: int) -> int:
    """Return the bytes received on an open socket so far; 0 where nobody counts them."""
    if _TCP_INFO is None:
        return 0
    try:
        borrowed = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=fd)
    except OSError:
        return 0
    try:
        info = borrowed.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _RECEIVED.stop)
    except OSError:
        return 0
    finally:
        borrowed.detach()
    return int.from_bytes(info[_RECEIVED], sys.byteorder)


def unread_bytes(fd: int) -> int:
    """Return how many of them nobody has read yet."""
    count = array.array("i", [0])
    try:
        fcntl.ioctl(fd, termios.FIONREAD, count)
    except OSError:
        return 0
    return count[0]
