"""How numbers, amounts and times of ours are written to providers, and theirs read."""

import hashlib
import re
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.urls import reverse

from mall.core import clock
from mall.core.signatures import TOLERANCE_SECONDS
from orders.errors import BadNotice, BadSignature
from orders.payments.messages import LONGEST_NAME

LARGEST_AMOUNT = Decimal("9999999999.99")
AMOUNT = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,2})?\Z")
DAY_DIGITS = 8
LONGEST_PAYER = 128
MOBILE = re.compile(r"Mobi|Android|iPhone|iPad", re.IGNORECASE)


# --- numbers: ours have one hyphen, which some alphabets lack --------------------
def plain_number(no: str) -> str:
    """Return a number of ours in letters and digits only."""
    return no.replace("-", "")


def own_number(plain: str) -> str:
    """Return the number of ours that was written plain."""
    return f"{plain[:DAY_DIGITS]}-{plain[DAY_DIGITS:]}"


# --- amounts -----------------------------------------------------------------------
def yuan(text) -> Decimal:
    """Return yuan said as text. Raises: BadNotice."""
    if not isinstance(text, str) or not AMOUNT.match(text) or not Decimal(text):
        raise BadNotice
    return Decimal(text).quantize(Decimal("0.01"))


def fen(amount: Decimal) -> int:
    """Return yuan as whole fen."""
    return int(amount * 100)


def yuan_of_fen(amount) -> Decimal:
    """Return fen, told as a whole number, as yuan. Raises: BadNotice."""
    if not isinstance(amount, int) or isinstance(amount, bool) or amount <= 0:
        raise BadNotice
    value = Decimal(amount).scaleb(-2)
    if value > LARGEST_AMOUNT:
        raise BadNotice
    return value


# --- names -------------------------------------------------------------------------
def name(said, key: str) -> str:
    """Return a number or word a message must hold. Raises: BadNotice."""
    text = said.get(key) if isinstance(said, dict) else None
    if not isinstance(text, str) or not 1 <= len(text) <= LONGEST_NAME or not text.isprintable():
        raise BadNotice
    return text


def payer(said, *keys: str) -> str:
    """Return who paid as a message says it under the first of these names it has; "" for nobody."""
    named = (said.get(key) for key in keys) if isinstance(said, dict) else ()
    return next((text[:LONGEST_PAYER] for text in named if text and isinstance(text, str)), "")


def event_name(text) -> str:
    """Return the name of an event, shortened to a fingerprint where it is longer than ours.
    Raises: BadNotice.
    """
    if not isinstance(text, str) or not text:
        raise BadNotice
    if len(text) > LONGEST_NAME:
        return hashlib.sha256(text.encode(errors="replace")).hexdigest()
    return text


# --- time --------------------------------------------------------------------------
def check_age(instant: datetime) -> None:
    """Refuse what was said more than TOLERANCE_SECONDS ago or ahead: somebody may repeat it.
    Raises: BadSignature.
    """
    if abs(clock.now() - instant) > timedelta(seconds=TOLERANCE_SECONDS):
        raise BadSignature


def shop_time(instant: datetime) -> datetime:
    """Return an instant as the shop's clock shows it, to the second."""
    return instant.astimezone(clock.SHOP_ZONE).replace(microsecond=0)


# --- addresses -----------------------------------------------------------------------
def notify_url(provider: str) -> str:
    """Return where a provider sends its notices."""
    return f"{settings.SHOP_URL.rstrip('/')}/api/v1/payments/{provider}/notify"


def waiting_url(payment) -> str:
    """Return the shop's own page where a payment is waited for, without the host."""
    return reverse("orders:paying", args=[payment.order.no, payment.no])


def return_url(payment) -> str:
    """Return where a provider leads the shopper back to."""
    return f"{settings.SHOP_URL.rstrip('/')}{waiting_url(payment)}"


def is_mobile(agent: str) -> bool:
    """Say whether a browser runs on a telephone or tablet."""
    return MOBILE.search(agent) is not None
