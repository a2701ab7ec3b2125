"""What a process remembers, within bounds."""

from collections import OrderedDict
from threading import Lock


class Memory:
    """Entries by key, each true for one version and a while; the longest unused go first."""

    def __init__(self, most: int):
        self._most, self._held, self._entries, self._lock = most, 0, OrderedDict(), Lock()

    def get(self, key, version, now):
        """Return the value kept under a key for this version, or None."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry[0] != version or not entry[1] <= now < entry[2]:
                return None
            self._entries.move_to_end(key)
            return entry[3]

    def peek(self, key):
        """Return the value kept under a key for whichever version and time, or None."""
        entry = self._entries.get(key)
        return entry and entry[3]

    def put(self, key, version, since, until, value, *, size=1):
        """Keep a value of a size for a version, between two instants."""
        with self._lock:
            self._held += size - self._entries.pop(key, (0, 0, 0, 0, 0))[4]
            self._entries[key] = (version, since, until, value, size)
            while self._held > self._most:
                self._held -= self._entries.popitem(last=False)[1][4]
