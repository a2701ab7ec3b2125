"""Every order against what it moved.

Points and cash that came and went back, the sums its lines keep of refunds, goods, card keys, its
coupon and the points it earns: each is compared with what the order's state and its refund requests
say. Read without a lock while the shop runs; what does not fit is read again under the member's
lock, and only what still does not fit then is a finding.

Source: docs/ledger.md, "verify_ledger".
"""

from collections import defaultdict

from catalog.models import CardKey
from mall.core import keyset
from mall.core.encryption import unreadable
from mall.core.money import ZERO
from mall.core.transactions import transactional
from mall.verification import order_facts
from mall.verification.finding import Finding
from mall.verification.order_facts import PUT_BACK, TAKE
from orders.models import Coupon, Order, PaymentNotice, PaymentRefund
from points import ledger

BATCH = 200
PENDING, CANCELLED = Order.Status.PENDING, Order.Status.CANCELLED
Outcome, Reason = PaymentNotice.Outcome, PaymentRefund.Reason
NOT_WANTED = {Outcome.REFUNDED_LATE: Reason.LATE, Outcome.REFUNDED_SECOND: Reason.SECOND}


def verify_orders(accounts: list[int] | None = None) -> list[Finding]:
    """Compare the orders of these members (None: all)."""
    found = []
    for members in _batches(accounts):
        for suspect in sorted({finding.account for finding in _compare(members)}):
            found += _compare_locked(suspect)
    return found + unreadable_addresses(accounts)


def unreadable_addresses(accounts: list[int] | None = None) -> list[Finding]:
    """Name the orders whose address no key opens any more; nobody's points are wrong for it."""
    sent = Order.objects.filter(is_physical=True)
    sent = sent if accounts is None else sent.filter(user_id__in=accounts)
    lost = Order.objects.filter(pk__in=unreadable(sent, "address_sealed")).order_by("pk")
    return [
        Finding(None, f"address of order {no} cannot be read with the keys there are")
        for no in lost.values_list("no", flat=True)
    ]


def _batches(accounts):
    if accounts is not None:
        return [accounts]
    members = Order.objects.values_list("user_id", flat=True).distinct()
    return keyset.batches(members, BATCH, by=("user_id",))


@transactional
def _compare_locked(member) -> list[Finding]:
    account = ledger.open(member).row
    # What follows from the member's facts is compared once it was done; how long they may wait is
    # compared in mall/verification/facts.py.
    return _compare([member], CHECKS if account.heard == account.told else OF_THE_FACT)


def _compare(members, checks=None) -> list[Finding]:
    rows = Order.objects.filter(user_id__in=members)
    # An address that no key opens is a finding of its own and ends nothing.
    orders = {order.no: order for order in rows.defer("address_sealed").order_by("pk")}
    facts = order_facts.gather(members, orders)
    found = [
        Finding(account, f"order {no} has entries but does not exist", "", ", ".join(parts))
        for (account, no), parts in facts.posted.items()
        if no not in orders or orders[no].user_id != account
    ]
    for order in orders.values():
        for check in CHECKS if checks is None else checks:
            found += [
                Finding(order.user_id, what, str(expected), str(actual))
                for what, expected, actual in check(order, facts)
            ]
    return found


# --- what must hold ------------------------------------------------------------------
def _points_of(order, facts):
    """A live order took its points once and gave back those of its refunds; a cancelled one gave
    back all.
    """
    took = dict.fromkeys(["hold", "capture"] if order.cash else ["spend"], order.points)
    if order.status == PENDING:
        allowed = [{"hold": order.points}]
    elif order.status == CANCELLED:
        released = [{"hold": order.points, "release": order.points}] if order.cash else []
        allowed = [*released, {**took, "refund": order.points}]
    else:
        allowed = [{**took, "refund": order.refunded_points} if order.refunded_points else took]
    expected = allowed if order.points else [{}]
    parts = facts.posted.get((order.user_id, order.no), {})
    if parts not in expected:
        yield f"points of order {order.no} ({order.status})", " or ".join(map(str, expected)), parts


def _prices_of(order, facts):
    """A line takes the points of its pieces and those used as a discount, and an order what its
    lines take. (The cash of a line adds up by a constraint of the database.)
    """
    for line in facts.lines[order.pk]:
        expected = line.unit_points * line.quantity + line.points_for_discount
        if line.points != expected:
            yield f"points of line {line.pk} of order {order.no}", expected, line.points
    lines = sum(line.points for line in facts.lines[order.pk])
    if order.points != lines:
        yield f"points of the lines of order {order.no}", order.points, lines


def _paid_of(order, facts):
    """Money a provider told of made its order paid once, for the whole of it; what came too late or
    twice is on its way back.
    """
    came_in, back = facts.paid.get(order.pk, {}), facts.money.get(order.pk, {})
    settled, allowed = came_in.get(Outcome.SETTLED), ZERO if order.status == PENDING else order.cash
    if settled not in (None, allowed):
        yield f"cash in of order {order.no} ({order.status})", allowed, settled
    for outcome, reason in NOT_WANTED.items():
        expected, found = came_in.get(outcome, ZERO), back.get(reason, ZERO)
        if expected != found:
            yield f"cash back of order {order.no}: {reason}", expected, found


