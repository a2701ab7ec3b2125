"""The proof that a phone number is somebody's: a code of six digits that was sent there.

A proof is kept in the cache under a name of its door (a sign-in's, a member's) for as long as its
code is good; the number in it is encrypted and the code a digest. A code is tried three times at
most and fits once, whatever is tried at the same moment. Nobody learns here whether a number is
known: the same is asked, sent and said for every one.

Messages are counted by number and by address, and all of a day together: they cost money. Where
nobody can count none is sent.
"""

import hmac
import secrets

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from accounts import sms
from accounts.privacy import Undecryptable, decrypt, encrypt, phone_fingerprint
from mall.core import limits
from mall.core.errors import DomainError

DIGITS = 6
CODE_SECONDS = 5 * 60
TRIES = 3
AGAIN_SECONDS = 60
PER_NUMBER = ("5/h", "10/d")
PER_ADDRESS = ("20/h", "60/d")
_KEY = "phone-proof:"
_PLACE = "accounts.phone_codes.number"


class WrongCode(DomainError):
    """Not the code that was sent; numbers: left."""

    code = "incorrect_code"
    status = 400
    field = "code"
    message = _("This is not the code we sent. Tries left: %(left)s.")


class CodeGone(DomainError):
    """No code is awaited: it was used, tried too often, or is older than five minutes."""

    code = "code_expired"
    status = 400
    field = "code"
    message = _("This code is no longer good. Please have a new one sent.")


def new_name() -> str:
    """Return a name for a proof that nobody guesses."""
    return secrets.token_urlsafe(18)


def name_of(user) -> str:
    """Return the name under which a member's own number is proved."""
    return f"member:{user.pk}"


def send(request, name: str, number: str) -> None:
    """Send a code to a number (its kept form) and await it under ``name``; an earlier one there is
    no longer good. Called in no transaction: it talks to the provider.

    Raises: TooOften, CannotCount, MessageRefused, MessengerSilent; nothing was sent then.
    """
    _count(request, number)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    sms.send_code(number, code, minutes=CODE_SECONDS // 60)
    proof = {"id": new_name(), "number": encrypt(number, place=_PLACE)}
    proof["code"] = _digest(proof["id"], code)
    cache.set(f"{_KEY}{name}", proof, CODE_SECONDS)


def awaited(name: str) -> str:
    """Return the number whose code is awaited under a name; "" where none is."""
    return _number_in(_proof(name))


def send_again(request, name: str) -> None:
    """Send another code to the number whose code is awaited. Raises: CodeGone; as ``send``."""
    number = awaited(name)
    if not number:
        raise CodeGone
    send(request, name, number)


def check(name: str, code: str) -> str:
    """Take a code; returns the number it proves. Raises: WrongCode, CodeGone."""
    proof = _proof(name)  # read once: another message may be on its way, to another number
    number = _number_in(proof)
    if not number:
        raise CodeGone
    tried = f"{_KEY}tried:{proof['id']}"
    cache.add(tried, 0, CODE_SECONDS)
    # counted before it is looked at: of a hundred tries at the same moment three are looked at
    left = TRIES - _incremented(tried)
    if left < 0:
        forget(name)
        raise CodeGone
    if not constant_time_compare(proof["code"], _digest(proof["id"], code)):
        if left == 0:
            forget(name)
            raise CodeGone
        raise WrongCode(left=left)
    if not cache.add(f"{_KEY}used:{proof['id']}", 1, CODE_SECONDS):
        raise CodeGone
    forget(name)
    return number


def forget(name: str) -> None:
    """Await no code any more."""
    cache.delete(f"{_KEY}{name}")


def _proof(name):
    return cache.get(f"{_KEY}{name}") if name else None


def _number_in(proof) -> str:
    try:
        return decrypt(proof["number"], place=_PLACE) if proof else ""
    except Undecryptable:
        return ""  # the keys changed meanwhile


def _count(request, number):
    limits.spend(request, "sms-address", limits.address_of(request), PER_ADDRESS)
    mark = phone_fingerprint(number)
    if not cache.add(f"{_KEY}again:{mark}", 1, AGAIN_SECONDS):
        waits = limits.is_counting()
        raise limits.TooOften(seconds=AGAIN_SECONDS) if waits else limits.CannotCount
    limits.spend(request, "sms-number", mark, PER_NUMBER)
    limits.spend(request, "sms-shop", "all", (f"{settings.SMS_MESSAGES_PER_DAY}/d",))


def _incremented(key) -> int:
    try:
        tries = cache.incr(key)
    except ValueError:
        tries = None
    return tries or TRIES + 1  # the cache lost it, or is away: who cannot be counted is not let in


def _digest(salt, code) -> str:
    return hmac.digest(settings.SECRET_KEY.encode(), f"{salt}:{code}".encode(), "sha256").hex()
