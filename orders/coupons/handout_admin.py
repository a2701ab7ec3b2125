"""Hand-outs of coupons, in the back office."""

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from mall.core import actors
from mall.core.admin.action_forms import ask, sent
from mall.core.admin.day_range import DayRangeFilter
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.versions import version_of
from orders.coupons import figures, handouts, segments
from orders.coupons.forms import ReasonForm
from orders.models import CouponGrant

GRANT_COLOURS = {
    CouponGrant.Status.QUEUED: "info",
    CouponGrant.Status.RUNNING: "warning",
    CouponGrant.Status.DONE: "success",
    CouponGrant.Status.UNDONE: "danger",
}


# What members were promised: fixed once one of them has it.
@admin.register(CouponGrant)
class CouponGrantAdmin(ReadOnly, ModelAdmin):
    """What was handed out to whom, how far it is, and the way back."""

    is_short = True
    list_display = [
        "created_at",
        "template",
        "shown_segment",
        "shown_status",
        "progress",
        "by",
        "note",
    ]
    list_filter = ["status", "segment", ("created_at", DayRangeFilter)]
    list_filter_submit = True
    list_select_related = ["template"]
    search_fields = ["template__name_zh_hans", "template__name_en", "note"]
    actions_detail = ["undo"]
    fields = [
        "template", "shown_segment", "shown_numbers", "status", "progress", ("granted", "skipped"),
        "shown_states", "note", "by",
        ("created_at", "finished_at"),
    ]  # fmt: skip
    readonly_fields = ["template", "granted", "skipped", "note", "by", "created_at", "finished_at"]
    readonly_fields += ["shown_segment", "shown_numbers", "status", "progress", "shown_states"]
    by = actors.column("actor", _("by"))

    def has_undo_permission(self, request, object_id=None):
        return request.user.has_perm("orders.revoke_coupon")

    @admin.display(description=_("segment"), ordering="segment")
    def shown_segment(self, grant):
        segment = segments.known().get(grant.segment)
        return segment.label if segment else grant.segment

    @admin.display(description=_("numbers of the segment"))
    def shown_numbers(self, grant):
        return (
            ", ".join(
                ", ".join(value[:50]) if isinstance(value, list) else _written(value)
                for value in grant.numbers.values()
            )
            or "–"
        )

    @display(description=_("status"), ordering="status", label=GRANT_COLOURS)
    def shown_status(self, grant):
        return grant.status, grant.get_status_display()

    @admin.display(description=_("how far"))
    def progress(self, grant):
        return f"{grant.granted + grant.skipped:,} / {grant.expected:,}"

    @admin.display(description=_("where they stand"))
    def shown_states(self, grant):
        return figures.in_words(figures.states_of(grant))

    @action(description=_("Take back"), url_path="take-back", permissions=["undo"])
    def undo(self, request, object_id):
        """Stop it and take back what nobody used."""
        grant = self.get_object(request, object_id)

        def verb(_row, said):
            handouts.undo(grant, actor=request.user, reason=said["reason"])
            return gettext("%(number)s unused coupons were taken back.") % {
                "number": handouts.take_back(grant.pk)
            }

        form, question = (
            ReasonForm(sent(request)),
            _("Coupons that nobody used are taken back; used ones stay."),
        )
        words = {"title": _("Take back"), "about": grant, "question": question}
        # its counters go on while somebody reads
        return ask(self, request, grant, form, verb, mark=version_of(grant.status), **words)


def _written(value) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
