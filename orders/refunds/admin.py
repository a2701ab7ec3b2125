"""Refunds behind the counter: what waits for an answer, with everything that approving it would
do.
"""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action, display

from mall.core import actors
from mall.core.admin.action_forms import ask, sent
from mall.core.admin.day_range import DayRangeFilter
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import members
from mall.core.versions import mark_of
from orders.forms import ApproveForm, RejectForm
from orders.models import RefundLine, RefundRequest
from orders.refunds import preview as refund_preview
from orders.refunds import requests

STATUS_COLOURS = {
    RefundRequest.Status.REQUESTED: "warning",
    RefundRequest.Status.APPROVED: "info",
    RefundRequest.Status.REFUNDED: "success",
    RefundRequest.Status.REJECTED: "danger",
    RefundRequest.Status.WITHDRAWN: "default",
}


def _shown(terms):
    lines = [(one.line.pk, one.quantity, one.unsent, one.points, one.cash) for one in terms.lines]
    return lines, terms.points, terms.cash, terms.freight


class RefundLineInline(ReadOnly, TabularInline):
    model = RefundLine
    extra = 0
    hide_title = True
    fields = ["line", "quantity", "points", "cash", "restocked"]
    readonly_fields = fields


@admin.register(RefundRequest)
class RefundRequestAdmin(ReadOnly, ModelAdmin):
    """Approve and reject what members ask back; everything else of it is read."""

    list_display = [
        "order",
        "number",
        "shown_status",
        "member",
        "reason",
        "points",
        "cash",
        "requested_at",
        "answered_by",
    ]
    list_display_links = ["order", "number"]
    list_filter = ["status", ("requested_at", DayRangeFilter)]
    list_filter_submit = True
    list_select_related = ["order__user"]
    search_fields = ["=order__no", *members("order__user")]
    search_help_text = _(
        "A whole order number, a member's whole name or e-mail, or how the name begins."
    )
    inlines = [RefundLineInline]
    actions_detail = ["approve_refund", "reject_refund"]
    actions_row = ["approve_refund", "reject_refund"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("order", "number"),
                    ("status", "member"),
                    "reason",
                    ("asked_by", "requested_at"),
                ]
            },
        ),
        (_("Answer"), {"fields": [("answered_by", "decided_at"), "note", ("restock", "at_fault")]}),
        (
            _("What went back"),
            {
                "fields": [
                    ("points", "cash", "freight"),
                    ("taken_pending", "taken_points", "taken_debt"),
                    ("payment_refund", "refunded_at"),
                ]
            },
        ),
    ]
    readonly_fields = [
        "order", "number", "status", "member", "reason", "asked_by", "requested_at", "answered_by",
        "decided_at", "note", "restock",
        "at_fault", "points", "cash", "freight", "taken_pending", "taken_points", "taken_debt",
        "payment_refund", "refunded_at",
    ]  # fmt: skip
    asked_by = actors.column("requested_by", _("asked by"))
    answered_by = actors.column("decided_by", _("decided by"))

    @admin.display(description=_("member"))
    def member(self, asked):
        return asked.order.user.get_username()

    @display(description=_("status"), ordering="status", label=STATUS_COLOURS)
    def shown_status(self, asked):
        return asked.status, asked.get_status_display()

    def get_actions_detail(self, request, object_id):
        """Offer an answer only to what waits for one."""
        asked = self.get_object(request, object_id)
        return super().get_actions_detail(request, object_id) if asked and asked.is_waiting else []

    def has_decide_permission(self, request, object_id=None):
        return request.user.has_perm("orders.decide_refundrequest")

    @action(description=_("Approve"), url_path="approve", permissions=["decide"])
    def approve_refund(self, request, object_id):
        """Give back what is asked for; the page shows before what that is."""
        return self._decide(
            request,
            object_id,
            ApproveForm,
            lambda asked, said: requests.approve(asked, actor=f"staff:{request.user.pk}", **said),
            button=_("Approve"),
            done=_("Approved. Points are back, money is on its way."),
        )

    @action(description=_("Reject"), url_path="reject", permissions=["decide"])
    def reject_refund(self, request, object_id):
        """Refuse, with the reason the member reads."""
        return self._decide(
            request,
            object_id,
            RejectForm,
            lambda asked, said: requests.reject(asked, actor=f"staff:{request.user.pk}", **said),
            button=_("Reject"),
            done=_("Rejected. The member reads your answer."),
        )

    def _decide(self, request, object_id, form_class, verb, *, button, done):
        asked = self.get_object(request, object_id)
        preview = refund_preview.show_request(asked) if asked.is_waiting else None

        def answer(asked, said):
            verb(asked, said)
            return done

        words = {"template": "orders/admin/refund.html", "asked": asked, "preview": preview}
        if preview:  # the order moves on while it is read: a parcel sent, another refund approved
            words["mark"] = mark_of(asked, preview.lots, preview.taken, *_shown(preview.terms))
        return ask(self, request, asked, form_class(sent(request)), answer, title=button, **words)
