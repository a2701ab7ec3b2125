"""Files of earlier orders in the back office: brought, looked over, read otherwise, let in, and
what came of them.
"""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from mall.core import file_jobs
from mall.core.admin.action_forms import VERSION
from mall.core.admin.file_jobs import FileJobAdmin
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
    page_template = "marketing/admin/history_import.html"
    findings_title = _("Left out or put right")
    findings_header = (_("Line"), _("order number"), _("What"), _("Why"))
    findings_file = "orders-left-out"

    def in_words(self, kind, line, no, words):
        return line, no, str(KINDS[kind]), words

    def bring(self, content, said, **who):
        return history_imports.bring(content, **who)

    def looked(self, row):
        return row.rows, 0  # nobody knows yet how many there are

    def decide(self, request, row):
        """Let a file in, or look it over again, read otherwise."""
        if row.status != HistoryImport.Status.CHECKED:
            raise file_jobs.FileDecided
        read = request.POST.get(VERSION)
        if "import" in request.POST:
            history_imports.let_in(row, operator=request.user, read=read)
            return None
        form = ReadingForm(row, request.POST)
        if not form.is_valid():
            return self.page(request, row, **_shown(row, form))
        said = form.cleaned_data
        history_imports.look_again(
            row,
            reading=form.said(),
            encoding=said["encoding"],
            replaces=said["replaces"],
            read=read,
        )
        return None

    def facts(self, request, row, *, may):
        is_checked = row.status == HistoryImport.Status.CHECKED
        return _shown(row, ReadingForm(row) if may and is_checked else None)


def _shown(row, form) -> dict:
    """Return what a file's page shows besides; ``form``: how it is read, of one not let in yet."""
    written = row.new + row.replaced
    return {
        "form": form,
        "labels": list(LABELS.values()),
        "would_write": written if form and not row.problem else 0,
        "handled": min(row.orders, written + row.known),
        "version": row.version,
    }
