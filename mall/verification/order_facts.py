"""What the rooms say of some orders: points posted, goods moved, cash sent back, keys, coupons,
points promised. A few statements for many members.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import F, Sum

from catalog.models import CardKey, Product, StockMovement
from mall.core.money import ZERO, yuan
from orders.coupons import goods as coupon_goods
from orders.models import (
    Coupon,
    OrderLine,
    Payment,
    PaymentNotice,
    PaymentRefund,
    RefundLine,
    RefundRequest,
)
from points.models import Grant, LedgerEntry
from points.postings import asked

PARTS = ("hold", "capture", "release", "spend", "refund")
TAKE, PUT_BACK = StockMovement.Direction.TAKE, StockMovement.Direction.PUT_BACK
OUTCOME = PaymentNotice.Outcome
MONEY = (OUTCOME.SETTLED, OUTCOME.REFUNDED_LATE, OUTCOME.REFUNDED_SECOND)


@dataclass
class Facts:
    """What the rooms say about some orders, by order id where nothing else is said."""

    posted: dict  # {(account, number): {part: points}}
    moved: dict  # {number: {direction: {sku: pieces}}}
    lines: dict  # {order: [line]}
    refunds: dict  # {line: (pieces, points, cash, restocked)} of granted requests
    freight: dict  # {order: (number of granted requests, freight back)}
    paid: dict  # {order: {outcome of the notice: yuan a provider said came in}}
    payments: dict  # {order: {number: (whether it is paid, whether a provider said so)}}
    money: dict  # {order: {reason: yuan sent back}}
    keys: dict  # {line: {state: keys}}
    given: dict  # {line: coupons that its pieces gave and that were not taken back}
    coupons: dict  # {order: state}
    earning: dict  # {number: points still promised or earned}


def gather(members, orders) -> Facts:
    """Ask the rooms about the orders ({number: order}) of some members."""
    ids = {order.pk: order.no for order in orders.values()}
    references = {order.reference for order in orders.values()}
    lines = _lines(ids)
    refunds, freight = _refunded(ids)
    returned = PaymentRefund.objects.filter(payment__order__in=ids)
    paid, payments = _payments(ids)
    held = Coupon.objects.filter(order__in=ids, state__in=[Coupon.State.LOCKED, Coupon.State.USED])
    promised = (
        Grant.objects.filter(account__in=members, reference__in=references)
        .order_by()
        .values_list("reference")
    )
    return Facts(
        posted=_posted(members),
        moved=_moved(orders.values()),
        lines=lines,
        refunds=refunds,
        freight=freight,
        paid=paid,
        payments=payments,
        money=_sums(returned),
        keys=_keys(references),
        given=_given(members, lines),
        coupons=dict(held.values_list("order_id", "state")),
        earning={
            name.removeprefix("order:"): left
            for name, left in promised.annotate(left=Sum(F("points") - F("taken_back")))
        },
    )


def _lines(orders):
    """Return {order: its lines}, each with what kind of goods it is of."""
    lines = defaultdict(list)
    flash, kind = F("order__flash_claim"), F("product__kind")
    rows = OrderLine.objects.filter(order__in=orders).annotate(claim=flash, kind=kind)
    for line in rows.order_by("pk"):
        line.is_flash, line.is_key = line.claim is not None, line.kind == Product.Kind.CARD_KEY
        line.is_coupon = line.kind == Product.Kind.COUPON
        lines[line.order_id].append(line)
    return lines


def _keys(references):
    """Return {line: {state: keys}}."""
    keys = defaultdict(dict)
    issued = CardKey.objects.filter(reference__in=references, line__isnull=False)
    for line, state in issued.values_list("line", "state"):
        keys[line][state] = keys[line].get(state, 0) + 1
    return keys


def _refunded(orders):
    """Return {line: (pieces, points, cash, restocked)} and {order: (number, freight back)} of
    granted requests.
    """
    granted = RefundRequest.objects.granted().filter(order__in=orders).order_by()
    columns = ("line_id", "quantity", "points", "cash", "restocked")
    refunds, freight = {}, {}
    of_lines = RefundLine.objects.filter(request__in=granted.values("pk"))
    for line, *back in of_lines.values_list(*columns):
        so_far = refunds.get(line, (0, 0, 0, 0))
        refunds[line] = tuple(a + b for a, b in zip(so_far, back, strict=True))
    for order, back in granted.values_list("order_id", "freight"):
        number, so_far = freight.get(order, (0, 0))
        freight[order] = (number + 1, so_far + back)
    return refunds, freight


def _given(members, lines):
    """Return {line: coupons that its pieces gave and that were not taken back}; asked only where
    there are coupon goods.
    """
    given = defaultdict(int)
    if not any(line.is_coupon for of_order in lines.values() for line in of_order):
        return given
    own = Coupon.objects.counted().filter(user__in=members, source=Coupon.Source.GOODS)
    for key in own.order_by().values_list("key", flat=True):
        given[coupon_goods.line_of(key)] += 1
    return given


def _sums(refunds):
    """Return {order: {reason: yuan sent back}}."""
    sums = defaultdict(dict)
    told = refunds.order_by().values_list("payment__order", "reason").annotate(sum=Sum("amount"))
    for order, reason, amount in told:
        sums[order][reason] = yuan(amount)
    return sums


def _payments(orders):
    """Return {order: {outcome of the notice: yuan that came in}} and {order: {payment number:
    (whether it is paid, whether a notice brought its money)}}.
    """
    paid, payments = defaultdict(dict), defaultdict(dict)
    columns = ("order", "no", "status", "notices__is_paid", "notices__outcome", "notices__amount")
    rows = Payment.objects.filter(order__in=orders).order_by().values_list(*columns)
    for order, no, status, says_paid, outcome, amount in rows:
        if says_paid:
            paid[order][outcome] = paid[order].get(outcome, ZERO) + yuan(amount)
        _is_paid, told = payments[order].get(no, (None, False))
        payments[order][no] = (status == Payment.Status.PAID, told or outcome in MONEY)
    return paid, payments


def _posted(members):
    """Return {(account, order number): {part: points}} of the postings that orders make."""
    posted = defaultdict(dict)
    for entry in LedgerEntry.objects.filter(
        account_id__in=members, key__startswith="order:"
    ).order_by("pk"):
        no, _colon, rest = entry.key.removeprefix("order:").partition(":")
        part = rest.partition(":")[0]
        if part in PARTS:
            parts = posted[entry.account_id, no]
            parts[part] = parts.get(part, 0) + asked(entry)
    return posted


def _moved(orders):
    """Return {order number: {direction: {sku: pieces}}} of the stock movements that orders and
    their refunds make.
    """
    moved = defaultdict(lambda: {TAKE: {}, PUT_BACK: {}})
    by_reference = {order.reference: order.no for order in orders}
    requests = RefundRequest.objects.granted().filter(order__in=[order.pk for order in orders])
    for no, number in requests.values_list("order__no", "number"):
        by_reference[f"order:{no}:refund:{number}"] = no
    movements = StockMovement.objects.filter(reference__in=by_reference).exclude(
        direction=StockMovement.Direction.RECEIVE
    )
    for reference, direction, sku, delta in movements.order_by("pk").values_list(
        "reference", "direction", "sku_id", "delta"
    ):
        goods = moved[by_reference[reference]][direction]
        goods[sku] = goods.get(sku, 0) + abs(delta)
    return moved
