"""The back room's pages about stock as a file: writing it out, and booking a filled-in one after
looking it over.
"""

from django import forms
from django.contrib import messages
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


class StockFileForm(forms.Form):
    """A filled-in file; without the switch it is only looked over."""

    file = forms.FileField(
        label=_("CSV file"),
        widget=UnfoldAdminFileFieldWidget,
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


def latest(sku) -> list[StockMovement]:
    """Return the last ten movements of a SKU, sales among them."""
    return shelf_log.older(sku.pk, 10)


def export_page(request):
    """Hand out every SKU with its pieces. Raises: PermissionDenied."""
    if not request.user.has_perm("catalog.view_stock"):
        raise PermissionDenied
    return csv_response("stock", stock_file.COLUMNS, stock_file.written())


def import_page(request, model_admin):
    """Look a file over, or book it; what is wrong is said line by line. Raises:
    PermissionDenied.
    """
    if not request.user.has_perm("catalog.change_stock"):
        raise PermissionDenied
    posted, facts = request.method == "POST", []
    form = StockFileForm(request.POST, request.FILES) if posted else StockFileForm()
    if posted and form.is_valid():
        content = form.cleaned_data["file"].read(stock_file.BYTES_MAX + 1)
        try:
            if form.cleaned_data["book"]:
                done = stock_file.book(content, by=request.user)
                messages.success(
                    request,
                    ngettext("%(n)s change was booked.", "%(n)s changes were booked.", done)
                    % {"n": done},
                )
                return HttpResponseRedirect(reverse("admin:catalog_sku_changelist"))
            facts = _facts(stock_file.look_over(content))
        except DomainError as refusal:
            form.add_error("file", str(refusal))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "form": form,
        "facts": facts,
    }
    context |= {
        "title": _("Import stock"),
        "button": _("Go on"),
        "back_url": reverse("admin:catalog_sku_changelist"),
    }
    return TemplateResponse(request, "admin/ask.html", context, status=400 if form.errors else 200)


def _facts(rows):
    wrong = [row for row in rows if row.error]
    good = len(rows) - len(wrong)
    facts = [
        ngettext("%(n)s line can be booked.", "%(n)s lines can be booked.", good) % {"n": good}
    ]
    return facts + [
        _("Line %(line)s: %(error)s") % {"line": row.line, "error": row.error}
        for row in wrong[:100]
    ]
