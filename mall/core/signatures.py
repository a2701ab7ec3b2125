"""Messages between servers, signed with a secret both know: a hex HMAC-SHA256 over the timestamp, a
dot and the raw body.
"""

import hashlib
import hmac

from mall.core import clock

TOLERANCE_SECONDS = 300
LONGEST_TIMESTAMP = 12  # digits of seconds since 1970


def sign(raw_body: bytes, timestamp: str, *, secret: str) -> str:
    """Return the signature of a body sent at ``timestamp`` (seconds since 1970, as text)."""
    return hmac.new(
        secret.encode(), timestamp.encode() + b"." + raw_body, hashlib.sha256
    ).hexdigest()


def is_genuine(raw_body: bytes, timestamp: str, signature: str, *, secret: str) -> bool:
    """Return whether the body was signed with ``secret``, at most TOLERANCE_SECONDS ago or ahead.
    An empty secret signs nothing.
    """
    if not secret or not (
        timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= LONGEST_TIMESTAMP
    ):
        return False
    if not hmac.compare_digest(
        sign(raw_body, timestamp, secret=secret).encode(), signature.encode(errors="replace")
    ):
        return False
    return abs(clock.now().timestamp() - int(timestamp)) <= TOLERANCE_SECONDS
