"""Card keys in the back room: counted, imported after a look, made void; a secret is never shown
here.
"""

from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from catalog import codes, storefront
from catalog.models import CardKey, CardKeyEvent, Sku
from mall.core import actors
from mall.core.admin.action_forms import TEMPLATE, ChosenForm
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter
from mall.core.admin.read_only import ReadOnly

STATE_COLOURS = {
    CardKey.State.FREE: "success",
    CardKey.State.ISSUED: "info",
    CardKey.State.VOID: "danger",
}
FILE_MAX_BYTES = 2 * 1024 * 1024
FAULTS_SHOWN = 100


class VoidForm(ChosenForm):
    """Why keys are made void."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)


class KeysForm(forms.Form):
    """Keys as a file or as text, one a row."""

    text = forms.CharField(
        label=_("Keys, one a row"),
        required=False,
        max_length=FILE_MAX_BYTES,
        widget=UnfoldAdminTextareaWidget,
        help_text=_(
            "Several columns of a CSV (number, password) are one key. A first row “key” is a "
            "heading."
        ),
    )
    file = forms.FileField(
        label=_("or a text or CSV file"), required=False, widget=UnfoldAdminFileFieldWidget
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def clean(self):
        """Read the rows from wherever they are."""
        cleaned = super().clean()
        file = cleaned.get("file")
        text = cleaned.get("text") or ""
        if file is not None:
            if file.size > FILE_MAX_BYTES:
                raise forms.ValidationError(_("A file may have at most 2 MB."))
            try:
                text = file.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                raise forms.ValidationError(_("This file is not UTF-8 text.")) from None
        try:
            cleaned["rows"] = codes.read_rows(text)
        except codes.csv.Error:
            raise forms.ValidationError(_("This file cannot be read as text or CSV.")) from None
        if not cleaned["rows"]:
            raise forms.ValidationError(_("There is no key in it."))
        cleaned["text"] = (
            "\n".join(key for _number, key in cleaned["rows"]) if file is not None else text
        )
        return cleaned


def import_page(request, model_admin, sku):
    """Look keys over first; import them with the second button, once per one-time key."""
    form = KeysForm(request.POST or None, request.FILES or None, initial={"key": uuid4()})
    survey = None
    if form.is_valid():
        said = form.cleaned_data
        if "import" in request.POST:
            survey = codes.add(sku.pk, said["rows"], actor=request.user, batch=said["key"].hex)
            storefront.forget()
            words = ngettext("%(n)s key imported.", "%(n)s keys imported.", survey.added) % {
                "n": survey.added
            }
            messages.success(request, words)
            return HttpResponseRedirect(
                reverse("admin:catalog_cardkey_changelist") + f"?sku__id__exact={sku.pk}"
            )
        survey = codes.look_over(said["rows"])
        form = KeysForm(initial={"text": said["text"], "key": said["key"]})
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Import keys"),
    }
    context |= {
        "form": form,
        "sku": sku,
        "survey": survey,
        "faults": survey.faults[:FAULTS_SHOWN] if survey else [],
    }
    context["faults_more"] = max(0, len(survey.faults) - FAULTS_SHOWN) if survey else 0
    answer = TemplateResponse(
        request, "catalog/admin/import_keys.html", context, status=400 if form.errors else 200
    )
    answer["Cache-Control"] = "no-store"
    return answer


class LowKeysFilter(admin.SimpleListFilter):
    """Card keys of which few are left."""

    title = _("card keys")
    parameter_name = "keys"

    def lookups(self, request, model_admin):
        return [("low", _("running out")), ("all", _("all card keys"))]

    def queryset(self, request, queryset):
        if self.value() == "low":
            return queryset.filter(codes.LOW)
        return queryset.filter(codes.IS_KEY) if self.value() == "all" else queryset


class KeyEventInline(ReadOnly, TabularInline):
    model = CardKeyEvent
    extra = 0
    hide_title = True
    fields = ["at", "kind", "by", "reference"]
    readonly_fields = fields
    by = actors.column("actor", _("by"))


@admin.register(CardKey)
class CardKeyAdmin(ReadOnly, ModelAdmin):
    """Which keys there are and what became of each."""

    list_display = [
        "__str__",
        "sku",
        "shown_state",
        "reference",
        "position",
        "imported_at",
        "issued_at",
        "revealed_at",
    ]
    list_filter = [("state", NewestChoicesFilter), ("sku", AutocompleteSelectFilter)]
    list_select_related = ["sku__product"]
    search_fields = ["=batch", "=reference", "reference"]
    search_help_text = _(
        "An order's reference (order:…) or an import, written out in full; a part of a reference "
        "among the newest keys."
    )
    inlines = [KeyEventInline]
    actions = ["make_void"]
    fields = [
        "sku",
        "state",
        "batch",
        "reference",
        "line",
        "position",
        "imported_at",
        "issued_at",
        "revealed_at",
    ]
    readonly_fields = fields

    def get_queryset(self, request):
        return super().get_queryset(request).defer("secret")

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, key):
        return key.state, key.get_state_display()

    def has_import_permission(self, request):
        return request.user.has_perm("catalog.import_cardkey")

    @admin.action(description=_("Make free keys void (leaked or expired)"), permissions=["import"])
    def make_void(self, request, queryset):
        """Take free keys out of the pool and out of stock, after asking why: there is no way
        back.
        """
        free = queryset.filter(state=CardKey.State.FREE).count()
        form = VoidForm.about(request, free, answer="reason")
        if not form.is_valid():
            facts = [
                ngettext(
                    "%(n)s free key is taken out for good.",
                    "%(n)s free keys are taken out for good.",
                    free,
                )
                % {"n": free}
            ]
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "form": form,
                "facts": facts,
            }
            context |= {
                "title": _("Make void"),
                "button": _("Make void"),
                "back_url": reverse("admin:catalog_cardkey_changelist"),
            }
            return TemplateResponse(request, TEMPLATE, context, status=400 if form.errors else 200)
        reason = form.cleaned_data["reason"]
        done = codes.make_all_void(queryset, actor=request.user, reason=reason)
        storefront.forget()
        messages.success(
            request,
            ngettext("%(n)s key is void now.", "%(n)s keys are void now.", done) % {"n": done},
        )
        return None


def sku_to_import(request, model_admin, object_id) -> Sku | None:
    """Return the SKU whose keys are imported. Raises: PermissionDenied."""
    if not request.user.has_perm("catalog.import_cardkey"):
        raise PermissionDenied
    return model_admin.get_object(request, object_id)
