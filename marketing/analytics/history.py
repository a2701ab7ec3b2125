"""Orders of an earlier shop become facts for reports and recommendations; the books never hear of
them.

Idempotent by the order's number: the same file again changes nothing. Written some hundred orders a
transaction, so an import may be stopped at any moment and run again.
"""

from collections import ChainMap
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice

from django.db import IntegrityError
from django.utils.translation import gettext as _

from mall.core import audit, clock
from mall.core.ahead import ahead
from mall.core.transactions import transactional
from marketing.analytics import days, history_rows
from marketing.analytics.history_file import HistoryFile
from marketing.analytics.history_reading import reading_of
from marketing.analytics.history_stage import open_stage, with_line
from marketing.models import HistoryCustomer, HistoryLine, HistoryOrder

BATCH_ORDERS = 2_000
KNOWN_CUSTOMERS = 50_000


@dataclass
class Imported:
    """What one run did: rows read, orders written, replaced or already there, what was refused
    (rows and orders), how many rows were left out in all, and how many orders were put right.
    """

    rows: int = 0
    new: int = 0
    replaced: int = 0
    known: int = 0
    refused: int = 0
    dropped: int = 0
    remarks: int = 0
    lines: int = 0
    people: int = 0
    sample: list = field(default_factory=list, repr=False)
    customers: dict = field(default_factory=dict, repr=False)

    def __str__(self):
        return (
            f"rows={self.rows} lines={self.lines} orders={self.new} replaced={self.replaced} "
            f"unchanged={self.known} refused={self.refused} dropped={self.dropped} "
            f"remarks={self.remarks}"
        )

    def add(self, counts) -> None:
        """Add {name: how many}."""
        for name, count in counts.items():
            setattr(self, name, getattr(self, name) + count)


def import_orders(
    source,
    *,
    on_bad,
    on_remark=lambda number, no, words: None,
    reading=None,
    replace=False,
    dry_run=False,
    sample=0,
    encoding="",
    progress=iter,
    writing=iter,
    on_batch=lambda counts: None,
) -> Imported:
    """Write the orders of a file that are not there yet; ``replace`` takes the file's version of
    those that differ, ``dry_run`` only says what would be done.

    ``source`` is a path, bytes or a HistoryFile. ``on_bad(line, order_no, reason)`` hears of every
    row that is left out, nothing of its order is kept; ``on_remark`` of every order that was put
    right. ``progress`` and ``writing`` may wrap the lines and the orders in a progress bar;
    ``on_batch`` is told the counts of some orders, in the transaction that writes them; of the
    first ``sample`` rows it is kept how they were understood.
    Raises: UnreadableTable.
    """
    done = Imported()
    told = _Told(done, on_bad, on_remark)
    if not isinstance(source, HistoryFile):
        reading = reading or reading_of()
        source = HistoryFile(source, reading, encoding=encoding, progress=progress)
    for number, _text in source.above:
        told.remark(number, "", _("it stands above the headings, so it is not read"))
    with open_stage(on_bad=told.refuse, on_left=told.leave_out, sample=sample) as stage:
        stage.take(source)
        done.rows, done.sample = stage.rows, stage.sample
        if dry_run:
            done.people = stage.customers()
        # the next ones are read and put together while the database writes these
        with ahead(_batches(stage.orders())) as batches:
            for some in _batches(writing(chain.from_iterable(batches))):
                batch = {order.no: order for order in some if told.is_good(order)}
                if dry_run:
                    compared = _compared(batch, replace)
                    on_batch(compared.counts)
                else:
                    compared = _written(batch, replace, done, on_batch)
                done.add(compared.counts)
                for no in compared.kept:
                    told.refuse_order(batch[no], batch[no].numbers[0], _known_otherwise())
    return done


