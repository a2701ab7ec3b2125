"""Carriers and files of tracking numbers, in the back office."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from modeltranslation.admin import TranslationAdmin

from mall.core import audit
from mall.core.admin.file_jobs import FileJobAdmin
from mall.core.admin.model_admin import ModelAdmin
from mall.core.errors import DomainError
from orders.dispatch import files
from orders.dispatch.forms import FileForm
from orders.models import Carrier, DispatchFile


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
class DispatchFileAdmin(FileJobAdmin):
    """Files of tracking numbers: brought, looked over, let in, and what came of them."""

    list_display = ["made_at", "name", "shown_status", "rows", "new", "known", "refused", "made_by"]
    upload_form, upload_right, bytes_max = FileForm, "orders.ship_order", files.BYTES_MAX

    def look_over(self, content, said, *, name, operator):
        return files.look_over(content, name=name, operator=operator, carrier=said["carrier"])

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show what the file is at; let it in when that is asked for."""
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        may = self.has_upload_permission(request)
        if not self.has_view_permission(request, row) or (request.method == "POST" and not may):
            raise PermissionDenied
        if request.method == "POST":
            try:
                files.let_in(row, operator=request.user)
            except DomainError as refusal:
                messages.error(request, str(refusal))
            return self.to(row)
        may_send = row.new if may and row.status == DispatchFile.Status.CHECKED else 0
        return self.page(request, row, "orders/admin/dispatch_file.html", may_send=may_send)
