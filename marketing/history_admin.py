"""Files of earlier orders in the back office: brought, looked over, read otherwise, let in, and
what came of them.
"""

from itertools import islice

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from mall.core import file_jobs
from mall.core.admin.action_forms import TEMPLATE, VERSION, sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.errors import DomainError
from mall.core.export import csv_response
from marketing.analytics import history_imports
from marketing.history_forms import LABELS, ReadingForm, UploadForm
from marketing.models import HistoryImport

COLOURS = {
    HistoryImport.Status.CHECKED: "warning",
    HistoryImport.Status.QUEUED: "info",
    HistoryImport.Status.RUNNING: "info",
    HistoryImport.Status.DONE: "success",
    HistoryImport.Status.FAILED: "danger",
}
UNDER_WAY = (HistoryImport.Status.QUEUED, HistoryImport.Status.RUNNING)
SHOWN = 100
KINDS = {"refused": _("left out of the import"), "remark": _("put right")}


@admin.register(HistoryImport)
class HistoryImportAdmin(ReadOnly, ModelAdmin):
    """Files of an earlier shop's orders: each page leads on by what the file is at."""

    is_short = True
    list_display = ["made_at", "name", "shown_status", "rows", "new", "known", "dropped", "made_by"]
    list_filter = ["status"]
    list_select_related = ["made_by"]
    search_fields = ["name"]
    list_fullwidth = True
    actions_list = ["upload"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("content", "findings", "sample", "reading")

    @display(description=_("status"), ordering="status", label=COLOURS)
    def shown_status(self, row):
        return row.status, row.get_status_display()

    def has_upload_permission(self, request, object_id=None):
        """Return whether this operator may bring earlier orders in."""
        return request.user.has_perm("marketing.add_historyimport")

    def get_urls(self):
        findings = path(
            "<int:pk>/findings/",
            self.admin_site.admin_view(self.findings),
            name="marketing_historyimport_findings",
        )
        return [findings, *super().get_urls()]

    @action(description=_("Bring a file"), url_path="upload", permissions=["upload"])
    def upload(self, request):
        """Take a file and show how it is understood; nothing is imported yet."""
        form = UploadForm(sent(request), request.FILES or None)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                row = history_imports.look_over(
                    file.read(history_imports.BYTES_MAX + 1), name=file.name, operator=request.user
                )
            except DomainError as refusal:
                form.add_error("file", str(refusal))
            else:
                return _to(row)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "title": _("Bring a file"),
            "button": _("Look it over"),
            "back_url": reverse("admin:marketing_historyimport_changelist"),
        }
        return TemplateResponse(request, TEMPLATE, context, status=400 if form.errors else 200)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show what the file is at; look it over again or let it in when that is asked for."""
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        may = self.has_upload_permission(request) and row.status == HistoryImport.Status.CHECKED
        form = ReadingForm(row, sent(request)) if may else None
        if request.method == "POST":
            if not self.has_upload_permission(request):
                raise PermissionDenied
            try:
                if not may:
                    raise history_imports.ImportDecided
                if "import" in request.POST or form.is_valid():
                    return _to(self._decided(request, row, form))
            except DomainError as refusal:
                messages.error(request, str(refusal))
                return _to(row)
        return self._page(request, row, form)

    def _decided(self, request, row, form):
        read = request.POST.get(VERSION)
        if "import" in request.POST:
            return history_imports.let_in(row, operator=request.user, read=read)
        said = form.cleaned_data
        return history_imports.look_again(
            row,
            reading=form.said(),
            encoding=said["encoding"],
            replaces=said["replaces"],
            read=read,
        )

    def _page(self, request, row, form):
        found = file_jobs.findings_of(row)
        findings = [
            (line, no, KINDS[kind], words) for kind, line, no, words in islice(found, SHOWN)
        ]
        written = row.new + row.replaced
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": row.name,
            "row": row,
            "form": form,
            "labels": list(LABELS.values()),
            "findings": findings,
            "findings_more": sum(1 for _found in found),
            "is_under_way": row.status in UNDER_WAY,
            "would_write": written if form and not row.problem else 0,
            "handled": min(row.orders, written + row.known),
            "version": row.version,
        }
        return TemplateResponse(
            request,
            "marketing/admin/history_import.html",
            context,
            status=400 if form is not None and form.errors else 200,
        )

    def findings(self, request, pk):
        """Hand out what was told of a file's rows, all of it."""
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        header = (_("Line"), _("order number"), _("What"), _("Why"))
        told = (
            (line, no, str(KINDS[kind]), words)
            for kind, line, no, words in file_jobs.findings_of(row)
        )
        return csv_response(f"orders-left-out-{row.pk}", header, told)


def _to(row):
    return HttpResponseRedirect(reverse("admin:marketing_historyimport_change", args=[row.pk]))
