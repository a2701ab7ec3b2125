"""Freight templates in the back office, with what a load would cost somewhere."""

from decimal import Decimal

from django import forms
from django.contrib import admin
from django.http import HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from catalog import freight, freight_templates, places
from catalog.freight import Load
from catalog.freight_templates import Written
from catalog.models import MAX_QUANTITY, MOST_UNITS, FreightRegion, FreightTemplate
from catalog.shelf_admin import ShelfAdmin
from mall.core.admin.table_inline import TableInline
from mall.core.errors import DomainError
from mall.core.export import table_response, xlsx_response
from mall.core.form_fields import AmountField, WholeNumberField
from mall.core.regions import tree
from mall.core.templatetags.mall import yuan

MOST_CASH = Decimal("9999999999.99")


class PlacesField(forms.CharField):
    """Provinces and cities in words; their codes are what is kept."""

    def __init__(self, *, widget=None, **kwargs):
        widget = widget or UnfoldAdminTextareaWidget(attrs={"rows": 2})
        super().__init__(max_length=places.MOST_TEXT, widget=widget, **kwargs)

    def prepare_value(self, value):
        return places.written(value) if isinstance(value, list) else value

    def clean(self, value):
        """Return the codes. Raises: ValidationError."""
        try:
            return places.read(super().clean(value))
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from None


class RegionForm(forms.ModelForm):
    places = PlacesField(
        label=_("Provinces and cities"),
        help_text=_("Names such as Xinjiang, Tibet, with commas between them; cities in Chinese."),
    )

    class Meta:
        model = FreightRegion
        fields = ["places", "delivers", *freight_templates.TERMS]


class RegionFormSet(forms.BaseInlineFormSet):
    def clean(self):
        """Refuse what holds for the template as a whole."""
        super().clean()
        if any(self.errors):
            return
        kept = [
            form.instance
            for form in self.forms
            if form.cleaned_data and not self._should_delete_form(form)
        ]
        try:
            Written(self.instance, kept).check()
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from None


class RegionInline(TableInline):
    model = FreightRegion
    form = RegionForm
    formset = RegionFormSet
    extra = 0


class PlaceField(PlacesField):
    """One province or city."""

    def clean(self, value):
        codes = super().clean(value)
        if len(codes) != 1:
            raise forms.ValidationError(_("Write one province or city."), code="invalid")
        return codes[0]


class LoadForm(forms.Form):
    """What goes where, to be tried."""

    place = PlaceField(label=_("Province or city"), widget=UnfoldAdminTextInputWidget)
    pieces = WholeNumberField(
        label=_("Pieces"),
        min_value=1,
        max_value=20 * MAX_QUANTITY,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    grams = WholeNumberField(
        label=_("Weight of all in grams"),
        min_value=0,
        max_value=20 * MAX_QUANTITY * MOST_UNITS,
        initial=1000,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    cash = AmountField(
        label=_("Goods in yuan"),
        min_value=0,
        max_value=MOST_CASH,
        decimal_places=2,
        initial=0,
        widget=UnfoldAdminDecimalFieldWidget,
    )

    def said_of(self, template: freight.Template) -> str:
        """Return what it costs, in a sentence."""
        said = self.cleaned_data
        fee = template.fee_at(said["place"], Load(said["pieces"], said["grams"], said["cash"]))
        region = tree.shown(said["place"])
        if fee is None:
            return _("It is not delivered to %(region)s.") % {"region": region}
        words = {
            "pieces": said["pieces"],
            "grams": said["grams"],
            "region": region,
            "fee": yuan(fee),
        }
        return _("%(pieces)s pieces of together %(grams)s g to %(region)s cost %(fee)s.") % words


@admin.register(FreightTemplate)
class FreightTemplateAdmin(ShelfAdmin):
    """What carrying goods costs. A template that products name cannot be deleted."""

    is_short = True
    inlines = [RegionInline]
    list_display = ["name", "charged_by", "is_default", "first_fee", "free_from_cash", "delivers"]
    search_fields = ["name"]
    fieldsets = [
        (None, {"fields": ["name", ("charged_by", "is_default")]}),
        (
            _("Everywhere that no region below names"),
            {
                "fields": [
                    "delivers",
                    ("first_units", "first_fee"),
                    ("more_units", "more_fee"),
                    ("free_from_cash", "free_from_pieces"),
                ]
            },
        ),
    ]
    actions_list = ["export_templates", "export_workbook"]
    actions_detail = ["try_load"]

    def has_look_permission(self, request, object_id=None):
        return self.has_view_permission(request)

    def save_related(self, request, form, formsets, change):
        """Have one default, and write down what is there now, regions included."""
        super().save_related(request, form, formsets, change)
        if form.has_changed() or any(formset.has_changed() for formset in formsets):
            row = FreightTemplate.objects.get(pk=form.instance.pk)
            freight_templates.settle_default(row)
            deed = "catalog.freight_change" if change else "catalog.freight_add"
            freight_templates.note(request.user, deed, row)

    def delete_model(self, request, obj):
        freight_templates.remove(obj.pk, by=request.user)

    def delete_queryset(self, request, queryset):
        for row in queryset:
            freight_templates.remove(row.pk, by=request.user)

    @action(description=_("Try a load"), url_path="try", permissions=["look"])
    def try_load(self, request, object_id):
        """Say what a load would cost somewhere; nothing is kept."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        row = self.get_object(request, object_id)
        form = LoadForm(request.GET if "place" in request.GET else None)
        template = freight.as_template(row, row.regions.all())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "answer": form.said_of(template) if form.is_valid() else "",
            "title": _("Try a load: %(template)s") % {"template": row},
            "back_url": reverse("admin:catalog_freighttemplate_change", args=[row.pk]),
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "catalog/admin/freight.html", context, status=status)

    @action(description=_("Export"), url_path="export", permissions=["look"])
    def export_templates(self, request):
        """Hand out all templates with their regions, a line for each."""
        return table_response(request, "freight", HEADER, lines())

    @action(description=_("Export as Excel"), url_path="export-workbook", permissions=["look"])
    def export_workbook(self, request):
        """Hand out the same as a workbook."""
        return xlsx_response("freight", HEADER, lines())


HEADER = ["template", "charged_by", "is_default", "places", "delivers", *freight_templates.TERMS]


def lines():
    """Yield a line for each template, everywhere else first, and for each of its regions."""
    for row in FreightTemplate.objects.prefetch_related("regions"):
        for terms in (row, *row.regions.all()):
            where = "" if terms is row else places.written(terms.places)
            told = [getattr(terms, name) for name in ("delivers", *freight_templates.TERMS)]
            yield [row.name, row.charged_by, row.is_default, where, *told]
