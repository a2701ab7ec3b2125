"""What the mall and a payment provider say to each other, whatever the provider's own words are."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

LONGEST_NAME = 64
CURRENCY = "CNY"
BILL_BYTES = 20_000_000  # of a daily bill


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
    payer: str = ""  # who paid, as the provider calls them; empty where it does not say


@dataclass(frozen=True, slots=True)
class RefundNotice:
    """What a provider says about one refund, after its signature was found good."""

    event_id: str
    refund_no: str
    provider_ref: str  # the provider's number of the refund
    paid_ref: str  # and of the money that goes back
    amount: Decimal
    merchant: str
    trouble: str = ""  # why it cannot be returned; empty: it is


@dataclass(frozen=True, slots=True)
class Aside:
    """A genuine message that changes nothing here: understood, not about money."""

    event_id: str


@dataclass(frozen=True, slots=True)
class Payer:
    """What a provider may want to know of who pays."""

    address: str = ""  # of the device, on the network
    openid: str = ""  # who they are to the WeChat app they pay in
    agent: str = ""  # the browser, as it names itself
    is_in_wechat: bool = False  # it is the one inside WeChat


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a provider gave to pay one payment with, and until when it is good."""

    text: str
    until: datetime
