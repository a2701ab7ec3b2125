"""Web Push: a message only the browser can read, and the proof that it is ours.

Encryption is RFC 8291 (ECDH on P-256, HKDF, one record of AES-128-GCM as RFC 8188 says), the proof
VAPID, RFC 8292 (a JWT signed ES256). Some lines over ``cryptography``, which the shop has; the
library for it (pywebpush 2.x) brings two more and its own HTTP.
"""

import base64
import json
import os
import struct
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from mall.core import clock

CURVE = ec.SECP256R1()
RECORD = 4096
PROOF_SECONDS = 12 * 3600  # RFC 8292 allows 24 hours
POINT_BYTES, AUTH_BYTES, SALT_BYTES = 65, 16, 16


def encrypt(content: bytes, *, public_key: str, auth: str, own=None, salt: bytes = b"") -> bytes:
    """Return the body of a push message for a browser's keys (base64url, as ``PushSubscription``
    tells them). ``own`` and ``salt`` are made anew for each message, and given for examples only.
    """
    own, salt = own or ec.generate_private_key(CURVE), salt or os.urandom(SALT_BYTES)
    theirs, mine = decoded(public_key), _point(own)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs))
    seed = _derived(shared, decoded(auth), b"WebPush: info\x00" + theirs + mine, 32)
    key = _derived(seed, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(seed, salt, b"Content-Encoding: nonce\x00", 12)
    sealed = AESGCM(key).encrypt(nonce, content + b"\x02", None)  # 2: the last record
    return salt + struct.pack(">IB", RECORD, len(mine)) + mine + sealed


def authorization(address: str) -> str:
    """Return the header that proves a message to ``address`` to be the shop's."""
    parts = urlsplit(address)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(clock.now().timestamp()) + PROOF_SECONDS,
        "sub": settings.SHOP_URL,
    }
    told = ".".join(_encoded(json.dumps(part).encode()) for part in (_HEADER, claims))
    r, s = decode_dss_signature(_own().sign(told.encode(), ec.ECDSA(hashes.SHA256())))
    signature = _encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={told}.{signature}, k={public_key()}"


def public_key() -> str:
    """Return the shop's key as browsers ask for it (applicationServerKey)."""
    return _encoded(_point(_own()))


def is_usable(public_key: str, auth: str) -> bool:
    """Say whether a browser's keys are some."""
    try:
        point = decoded(public_key)
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
        return len(point) == POINT_BYTES and len(decoded(auth)) == AUTH_BYTES
    except (ValueError, UnsupportedAlgorithm):
        return False


def decoded(text: str) -> bytes:
    """Return the bytes of base64url, padded or not. Raises: ValueError."""
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))


_HEADER = {"typ": "JWT", "alg": "ES256"}


def _own():
    return _key_of(settings.PUSH_KEY)


@lru_cache(maxsize=2)
def _key_of(text):
    return ec.derive_private_key(int(text, 16), CURVE)


def _point(key) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(secret, salt, about, length) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, about).derive(secret)


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
