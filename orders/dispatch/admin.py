"""Carriers and files of tracking numbers, in the back office."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin

from mall.core import audit
from mall.core.admin.file_jobs import FileJobAdmin
from mall.core.admin.model_admin import ModelAdmin
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
    page_template = "orders/admin/dispatch_file.html"
    findings_title, findings_file = _("Refused"), "left-out"
    findings_header = (_("Line"), _("order number"), _("Why"))

    def bring(self, content, said, **who):
        return files.bring(content, carrier=said["carrier"], **who)

    def decide(self, request, row):
        """Let a file in."""
        files.let_in(row, operator=request.user)

    def facts(self, request, row, *, may):
        is_checked = row.status == DispatchFile.Status.CHECKED
        return {"may_send": row.new if may and is_checked else 0}
