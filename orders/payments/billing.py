"""Matching providers' daily bills with our books: the only writer of bills and differences.

What a bill shows is matched by our numbers, whichever day we heard of it; what we noted on the
bill's day and no bill shows is missing there. Reading a bill again settles what is no longer
different, so the list shows what is left to do.
"""

from datetime import date

from mall.core import audit, clock
from mall.core.money import ZERO
from mall.core.transactions import transactional
from orders.models import BillDifference, Payment, PaymentBill, PaymentNotice, PaymentRefund
from orders.payments import bill_files, gateways
from orders.payments.bill_files import PAYMENT, REFUND

AT_ONCE = 500
BY_ITSELF = "system"
Kind = BillDifference.Kind


def read_in(provider: str, day: date, content: bytes, *, by=None) -> PaymentBill:
    """Match a provider's bill of a shop day; idempotent by provider and day: the same again changes
    nothing, a newer one takes its place.

    Raises: UnreadableTable.
    """
    lines = bill_files.read(provider, content, day)
    return _keep(provider, day, lines, by)


def fetch(provider: str, day: date, *, by=None) -> PaymentBill:
    """Fetch a bill from the provider and match it. Raises: NoSuchProvider, ProviderSilent,
    ProviderRefused, UnreadableTable.
    """
    return read_in(provider, day, gateways.get(provider).bill(day), by=by)


@transactional
def settle(difference, *, by, note: str) -> None:
    """Note that somebody looked into a difference, and what it was."""
    open_now = BillDifference.objects.filter(pk=difference.pk, settled_at__isnull=True)
    name = f"staff:{by.pk}"
    if open_now.update(settled_at=clock.now(), settled_by=name, note=note):
        audit.note(by, "orders.settle_difference", target=difference, reason=note)


@transactional
def _keep(provider, day, lines, by) -> PaymentBill:
    totals = {
        "payments": sum(line.subject == PAYMENT for line in lines),
        "refunds": sum(line.subject == REFUND for line in lines),
        "paid": _sum(lines, PAYMENT),
        "refunded": _sum(lines, REFUND),
        "fees": sum((line.fee for line in lines), ZERO),
        "read_at": clock.now(),
        "read_by": by,
    }
    bill, _new = PaymentBill.objects.update_or_create(provider=provider, day=day, defaults=totals)
    found = _payments(bill, lines) + _refunds(bill, lines)
    found += _missing_there(bill, but={(row.subject, row.no) for row in found})
    _write(bill, found)
    audit.note(by, "orders.read_bill", target=bill, after={"differences": len(found)})
    return bill


def _sum(lines, subject):
    return sum((line.amount for line in lines if line.subject == subject), ZERO)


# --- what the bill shows -------------------------------------------------------------
def _payments(bill, lines) -> list[BillDifference]:
    differences = []
    of_provider = Payment.objects.filter(provider=bill.provider)
    for some, ours in _with_ours(lines, PAYMENT, of_provider):
        told = _second_money(bill.provider, some)
        fit = []
        for line in some:
            payment = ours.get(line.no)
            is_known = payment is not None and payment.status == Payment.Status.PAID
            is_same = is_known and payment.provider_ref == line.provider_ref
            if not (is_same or line.provider_ref in told):
                differences.append(_difference(bill, Kind.MISSING_HERE, line, None))
            elif payment is None or payment.amount != line.amount:
                differences.append(_difference(bill, Kind.AMOUNT, line, payment))
            else:
                fit.append(payment)
        _mark(bill, PAYMENT, Payment, fit)
    return differences


def _second_money(provider, lines) -> set:
    """Return the provider's numbers of money that came a second time and went back."""
    refs = [line.provider_ref for line in lines]
    second = PaymentNotice.objects.filter(
        provider=provider, is_paid=True, provider_ref__in=refs
    ).exclude(outcome=PaymentNotice.Outcome.SETTLED)
    return set(second.values_list("provider_ref", flat=True))


