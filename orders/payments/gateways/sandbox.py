"""A complete payment provider that moves no money: its own pay page, signed notices, refunds.

The pay page (orders/views.py) sends its notices through the same verb a real provider's callback
uses.
"""

import json
from decimal import Decimal, InvalidOperation

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mall.core import clock, signatures
from orders.errors import BadNotice, BadSignature, ProviderRefused
from orders.payments.messages import Notice
from orders.payments.wording import LARGEST_AMOUNT

LABEL = _("Sandbox (no real money)")
WAYS = ("page",)
IS_TOLD = False
IS_ASKED = False
TIMESTAMP_HEADER = "X-Sandbox-Timestamp"
SIGNATURE_HEADER = "X-Sandbox-Signature"


def merchant() -> str:
    """Return who we are to the sandbox."""
    return settings.PAYMENT_MERCHANT


def way_for(payer) -> str:
    """Return its only way."""
    return "page"


def pay_url(payment) -> str:
    """Return the sandbox's own pay page."""
    return reverse("orders:sandbox_pay", args=[payment.no])


def instruction(payment) -> dict:
    """Return the address of its pay page, without the host."""
    return {"way": "page", "url": pay_url(payment)}


def ask(payment) -> None:
    """Nothing: what the sandbox knows, its page has told."""


def close(payment) -> None:
    """Nothing: money that comes later goes back."""


def bill(day) -> bytes:
    """Raises: ProviderRefused; the sandbox writes none."""
    raise ProviderRefused("the sandbox writes no bills")


def acknowledge(taken) -> tuple[str, bytes]:
    """Return what was made of a notice."""
    said = {"event_id": taken.event_id, "outcome": taken.outcome}
    return "application/json", json.dumps(said).encode()


def refund(refund) -> str:
    """Return the number under which the sandbox keeps this refund; the same one for a repeat."""
    return f"sbx-refund-{refund.no}"


def sign(raw_body: bytes, timestamp: str) -> str:
    """Return the hex HMAC-SHA256 over timestamp and raw body."""
    return signatures.sign(raw_body, timestamp, secret=settings.PAYMENT_SECRET)


def write_notice(payment, event: str, payer: str = "") -> tuple[bytes, dict]:
    """Return body and headers of the notice that ``payment`` is ``paid`` or has ``failed``, by a
    ``payer`` where one is named.

    Event and money are named after the payment, so pressing a button twice is one fact.
    """
    said = {
        "event_id": f"{event}-{payment.no}",
        "event": event,
        "payment": payment.no,
        "provider_ref": f"sbx-{payment.no}",
        "amount": str(payment.amount),
        "currency": payment.currency,
        "merchant": settings.PAYMENT_MERCHANT,
        **({"payer": payer} if payer else {}),
    }
    raw_body = json.dumps(said).encode()
    timestamp = str(int(clock.now().timestamp()))
    return raw_body, {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: sign(raw_body, timestamp)}


def read_notice(raw_body: bytes, headers) -> Notice:
    """Return what a notice says.

    Raises: BadSignature when it is not signed by us or too old (or too new);
    BadNotice when it is signed and yet not a notice.
    """
    _check_signature(raw_body, headers)
    try:
        said = json.loads(raw_body)
        amount = Decimal(_text(said, "amount"))
        notice = Notice(
            event_id=_text(said, "event_id"),
            payment_no=_text(said, "payment"),
            is_paid={"paid": True, "failed": False}[_text(said, "event")],
            provider_ref=_text(said, "provider_ref"),
            amount=amount,
            currency=_text(said, "currency"),
            merchant=_text(said, "merchant"),
            payer=_text(said, "payer") if "payer" in said else "",
        )
    except (ValueError, TypeError, KeyError, InvalidOperation, RecursionError) as error:
        raise BadNotice from error
    if not amount.is_finite() or not 0 < amount <= LARGEST_AMOUNT:
        raise BadNotice
    return notice


def _check_signature(raw_body, headers):
    timestamp, signature = headers.get(TIMESTAMP_HEADER) or "", headers.get(SIGNATURE_HEADER) or ""
    if not signatures.is_genuine(raw_body, timestamp, signature, secret=settings.PAYMENT_SECRET):
        raise BadSignature


def _text(said, name) -> str:
    text = said[name]
    if not isinstance(text, str) or not 1 <= len(text) <= 64:
        raise ValueError(name)
    text.encode()  # half a character is no text
    return text