def _payments_of(order, facts):
    """A payment is paid exactly when its provider said so: an edit by hand runs no listener."""
    for no, (is_paid, is_told) in facts.payments.get(order.pk, {}).items():
        if is_paid != is_told:
            expected, found = ("paid", "not") if is_told else ("not paid", "paid, and nobody told")
            yield f"payment {no} of order {order.no}", expected, found


def _cash_of(order, facts):
    """Cash goes back for refunds, or as a whole for a cancelled order that was paid."""
    whole = order.status == CANCELLED and Outcome.SETTLED in facts.paid.get(order.pk, {})
    expected, back = order.cash if whole else order.refunded_cash, facts.money.get(order.pk, {})
    found = back.get(Reason.REFUND, ZERO) + back.get(Reason.CANCELLED, ZERO)
    if found != expected:
        yield f"cash back of order {order.no} ({order.status})", expected, found


def _sums_of(order, facts):
    """What lines and order keep of refunds is what the granted requests say, and whole means
    everything.
    """
    pieces = points = cash = 0
    for line in facts.lines[order.pk]:
        kept = (line.refunded_quantity, line.refunded_points, line.refunded_cash)
        granted = facts.refunds.get(line.pk, (0, 0, 0, 0))
        if kept != granted[:3]:
            yield f"refunds of line {line.pk} of order {order.no}", granted[:3], kept
        pieces, points, cash = pieces + granted[0], points + granted[1], cash + granted[2]
    requests, freight = facts.freight.get(order.pk, (0, 0))
    expected = (
        pieces,
        points,
        cash + freight,
        requests > 0 and pieces == sum(line.quantity for line in facts.lines[order.pk]),
    )
    kept = (
        order.refunded_pieces,
        order.refunded_points,
        order.refunded_cash,
        order.refunded_at is not None,
    )
    if kept != expected:
        yield f"refunds of order {order.no}", expected, kept


def _goods_of(order, facts):
    """An order's lines are what it took, and what an earlier release logged of it is the same; a
    live one put back the pieces its refunds say, a cancelled one all but seen keys.
    """
    is_flash = any(line.is_flash for line in facts.lines[order.pk])
    took, back = defaultdict(int), defaultdict(int)
    for line in facts.lines[order.pk]:
        took[line.sku_id] += 0 if is_flash else line.quantity
        if order.status == CANCELLED:
            back[line.sku_id] += (
                0 if is_flash else line.quantity - facts.keys[line.pk].get(CardKey.State.VOID, 0)
            )
        else:
            back[line.sku_id] += facts.refunds.get(line.pk, (0, 0, 0, 0))[3]
    for direction, wanted in ((TAKE, took), (PUT_BACK, back)):
        expected = {sku: pieces for sku, pieces in wanted.items() if pieces}
        moved = facts.moved[order.no][direction]
        if moved != expected and (moved or direction is not TAKE):
            yield (
                f"goods of order {order.no}: {direction}",
                expected,
                moved,
            )


def _keys_of(order, facts):
    """A paid order has one key for every piece of card keys it kept, any other has none."""
    for line in facts.lines[order.pk]:
        issued = facts.keys[line.pk].get(CardKey.State.ISSUED, 0)
        is_served = line.is_key and order.status not in (PENDING, CANCELLED)
        expected = line.kept_quantity if is_served else 0
        if issued != expected:
            yield f"keys of line {line.pk} of order {order.no}", expected, issued


def _coupons_given_by(order, facts):
    """A paid order gave one coupon for every piece of coupon goods it kept, any other gave none."""
    for line in facts.lines[order.pk]:
        is_served = line.is_coupon and order.status not in (PENDING, CANCELLED)
        expected = line.kept_quantity if is_served else 0
        if facts.given[line.pk] != expected:
            yield f"coupons of line {line.pk} of order {order.no}", expected, facts.given[line.pk]


def _coupon_of(order, facts):
    """A coupon is kept for an unpaid order, used by a live one, and gone from one that was
    undone.
    """
    is_undone = order.status == CANCELLED or order.refunded_at is not None
    held = facts.coupons.get(order.pk)
    expected = (
        None
        if is_undone or not order.coupon_discount
        else Coupon.State.LOCKED
        if order.status == PENDING
        else Coupon.State.USED
    )
    if held != expected:
        yield f"coupon of order {order.no} ({order.status})", expected, held


def _earning_of(order, facts):
    """An order that was undone earns nothing."""
    is_undone = order.status == CANCELLED or order.refunded_at is not None
    if is_undone and facts.earning.get(order.no, 0):
        yield f"points earned by order {order.no}, which was undone", 0, facts.earning[order.no]


# What a verb writes itself, and what listeners write after it (orders/listeners.py).
OF_THE_FACT = (
    _points_of,
    _prices_of,
    _paid_of,
    _payments_of,
    _cash_of,
    _sums_of,
    _goods_of,
    _keys_of,
    _coupons_given_by,
)
CHECKS = (*OF_THE_FACT, _coupon_of, _earning_of)
