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
    UnfoldBooleanSwitchWidget,
)

from catalog import codes, key_file, storefront
from catalog.models import CardKey, CardKeyEvent, Sku
from mall.core import actors
from mall.core.admin.action_forms import ChosenForm, ask_before
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.tables import reader
from mall.core.tables.errors import UnreadableTable

STATE_COLOURS = {
    CardKey.State.FREE: "success",
    CardKey.State.ISSUED: "info",
    CardKey.State.VOID: "danger",
}
FAULTS_SHOWN = 100


class VoidForm(ChosenForm):
    """Why keys are made void."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)


class KeysForm(forms.Form):
    """Keys as a file or as text, one a row."""

    text = forms.CharField(
        label=_("Keys, one a row"),
        required=False,
        strip=False,
        max_length=key_file.FILE_BYTES_MAX,
        widget=UnfoldAdminTextareaWidget,
        help_text=_(
            "Several columns of a CSV (number, password) are one key. A first row “key” is a "
            "heading."
        ),
    )
    file = forms.FileField(
        label=_("or a text, CSV or Excel file"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": reader.ACCEPTED}),
    )
    letters_too = forms.BooleanField(
        label=_("Rows without a digit are keys too"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Off: they are taken for headings, told and left out."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def clean(self):
        """Read the rows, once, from wherever they are."""
        cleaned = super().clean()
        file, letters_too = cleaned.get("file"), cleaned.get("letters_too", False)
        try:
            if file is not None:
                content = file.read(key_file.FILE_BYTES_MAX + 1)
                keys = key_file.read_file(content, letters_too=letters_too)
            else:
                keys = key_file.read_text(cleaned.get("text") or "", letters_too=letters_too)
        except UnreadableTable as refusal:
            raise forms.ValidationError(str(refusal)) from None
        if not keys.rows and not keys.faults:
            raise forms.ValidationError(_("There is no key in it."))
        cleaned["keys"] = keys
        return cleaned


class LookedOverForm(forms.Form):
    """The keys that were looked over: what is imported is what was read then."""

    rows = forms.JSONField(widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def clean_rows(self):
        """Return the rows as (number, key)."""
        rows = self.cleaned_data["rows"]
        if not isinstance(rows, list) or not all(
            isinstance(row, list) and [type(part) for part in row] == [int, str] for row in rows
        ):
            raise forms.ValidationError(_("Please look the keys over again."))
        return [tuple(row) for row in rows]


def import_page(request, model_admin, sku):
    """Look keys over first; import them with the second button, once per one-time key."""
    if "import" in request.POST and "rows" in request.POST:
        looked = LookedOverForm(request.POST)
        if looked.is_valid():
            return _imported(request, sku, looked.cleaned_data["rows"], looked.cleaned_data["key"])
    form = KeysForm(request.POST or None, request.FILES or None, initial={"key": uuid4()})
    survey = looked = None
    if form.is_valid():
        keys, key = form.cleaned_data["keys"], form.cleaned_data["key"]
        if "import" in request.POST:
            return _imported(request, sku, keys.rows, key)
        survey = codes.look_over(keys.rows)
        survey.faults = sorted([*keys.faults, *survey.faults], key=lambda fault: fault[0])
        looked = LookedOverForm(
            initial={"rows": keys.rows[: codes.MOST_ROWS], "key": key}, auto_id="looked_%s"
        )
        said = form.cleaned_data
        form = KeysForm(
            initial={"text": said["text"], "letters_too": said["letters_too"], "key": key}
        )
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Import keys"),
    }
    context |= {
        "form": form,
        "looked": looked,
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


def _imported(request, sku, rows, key):
    survey = codes.add(sku.pk, rows, actor=request.user, batch=key.hex)
    storefront.forget()
    words = ngettext("%(n)s key imported.", "%(n)s keys imported.", survey.added)
    messages.success(request, words % {"n": survey.added})
    return HttpResponseRedirect(
        reverse("admin:catalog_cardkey_changelist") + f"?sku__id__exact={sku.pk}"
    )


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
            words = {"title": _("Make void"), "button": _("Make void")}
            return ask_before(self, request, form, facts=facts, **words)
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