@dataclass
class _Told:
    """Who hears of what is left out or put right, and where it is counted."""

    done: Imported
    on_bad: Callable
    on_remark: Callable

    def refuse(self, number, no, reason):
        self.done.refused += 1
        self.leave_out(number, no, reason)

    def leave_out(self, number, no, reason):
        self.done.dropped += 1
        self.on_bad(number, no, reason)

    def refuse_order(self, order, number, reason):
        self.refuse(number, order.no, reason)
        for other in order.numbers:
            if other != number:
                self.leave_out(other, order.no, with_line(number))

    def remark(self, number, no, words):
        self.done.remarks += 1
        self.on_remark(number, no, words)

    def is_good(self, order) -> bool:
        if order.refusal:
            self.refuse_order(order, *order.refusal)
        elif order.remark:
            number, words = order.remark
            self.remark(number, order.no, words)
        return not order.refusal


def _batches(orders):
    orders = iter(orders)
    return iter(lambda: list(islice(orders, BATCH_ORDERS)), [])


@dataclass
class Compared:
    """Some orders beside what is there: which to write, which of them anew, which differ and stay
    as they were; and how many customers became known by it.
    """

    wanted: dict
    replaced: list
    kept: list
    counts: dict
    customers: dict = field(default_factory=dict)


def _compared(batch, replace) -> Compared:
    known = history_rows.digests_of(batch)
    changed = [no for no in known if known[no] != batch[no].digest]
    replaced, kept = (changed, []) if replace else ([], changed)
    wanted = {no: order for no, order in batch.items() if no not in known}
    counts = {
        "new": len(wanted),
        "replaced": len(replaced),
        "known": len(known) - len(changed),
    }
    wanted |= {no: batch[no] for no in replaced}
    counts["lines"] = sum(len(order.lines) for order in wanted.values())
    return Compared(wanted, replaced, kept, counts)


def _written(batch, replace, done, on_batch) -> Compared:
    """Write what is new of some orders, and what is to be replaced."""
    if len(done.customers) > KNOWN_CUSTOMERS:
        done.customers.clear()
    try:
        compared = _write(batch, replace, done.customers, on_batch)
    except IntegrityError:
        # Another import wrote one of them meanwhile: now it is known. Outside the transaction,
        # which is undone.
        compared = _write(batch, replace, done.customers, on_batch)
    done.customers |= compared.customers  # not before they are there for good
    return compared


@transactional
def _write(batch, replace, customers, on_batch):
    """Write whole orders, and mark their days for the reports in the same transaction."""
    compared = _compared(batch, replace)
    orders = compared.wanted
    if orders:
        former = _taken_away(compared.replaced)
        missing = {order.customer for order in orders.values()} - customers.keys()
        compared.customers = history_rows.know_customers(missing) if missing else {}
        known = ChainMap(compared.customers, customers)
        keys = history_rows.write_orders(orders, known)
        history_rows.write_lines(orders, keys)
        on = {order.on for order in orders.values()}
        days.mark_late(set(map(date.fromisoformat, on)) | former)
    on_batch(compared.counts)
    return compared


def _taken_away(numbers) -> set:
    """Delete orders that are written anew; returns their days."""
    if not numbers:
        return set()
    former = list(HistoryOrder.objects.filter(no__in=numbers).values_list("pk", "on"))
    HistoryLine.objects.filter(order__in=[pk for pk, _day in former]).delete()
    HistoryOrder.objects.filter(pk__in=[pk for pk, _day in former]).delete()
    return {day for _pk, day in former}


def _known_otherwise():
    return _("another order of this number was imported before; --replace takes the new one")


@transactional
def link(customer_id: int, *, member, operator) -> HistoryCustomer:
    """Say which member a customer of the earlier shop is (``member`` None: nobody after all); their
    days are counted again.
    """
    customer = HistoryCustomer.objects.select_for_update().get(pk=customer_id)
    if customer.user_id == (member.pk if member else None):
        return customer
    # also where it is nobody: what was decided by hand stays (history_links)
    before, customer.user, customer.linked_at = customer.user_id, member, clock.now()
    customer.save(update_fields=["user", "linked_at"])
    days.mark_late(
        HistoryOrder.objects.filter(customer=customer).values_list("on", flat=True).distinct()
    )
    audit.note(
        operator,
        "history.link",
        target=customer,
        before={"member": before},
        after={"member": customer.user_id},
    )
    return customer
