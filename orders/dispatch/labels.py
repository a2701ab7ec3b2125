"""Many parcels at once: each order is sent in a transaction of its own, and what cannot be sent
says why at its field.

One tracking number may stand at several orders of one member to one address: they travel in one
parcel. At anybody else's it is a slip of the hand, and refused.
"""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from mall.core.errors import DomainError
from orders import lifecycle
from orders.dispatch import carriers, waiting
from orders.models import Carrier, Order, Shipment

NUMBER = re.compile(r"[0-9A-Za-z-]{1,60}", re.ASCII)
SENT, KNOWN, REFUSED = "sent", "known", "refused"


@dataclass
class Label:
    """What one order is sent with: a carrier by code or name, and a tracking number. ``line`` is
    its row in a file; ``read`` the version of what somebody saw (waiting.Waiting), if anybody did.
    """

    no: str
    carrier: str
    number: str
    line: int = 0
    read: str | None = None
    state: str = ""
    field: str = ""
    why: str = ""

    def refuse(self, field: str, why: str) -> None:
        """Note what is wrong, and with what: ``no``, ``carrier`` or ``number``."""
        self.state, self.field, self.why = REFUSED, field, why


def check(labels: list[Label]) -> None:
    """Say of each label whether it could be sent: its state stays empty, or is KNOWN (it was sent
    so before) or REFUSED.
    """
    _judge(labels, _found(labels))


def send(labels: list[Label], *, actor: str) -> None:
    """Send every order whose label is right; afterwards each label is SENT, KNOWN or REFUSED.

    Sent again, the same labels change nothing.
    """
    found = _found(labels)
    _judge(labels, found)
    for label in labels:
        if label.state:
            continue
        row, carrier = found[label.no], carriers.find(label.carrier)
        try:
            lifecycle.ship(
                row.order,
                actor=actor,
                carrier=_name_of(carrier),
                number=label.number,
                pieces=row.pieces,
            )
        except DomainError as refusal:
            label.refuse("number", str(refusal))
        else:
            label.state = SENT


def _found(labels) -> dict[str, waiting.Waiting]:
    orders = Order.objects.filter(no__in={label.no for label in labels}).select_related("user")
    return {row.order.no: row for row in waiting.of(list(orders))}


def _judge(labels, found):
    parcels = _parcels_under({label.number for label in labels})
    seen, sent_to = {}, {}  # sent_to: {number: (order number, destination)} of this very list
    for label in labels:
        row = found.get(label.no)
        _judge_order(label, row, parcels)
        first = seen.setdefault(label.no, label)
        if not label.state and first is not label:
            _judge_again(label, first)
        if not label.state:
            _judge_words(label)
        if not label.state:
            to = waiting.destination(row.order.user_id, row.address)
            others = [sent_to.setdefault(label.number.upper(), (label.no, to))]
            strange = [no for no, where in [*others, *_others(label, parcels)] if where != to]
            if strange:
                label.refuse("number", _taken(strange[0]))


def _judge_order(label, row, parcels):
    if row is None:
        return label.refuse("no", _("There is no order of this number."))
    order = row.order
    if any(no == label.no and _is_same(label, parcel) for no, parcel in _of(label, parcels)):
        if label.read is not None and row.lines:  # somebody looks at what is left of it
            return label.refuse("number", _("An earlier parcel of this order has this number."))
        label.state = KNOWN
    elif not order.is_physical:
        label.refuse("no", _("Nothing of this order has to be delivered."))
    elif order.status != Order.Status.PAID or order.refunded_at or not row.lines:
        state = order.get_status_display()
        label.refuse(
            "no", _("Nothing of this order waits to be sent: %(state)s.") % {"state": state}
        )
    elif label.read is not None and label.read != row.version:
        label.refuse("no", _("This order changed while you were reading. Please look again."))
    return None


def _judge_again(label, first):
    """A table with a row for each of its goods says the same of an order several times."""
    said = [(one.carrier, one.number.upper()) for one in (label, first)]
    if said[0] == said[1] and first.state != REFUSED:
        label.state = KNOWN
    else:
        label.refuse("no", _("This order stands here twice."))


def _judge_words(label):
    carrier = carriers.find(label.carrier)
    if not label.carrier:
        label.refuse("carrier", _("Please choose a carrier."))
    elif carrier is None or not carrier.is_active:
        known = ", ".join(one.code for one in carriers.offered())
        label.refuse(
            "carrier",
            _("“%(name)s” is not in the list of carriers: %(known)s.")
            % {"name": label.carrier, "known": known},
        )
    elif not label.number:
        label.refuse("number", _("Please enter the tracking number."))
    elif not NUMBER.fullmatch(label.number):
        label.refuse("number", _("A tracking number has letters, digits and hyphens, 60 at most."))


def _parcels_under(numbers):
    """Return {number: parcels} of the numbers that were given before."""
    found = {}
    rows = Shipment.objects.filter(tracking_number__in=numbers - {""}).select_related("order")
    for parcel in rows:
        found.setdefault(parcel.tracking_number.upper(), []).append(parcel)
    return found


def _of(label, parcels):
    for parcel in parcels.get(label.number.upper(), ()):
        yield parcel.order.no, parcel


def _others(label, parcels):
    for no, parcel in _of(label, parcels):
        yield no, waiting.destination(parcel.order.user_id, parcel.order.address)


def _is_same(label, parcel):
    carrier = carriers.find(label.carrier)
    if carrier is None:
        return label.carrier == parcel.carrier
    return carrier == carriers.find(parcel.carrier, code=parcel.carrier_code)


def _taken(no):
    return _("This number already stands at order %(no)s of somebody else or elsewhere.") % {
        "no": no
    }


def _name_of(carrier: Carrier) -> str:
    """Return the name a parcel keeps: the shop's own language, whoever works there."""
    return carrier.name_zh_hans or carrier.name_en or carrier.code
