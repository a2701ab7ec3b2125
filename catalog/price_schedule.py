"""Prices of SKUs from an instant on, or between two. The only writer of scheduled prices.

A quote asks for the price of its own instant (catalog/shelf.py); what lists sort by follows within
seconds (``turn_due``). Points are whole numbers, cash is yuan with two places.
Source: docs/decisions/0089-scheduled-prices.md.
"""

from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from catalog import assortment, kept, shelf_prices
from catalog.models import (
    Product,
    ScheduledPrice,
    draw_lowest_prices,
    price_mismatch,
)
from mall.core import audit, clock
from mall.core.errors import DomainError
from mall.core.transactions import transactional

LOOKS_BACK = timedelta(days=1)  # a worker that was away longer leaves it to shelf_prices.mend
MOMENT = timedelta(microseconds=1)
log = structlog.get_logger(__name__)


class ScheduleOverlaps(DomainError):
    """Another price is scheduled for a part of that time; numbers: window."""

    code = "schedule_overlaps"
    field = "starts_at"
    message = _("Another price is scheduled for this choice then: %(window)s.")


class ScheduleBackwards(DomainError):
    """It would end before it begins, or is over already."""

    code = "invalid"
    field = "ends_at"
    status = 400
    message = _("It must end after it begins, and later than now.")


class ScheduleOver(DomainError):
    """What is over stays as it was: it says what something cost."""

    code = "schedule_over"
    message = _("This price is over. It stays in the list of what something cost.")


@transactional
def plan(
    sku_id: int,
    *,
    points: int,
    cash: Decimal,
    starts_at: datetime,
    ends_at: datetime | None,
    by,
    as_of: datetime | None = None,
) -> ScheduledPrice:
    """Have a SKU cost this from an instant on (one that has passed is now) until before another;
    without an end it becomes its own price then. Written to the audit log under ``by``.

    Raises: assortment.PriceMismatch, ScheduleBackwards, ScheduleOverlaps.
    """
    as_of = as_of or clock.now()
    # Two colleagues may plan at once; the second must see the first's window.
    product = Product.objects.select_for_update().get(skus=sku_id)
    assortment.check_prices(product.pay_mode, points, cash)
    starts_at = max(starts_at, as_of)
    if ends_at is not None and ends_at <= starts_at:
        raise ScheduleBackwards
    check_free(sku_id, starts_at, ends_at)
    planned = ScheduledPrice.objects.create(
        sku_id=sku_id,
        points_price=points,
        cash_price=cash,
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=as_of,
        created_by=f"staff:{by.pk}" if by else audit.SYSTEM,
    )
    audit.note(by, "catalog.plan_price", target=planned.sku, after=_told(planned))
    _show([product.pk])
    return planned


@transactional
def end(planned: ScheduledPrice, *, by, as_of: datetime | None = None) -> None:
    """Take a scheduled price back that has not begun, or have one that runs end now.

    Raises: ScheduleOver.
    """
    as_of = as_of or clock.now()
    product = Product.objects.select_for_update().get(skus=planned.sku_id)
    row = ScheduledPrice.objects.open(as_of).filter(pk=planned.pk).first()
    if row is None:
        raise ScheduleOver
    before = _told(row)
    if row.starts_at >= as_of:
        row.delete()
    else:
        row.ends_at = as_of
        row.save(update_fields=["ends_at"])
    audit.note(by, "catalog.end_price", target=row.sku, before=before)
    _show([product.pk])


def check_free(sku_id: int, starts_at: datetime, ends_at: datetime | None) -> None:
    """Refuse a window that another scheduled price of a SKU has a part of. Raises:
    ScheduleOverlaps.
    """
    other = _overlapping(starts_at, ends_at).filter(sku=sku_id).order_by("starts_at").first()
    if other is not None:
        raise ScheduleOverlaps(window=window_of(other))


