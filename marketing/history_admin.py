"""Files of earlier orders in the back office: brought, looked over, read otherwise, let in, and
what came of them.
"""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from mall.core.admin.action_forms import VERSION, sent
from mall.core.admin.file_jobs import FileJobAdmin
from mall.core.errors import DomainError
from marketing.analytics import history_imports
from marketing.history_forms import LABELS, ReadingForm, UploadForm
from marketing.models import HistoryImport

KINDS = {"refused": _("left out of the import"), "remark": _("put right")}


@admin.register(HistoryImport)
class HistoryImportAdmin(FileJobAdmin):
    """Files of an earlier shop's orders: each page leads on by what the file is at."""

    list_display = ["made_at", "name", "shown_status", "rows", "new", "known", "dropped", "made_by"]
    heavy = (*FileJobAdmin.heavy, "sample", "reading")
    upload_form, upload_right = UploadForm, "marketing.add_historyimport"
    bytes_max = history_imports.BYTES_MAX
    findings_header = (_("Line"), _("order number"), _("What"), _("Why"))
    findings_file = "orders-left-out"

    def in_words(self, kind, line, no, words):
        return line, no, str(KINDS[kind]), words

    def look_over(self, content, said, *, name, operator):
        return history_imports.look_over(content, name=name, operator=operator)

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
                    return self.to(self._decided(request, row, form))
            except DomainError as refusal:
                messages.error(request, str(refusal))
                return self.to(row)
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
        written = row.new + row.replaced
        return self.page(
            request,
            row,
            "marketing/admin/history_import.html",
            form=form,
            labels=list(LABELS.values()),
            would_write=written if form and not row.problem else 0,
            handled=min(row.orders, written + row.known),
            version=row.version,
        )
