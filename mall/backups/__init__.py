"""Backups that are called good only when they were restored (ops/backup, ops/restore, ops/drill).

A backup is a folder that appears whole or not at all; which database and which pictures it holds
is what the shop's own settings say, never a second reading of the environment.
"""

import sys


class BackupError(Exception):
    """What went wrong and the mend, in one sentence; nothing was kept and nothing was changed."""


def say(words):
    """Tell whoever waits at the terminal."""
    sys.stderr.write(f"mall: {words}\n")
