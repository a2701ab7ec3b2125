"""Files that operators bring and the clock carries out (mall/core/file_jobs.py), in the back
office: the list, bringing one, and what was told of its rows.
"""

from itertools import islice

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from mall.core import file_jobs
from mall.core.admin.action_forms import TEMPLATE, page_of, sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.errors import DomainError
from mall.core.export import csv_response
from mall.core.models.file_job import FileJob

SHOWN = 100  # rows that a page tells of
COLOURS = {
    FileJob.Status.CHECKED: "warning",
    FileJob.Status.QUEUED: "info",
    FileJob.Status.RUNNING: "info",
    FileJob.Status.DONE: "success",
    FileJob.Status.FAILED: "danger",
}


class FileJobAdmin(ReadOnly, ModelAdmin):
    """Each page leads on by what the file is at. ``upload_form`` has the file, ``upload_right`` is
    who may bring one, ``bytes_max`` how large it may be; ``findings_header`` and ``findings_file``
    are the headings and the name of what is told of its rows, taken along.
    """

    is_short = True
    list_filter = ["status"]
    list_select_related = ["made_by"]
    search_fields = ["name"]
    list_fullwidth = True
    actions_list = ["upload"]
    heavy = ("content", "findings")
    upload_form, upload_right, bytes_max = None, "", 0
    findings_header, findings_file = (_("Line"), _("number"), _("Why")), "left-out"

    def get_urls(self):
        page = self.admin_site.admin_view(self.findings)
        name = f"{self.opts.app_label}_{self.opts.model_name}_findings"
        return [path("<int:pk>/findings/", page, name=name), *super().get_urls()]

    def get_queryset(self, request):
        return super().get_queryset(request).defer(*self.heavy)

    @display(description=_("status"), ordering="status", label=COLOURS)
    def shown_status(self, row):
        return row.status, row.get_status_display()

    def has_upload_permission(self, request, object_id=None):
        """Return whether this operator may bring a file and let it in."""
        return request.user.has_perm(self.upload_right)

    def look_over(self, content, said, *, name, operator) -> FileJob:
        """Keep a file that was brought with what else the form said; nothing is done yet. Raises:
        what is wrong with it.
        """
        raise NotImplementedError

    @action(description=_("Bring a file"), url_path="upload", permissions=["upload"])
    def upload(self, request):
        """Take a file and show what would come of it; nothing is done yet."""
        form = self.upload_form(sent(request), request.FILES or None)
        if form.is_valid():
            file = form.cleaned_data["file"]
            content = file.read(self.bytes_max + 1)
            brought = {"name": file.name, "operator": request.user}
            try:
                return self.to(self.look_over(content, form.cleaned_data, **brought))
            except DomainError as refusal:
                form.add_error("file", str(refusal))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "title": _("Bring a file"),
            "button": _("Look it over"),
            "back_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
        }
        return TemplateResponse(request, TEMPLATE, context, status=400 if form.errors else 200)

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

    def page(self, request, row, template, **more):
        """Show a file's page, with the first SHOWN of what was told of its rows."""
        found = file_jobs.findings_of(row)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": row.name,
            "row": row,
            "findings": [self.in_words(*told) for told in islice(found, SHOWN)],
            "findings_more": sum(1 for _found in found),
            "is_under_way": row.is_under_way,
        }
        form = more.get("form")
        status = 400 if form is not None and form.errors else 200
        return TemplateResponse(request, template, {**context, **more}, status=status)
