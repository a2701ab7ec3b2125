"""Everything of one member on one page of the back office: orders, points, coupons, refunds, cases
and notes, to each role what it may see. Each line leads to the row's own page.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.privacy import mask_email
from mall.core import actors
from mall.core.templatetags.mall import points, signed_points, yuan
from marketing.analytics import forecasts
from marketing.analytics.reports.expected import in_words
from orders.models import Coupon, Order, OrderEvent, OrderNote, RefundRequest
from points.models import LedgerEntry, PointAccount, RiskCase

SHOWN = 20


@dataclass(frozen=True)
class Section:
    """One kind of rows of a member: who may see it, where all of them are listed, and the newest as
    (address, cells).
    """

    title: str
    permission: str
    rows: Callable[[User], list]
    header: tuple
    list_name: str = ""


def show(request, pk):
    """Show a member's page. Raises: PermissionDenied, Http404."""
    if not request.user.has_perm("accounts.view_user"):
        raise PermissionDenied
    member = get_object_or_404(User, pk=pk)
    sections = [
        {
            "title": section.title,
            "header": section.header,
            "rows": section.rows(member),
            "all_url": _all_of(section.list_name, member),
        }
        for section in SECTIONS
        if request.user.has_perm(section.permission)
    ]
    context = {
        **admin.site.each_context(request),
        "title": member.get_username(),
        "member": member,
        "email": mask_email(member.mailbox),
        "account": _account_of(request, member),
        "chance": in_words(forecasts.chance_of(member.pk)),
        "sections": sections,
        "shown": SHOWN,
    }
    return TemplateResponse(request, "admin/member.html", context)


def _account_of(request, member):
    if not request.user.has_perm("points.view_pointaccount"):
        return None
    return PointAccount.objects.filter(pk=member.pk).select_related("tier").first()


def _all_of(list_name, member):
    if not list_name:
        return ""
    query = urlencode({"q": f'"{member.get_username()}"'})
    return f"{reverse(f'admin:{list_name}_changelist')}?{query}"


# --- the rows ------------------------------------------------------------------
def _orders(member):
    found = Order.objects.of(member).newest_first()[:SHOWN]
    return [
        (
            _page("orders_order", order),
            (
                order.no,
                _when(order.created_at),
                order.get_status_display(),
                points(order.points),
                yuan(order.cash),
            ),
        )
        for order in found
    ]


def _entries(member):
    found = LedgerEntry.objects.filter(account_id=member.pk).order_by("-pk")[:SHOWN]
    return [
        (
            _page("points_ledgerentry", entry),
            (
                _when(entry.created_at),
                entry.get_kind_display(),
                signed_points(entry.worth),
                points(entry.balance_after),
                entry.reference,
            ),
        )
        for entry in found
    ]


def _coupons(member):
    found = Coupon.objects.of(member).select_related("template").order_by("-pk")[:SHOWN]
    return [
        (
            _page("orders_coupon", coupon),
            (
                coupon.template.name,
                coupon.get_state_display(),
                _when(coupon.granted_at),
                _when(coupon.expires_at),
            ),
        )
        for coupon in found
    ]


def _refunds(member):
    found = RefundRequest.objects.filter(order__user=member).select_related("order")
    return [
        (
            _page("orders_refundrequest", asked),
            (
                asked.order.no,
                _when(asked.requested_at),
                asked.get_status_display(),
                asked.reason,
            ),
        )
        for asked in found.order_by("-pk")[:SHOWN]
    ]


def _cases(member):
    found = RiskCase.objects.filter(account_id=member.pk).order_by("-pk")[:SHOWN]
    return [
        (
            _page("points_riskcase", case),
            (
                _when(case.opened_at),
                case.get_kind_display(),
                case.get_status_display(),
                case.note,
            ),
        )
        for case in found
    ]


def _notes(member):
    """Return notes to the member and among colleagues together, the newest first."""
    inside = OrderNote.objects.filter(order__user=member).select_related("order")
    told = OrderEvent.objects.of(member.pk).filter(kind=OrderEvent.Kind.NOTE).order_by("-pk")
    told = list(told[:SHOWN])
    orders = Order.objects.in_bulk([event.data["no"] for event in told], field_name="no")
    found = [
        (note.at, note.order, _("internal"), note.actor, note.text)
        for note in inside.order_by("-pk")[:SHOWN]
    ]
    found += [
        (event.at, orders[event.data["no"]], _("to the member"), event.actor, event.note)
        for event in told
    ]
    found.sort(key=lambda note: note[0], reverse=True)
    return [
        (
            _page("orders_order", order),
            (order.no, _when(at), kind, actors.in_words(actor), text),
        )
        for at, order, kind, actor, text in found[:SHOWN]
    ]


def _page(name, row):
    return reverse(f"admin:{name}_change", args=[row.pk])


def _when(at):
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")


_TIME, _STATUS, _ORDER = _("time"), _("status"), _("order number")
SECTIONS = (
    Section(
        _("Orders"),
        "orders.view_order",
        _orders,
        (_ORDER, _TIME, _STATUS, _("points"), _("cash")),
        "orders_order",
    ),
    Section(
        _("Notes"),
        "orders.view_ordernote",
        _notes,
        (_ORDER, _TIME, _("for whom"), _("by"), _("note")),
    ),
    Section(
        _("Refund requests"),
        "orders.view_refundrequest",
        _refunds,
        (_ORDER, _TIME, _STATUS, _("reason")),
        "orders_refundrequest",
    ),
    Section(
        _("Ledger entries"),
        "points.view_ledgerentry",
        _entries,
        (_TIME, _("kind"), _("points"), _("balance"), _("reference")),
        "points_ledgerentry",
    ),
    Section(
        _("Members' coupons"),
        "orders.view_coupon",
        _coupons,
        (_("coupon"), _STATUS, _("given at"), _("good until")),
        "orders_coupon",
    ),
    Section(
        _("Cases"),
        "points.view_riskcase",
        _cases,
        (_TIME, _("kind"), _STATUS, _("reason")),
        "points_riskcase",
    ),
)
