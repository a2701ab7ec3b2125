"""The back office's start page: what waits for somebody and what happened today, to each role what
it may see.

A source asks the database once and returns its figures; add one to a section and the page shows it.
Each figure leads to the list it counts.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.core.cache import cache
from django.db.models import Count, Value
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog import codes
from catalog.models import LEFT, Product, Review, Sku
from mall.core import clock
from mall.core.models import JobRun
from mall.jobs import runs
from mall.reports import pages
from mall.reports.dress import dressed
from mall.setup import steps
from marketing.analytics import period as periods
from marketing.analytics import reports, rollup
from marketing.models import CheckIn, Delivery, WebhookEndpoint
from orders.models import Order, PaymentRefund, RefundRequest
from points.models import Adjustment, Budget, LedgerEntry, Parked, PointAccount, RiskCase

ONE_DAY = timedelta(days=1)
# for figures that walk over members or entries; lists an operator works off are always fresh
KEPT_SECONDS = 60


@dataclass(frozen=True)
class Figure:
    """One number, where it leads, and whether it asks for a hand."""

    label: str
    number: int
    url: str
    icon: str
    asks: bool = False


def show(request, context):
    """Add the start page's sections to its context: one query per source the reader may look at,
    one for the report.
    """
    context["title"] = _("Today")
    if request.user.has_perm(pages.MAY_READ):
        period, context["refusal"] = pages.asked(request)
        context["report"], context["lengths"] = (
            dressed(reports.work_out("overview", period), period),
            periods.LENGTHS,
        )
    context["setup"] = steps.steps_of(request.user)
    context["sections"] = [
        {"title": title, "figures": figures}
        for title, sources in SECTIONS
        if (
            figures := [
                figure
                for permission, figures_of in sources
                if request.user.has_perm(permission)
                for figure in figures_of()
            ]
        )
    ]
    return context


def _list(model, **query):
    """Return the address of a list in the back office, filtered."""
    app, name = model._meta.app_label, model._meta.model_name
    return reverse(f"admin:{app}_{name}_changelist") + (f"?{urlencode(query)}" if query else "")


def _together(**counted):
    """Return how many rows each of some query sets has, in one statement."""
    named = [rows.order_by().annotate(of=Value(name)) for name, rows in counted.items()]
    first, *others = (rows.values_list("of").annotate(n=Count("pk")) for rows in named)
    found = dict(first.union(*others, all=True))
    return [found.get(name, 0) for name in counted]


def _by_status(rows, *statuses):
    counted = dict(
        rows.filter(status__in=statuses).order_by().values_list("status").annotate(n=Count("pk"))
    )
    return [counted.get(status, 0) for status in statuses]


def _kept(name, count):
    """Count at most once a minute: the start page may be opened as often as anybody likes."""
    return cache.get_or_set(f"overview:{name}:{clock.today()}", count, KEPT_SECONDS)


# --- what waits ----------------------------------------------------------------
def _open_orders():
    paid, pending = _by_status(
        Order.objects.filter(refunded_at__isnull=True), Order.Status.PAID, Order.Status.PENDING
    )
    yield Figure(
        _("Orders to ship"),
        paid,
        _list(Order, status__exact="paid", refunded_at__isnull=True),
        "local_shipping",
        asks=paid > 0,
    )
    yield Figure(
        _("Unpaid orders"), pending, _list(Order, status__exact="pending"), "hourglass_top"
    )


def _open_refunds():
    asked, owed = _together(
        asked=RefundRequest.objects.waiting(),
        owed=PaymentRefund.objects.filter(status=PaymentRefund.Status.REQUESTED),
    )
    yield Figure(
        _("Refunds to answer"),
        asked,
        _list(RefundRequest, status__exact="requested"),
        "assignment_return",
        asks=asked > 0,
    )
    yield Figure(
        _("Refunds on their way"),
        owed,
        _list(PaymentRefund, status__exact="requested"),
        "undo",
        asks=owed > 0,
    )


def _waiting_reviews():
    waiting = Review.objects.waiting().count()
    yield Figure(
        _("Reviews to read"),
        waiting,
        _list(Review, status__exact="waiting"),
        "rate_review",
        asks=waiting > 0,
    )


def _short_stock():
    on_sale = Sku.objects.filter(is_active=True, product__status=Product.Status.ON)
    left = on_sale.aggregate(**{name: Count("pk", filter=which) for name, which in LEFT.items()})
    here = partial(_list, Sku, is_active__exact=1, product__status__exact="on")
    yield Figure(
        _("Sold out"),
        left["none"],
        here(left="none"),
        "production_quantity_limits",
        asks=left["none"] > 0,
    )
    yield Figure(_("Fewer than 10 left"), left["few"], here(left="few"), "inventory_2")


def _short_keys():
    low = Sku.objects.filter(codes.LOW, is_active=True, product__status=Product.Status.ON).count()
    here = _list(Sku, keys="low", is_active__exact=1, product__status__exact="on")
    yield Figure(_("Card keys running out"), low, here, "key", asks=low > 0)


def _doubtful_accounts():
    status = PointAccount.Status
    review, frozen = _kept(
        "accounts", lambda: _by_status(PointAccount.objects, status.REVIEW, status.FROZEN)
    )
    yield Figure(
        _("Accounts under review"),
        review,
        _list(PointAccount, status__exact="review"),
        "policy",
        asks=review > 0,
    )
    yield Figure(_("Paused accounts"), frozen, _list(PointAccount, status__exact="frozen"), "lock")


def _decisions_on_points():
    cases, waiting, nearly, out = _together(
        cases=RiskCase.objects.filter(status=RiskCase.Status.OPEN),
        waiting=Adjustment.objects.filter(status=Adjustment.Status.WAITING),
        nearly=Budget.objects.filter(paused_at__isnull=True, warned_at__isnull=False),
        out=Budget.objects.filter(paused_at__isnull=False),
    )
    if nearly or out:
        yield Figure(_("Budgets nearly spent"), nearly, _list(Budget, state="nearly"), "savings")
        yield Figure(_("Budgets spent"), out, _list(Budget, state="out"), "money_off", asks=out > 0)
    yield Figure(
        _("Open cases"), cases, _list(RiskCase, status__exact="open"), "gavel", asks=cases > 0
    )
    here = _list(Adjustment, status__exact="waiting")
    yield Figure(_("Adjustments waiting"), waiting, here, "rule", asks=waiting > 0)


def _failed_jobs():
    failed = runs.failed().count()
    yield Figure(_("Failed jobs"), failed, _list(JobRun, state="failed"), "error", asks=failed > 0)


def _parked_facts():
    parked = Parked.objects.filter(done_at__isnull=True).count()
    yield Figure(
        _("Facts not followed up"),
        parked,
        _list(Parked, done_at__isnull="True"),
        "sync_problem",
        asks=parked > 0,
    )


def _stuck_outside():
    dead, stopped = _together(
        dead=Delivery.objects.filter(state=Delivery.State.DEAD),
        stopped=WebhookEndpoint.objects.filter(is_active=False).exclude(switched_off=""),
    )
    mails, hooks = _list(Delivery, state__exact="dead"), _list(WebhookEndpoint)
    yield Figure(_("Mails given up"), dead, mails, "mail_off", asks=dead > 0)
    yield Figure(_("Webhooks switched off"), stopped, hooks, "webhook", asks=stopped > 0)


# --- what happened ---------------------------------------------------------------
def _new_members():
    start, end = clock.start_of(clock.today()), clock.end_of(clock.today())
    joined = _kept(
        "members", User.objects.filter(date_joined__gte=start, date_joined__lt=end).count
    )
    yield Figure(
        _("New members"),
        joined,
        _list(User, date_joined__gte=start, date_joined__lt=end),
        "person_add",
    )


def _check_ins():
    today = clock.today()
    came = CheckIn.objects.filter(on=today).count()
    yield Figure(
        _("Check-ins"),
        came,
        _list(CheckIn, on__gte=today, on__lt=today + ONE_DAY),
        "event_available",
    )


def _placed_orders():
    today = clock.today()
    placed = Order.objects.filter(
        created_at__gte=clock.start_of(today), created_at__lt=clock.end_of(today)
    ).count()
    here = _list(Order, created_at_from=today, created_at_to=today)
    yield Figure(_("Orders placed"), placed, here, "receipt_long")


def _points():
    today = clock.today()
    moved = _kept("points", partial(rollup.points_of, today))
    here = partial(_list, LedgerEntry, biz_date__gte=today, biz_date__lt=today + ONE_DAY)
    yield Figure(
        _("Points issued"), moved["points_issued"], here(kind__exact="accrue"), "add_circle"
    )
    yield Figure(_("Points spent"), moved["points_spent"], here(), "shopping_bag")


# Permission to look, then the source.
SECTIONS = [
    (
        _("Waiting for somebody"),
        [
            ("orders.view_order", _open_orders),
            ("orders.view_paymentrefund", _open_refunds),
            ("catalog.view_review", _waiting_reviews),
            ("catalog.view_sku", _short_stock),
            ("catalog.view_cardkey", _short_keys),
            ("points.view_pointaccount", _doubtful_accounts),
            ("points.view_riskcase", _decisions_on_points),
            ("points.view_parked", _parked_facts),
            ("marketing.view_delivery", _stuck_outside),
            ("mall.view_jobrun", _failed_jobs),
        ],
    ),
    (
        _("Today so far"),
        [
            ("accounts.view_user", _new_members),
            ("marketing.view_checkin", _check_ins),
            ("orders.view_order", _placed_orders),
            ("points.view_ledgerentry", _points),
        ],
    ),
]