def _refunds(bill, lines) -> list[BillDifference]:
    """Money still on its way by our books counts as told alike: the provider knows it first."""
    differences = []
    of_provider = PaymentRefund.objects.filter(payment__provider=bill.provider)
    for some, ours in _with_ours(lines, REFUND, of_provider):
        fit = []
        for line in some:
            refund = ours.get(line.no)
            if refund is None:
                differences.append(_difference(bill, Kind.MISSING_HERE, line, None))
            elif refund.amount != line.amount:
                differences.append(_difference(bill, Kind.AMOUNT, line, refund))
            else:
                fit.append(refund)
        _mark(bill, REFUND, PaymentRefund, fit)
    return differences


def _with_ours(lines, subject, of_provider):
    """Yield the lines of a subject, some at a time, with our rows by their numbers."""
    wanted = [line for line in lines if line.subject == subject]
    for at in range(0, len(wanted), AT_ONCE):
        some = wanted[at : at + AT_ONCE]
        rows = of_provider.filter(no__in=[line.no for line in some])
        yield some, {row.no: row for row in rows}


def _difference(bill, kind, line, row):
    return BillDifference(
        bill=bill,
        kind=kind,
        subject=line.subject,
        no=line.no,
        provider_ref=line.provider_ref,
        ours=row and row.amount,
        theirs=line.amount,
        found_at=clock.now(),
    )


def _mark(bill, subject, model, rows):
    """Note that a bill showed these; an earlier bill misses them no more."""
    model.objects.filter(pk__in=[row.pk for row in rows]).exclude(billed_on=bill.day).update(
        billed_on=bill.day
    )
    missed = BillDifference.objects.filter(
        bill__provider=bill.provider,
        kind=Kind.MISSING_THERE,
        subject=subject,
        no__in=[row.no for row in rows],
    )
    _settle_by_itself(missed)


# --- what it does not show -------------------------------------------------------------
def _missing_there(bill, *, but) -> list[BillDifference]:
    """Return what we noted that day and no bill has shown, ``but`` what differs otherwise."""
    begin, end = clock.start_of(bill.day), clock.end_of(bill.day)
    payments = Payment.objects.filter(
        provider=bill.provider,
        status=Payment.Status.PAID,
        paid_at__gte=begin,
        paid_at__lt=end,
        billed_on__isnull=True,
    )
    refunds = PaymentRefund.objects.filter(
        payment__provider=bill.provider,
        done_at__gte=begin,
        done_at__lt=end,
        billed_on__isnull=True,
    )
    return [
        BillDifference(
            bill=bill,
            kind=Kind.MISSING_THERE,
            subject=subject,
            no=row.no,
            provider_ref=row.provider_ref,
            ours=row.amount,
            found_at=clock.now(),
        )
        for subject, rows in ((PAYMENT, payments), (REFUND, refunds))
        for row in rows
        if (subject, row.no) not in but
    ]


def _write(bill, found):
    """Add what is new, settle what is gone, open again what settled by itself and is back. What
    somebody looked into stays as they left it.
    """
    known = {_key(row): row for row in bill.differences.all()}
    wanted = {_key(row): row for row in found}
    BillDifference.objects.bulk_create(
        [row for key, row in wanted.items() if key not in known], batch_size=AT_ONCE
    )
    gone = [row.pk for key, row in known.items() if key not in wanted]
    _settle_by_itself(bill.differences.filter(pk__in=gone))
    for key in known.keys() & wanted.keys():
        old, new = known[key], wanted[key]
        said = {"kind": new.kind, "ours": new.ours, "theirs": new.theirs}
        back = {"settled_at": None, "settled_by": ""}
        is_same = all(getattr(old, name) == value for name, value in said.items())
        if not is_same or old.settled_by == BY_ITSELF:
            bill.differences.filter(pk=old.pk).update(**said, **back)


def _key(row):
    return row.subject, row.no, row.provider_ref


def _settle_by_itself(differences):
    differences.filter(settled_at__isnull=True).update(settled_at=clock.now(), settled_by=BY_ITSELF)
