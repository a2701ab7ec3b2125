"""The seal of the books: each entry's hash covers the one before it, under a key kept outside the
database.
"""

import hmac
import json
from datetime import UTC
from operator import attrgetter

from django.conf import settings

FIELDS = (
    "account_id",
    "seq",
    "kind",
    "delta",
    "held_delta",
    "debt_delta",
    "balance_after",
    "held_after",
    "debt_after",
    "alloc",
    "key",
    "rule",
    "rule_version",
    "reference",
    "reverses_seq",
    "actor",
    "description",
    "note",
)
_facts = attrgetter(*FIELDS)
_written = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def seal(head: str, entry) -> str:
    """Return the hash of an entry that follows ``head`` (64 hex digits; "" before the first)."""
    facts = [
        *_facts(entry),
        head,
        entry.biz_date.isoformat(),
        entry.created_at.astimezone(UTC).isoformat(timespec="microseconds"),
    ]
    written = _written(facts)
    return hmac.digest(settings.LEDGER_KEY.encode(), written.encode(), "sha256").hex()
