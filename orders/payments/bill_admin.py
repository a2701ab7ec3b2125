"""Daily bills in the back office: reading one in, and the list of what differs."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from mall.core.admin.action_forms import ask, ask_before, sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.errors import DomainError
from orders.models import BillDifference, PaymentBill
from orders.payments import bill_files, billing, gateways
from orders.payments.messages import BILL_BYTES

Kind, Subject = BillDifference.Kind, BillDifference.Subject
TO_DO = {
    (Kind.MISSING_HERE, Subject.PAYMENT): _(
        "Money came in that we have not noted. Look the number up at the provider: if it is an "
        "order of ours, we ask again by ourselves; if not, find out whose it is or send it back."
    ),
    (Kind.MISSING_HERE, Subject.REFUND): _(
        "Money went back that we did not ask for, perhaps by hand at the provider. Refund the "
        "order here too, or note why not."
    ),
    (Kind.MISSING_THERE, Subject.PAYMENT): _(
        "We took this as paid. If the bill of the day before does not show it either, do not send "
        "the goods and ask the provider."
    ),
    (Kind.MISSING_THERE, Subject.REFUND): _(
        "We took this as returned. It may stand in the bill of the next day; else ask the provider."
    ),
    (Kind.AMOUNT, Subject.PAYMENT): _(
        "Compare both amounts with the order; the provider's is what was paid."
    ),
    (Kind.AMOUNT, Subject.REFUND): _(
        "Compare both amounts with the refund; the provider's is what went back."
    ),
}


class BillForm(forms.Form):
    provider = forms.ChoiceField(
        label=_("provider"),
        choices=lambda: [(name, gateways.label_of(name)) for name in bill_files.READERS],
        widget=UnfoldAdminSelectWidget,
    )
    day = forms.DateField(label=_("day"), widget=UnfoldAdminDateWidget)
    file = forms.FileField(
        label=_("Daily bill"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".zip,.csv,.txt"}),
        help_text=_(
            "Alipay: the ZIP of the business details. WeChat Pay: the CSV of all trades. As it was "
            "downloaded."
        ),
    )


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("What was it?"), max_length=200, widget=UnfoldAdminTextInputWidget
    )


class OpenFilter(admin.SimpleListFilter):
    title, parameter_name = _("state"), "open"

    def lookups(self, request, model_admin):
        return [("yes", _("To be looked into")), ("no", _("Settled"))]

    def queryset(self, request, queryset):
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(settled_at__isnull=self.value() == "yes")


@admin.register(PaymentBill)
class PaymentBillAdmin(ReadOnly, ModelAdmin):
    """The providers' accounts of each day, as they were last read."""

    list_display = ["day", "provider_name", "payments", "paid", "refunds", "refunded"]
    list_display += ["fees", "read_at"]
    is_short = True  # two a day
    list_filter = ["provider"]
    actions_list = ["read_bill"]
    fields = [*list_display, "read_by"]
    readonly_fields = fields

    @display(description=_("provider"), ordering="provider")
    def provider_name(self, bill):
        return gateways.label_of(bill.provider)

    @action(description=_("Read in a bill"), url_path="read", permissions=["read"])
    def read_bill(self, request):
        """Match an uploaded bill; what is wrong with it is said at its field."""
        if not self.has_read_permission(request):
            raise PermissionDenied
        form = BillForm(sent(request), request.FILES or None)
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            content = said["file"].read(BILL_BYTES + 1)
            try:
                bill = billing.read_in(said["provider"], said["day"], content, by=request.user)
            except DomainError as refusal:
                form.add_error("file", str(refusal))
            else:
                return self._lead(request, bill)
        words = {"title": _("Read in a bill"), "button": _("Read in")}
        return ask_before(self, request, form, **words)

    def has_read_permission(self, request, object_id=None):
        return request.user.has_perm("orders.add_paymentbill")

    def _lead(self, request, bill):
        n = bill.differences.filter(settled_at__isnull=True).count()
        words = ngettext("%(n)s difference was found.", "%(n)s differences were found.", n)
        messages.success(request, words % {"n": n} if n else _("Bill and books agree."))
        differences = reverse("admin:orders_billdifference_changelist")
        bills = reverse("admin:orders_paymentbill_changelist")
        return HttpResponseRedirect(f"{differences}?open=yes" if n else bills)


@admin.register(BillDifference)
class BillDifferenceAdmin(ReadOnly, ModelAdmin):
    """What the providers' bills and our books do not tell alike, and what to do."""

    list_display = ["no", "bill", "kind", "subject", "ours", "theirs", "what_to_do", "settled_at"]
    list_filter = [OpenFilter, ("kind", NewestChoicesFilter)]
    list_select_related = ["bill"]
    search_fields = ["=no", "=provider_ref"]
    search_help_text = _("A whole number of ours or of the provider.")
    fields = ["bill", "kind", "subject", "no", "provider_ref", "ours", "theirs", "what_to_do"]
    fields += ["found_at", "settled_at", "settled_by", "note"]
    readonly_fields = fields
    actions_detail = ["settle"]

    @display(description=_("what to do"))
    def what_to_do(self, row):
        return TO_DO[row.kind, row.subject] if row.settled_at is None else row.note

    @action(description=_("Settle"), url_path="settle", permissions=["settle"])
    def settle(self, request, object_id):
        """Note what a difference was."""
        row = self.get_object(request, object_id)

        def verb(row, said):
            billing.settle(row, by=request.user, note=said["note"])
            return _("Done.")

        words = _("%(difference)s: %(ours)s in our books, %(theirs)s in the bill.")
        sums = {"ours": _written(row.ours), "theirs": _written(row.theirs)}
        about = words % {"difference": row, **sums}
        shown = {"title": _("Settle"), "about": about, "question": TO_DO[row.kind, row.subject]}
        return ask(self, request, row, NoteForm(sent(request)), verb, **shown)

    def has_settle_permission(self, request, object_id=None):
        return request.user.has_perm("orders.change_billdifference")


def _written(amount):
    return "–" if amount is None else f"¥{amount:,.2f}"
