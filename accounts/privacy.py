"""Personal data: encrypted columns, the keyed fingerprint of an e-mail, and masks for what is shown.

A dump of the database shows no phone, no recipient and no street (reliability.md, "personal data
in dumps and logs"). ``settings.FIELD_KEYS`` lists hex AES-256 keys: the first one encrypts, all of
them decrypt, so a key is rotated by putting a new one in front and running ``rotate_field_keys``.
"""

import base64
import binascii
import hashlib
import hmac
import os
import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models

VERSION = "v1"
NONCE_BYTES = 12
DOTLESS_DOMAINS = {"gmail.com", "googlemail.com"}


class Undecryptable(Exception):
    """A stored value fits none of the keys: the key was lost, or the value was edited or moved."""


def encrypt(text: str, *, place: str) -> str:
    """Return ``text`` encrypted with the first field key, bound to ``place`` (table and column)."""
    key_name, key = _keys()[0]
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), place.encode())
    return f"{VERSION}:{key_name}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def decrypt(stored: str, *, place: str) -> str:
    """Return the text that ``encrypt`` sealed for the same place.

    Raises: Undecryptable when no key fits or the value was altered.
    """
    try:
        version, key_name, packed = stored.split(":", 2)
        sealed = base64.urlsafe_b64decode(packed)
    except (ValueError, binascii.Error) as error:
        raise Undecryptable(place) from error
    for name, key in _keys():
        if version == VERSION and name == key_name:
            try:
                return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode()).decode()
            except (InvalidTag, ValueError) as error:
                raise Undecryptable(place) from error
    raise Undecryptable(place)


def is_sealed_by_first_key(stored: str) -> bool:
    """Return whether a stored value needs no re-encryption."""
    return stored.startswith(f"{VERSION}:{_keys()[0][0]}:")


def _keys():
    """Return [(name, key)]; the name is a fingerprint, so a value says which key opens it."""
    keys = [bytes.fromhex(key) for key in settings.FIELD_KEYS]
    if not keys or any(len(key) != 32 for key in keys):
        raise ImproperlyConfigured("FIELD_KEYS must list 64-digit hex keys, the present one first.")
    return [(hashlib.sha256(b"field-key:" + key).hexdigest()[:8], key) for key in keys]


class EncryptedTextField(models.TextField):
    """A text column whose content only the application can read; it cannot be searched or sorted."""

    def _place(self):
        return f"{self.model._meta.label_lower}.{self.attname}"

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return None if value is None else encrypt(value, place=self._place())

    def from_db_value(self, value, expression, connection):
        return None if value is None else decrypt(value, place=self._place())

    def get_lookup(self, lookup_name):
        if lookup_name != "isnull":
            raise FieldError(f"{self._place()} is encrypted: it cannot be searched.")
        return super().get_lookup(lookup_name)


def canonical_email(email: str) -> str:
    """Return the form one mailbox has whatever case, +tag or (at Gmail) dots were typed."""
    local, _, domain = unicodedata.normalize("NFKC", email).strip().casefold().rpartition("@")
    local = local.split("+", 1)[0] or local
    if domain in DOTLESS_DOMAINS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def email_fingerprint(email: str) -> str:
    """Return the keyed HMAC (64 hex digits) that says "same mailbox" without telling which.

    Keyed by LEDGER_KEY, the one key that is never rotated: fingerprints outlive their accounts
    and cannot be computed again once the address is gone.
    """
    key = hashlib.sha256(b"email-fingerprint:" + settings.LEDGER_KEY.encode()).digest()
    return hmac.new(key, canonical_email(email).encode(), hashlib.sha256).hexdigest()


def mask_phone(phone: str) -> str:
    """Write 138****5678."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 10 else "*" * len(phone)


def mask_email(email: str) -> str:
    """Write al***@example.com."""
    local, at, domain = email.rpartition("@")
    return f"{local[: min(2, len(local) - 1)]}***{at}{domain}" if local else ""


def mask_name(name: str) -> str:
    """Write 张** or J***: the first character, and stars for the rest (four at most)."""
    return name[:1] + "*" * min(max(len(name) - 1, 1), 4) if name else ""
