"""Signatures of Standard Webhooks: an HMAC-SHA256 over id, timestamp and body, each with a dot
between, by a secret both ends know (``whsec_`` and its bytes in base64).

Source: github.com/standard-webhooks/standard-webhooks, spec 1.0.0.
"""

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """Return a secret as both ends keep it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(message: str, timestamp: int, body: bytes, *, secret: str) -> str:
    """Return the signature ``v1,<base64>`` of a body sent at ``timestamp`` (seconds since 1970)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    told = f"{message}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()


def headers(message: str, timestamp: int, body: bytes, *, secrets: list[str]) -> dict:
    """Return the headers that prove where a message comes from; while a secret is replaced, both
    sign.
    """
    signatures = [sign(message, timestamp, body, secret=secret) for secret in secrets]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
