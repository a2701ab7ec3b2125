"""Blind indexes: encrypted text is found by a keyed mark of it.

A mark says "the same" and nothing else: 64 bits of HMAC-SHA-256 of the folded value, bound to the
column it stands in. LEDGER_KEY keys it, the one key that is never rotated; a new FIELD_KEY changes
no mark, which is made of the text and not of its cipher. NULL says that nobody has looked yet; a
sweep does.
Source: docs/decisions/0082-orders-are-found-by-marks.md.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from functools import cache

from django.conf import settings
from django.db import models

MARK_LENGTH = 16
NOTHING = ""  # there is nothing to find


class MarkField(models.CharField):
    """A column of marks that are made elsewhere, because those of several columns are compared."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": MARK_LENGTH, "null": True, **kwargs})

    def deconstruct(self):
        """Stand in migrations as the plain column it is."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class BlindIndexField(MarkField):
    """A column of marks of its own. ``folds`` returns the forms of what somebody looks for, as the
    column's values were folded; none where it cannot be meant.
    """

    def __init__(self, *args, folds: Callable[[str], Iterable[str]] | None = None, **kwargs):
        self._folds = folds
        super().__init__(*args, **kwargs)

    def mark(self, folded: str) -> str:
        """Return the mark of a folded value; of nothing, nothing."""
        return mark_of(f"{self.model._meta.label_lower}.{self.attname}", folded)

    def marks_of(self, word: str) -> list[str]:
        """Return the marks of every form in which ``word`` may stand in the column."""
        return sorted({self.mark(form) for form in self._folds(word) if form})


def mark_of(place: str, folded: str) -> str:
    """Return the mark of a folded value among those of a place; of nothing, nothing."""
    if not folded:
        return NOTHING
    message = f"{place}:{folded}".encode()
    return hmac.digest(_key(settings.LEDGER_KEY), message, "sha256").hex()[:MARK_LENGTH]


@cache
def _key(secret):
    return hashlib.sha256(b"blind-index:" + secret.encode()).digest()
