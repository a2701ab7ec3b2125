"""Files that operators bring and the clock carries out (mall/core/file_jobs.py), in the back
office: the list, bringing one, and what was told of its rows.
"""

from datetime import timedelta
from itertools import islice

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from mall.core import clock, file_jobs
from mall.core.admin.action_forms import ask_before, list_of, page_of, sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.errors import DomainError
from mall.core.export import csv_response
from mall.core.models import JobRun
from mall.core.models.file_job import FileJob

SHOWN = 100  # rows that a page tells of
LIKE = "like"  # names the file whose choices a form begins with
AWAY_AFTER = timedelta(minutes=5)  # a worker that finished nothing for so long; it does each minute
COLOURS = {
    FileJob.Status.LOOKING: "info",
    FileJob.Status.CHECKED: "warning",
    FileJob.Status.QUEUED: "info",
    FileJob.Status.RUNNING: "info",
    FileJob.Status.DONE: "success",
    FileJob.Status.FAILED: "danger",
}


class FileJobAdmin(ReadOnly, ModelAdmin):
    """Each page leads on by what the file is at. ``upload_form`` has the file, ``upload_right`` is
    who may bring one, ``bytes_max`` how large it may be; ``page_template`` (made of
    admin/file_job.html) is a file's page. What is told of its rows stands there as
    ``findings_title``, under ``findings_header``, and is taken along as ``findings_file``.
    """

    is_short = True
    list_filter = ["status"]
    list_select_related = ["made_by"]
    search_fields = ["name"]
    list_fullwidth = True
    actions_list = ["upload"]
    heavy = ("content", "findings")
    upload_form, upload_right, bytes_max = None, "", 0
    page_template = findings_file = ""
    findings_title, findings_header = "", ()

    def get_urls(self):
        page = self.admin_site.admin_view(self.findings)
        return [path("<int:pk>/findings/", page, name=self._findings_name), *super().get_urls()]

    def get_queryset(self, request):
        return super().get_queryset(request).defer(*self.heavy)

    @display(description=_("status"), ordering="status", label=COLOURS)
    def shown_status(self, row):
        return row.status, row.get_status_display()

    def has_upload_permission(self, request, object_id=None):
        """Return whether this operator may bring a file and let it in."""
        return request.user.has_perm(self.upload_right)

    def bring(self, content, said, *, name, operator) -> FileJob:
        """Keep a file with what else the form said and have it looked over; nothing is done yet.

        Raises: what is wrong with it at first sight.
        """
        raise NotImplementedError

    def looked(self, row) -> tuple[int, int]:
        """Return how far the look at a file is, and how far it goes; 0 where nobody knows."""
        return row.new + row.known + row.refused, row.rows

    @action(description=_("Bring a file"), url_path="upload", permissions=["upload"])
    def upload(self, request):
        """Take a file and show what would come of it; nothing is done yet."""
        like = self._choices_of(request, request.GET.get(LIKE))
        form = self.upload_form(sent(request), request.FILES or None, initial=like)
        if form.is_valid():
            file = form.cleaned_data["file"]
            content = file.read(self.bytes_max + 1)
            who = {"name": file.name, "operator": request.user}
            try:
                return self.to(self.bring(content, form.cleaned_data, **who))
            except DomainError as refusal:
                form.add_error("file", str(refusal))
        words = {"title": _("Bring a file"), "button": _("Look it over")}
        return ask_before(self, request, form, **words)

    def _choices_of(self, request, pk) -> dict:
        """Return what was chosen for an earlier file: who mends one types nothing anew."""
        row = self.get_object(request, pk) if pk else None
        names = self.upload_form.base_fields.keys() - {"file"}
        return {name: getattr(row, name) for name in names} if row else {}

    def has_decide_permission(self, request, object_id=None):
        """Return whether this operator may let in, or take back, what is brought."""
        return self.has_upload_permission(request)

    def decide(self, request, row):
        """Do what is asked about a file; return an answer, or None to show its page again.

        Raises: what is refused.
        """
        raise NotImplementedError

    def facts(self, request, row, *, may) -> dict:
        """Return what a file's page shows besides; ``may``: this operator decides about it."""
        raise NotImplementedError

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show what the file is at; do what is asked about it."""
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        may = self.has_decide_permission(request)
        if not self.has_view_permission(request, row) or (request.method == "POST" and not may):
            raise PermissionDenied
        if request.method != "POST":
            return self.page(request, row, **self.facts(request, row, may=may))
        try:
            return self.decide(request, row) or self.to(row)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return self.to(row)

    def in_words(self, *told) -> tuple:
        """Return what was told of a row as its page shows it."""
        return told

    def findings(self, request, pk):
        """Hand out what was told of a file's rows, all of it."""
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        told = (self.in_words(*one) for one in file_jobs.findings_of(row))
        return csv_response(f"{self.findings_file}-{row.pk}", self.findings_header, told)

    def to(self, row):
        """Lead to a file's page."""
        return HttpResponseRedirect(page_of(self, row))

    def page(self, request, row, **more):
        """Show a file's page, with the first SHOWN of what was told of its rows."""
        found = file_jobs.findings_of(row)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": row.name,
            "row": row,
            "remarks": file_jobs.remarks_of(row),
            "findings": [self.in_words(*told) for told in islice(found, SHOWN)],
            "findings_more": sum(1 for _found in found),
            "findings_title": self.findings_title,
            "findings_header": self.findings_header,
            "findings_url": reverse(f"admin:{self._findings_name}", args=[row.pk]),
            "list_url": list_of(self),
            "again_url": self._upload_url(request, row),
        }
        if row.is_under_way:
            context["looked_at"], context["to_look_at"] = self.looked(row)
            context["worker_is_away"] = not row.is_taken and _worker_is_away()
        form = more.get("form")
        status = 400 if form is not None and form.errors else 200
        return TemplateResponse(request, self.page_template, {**context, **more}, status=status)

    def _upload_url(self, request, row) -> str:
        """Return where the next file is brought, with the choices of this one; nothing where this
        operator may bring none.
        """
        if not self.has_upload_permission(request):
            return ""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_upload"
        return reverse(name, query={LIKE: row.pk})

    @property
    def _findings_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_findings"


def _worker_is_away() -> bool:
    """Whether no periodic job was finished lately: what waits for the clock waits for a worker."""
    lately = JobRun.objects.filter(created_at__gte=clock.now() - AWAY_AFTER)
    return not lately.filter(finished_at__isnull=False).exists()
