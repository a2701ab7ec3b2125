"""Payment providers behind one protocol; ``settings.PAYMENT_PROVIDERS`` names the ones on offer."""

from datetime import date
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from django.conf import settings

from orders.errors import NoSuchProvider
from orders.payments.messages import Aside, Notice, Payer, RefundNotice, Ticket


class Gateway(Protocol):
    """What the mall asks of a provider. A gateway is a module with these names; it never writes to
    the database. It talks to its provider in ``begin``, ``ask``, ``close``, ``refund`` and
    ``bill`` only, and nobody calls these in a transaction. Whatever a library raises is a
    DomainError outside.
    """

    LABEL: str
    WAYS: tuple[str, ...]  # how it can be paid, the usual way of a program first
    IS_TOLD: bool  # whether it must be told of a payment before, and gives something to pay with
    IS_ASKED: bool  # whether it can be asked about payments whose notice did not come

    def merchant(self) -> str:
        """Return who we are to the provider; every notice must name the same."""

    def way_for(self, payer: Payer) -> str:
        """Return the way to pay that fits who pays and their browser."""

    def pay_url(self, payment) -> str:
        """Return the page where the shopper goes on to pay."""

    def begin(self, payment, payer: Payer) -> Ticket:
        """Have the provider await a payment; asked only where it ``IS_TOLD``. Raises: NoSuchWay,
        ProviderSilent, ProviderRefused.
        """

    def instruction(self, payment) -> dict:
        """Return what the shopper's device needs to pay a payment that has begun."""

    def read_notice(self, raw_body: bytes, headers) -> Notice | RefundNotice | Aside:
        """Check the signature over the raw bytes first, then its age, then read. Raises:
        BadSignature, BadNotice.
        """

    def acknowledge(self, taken) -> tuple[str, bytes]:
        """Return kind and text of the answer that ends the provider's repeating; ``taken`` is the
        PaymentNotice that was kept, or None.
        """

    def ask(self, payment) -> Notice | None:
        """Return what became of a payment, None while it is open or unknown. Raises:
        ProviderSilent, ProviderRefused.
        """

    def close(self, payment) -> None:
        """Have the provider take no money for a payment any more. Raises: ProviderSilent;
        ProviderRefused (it was paid meanwhile).
        """

    def refund(self, refund) -> str:
        """Send money back, or ask how it stands once that was done: the provider's number of it
        when it is returned, empty while the provider is at it. Idempotent by ``refund.no``.

        Raises: ProviderSilent, ProviderRefused; the sweep then goes on with the next refund.
        """

    def bill(self, day: date) -> bytes:
        """Return the provider's bill of a shop day as a file, empty for a day without trades.
        Raises: ProviderSilent, ProviderRefused.
        """


def offered() -> dict[str, Gateway]:
    """Return the providers on offer, by name."""
    return {name: _module(name) for name in settings.PAYMENT_PROVIDERS}


def label_of(name: str) -> str:
    """Return what a provider is called, on offer or not; a name nobody knows is its own."""
    return _module(name).LABEL if find_spec(f"{__name__}.{name}") else name


def get(name: str) -> Gateway:
    """Return one provider on offer.

    Raises: NoSuchProvider.
    """
    gateway = offered().get(name) if isinstance(name, str) else None
    if gateway is None:
        raise NoSuchProvider
    return gateway


def _module(name):
    return import_module(f"{__name__}.{name}")
