"""Coupons behind the counter: templates with what became of them, codes, hand-outs, members'
coupons.
"""

from django.contrib import admin, messages
from django.db.models import Sum
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import action, display

from mall.core import clock
from mall.core.admin.action_forms import ask, sent, show
from mall.core.admin.day_range import DayRangeFilter
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import members
from mall.core.errors import DomainError
from mall.core.templatetags.mall import yuan
from mall.core.versions import ChangedMeanwhile, version_of
from orders.coupons import code_admin, figures, handouts, lifecycle, offers
from orders.coupons.forms import HandOutForm, ReasonForm, TemplateForm
from orders.models import Coupon, CouponTemplate

TEMPLATE_COLOURS = {
    CouponTemplate.Status.DRAFT: "info",
    CouponTemplate.Status.ACTIVE: "success",
    CouponTemplate.Status.PAUSED: "warning",
    CouponTemplate.Status.ENDED: "danger",
}
COUPON_COLOURS = {
    Coupon.State.GRANTED: "success",
    Coupon.State.LOCKED: "warning",
    Coupon.State.USED: "info",
    Coupon.State.EXPIRED: "danger",
    Coupon.State.REVOKED: "danger",
}
TERMS = ["kind", "amount", "percent", "cap", "threshold", "scope", "categories", "products"]
HOW_LONG = ["status", "total", "per_person", "valid_days", "starts_at", "ends_at"]


