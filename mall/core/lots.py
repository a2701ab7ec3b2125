"""Lots that anybody can check afterwards: a seed promised by its hash, and numbers drawn from it.

Pure: no database, no clock. Number ``n`` of a draw is HMAC-SHA256(seed, "name:n"): its first four
bytes as an integer below 2³², drawn anew as "name:n:1", "name:n:2" … while it lies in the last,
incomplete round of the weights (rejection sampling), so that every weight has exactly its share.

Source: commit and reveal, docs/decisions/0099-lucky-draws.md.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Sequence

SEED_BYTES = 32
SPAN = 2**32
# of all weights together: at this sum one number in 4,400 is drawn anew
WEIGHTS_MOST = 1_000_000


def new_seed() -> str:
    """Return a new seed, in hex."""
    return secrets.token_hex(SEED_BYTES)


def hash_of(content: bytes) -> str:
    """Return the hash that promises something, in hex."""
    return hashlib.sha256(content).hexdigest()


def seed_hash(seed: str) -> str:
    """Return the hash that promises a seed: of its bytes, not of its hex."""
    return hash_of(bytes.fromhex(seed))


def canonical(table: dict) -> str:
    """Return a table as the one text that its hash is taken of."""
    return json.dumps(table, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def number(seed: str, name: str, n: int, below: int) -> int:
    """Return the number of lot ``n``, each of 0 … ``below`` − 1 being as likely as the others."""
    if not 1 <= below <= SPAN:
        raise ValueError(f"Cannot draw below {below!r}.")
    whole_rounds, tries = SPAN - SPAN % below, 0
    while True:
        message = f"{name}:{n}:{tries}" if tries else f"{name}:{n}"
        digest = hmac.digest(bytes.fromhex(seed), message.encode(), "sha256")
        drawn = int.from_bytes(digest[:4], "big")
        if drawn < whole_rounds:
            return drawn % below
        tries += 1


def pick(seed: str, name: str, n: int, weights: Sequence[int]) -> int:
    """Return the place of the weight that lot ``n`` falls on."""
    drawn = number(seed, name, n, sum(weights))
    for place, weight in enumerate(weights):
        if drawn < weight:
            return place
        drawn -= weight
    raise AssertionError("unreachable")


def ranked(seed: str, name: str, numbers: Iterable[int]) -> list[int]:
    """Return numbers in the order in which their lots come up, the first first."""
    return sorted(numbers, key=lambda n: (_digest(seed, f"{name}:{n}"), n))


def _digest(seed, message) -> bytes:
    return hmac.digest(bytes.fromhex(seed), message.encode(), "sha256")
