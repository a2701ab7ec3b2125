"""Personal data: keyed fingerprints of what a person is known by, and masks for what is shown;
encrypted columns are mall/core/encryption.py's.

A dump of the database shows no phone, no recipient and no street (docs/reliability.md, "personal
data in dumps and logs").
"""

import hashlib
import hmac
import unicodedata

from django.conf import settings

from mall.core.encryption import (
    EncryptedTextField,
    Undecryptable,
    decrypt,
    encrypt,
    is_sealed_by_first_key,
)

__all__ = [
    "EncryptedTextField",
    "Undecryptable",
    "canonical_email",
    "decrypt",
    "email_fingerprint",
    "encrypt",
    "is_mailbox",
    "is_sealed_by_first_key",
    "mask_email",
    "mask_name",
    "mask_phone",
    "phone_fingerprint",
    "wechat_fingerprint",
]
DOTLESS_DOMAINS = {"gmail.com", "googlemail.com"}
NOWHERE = ".invalid"  # RFC 2606: no mail ever leaves for it
NO_MAIL = f"no-mail{NOWHERE}"  # where members stand who told no e-mail


def canonical_email(email: str) -> str:
    """Return the form one mailbox has whatever case, +tag or (at Gmail) dots were typed."""
    local, _, domain = unicodedata.normalize("NFKC", email).strip().casefold().rpartition("@")
    local = local.split("+", 1)[0] or local
    if domain in DOTLESS_DOMAINS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def is_mailbox(email: str) -> bool:
    """Return whether mail can be written there; members who told no e-mail have a place nowhere."""
    return not email.endswith(NOWHERE)


def email_fingerprint(email: str) -> str:
    """Return the keyed HMAC (64 hex digits) that says "same mailbox" without telling which.

    Keyed by LEDGER_KEY, the one key that is never rotated: fingerprints outlive their accounts
    and cannot be computed again once the address is gone.
    """
    return _fingerprint("email", canonical_email(email))


def phone_fingerprint(number: str) -> str:
    """Return the same of a phone number in its kept form."""
    return _fingerprint("phone", number)


def wechat_fingerprint(identity: str) -> str:
    """Return the same of an openid or a unionid."""
    return _fingerprint("wechat", identity)


def _fingerprint(kind, text):
    key = hashlib.sha256(f"{kind}-fingerprint:".encode() + settings.LEDGER_KEY.encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def mask_phone(phone: str) -> str:
    """Write 138****5678, or +852****4567."""
    seen = 4 if phone.startswith("+") else 3
    return f"{phone[:seen]}****{phone[-4:]}" if len(phone) >= 10 else "*" * len(phone)


def mask_email(email: str) -> str:
    """Write al***@example.com."""
    local, at, domain = email.rpartition("@")
    return f"{local[: min(2, len(local) - 1)]}***{at}{domain}" if local else ""


def mask_name(name: str) -> str:
    """Write 张** or J***: the first character, and stars for the rest (four at most)."""
    return name[:1] + "*" * min(max(len(name) - 1, 1), 4) if name else ""
