"""Static files of the embedded profile: hashed names that browsers keep for good, compressed once.

``./scripts/run`` collects them beside the database when one of them changed since. Whoever starts
the server otherwise is served the plain files.
"""

import fcntl
from hashlib import blake2b
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

MARK = "collected"
# What shoppers load. All there is would take half a minute of the first start to compress.
OURS = ("css/", "js/", "icons/", "vendor/", "django_htmx/")


class Storage(CompressedManifestStaticFilesStorage):
    """As in production; a file that was not collected is served under its own name."""

    def stored_name(self, name):
        """See Django."""
        return self.hashed_files.get(self.hash_key(self.clean_name(name)), name)

    def compress_files(self, paths):
        """See WhiteNoise."""
        return super().compress_files(path for path in paths if path.startswith(OURS))


def collect() -> bool:
    """Collect all static files unless they are as they were; return whether that was needed.

    Nothing is taken away: another shop of this folder may be serving it. Two that start together
    collect one after the other.
    """
    mark = Path(settings.STATIC_ROOT) / MARK
    now = _state()
    with open(mark.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if mark.exists() and mark.read_text() == now:
            return False
        call_command("collectstatic", interactive=False, verbosity=0)
        mark.write_text(now)
    return True


def _state() -> str:
    """Return what changes with every file: names, sizes and times of change."""
    state = blake2b(digest_size=16)
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            state.update(f"{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return state.hexdigest()
