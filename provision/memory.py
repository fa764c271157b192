"""Give memory back to the system as soon as nothing uses it.

glibc keeps what a thread freed for that thread to use again: sixteen threads that each checked a
password, which takes 19 MiB, held 300 MB for good. With a fixed threshold each large piece is
mapped by itself and unmapped when it is freed. On another C library nothing happens here.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Final

# `M_TRIM_THRESHOLD` and `M_MMAP_THRESHOLD` of malloc.h; naming one stops glibc from raising both.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_LARGE_BYTES: Final = 1024 * 1024


def give_back_at_once() -> None:
    """Have large pieces of memory unmapped when they are freed, from now on in this process."""
    libc = _glibc()
    if libc is not None:
        libc.mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
        libc.mallopt(_TRIM_THRESHOLD, _LARGE_BYTES)


def give_back() -> None:
    """Return what is free in small pieces, too; takes some milliseconds."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


@functools.cache
def _glibc() -> ctypes.CDLL | None:
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
