"""Memory that goes back to the system when it is no longer needed.

A sign-in takes 19 MiB for a moment (accounts/passwords.py). glibc's malloc (2.36) maps a piece that
size apart, and unmaps it when it is freed; but the first such free raises the size from which it
does so to 19 MiB, so every further sign-in takes its piece from an arena, of which each thread has
one, and there it stays: 290 MB for a process of eight threads instead of 137 (docs/operations.md).
A size that was set does not rise.

A piece mapped anew is 4,865 pages of 4 KiB, each of which the system hands over by itself: 11 of
the 30 ms a sign-in takes. In pages of 2 MiB it is ten; malloc asks for those when its environment
says so before the process begins.

And Python's collector of cycles does not look for garbage where there is none: a full collection
goes through 160,000 objects of code, models and settings, which live as long as the process. That
is 50 to 100 ms in which nobody is served.
"""

import ctypes
import gc
import os

M_MMAP_THRESHOLD = -3  # <malloc.h>
MAPPED_APART_BYTES = 1024 * 1024
# New objects (700 by default) after which the youngest are looked through; most of a request's are
# gone by themselves, so fewer looks find the same.
COLLECTED_AFTER = 10_000
CHOSEN = "MALLOC_MMAP_THRESHOLD_"  # in the environment: an operator's choice stays
TUNABLES, IN_LARGE_PAGES = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"  # madvise, glibc 2.35


def map_large_pieces_apart() -> bool:
    """Give what a sign-in took back at once, in this process and those it forks; returns whether
    the system's malloc can be told.
    """
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    if tell is None or CHOSEN in os.environ:
        return False
    return tell(M_MMAP_THRESHOLD, MAPPED_APART_BYTES) == 1


def ask_for_large_pages() -> None:
    """Have malloc take large pieces in large pages in the processes that this one starts or
    becomes. An operator's choice stays, also the system's to give none.
    """
    os.environ.setdefault(TUNABLES, IN_LARGE_PAGES)


def leave_alone_what_stays() -> None:
    """Have collections pass over all there is by now: for a process that is ready to serve."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER, *gc.get_threshold()[1:])
