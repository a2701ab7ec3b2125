"""The back office's page that changes the prices of chosen SKUs, after showing what comes of it."""

from decimal import Decimal

from django import forms
from django.contrib import messages
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from catalog import price_changes
from catalog.schedule_admin import instant_field
from mall.core.admin.action_forms import VERSION, ChosenForm
from mall.core.errors import DomainError
from mall.core.form_fields import WholeNumberField

LEAST, MOST = -90, 900  # per cent
ANSWER = "points_percent"


def _percent(label):
    return WholeNumberField(
        label=label,
        min_value=LEAST,
        max_value=MOST,
        initial=0,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("-10 makes it a tenth cheaper; 0 leaves it."),
    )


def _step(label, steps):
    return forms.ChoiceField(
        label=label, choices=[(step, step) for step in steps], widget=UnfoldAdminSelectWidget
    )


class PricesForm(ChosenForm):
    """By how many per cent the chosen prices move, and what they are rounded to."""

    points_percent = _percent(_("Points, by per cent"))
    points_step = _step(_("Points are rounded to"), ["1", "5", "10", "50", "100"])
    cash_percent = _percent(_("Yuan, by per cent"))
    cash_step = _step(_("Yuan are rounded to"), ["0.01", "0.10", "0.50", "1.00", "10.00"])
    starts_at = instant_field(
        _("From"), required=False, help_text=_("Empty: the new prices hold at once.")
    )
    ends_at = instant_field(_("Until"), required=False, help_text=_("Empty: they stay the prices."))

    def clean(self):
        """Refuse an end without a beginning, and one before it."""
        said = super().clean()
        start, end = said.get("starts_at"), said.get("ends_at")
        if end and not start and "starts_at" not in self.errors:
            self.add_error("starts_at", _("Say from when on."))
        if start and end and end <= start:
            self.add_error("ends_at", _("It must end after it begins, and later than now."))
        return said

    def said(self) -> price_changes.Change:
        """Return the change that was asked for."""
        said = self.cleaned_data
        return price_changes.Change(
            points_percent=said["points_percent"],
            cash_percent=said["cash_percent"],
            points_step=int(said["points_step"]),
            cash_step=Decimal(said["cash_step"]),
            starts_at=said["starts_at"],
            ends_at=said["ends_at"],
        )


def change_page(request, model_admin, skus):
    """Ask for the change, show what comes of it, and carry it out once that was seen; None when it
    is done.
    """
    form = PricesForm.about(request, skus.order_by().count(), answer=ANSWER)
    proposals = []
    if form.is_valid():
        try:
            if "apply" in request.POST:
                read = request.POST.get(VERSION)
                done = price_changes.apply(skus, form.said(), by=request.user, read=read)
                words = ngettext("%(n)s price is changed.", "%(n)s prices are changed.", done)
                messages.success(request, words % {"n": done})
                return None
            proposals = price_changes.propose(skus, form.said())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    wrong = any(one.why for one in proposals)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "form": form,
        "proposals": proposals,
        "may_apply": not wrong and any(one.changes for one in proposals),
        "version": price_changes.version(proposals, form.said()) if proposals else "",
        "title": _("Change prices"),
        "back_url": reverse("admin:catalog_sku_changelist"),
    }
    status = 400 if form.errors else 200
    return TemplateResponse(request, "catalog/admin/prices.html", context, status=status)
