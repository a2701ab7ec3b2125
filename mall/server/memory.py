"""Memory that goes back to the system when it is no longer needed.

A sign-in takes 19 MiB for a moment (accounts/passwords.py). glibc's malloc (2.36) maps a piece that
size apart, and unmaps it when it is freed; but the first such free raises the size from which it
does so to 19 MiB, so every further sign-in takes its piece from an arena, of which each thread has
one, and there it stays: 290 MB for a process of eight threads instead of 137 (docs/operations.md).
A size that was set does not rise.
"""

import ctypes
import os

M_MMAP_THRESHOLD = -3  # <malloc.h>
MAPPED_APART_BYTES = 1024 * 1024
CHOSEN = "MALLOC_MMAP_THRESHOLD_"  # in the environment: an operator's choice stays


def map_large_pieces_apart() -> bool:
    """Give what a sign-in took back at once, in this process and those it forks; returns whether
    the system's malloc can be told.
    """
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    if tell is None or CHOSEN in os.environ:
        return False
    return tell(M_MMAP_THRESHOLD, MAPPED_APART_BYTES) == 1
