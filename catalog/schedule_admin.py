"""Scheduled prices in the back office: planned for one SKU on its page, looked at and ended in
their list.
"""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
)

from catalog import price_schedule
from catalog.models import PRICE_MAX_POINTS, ScheduledPrice
from mall.core import actors, clock
from mall.core.admin.action_forms import ask, sent
from mall.core.admin.day_range import DayRangeFilter
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.form_fields import AmountField, InstantField, WholeNumberField
from mall.core.templatetags.mall import yuan

COLOURS = {"running": "success", "planned": "warning", "over": "info"}
STATES = {"running": _("Running"), "planned": _("Planned"), "over": _("Over")}


def instant_field(label, **words):
    """Return a field for a day and a time of the shop."""
    looks = {"class": " ".join(INPUT_CLASSES)}
    boxes = forms.SplitDateTimeWidget(
        date_format="%Y-%m-%d",
        time_format="%H:%M",
        date_attrs={"type": "date", **looks, "aria-label": _("Day")},
        time_attrs={"type": "time", **looks, "aria-label": _("Time of day")},
    )
    return InstantField(label=label, widget=boxes, **words)


class PlanForm(forms.Form):
    """What a SKU costs from when, until when."""

    points_price = WholeNumberField(
        label=_("price in points"),
        min_value=0,
        max_value=PRICE_MAX_POINTS,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    cash_price = AmountField(
        label=_("price in yuan"),
        min_value=0,
        max_digits=12,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    starts_at = instant_field(_("From"))
    ends_at = instant_field(_("Until"), required=False, help_text=_("Empty: it stays the price."))


def plan_page(request, model_admin, sku):
    """Ask what a SKU is to cost from when, and plan it."""
    first = {"points_price": sku.points_price, "cash_price": sku.cash_price}
    form = PlanForm(sent(request), initial=first)

    def verb(sku, said):
        planned = price_schedule.plan(
            sku.pk,
            points=said["points_price"],
            cash=said["cash_price"],
            starts_at=said["starts_at"],
            ends_at=said["ends_at"],
            by=request.user,
        )
        return _("Planned: %(window)s.") % {"window": price_schedule.window_of(planned)}

    facts = [
        f"{price_schedule.window_of(one)}: {price_in_words(one.points_price, one.cash_price)}"
        for one in price_schedule.open_of([sku.product_id])
        if one.sku_id == sku.pk
    ]
    return ask(model_admin, request, sku, form, verb, title=_("Schedule a price"), facts=facts)


def price_in_words(points: int, cash) -> str:
    """Return a price of whole points and yuan in words; nothing where it is neither."""
    parts = [_("%(points)s points") % {"points": points}] * bool(points)
    parts += [yuan(cash)] * bool(cash)
    return " + ".join(map(str, parts))


@admin.register(ScheduledPrice)
class ScheduledPriceAdmin(ReadOnly, ModelAdmin):
    """What SKUs cost when: planned, running, over."""

    is_short = True
    list_display = ["sku", "price", "starts_at", "ends_at", "state", "planned_by"]
    list_filter = [("starts_at", DayRangeFilter)]
    list_filter_submit = True
    list_select_related = ["sku__product"]
    search_fields = ["sku__product__name_zh_hans", "sku__product__name_en"]
    fields = ["sku", "price", "starts_at", "ends_at", "standing", "planned_by"]
    readonly_fields = fields
    actions_detail = ["end"]

    planned_by = actors.column("created_by", _("created by"))

    @admin.display(description=_("price"))
    def price(self, row):
        return price_in_words(row.points_price, row.cash_price)

    @display(description=_("status"), label=COLOURS)
    def state(self, row):
        now = clock.now()
        state = "running" if row.is_running(now) else "planned" if row.starts_at > now else "over"
        return state, STATES[state]

    @admin.display(description=_("status"))
    def standing(self, row):
        return self.state(row)[1]

    def has_plan_permission(self, request, object_id=None):
        return request.user.has_perm("catalog.change_sku")

    @action(description=_("End it, or take it back"), url_path="end", permissions=["plan"])
    def end(self, request, object_id):
        """Have a running price end now, or take one back that has not begun."""
        row = self.get_object(request, object_id)

        def verb(row, _said):
            price_schedule.end(row, by=request.user)
            return _("Done: the usual price holds.")

        form = forms.Form(sent(request))
        question = _("Have this price end now? One that has not begun is taken back.")
        words = {"title": _("End it, or take it back"), "question": question}
        return ask(self, request, row, form, verb, **words)
