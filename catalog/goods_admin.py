"""Goods as a file in the back office: written out, brought, looked over, let in, taken back."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from catalog.goods_file import export, imports, plan
from catalog.goods_forms import GoodsExportForm, GoodsFileForm
from catalog.models import GoodsImport
from mall.core.admin.action_forms import VERSION, ask_before, sent
from mall.core.admin.file_jobs import FileJobAdmin
from mall.core.export import csv_response, xlsx_response, zip_response

STATES = {
    plan.NEW: _("new product"),
    plan.CHANGED: _("changed product"),
    plan.REFUSED: _("left as it is"),
}
# who may bring a file may do by hand all that it does
RIGHTS = [
    f"catalog.{right}"
    for right in ("add_product", "change_product", "add_sku", "change_sku", "change_stock")
]


@admin.register(GoodsImport)
class GoodsImportAdmin(FileJobAdmin):
    """Files of goods: each page leads on by what the file is at."""

    list_display = [
        "made_at", "name", "shown_status", "goods", "new", "changed", "known", "refused", "made_by",
    ]  # fmt: skip
    heavy = (*FileJobAdmin.heavy, "remarks")
    actions_list = ["upload", "write_out"]
    upload_form, upload_right = GoodsFileForm, "catalog.add_goodsimport"
    bytes_max = imports.BYTES_MAX
    page_template = "catalog/admin/goods_import.html"
    findings_title = _("Product by product")
    findings_header = (_("Line"), _("product code"), _("What"), _("How or why"))
    findings_file = "goods-of-file"

    def has_upload_permission(self, request, object_id=None):
        may = super().has_upload_permission(request, object_id)
        return may and request.user.has_perms(RIGHTS)

    def bring(self, content, said, *, name, operator):
        if said["makes_categories"] and not operator.has_perm("catalog.add_category"):
            raise PermissionDenied
        chosen = {option: said[option] for option in ("clears", "makes_categories")}
        return imports.bring(content, name=name, operator=operator, **chosen)

    def looked(self, row):
        return row.new + row.changed + row.known + row.refused, row.goods

    def in_words(self, line, key, state, words):
        return line, key, str(STATES[state]), words

    def has_write_permission(self, request, object_id=None):
        """Return whether this operator may take goods along: whoever may see them."""
        return request.user.has_perms(["catalog.view_product", "catalog.view_stock"])

    @action(description=_("Write goods out"), url_path="write-out", permissions=["write"])
    def write_out(self, request):
        """Hand goods out as the file that is brought again."""
        form = GoodsExportForm(sent(request))
        if form.is_valid():
            return _download(form)
        words = {"title": _("Write goods out"), "button": _("Download")}
        return ask_before(self, request, form, **words)

    def decide(self, request, row):
        """Let a file in, or take it back."""
        if "undo" in request.POST:
            imports.undo(row, operator=request.user)
        else:
            imports.let_in(row, operator=request.user, read=request.POST.get(VERSION))

    def facts(self, request, row, *, may):
        is_checked = row.status == GoodsImport.Status.CHECKED
        return {
            "may_import": row.new + row.changed if may and is_checked else 0,
            "may_undo": may and imports.may_undo(row),
            "handled": row.done_to,
            "version": row.version,
        }


def _download(form):
    products, said = form.products(), form.cleaned_data
    is_workbook = said["format"] == "xlsx"
    if said["pictures"]:
        return zip_response(
            export.TABLE,
            lambda file: export.write_package(file, products, workbook=is_workbook),
        )
    respond = xlsx_response if is_workbook else csv_response
    return respond(export.TABLE, export.header(), export.rows(products))
