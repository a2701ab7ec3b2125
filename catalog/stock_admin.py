"""The back room's pages about stock as a file: writing it out, and booking a filled-in one after
looking it over.
"""

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanSwitchWidget

from catalog import shelf_log, stock_file
from catalog.models import StockMovement
from mall.core.errors import DomainError
from mall.core.export import csv_response
from mall.core.tables.reader import ACCEPTED

SALT = "catalog.stock_file"
MAX_AGE_SECONDS = 3600


class StockFileForm(forms.Form):
    """A filled-in file; without the switch it is only looked over."""

    file = forms.FileField(
        label=_("CSV or Excel file"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ACCEPTED}),
        help_text=_(
            "Export the stock, fill in “change” (pieces, plus or minus) and “note”, and upload it "
            "here."
        ),
    )
    book = forms.BooleanField(
        label=_("Book it"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Off: only look it over; nothing changes."),
    )


class AnywayForm(forms.Form):
    """The changes that were read, to be booked although equal ones were booked already."""

    rows = forms.CharField(widget=forms.HiddenInput)

    def clean_rows(self):
        """Return the sheet that was asked about, as it was read then."""
        try:
            name, rows = signing.loads(
                self.cleaned_data["rows"], salt=SALT, max_age=MAX_AGE_SECONDS
            )
        except signing.BadSignature:
            raise forms.ValidationError(_("Please upload the file again.")) from None
        return stock_file.Sheet(name, tuple(stock_file.Row(*row) for row in rows))


def latest(sku) -> list[StockMovement]:
    """Return the last ten movements of a SKU, sales among them."""
    return shelf_log.older(sku.pk, 10)


def export_page(request, respond=csv_response):
    """Hand out every SKU with its pieces, as CSV or as ``respond`` says. Raises:
    PermissionDenied.
    """
    if not request.user.has_perm("catalog.view_stock"):
        raise PermissionDenied
    return respond("stock", stock_file.COLUMNS, stock_file.written())


def import_page(request, model_admin):
    """Look a file over, or book it; what is wrong is said line by line. Raises:
    PermissionDenied.
    """
    if not request.user.has_perm("catalog.change_stock"):
        raise PermissionDenied
    if "rows" in request.POST:
        return _book_anyway(request, model_admin)
    posted, facts = request.method == "POST", []
    form = StockFileForm(request.POST, request.FILES) if posted else StockFileForm()
    if posted and form.is_valid():
        content = form.cleaned_data["file"].read(stock_file.BYTES_MAX + 1)
        try:
            sheet = stock_file.read(content)
            if form.cleaned_data["book"]:
                return _book(request, sheet)
            facts = _facts(stock_file.checked(sheet), sheet.remarks)
        except stock_file.StockTwin as twin:
            return _page(request, model_admin, AnywayForm(initial=_kept(sheet)), question=str(twin))
        except DomainError as refusal:
            form.add_error("file", str(refusal))
    return _page(request, model_admin, form, facts=facts)


def _book_anyway(request, model_admin):
    form = AnywayForm(request.POST)
    try:
        if form.is_valid():
            return _book(request, form.cleaned_data["rows"], anyway=True)
        refusal = form.errors["rows"][0]
    except DomainError as error:
        refusal = str(error)
    form = StockFileForm(request.POST, {})
    form.errors.clear()
    form.add_error(None, refusal)
    return _page(request, model_admin, form)


def _book(request, sheet, *, anyway=False):
    done = stock_file.book_sheet(sheet, by=request.user, anyway=anyway)
    words = ngettext("%(n)s change was booked.", "%(n)s changes were booked.", done)
    messages.success(request, words % {"n": done})
    return HttpResponseRedirect(reverse("admin:catalog_sku_changelist"))


def _kept(sheet):
    rows = [[row.line, row.sku, row.change, row.note] for row in sheet.rows]
    return {"rows": signing.dumps([sheet.name, rows], salt=SALT, compress=True)}


def _page(request, model_admin, form, **shown):
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "form": form,
    }
    context |= {
        "title": _("Import stock"),
        "button": _("Book it anyway") if "question" in shown else _("Go on"),
        "back_url": reverse("admin:catalog_sku_changelist"),
    }
    return TemplateResponse(
        request, "admin/ask.html", context | shown, status=400 if form.errors else 200
    )


def _facts(rows, remarks):
    wrong = [row for row in rows if row.error]
    good = len(rows) - len(wrong)
    facts = [
        ngettext("%(n)s line can be booked.", "%(n)s lines can be booked.", good) % {"n": good}
    ]
    return [*facts, *remarks] + [
        _("Line %(line)s: %(error)s") % {"line": row.line, "error": row.error}
        for row in wrong[:100]
    ]
