"""The five tiers as operators set them: their names, from how many points on, what they give."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from mall.core.admin.model_admin import ModelAdmin
from points import tier_levels
from points.models import TierLevel
from points.tier_levels import PERKS


class TierForm(forms.ModelForm):
    """A tier's names, threshold and perks; a perk that is not sent stays as it is."""

    class Meta:
        model = TierLevel
        fields = ["name_zh_hans", "name_en", "threshold", *PERKS]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for perk in self.fields.keys() & set(PERKS):  # none for who only looks
            self.fields[perk].required = False

    def clean(self):
        """Refuse what does not fit between the neighbours; the tiers stay locked until it is
        saved.
        """
        said = super().clean()
        for perk in PERKS:
            self._take_perk(perk, said)
        if not self.errors:
            try:
                tier_levels.check(TierLevel(level=self.instance.level, **_numbers(said)))
            except (tier_levels.NotRising, tier_levels.PerkFalling) as refusal:
                raise ValidationError({refusal.field: str(refusal)}) from None
        return said

    def _take_perk(self, perk, said):
        field, name = self.fields[perk], self.add_prefix(perk)
        if said.get(perk) is not None or perk in self.errors:
            return
        if field.widget.value_omitted_from_data(self.data, self.files, name):
            said[perk] = getattr(self.instance, perk)
        elif not TierLevel._meta.get_field(perk).null:
            self.add_error(perk, field.error_messages["required"])


def _numbers(said) -> dict:
    return {name: said[name] for name in ("threshold", *PERKS)}


@admin.register(TierLevel)
class TierLevelAdmin(ModelAdmin):
    """There are five; members are looked at again within the hour after one was changed."""

    is_short = True
    form = TierForm
    list_display = ["__str__", "threshold", *PERKS]
    fieldsets = [
        (None, {"fields": ["name_zh_hans", "name_en", "threshold"]}),
        (_("What it gives"), {"fields": PERKS}),
    ]

    def has_add_permission(self, request):
        return False  # the five come with a migration

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        tier_levels.change(obj, operator=request.user)
