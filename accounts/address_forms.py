"""The form of an address, and the box that a whole one is pasted into."""

from dataclasses import asdict

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import pasted_address
from accounts.models import DETAIL_LENGTH, RECIPIENT_LENGTH, REGION_LENGTH
from accounts.profile import check_line
from mall.core import phones
from mall.core.errors import DomainError
from mall.core.form_fields import LineField
from mall.core.regions import reading, tree

LABELS = (_("Province"), _("City"), _("District"))


class AddressForm(forms.Form):
    """Where goods go. ``notes`` (field -> sentence) say what to look at, beside their fields."""

    recipient = LineField(
        label=_("Recipient"),
        max_length=RECIPIENT_LENGTH,
        validators=[check_line],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    territory = forms.ChoiceField(
        label=_("Country or region"),
        choices=phones.Territory.choices,
        initial=phones.Territory.MAINLAND,
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    phone = LineField(
        label=_("Phone number"),
        max_length=phones.LONGEST_TYPED,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    region = LineField(
        label=_("Province, city, district"),
        max_length=REGION_LENGTH,
        validators=[check_line],
        widget=forms.TextInput(attrs={"autocomplete": "address-level2", "list": "regions"}),
    )
    detail = LineField(
        label=_("Street and number"),
        max_length=DETAIL_LENGTH,
        validators=[check_line],
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    is_default = forms.BooleanField(label=_("Send goods here by default"), required=False)

    def __init__(self, *args, notes=None, **kwargs):
        super().__init__(*args, **kwargs)
        for name, note in (notes or {}).items():
            self.fields[name].help_text = note

    @classmethod
    def at(cls, chosen, initial=None) -> "AddressForm":
        """Return a form with the region that the boxes chose, one inside the other."""
        code = ""
        for place in chosen:
            if place not in {region.code for region in tree.choices(code)}:
                break
            code = place
        if not code:
            return cls(initial=initial)
        at = {"region": tree.words(code), "territory": tree.territory_of(code)}
        return cls(initial={**(initial or {}), **at})

    @property
    def boxes(self) -> list[dict]:
        """The boxes to choose the region from: label, what there is (code, name), and what is
        chosen; the last one is still open.
        """
        code = self._code
        path = [region.code for region in tree.chain(code) if not region.is_group]
        boxes = []
        for place, label in enumerate(LABELS):
            if place > len(path):
                break
            inside = path[place - 1] if place else ""
            options = [(one.code, one.name) for one in tree.choices(inside)]
            if not options:
                break
            chosen = path[place] if place < len(path) else ""
            boxes.append({"label": label, "options": options, "chosen": chosen})
        return boxes

    @property
    def offered_words(self) -> list[str]:
        """What the field of the region offers to choose, in words."""
        return [tree.words(region.code) for region in tree.choices(self._code)]

    def clean_territory(self):
        """Where nothing was chosen goods go to the mainland."""
        return self.cleaned_data["territory"] or phones.Territory.MAINLAND

    def clean_phone(self):
        """Return the number's one form, as the territory chosen before it says."""
        if "territory" not in self.cleaned_data:
            return self.cleaned_data["phone"]
        return phones.canonical(self.cleaned_data["phone"], self.cleaned_data["territory"])

    @property
    def _code(self) -> str:
        words, territory = self["region"].value() or "", self["territory"].value() or "CN"
        return reading.known_by(words, territory) if isinstance(words, str) else ""


class WholeAddressForm(forms.Form):
    """One box for a whole address."""

    text = forms.CharField(
        label=_("Paste a whole address"),
        max_length=pasted_address.LONGEST,
        help_text=_("Name, number and address in any order. You look at every part before saving."),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    parts = None

    def clean_text(self):
        """Take the address apart."""
        text = self.cleaned_data["text"]
        try:
            self.parts = pasted_address.take_apart(text)
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from None
        return text

    @property
    def initial_of_parts(self) -> dict:
        """What the form of an address begins with."""
        said = asdict(self.parts)
        return {name: said[name] for name in AddressForm.base_fields if name in said}