def taken(sku_ids, starts_at: datetime, ends_at: datetime | None) -> dict[int, str]:
    """Return, of those of these SKUs that have another price scheduled in a window, when."""
    rows = _overlapping(starts_at, ends_at).filter(sku__in=sku_ids).order_by("starts_at")
    return {row.sku_id: window_of(row) for row in rows}


def window_of(planned: ScheduledPrice) -> str:
    """Return from when until when, in the reader's words."""
    start = date_format(localtime(planned.starts_at), "SHORT_DATETIME_FORMAT")
    if planned.ends_at is None:
        return str(_("from %(start)s on") % {"start": start})
    end_ = date_format(localtime(planned.ends_at), "SHORT_DATETIME_FORMAT")
    return f"{start} – {end_}"


def turn_due(as_of: datetime | None = None) -> int:
    """Make what began without an end the SKU's own price, and draw what lists sort by where a price
    began or ended; return how many products changed. Harmless when late, or run twice at once.
    """
    as_of = as_of or clock.now()
    lasting = ScheduledPrice.objects.filter(ends_at__isnull=True, starts_at__lte=as_of)
    for planned in lasting.order_by("starts_at", "pk"):
        try:
            _become_own(planned.pk, as_of)
        except assortment.PriceMismatch as error:  # an earlier release let the pay mode change
            log.error("price_stuck", sku=planned.sku_id, code=error.code)
    since = as_of - LOOKS_BACK
    turned = ScheduledPrice.objects.filter(
        Q(starts_at__gt=since, starts_at__lte=as_of) | Q(ends_at__gt=since, ends_at__lte=as_of)
    )
    ids = set(turned.order_by().values_list("sku__product", flat=True))
    changed = [row[0] for row in shelf_prices.drifted(among=ids, as_of=as_of)] if ids else []
    if changed:
        _show(changed, as_of)
    return len(changed)


@transactional
def _become_own(planned_id, as_of):
    row = ScheduledPrice.objects.filter(pk=planned_id).select_related("sku").first()
    if row is None:
        return
    Product.objects.select_for_update().get(pk=row.sku.product_id)
    still = ScheduledPrice.objects.filter(pk=planned_id, ends_at__isnull=True)
    if not still.update(ends_at=max(as_of, row.starts_at + MOMENT)):
        return
    prices = {"points_price": row.points_price, "cash_price": row.cash_price}
    assortment.reprice(row.sku_id, by=None, **prices)
    _show([row.sku.product_id])


def _overlapping(starts_at, ends_at):
    rows = ScheduledPrice.objects.open(starts_at)
    return rows if ends_at is None else rows.filter(starts_at__lt=ends_at)


@transactional
def _show(product_ids, as_of=None):
    draw_lowest_prices(product_ids, as_of)
    kept.forget()


def _told(planned) -> dict:
    return {
        "points_price": planned.points_price,
        "cash_price": str(planned.cash_price),
        "starts_at": planned.starts_at.isoformat(),
        "ends_at": planned.ends_at and planned.ends_at.isoformat(),
    }


def open_of(product_ids, as_of: datetime | None = None) -> list[ScheduledPrice]:
    """Return what is scheduled of products and not over, the earliest first."""
    rows = ScheduledPrice.objects.open(as_of or clock.now()).filter(sku__product__in=product_ids)
    return list(rows.select_related("sku").order_by("starts_at", "pk"))


def check_pay_mode(product_id: int | None, pay_mode: str) -> None:
    """Refuse a pay mode that a scheduled price of a product does not fit. Raises:
    assortment.PriceMismatch.
    """
    check_planned(open_of([product_id]) if product_id else (), pay_mode)


def check_planned(rows, pay_mode: str) -> None:
    """Refuse a pay mode that one of these scheduled prices does not fit. Raises:
    assortment.PriceMismatch.
    """
    for planned in rows:
        if price_mismatch(pay_mode, planned.points_price, planned.cash_price):
            words = _("A price is scheduled that does not fit this: %(window)s.")
            raise assortment.PriceMismatch(words % {"window": window_of(planned)}, field="pay_mode")