@admin.register(CouponTemplate)
class CouponTemplateAdmin(SimpleHistoryAdmin, TranslationAdmin, ModelAdmin):
    """What coupons take off, for which goods and how long, and what became of those given out."""

    is_short = True
    form = TemplateForm
    list_display = [
        "name",
        "terms",
        "shown_status",
        "shown_issued",
        "shown_used",
        "price_points",
        "starts_at",
        "ends_at",
    ]
    list_filter = ["status", "kind", "scope"]
    search_fields = ["name_zh_hans", "name_en", "=codes__code"]
    autocomplete_fields = ["categories", "products"]
    actions_detail = ["hand_out"]
    fieldsets = [
        (None, {"fields": ["name", "status"]}),
        (_("What it takes off"), {"fields": ["kind", ("amount", "percent", "cap"), "threshold"]}),
        (_("Which goods"), {"fields": ["scope", "categories", "products"]}),
        (
            _("How many, and how long"),
            {"fields": [("total", "per_person"), "valid_days", "starts_at", "ends_at"]},
        ),
        (_("For sale"), {"fields": ["price_points"]}),
    ]
    outcome = (
        _("What became of them"),
        {"fields": ["shown_issued", "shown_states", "shown_codes", "shown_worth"]},
    )

    def get_queryset(self, request):
        return figures.with_used(super().get_queryset(request))

    def get_fieldsets(self, request, obj=None):
        return (
            [*super().get_fieldsets(request, obj), self.outcome]
            if obj
            else super().get_fieldsets(request, obj)
        )

    def get_inlines(self, request, obj):
        return code_admin.inlines_of(obj)

    def get_readonly_fields(self, request, obj=None):
        shown = ["shown_issued", "shown_states", "shown_codes", "shown_worth"]
        return [*shown, *TERMS] if obj and (obj.issued or obj.coupons.exists()) else shown

    def has_delete_permission(self, request, obj=None):
        """Coupons and orders name a template for good: it ends, it is not deleted."""
        return False

    def has_hand_out_permission(self, request, object_id=None):
        return request.user.has_perm("orders.add_coupongrant")

    @admin.display(description=_("takes off"))
    def terms(self, template):
        return offers.describe(template)

    @display(description=_("status"), ordering="status", label=TEMPLATE_COLOURS)
    def shown_status(self, template):
        return template.status, template.get_status_display()

    @admin.display(description=_("given out"), ordering="issued")
    def shown_issued(self, template):
        return (
            f"{template.issued:,} / {template.total:,}"
            if template.total
            else f"{template.issued:,}"
        )

    @admin.display(description=_("used"), ordering="used")
    def shown_used(self, template):
        return f"{template.used:,}"

    @admin.display(description=_("where they stand"))
    def shown_states(self, template):
        return figures.in_words(figures.states_of(template))

    @admin.display(description=_("uses of its codes"))
    def shown_codes(self, template):
        told = template.codes.aggregate(uses=Sum("uses"), most=Sum("max_uses"))
        if not told["most"]:
            return "–"
        return code_admin.link_of(template, f"{told['uses']:,} / {told['most']:,}")

    @admin.display(description=_("taken off orders that stand"))
    def shown_worth(self, template):
        return yuan(figures.worth_of(template))

    @action(description=_("Hand out to a segment"), url_path="hand-out", permissions=["hand_out"])
    def hand_out(self, request, object_id):
        """Count a segment first; the second time, the same answers go."""
        template = self.get_object(request, object_id)
        form = HandOutForm(sent(request))
        words = {"about": template, "title": _("Hand out to a segment")}
        words["question"] = _(
            "Each member of the segment gets one, within their limit per person. You see how many "
            "before anything happens."
        )
        if not form.is_valid():
            return show(self, request, template, form, button=_("Count them"), **words)
        said, numbers = form.cleaned_data, form.numbers
        # What was counted, and of which terms: a colleague may change the coupon while this page is
        # read.
        people, terms = version_of(said["segment"], numbers), _version_of(template)
        if said["counted"] != f"{people}.{terms}":
            number = handouts.count(said["segment"], numbers)
            form.data = {**form.data.dict(), "counted": f"{people}.{terms}"}
            facts = [
                gettext("%(number)s members are in this segment now.") % {"number": f"{number:,}"}
            ]
            if said["counted"].startswith(f"{people}."):
                facts = [ChangedMeanwhile(), offers.describe(template), *facts]
            if form.unknown:
                shown = ", ".join(form.unknown[:20])
                facts.append(
                    gettext("%(number)s names belong to nobody: %(names)s")
                    % {"number": len(form.unknown), "names": shown}
                )
            return show(
                self, request, template, form, button=_("Hand them out"), facts=facts, **words
            )
        try:
            grant = handouts.order(
                template,
                segment=said["segment"],
                numbers=numbers,
                actor=request.user,
                key=said["key"],
                note=said["note"],
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
            return show(self, request, template, form, button=_("Count them"), **words)
        messages.success(
            request, _("Noted. It begins within a minute; this page shows how far it is.")
        )
        return HttpResponseRedirect(reverse("admin:orders_coupongrant_change", args=[grant.pk]))


def _version_of(template) -> str:
    """Return the mark of what a coupon is worth, for what and for how long."""
    terms = {
        name: getattr(template, name)
        for name in (*TERMS, *HOW_LONG)
        if name not in ("categories", "products")
    }
    goods = [
        sorted(getattr(template, name).values_list("pk", flat=True))
        for name in ("categories", "products")
    ]
    return version_of(terms, goods)


@admin.register(Coupon)
class CouponAdmin(ReadOnly, ModelAdmin):
    """Who has which coupon, where it came from, and which order used it."""

    view_on_site = False  # a shopper's page is a shopper's own
    list_display = [
        "code",
        "member",
        "template",
        "shown_state",
        "source",
        "order",
        "granted_at",
        "expires_at",
    ]
    list_filter = [
        ("granted_at", DayRangeFilter),
        "state",
        ("template", AutocompleteSelectFilter),
        ("source", NewestChoicesFilter),
    ]
    list_filter_submit = True
    list_select_related = ["user", "template", "order"]
    search_fields = ["=code", "=order__no", "=public_code__code", *members("user")]
    search_help_text = _(
        "A whole coupon number, order number or public code, a member's whole name or e-mail, or "
        "how the name begins."
    )
    actions_detail = ["revoke"]
    fields = [
        ("code", "member"), "template", "state_in_words", ("source", "public_code", "grant"),
        "order", "price_points",
        ("granted_at", "expires_at", "used_at"),
    ]  # fmt: skip
    readonly_fields = [
        "code",
        "member",
        "template",
        "state_in_words",
        "source",
        "public_code",
        "grant",
        "order",
        "price_points",
    ]
    readonly_fields += ["granted_at", "expires_at", "used_at"]

    def has_revoke_permission(self, request, object_id=None):
        return request.user.has_perm("orders.revoke_coupon")

    def get_actions_detail(self, request, object_id):
        """Offer to take back what can be taken back."""
        offered = super().get_actions_detail(request, object_id)
        coupon = self.get_object(request, object_id)  # an address may say anything
        usable = Coupon.objects.usable(clock.now())
        return offered if coupon and usable.filter(pk=coupon.pk).exists() else []

    @admin.display(description=_("member"), ordering="user_id")
    def member(self, coupon):
        return coupon.user.get_username()

    @display(description=_("state"), ordering="state", label=COUPON_COLOURS)
    def shown_state(self, coupon):
        return coupon.state_now, Coupon.State(coupon.state_now).label

    @admin.display(description=_("state"))
    def state_in_words(self, coupon):
        return Coupon.State(coupon.state_now).label

    @action(description=_("Take back"), url_path="take-back", permissions=["revoke"])
    def revoke(self, request, object_id):
        """Take an unused coupon back, with a reason; bought ones give the points back."""
        coupon = self.get_object(request, object_id)

        def verb(_row, said):
            lifecycle.revoke(coupon, actor=request.user, reason=said["reason"])
            return gettext("Taken back.")

        form = ReasonForm(sent(request))
        question = _("The member loses it; points paid for it go back.")
        return ask(
            self, request, coupon, form, verb, title=_("Take back"), about=coupon, question=question
        )
