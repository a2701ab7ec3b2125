"""The rooms of the back office in which the shop gets its face; all can be looked at before anybody
else sees it.
"""

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import models
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.forms.widgets import WysiwygWidget
from unfold.decorators import action

from mall.core import audit
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.one_row import OneRow
from mall.core.face.facts import block_of, face_of, page_from
from mall.core.models import HomeBlock, ShopFace, ShopPage
from mall.face import views
from mall.face.forms import BlockForm, FaceForm, PageForm
from mall.face.missing import missing
from marketing import window

PREVIEW = "_preview"


class Previewed:
    """Put it before ModelAdmin: a button that shows what was typed as a page, and saves nothing."""

    actions_submit_line = ["preview"]

    @action(
        description=_("Preview"),
        permissions=["change"],
        attrs={"name": PREVIEW, "formtarget": "_blank"},
    )
    def preview(self, request, obj):
        """Never reached with a form that is right: ``_changeform_view`` shows it."""

    def _changeform_view(self, request, object_id, form_url, extra_context):
        row = self.get_object(request, unquote(object_id)) if object_id else None
        may = self.has_change_permission(request, row) if row else self.has_add_permission(request)
        if request.method == "POST" and PREVIEW in request.POST and may:
            form = self.get_form(request, row, change=row is not None)(
                request.POST, request.FILES, instance=row
            )
            if form.is_valid():
                return self.shown(request, form.instance)
        return super()._changeform_view(request, object_id, form_url, extra_context)


def _home(request, **more):
    facts, _until = window.of_visitor()
    return render(request, "marketing/welcome.html", {**facts, "is_preview": True, **more})


@admin.register(ShopFace)
class ShopFaceAdmin(Previewed, OneRow, ModelAdmin, TranslationAdmin):
    form = FaceForm
    readonly_fields = ["still_missing"]
    fieldsets = [
        (None, {"fields": ["still_missing", "name", "slogan", "description", "logo"]}),
        (_("Colours"), {"fields": [("accent_light", "accent_dark")]}),
        (
            _("Contact"),
            {"fields": ["contact_email", "contact_phone", "contact_address", "icp_number"]},
        ),
    ]

    def shown(self, request, row):
        """Show the visitor's home page with this face."""
        worn = face_of(row)
        return _home(request, face=worn, shop_name=worn.name)

    @admin.display(description=_("still missing"))
    def still_missing(self, row):
        gaps = format_html_join("", '<li><a class="underline" href="{1}">{0}</a></li>', missing())
        return format_html("<ul>{}</ul>", gaps) if gaps else _("Nothing: the shop is presentable.")


@admin.register(ShopPage)
class ShopPageAdmin(Previewed, SimpleHistoryAdmin, ModelAdmin, TranslationAdmin):
    is_short = True
    form = PageForm
    list_display = ["kind", "title", "version", "binding_version", "changed_at"]
    list_display_links = ["kind"]
    readonly_fields = ["kind", "version", "binding_version", "changed_at"]
    fields = ["kind", "title", "body", "asks_again", "version", "binding_version", "changed_at"]
    formfield_overrides = {models.TextField: {"widget": WysiwygWidget}}

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def shown(self, request, row):
        """Show the page as it would be published."""
        return views.show(request, page_from(row), is_preview=True)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if form.changed_data:
            after = {"version": obj.version, "binding": obj.binding_version}
            audit.note(request.user, "mall.page_publish", target=obj, after=after)


@admin.register(HomeBlock)
class HomeBlockAdmin(Previewed, ModelAdmin, TranslationAdmin):
    is_short = True
    form = BlockForm
    list_display = ["__str__", "kind", "position", "is_on", "starts_at", "ends_at"]
    list_editable = ["position", "is_on"]
    fieldsets = [
        (None, {"fields": ["kind", "title", "text", "picture", "link"]}),
        (_("Place and time"), {"fields": ["position", "is_on", ("starts_at", "ends_at")]}),
    ]

    def shown(self, request, row):
        """Show the visitor's home page with this block in its place among the others."""
        others = [one for one in HomeBlock.objects.filter(is_on=True) if one.pk != row.pk]
        order = sorted([*others, row], key=lambda one: (one.position, one.pk or 0))
        return _home(request, blocks=[block_of(one) for one in order])
