"""Carriers and files of tracking numbers, in the back office."""

from itertools import islice

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin
from unfold.decorators import action, display

from mall.core import audit, file_jobs
from mall.core.admin.action_forms import TEMPLATE, sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.errors import DomainError
from orders.dispatch import files
from orders.dispatch.forms import FileForm
from orders.models import Carrier, DispatchFile

SHOWN = 100
COLOURS = {
    DispatchFile.Status.CHECKED: "warning",
    DispatchFile.Status.QUEUED: "info",
    DispatchFile.Status.RUNNING: "info",
    DispatchFile.Status.DONE: "success",
    DispatchFile.Status.FAILED: "danger",
}


@admin.register(Carrier)
class CarrierAdmin(ModelAdmin, TranslationAdmin):
    """The list parcels choose from. One that parcels may have named is switched off, not
    deleted.
    """

    is_short = True
    list_display = ["name", "code", "tracking_url", "is_active", "position"]
    list_editable = ["is_active", "position"]
    search_fields = ["name_zh_hans", "name_en", "code"]
    fields = ["code", "name", "tracking_url", "is_active", "position"]

    def get_readonly_fields(self, request, obj=None):
        return ["code"] if obj else []

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if form.changed_data:
            told = {name: getattr(obj, name) for name in form.changed_data}
            deed = "orders.carrier_change" if change else "orders.carrier_add"
            audit.note(request.user, deed, target=obj, after=told)


@admin.register(DispatchFile)
class DispatchFileAdmin(ReadOnly, ModelAdmin):
    """Files of tracking numbers: brought, looked over, let in, and what came of them."""

    is_short = True
    list_display = ["made_at", "name", "shown_status", "rows", "new", "known", "refused", "made_by"]
    list_filter = ["status"]
    list_select_related = ["made_by"]
    search_fields = ["name"]
    list_fullwidth = True
    actions_list = ["upload"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("content", "findings")

    @display(description=_("status"), ordering="status", label=COLOURS)
    def shown_status(self, row):
        return row.status, row.get_status_display()

    def has_upload_permission(self, request, object_id=None):
        return request.user.has_perm("orders.ship_order")

    @action(description=_("Bring a file"), url_path="upload", permissions=["upload"])
    def upload(self, request):
        """Take a file and show what would come of it; nothing is sent yet."""
        form = FileForm(sent(request), request.FILES or None)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                row = files.look_over(
                    file.read(files.BYTES_MAX + 1),
                    name=file.name,
                    operator=request.user,
                    carrier=form.cleaned_data["carrier"],
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
            "back_url": reverse("admin:orders_dispatchfile_changelist"),
        }
        return TemplateResponse(request, TEMPLATE, context, status=400 if form.errors else 200)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show what the file is at; let it in when that is asked for."""
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if request.method == "POST":
            if not self.has_upload_permission(request):
                raise PermissionDenied
            try:
                files.let_in(row, operator=request.user)
            except DomainError as refusal:
                messages.error(request, str(refusal))
            return _to(row)
        found = file_jobs.findings_of(row)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": row.name,
            "row": row,
            "findings": list(islice(found, SHOWN)),
            "findings_more": sum(1 for _found in found),
            "is_under_way": row.is_under_way,
            "may_send": row.new if self._may_let_in(request, row) else 0,
        }
        return TemplateResponse(request, "orders/admin/dispatch_file.html", context)

    def _may_let_in(self, request, row):
        return row.status == DispatchFile.Status.CHECKED and self.has_upload_permission(request)


def _to(row):
    return HttpResponseRedirect(reverse("admin:orders_dispatchfile_change", args=[row.pk]))
