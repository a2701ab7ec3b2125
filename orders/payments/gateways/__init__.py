"""Payment providers behind one protocol; ``settings.PAYMENT_PROVIDERS`` names the ones on offer."""

from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from typing import Protocol

from django.conf import settings

from orders.errors import NoSuchProvider


@dataclass(frozen=True, slots=True)
class Notice:
    """What a provider says about one payment, after its signature was found good."""

    event_id: str
    payment_no: str
    is_paid: bool
    provider_ref: str  # names the money that came in; two notices about one movement carry the same
    amount: Decimal
    currency: str
    merchant: str


class Gateway(Protocol):
    """What the mall asks of a provider. A gateway is a module with these names; it never writes to
    the database.
    """

    LABEL: str

    def pay_url(self, payment) -> str:
        """Return where the shopper goes to pay."""

    def read_notice(self, raw_body: bytes, headers) -> Notice:
        """Check the signature over the raw bytes first, then read. Raises: BadSignature,
        BadNotice.
        """

    def refund(self, refund) -> str:
        """Send money back and return the provider's number of it; idempotent by ``refund.no``.

        Raises: a DomainError when the provider refuses or does not answer; the sweep then goes on
        with the next refund.
        """


def offered() -> dict[str, Gateway]:
    """Return the providers on offer, by name."""
    return {
        name: import_module(f"orders.payments.gateways.{name}")
        for name in settings.PAYMENT_PROVIDERS
    }


def get(name: str) -> Gateway:
    """Return one provider on offer.

    Raises: NoSuchProvider.
    """
    gateway = offered().get(name) if isinstance(name, str) else None
    if gateway is None:
        raise NoSuchProvider
    return gateway
