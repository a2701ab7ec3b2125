"""Columns only the application can read, for any app.

``settings.FIELD_KEYS`` lists hex AES-256 keys: the first one encrypts, all of them decrypt, so a
key is rotated by putting a new one in front and running ``rotate_field_keys``. A value is bound to
its place.
"""

import base64
import binascii
import hashlib
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models

VERSION = "v1"
NONCE_BYTES = 12


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
                return (
                    AESGCM(key)
                    .decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
                    .decode()
                )
            except (InvalidTag, ValueError) as error:
                raise Undecryptable(place) from error
    raise Undecryptable(place)


def is_sealed_by_first_key(stored: str) -> bool:
    """Return whether a stored value needs no re-encryption."""
    return stored.startswith(f"{VERSION}:{_keys()[0][0]}:")


def _keys():
    """Return [(name, key)]; the name is a fingerprint, so a value says which key opens it."""
    return _read(tuple(settings.FIELD_KEYS))


@cache
def _read(written):
    keys = [bytes.fromhex(key) for key in written]
    if not keys or any(len(key) != 32 for key in keys):
        raise ImproperlyConfigured("FIELD_KEYS must list 64-digit hex keys, the present one first.")
    return [(hashlib.sha256(b"field-key:" + key).hexdigest()[:8], key) for key in keys]


def unreadable(rows, name: str) -> list:
    """Return the primary keys of the rows whose encrypted column ``name`` no key opens any more."""
    field = rows.model._meta.get_field(name)
    stored = models.ExpressionWrapper(models.F(name), output_field=models.TextField())
    cells = rows.order_by("pk").annotate(_stored=stored).values_list("pk", "_stored")
    return [pk for pk, cell in cells.iterator() if cell is not None and not field.opens(cell)]


class EncryptedTextField(models.TextField):
    """A text column whose content only the application can read; it cannot be searched or
    sorted.
    """

    def _place(self):
        return f"{self.model._meta.label_lower}.{self.attname}"

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return None if value is None else encrypt(value, place=self._place())

    def from_db_value(self, value, expression, connection):
        return None if value is None else decrypt(value, place=self._place())

    def opens(self, stored: str) -> bool:
        """Return whether a stored value can be read with the keys there are."""
        try:
            decrypt(stored, place=self._place())
        except Undecryptable:
            return False
        return True

    def get_lookup(self, lookup_name):
        if lookup_name != "isnull":
            raise FieldError(f"{self._place()} is encrypted: it cannot be searched.")
        return super().get_lookup(lookup_name)
