"""The name of equal rows, and for how long equal ones are asked about."""

import hashlib
import json
from collections.abc import Iterable, Sequence

DAYS_ASKED = 7  # whoever brings rows that were posted so lately from another file is asked


def digest(rows: Iterable[Sequence]) -> str:
    """Return 64 hex digits, the same for the same parsed values however they were saved."""
    counted = hashlib.sha256()
    for row in rows:
        counted.update(json.dumps(list(row), ensure_ascii=False, default=str).encode() + b"\n")
    return counted.hexdigest()
