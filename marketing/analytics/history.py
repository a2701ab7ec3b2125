"""Orders of an earlier shop become facts for reports and recommendations; the books never hear of
them.

Idempotent by the order's number: the same file again changes nothing. Written some hundred orders a
transaction, so an import may be stopped at any moment and run again.
"""

from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from itertools import islice

from django.db import IntegrityError
from django.utils.translation import gettext as _

from mall.core import audit, clock
from mall.core.transactions import transactional
from marketing.analytics import days, history_file, history_rows
from marketing.models import HistoryCustomer, HistoryLine, HistoryOrder

BATCH_ORDERS = 1_000
KNOWN_CUSTOMERS = 50_000


@dataclass
class Imported:
    """What one run did: rows read, orders written, replaced or already there, and how many rows and
    orders were refused.
    """

    rows: int = 0
    new: int = 0
    replaced: int = 0
    known: int = 0
    refused: int = 0
    lines: int = 0
    customers: dict = field(default_factory=dict, repr=False)

    def __str__(self):
        return (
            f"rows={self.rows} lines={self.lines} orders={self.new} replaced={self.replaced} "
            f"unchanged={self.known} refused={self.refused}"
        )


def import_orders(
    path, *, on_bad, replace=False, encoding="utf-8-sig", reading=iter, writing=iter
) -> Imported:
    """Write the orders of a file that are not there yet; ``replace`` takes the file's version of
    those that differ.

    ``on_bad(number, order_no, reason)`` hears of every refused row; nothing of its order is kept.
    ``reading`` and ``writing`` may wrap the lines and the orders in a progress bar.
    Raises: history_file.UnreadableFile.
    """
    done = Imported()

    def refuse(number, no, reason):
        done.refused += 1
        on_bad(number, no, reason)

    with history_file.staged(path, on_bad=refuse, encoding=encoding, progress=reading) as (
        orders,
        rows,
    ):
        done.rows = rows
        orders = iter(writing(orders))
        while batch := dict(islice(orders, BATCH_ORDERS)):
            try:
                written = _write(batch, done.customers, replace, refuse)
            except IntegrityError:
                # Another import wrote one of them meanwhile: now it is known. Outside the
                # transaction, which is undone.
                done.customers.clear()
                written = _write(batch, done.customers, replace, refuse)
            for name, count in written.items():
                setattr(done, name, getattr(done, name) + count)
    return done


def _write(batch, customers, replace, refuse):
    digests = {no: _digest(rows) for no, rows in batch.items()}
    known = history_rows.facts_of(HistoryOrder, batch, of="no", fact="digest")
    changed = [no for no in known if known[no] != digests[no]]
    if not replace:
        for no in changed:
            refuse(
                batch[no][0][10],
                no,
                _("another order of this number was imported before; --replace takes the new one"),
            )
    new = [no for no in batch if no not in known]
    wanted = new + changed if replace else new
    lines = _write_orders(
        {no: batch[no] for no in wanted}, digests, changed if replace else [], customers
    )
    return {
        "new": len(new),
        "replaced": len(changed) if replace else 0,
        "known": len(known) - len(changed),
        "lines": lines,
    }


@transactional
def _write_orders(batch, digests, replaced, customers):
    """Write whole orders, and mark their days for the reports in the same transaction; returns how
    many lines.
    """
    if not batch:
        return 0
    former = (
        list(HistoryOrder.objects.filter(no__in=replaced).values_list("pk", "on"))
        if replaced
        else []
    )
    HistoryLine.objects.filter(order__in=[pk for pk, _day in former]).delete()
    HistoryOrder.objects.filter(pk__in=[pk for pk, _day in former]).delete()
    _know_customers({rows[0][3] for rows in batch.values()}, customers)
    lines = history_rows.write_lines(batch, history_rows.write_orders(batch, customers, digests))
    days.mark_late(
        {date.fromisoformat(rows[0][2]) for rows in batch.values()} | {day for _pk, day in former}
    )
    return lines


def _know_customers(names, customers):
    """Complete {name: id} with these customers, making those that are new; forgets when it grows
    too large.
    """
    if len(customers) > KNOWN_CUSTOMERS:
        customers.clear()
    missing = names - customers.keys()
    if missing:
        customers.update(history_rows.know_customers(missing))


def _digest(rows):
    """Tell one order's content from another's: its lines in any sequence, whatever number they have
    in the file.
    """
    told = "\n".join(sorted("\t".join(map(str, row[:10])) for row in rows))
    return blake2b(told.encode(), digest_size=16).hexdigest()


@transactional
def link(customer_id: int, *, member, operator) -> HistoryCustomer:
    """Say which member a customer of the earlier shop is (``member`` None: nobody after all); their
    days are counted again.
    """
    customer = HistoryCustomer.objects.select_for_update().get(pk=customer_id)
    if customer.user_id == (member.pk if member else None):
        return customer
    before, customer.user, customer.linked_at = (
        customer.user_id,
        member,
        clock.now() if member else None,
    )
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
