"""The five tiers as operators set them: their names, and from how many points on."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from mall.core.admin.model_admin import ModelAdmin
from points import tiers
from points.models import TierLevel


class TierForm(forms.ModelForm):
    """A tier's names and threshold."""

    class Meta:
        model = TierLevel
        fields = ["name_zh_hans", "name_en", "threshold"]

    def clean(self):
        """Refuse a threshold that does not lie between its neighbours'; the tiers stay locked until
        it is saved.
        """
        said = super().clean()
        if "threshold" in said:
            try:
                tiers.check_rising(
                    TierLevel(level=self.instance.level, threshold=said["threshold"])
                )
            except tiers.NotRising as refusal:
                raise ValidationError({"threshold": str(refusal)}) from None
        return said


@admin.register(TierLevel)
class TierLevelAdmin(ModelAdmin):
    """There are five; members are looked at again within the hour after one was changed."""

    is_short = True
    form = TierForm
    list_display = ["__str__", "threshold"]

    def has_add_permission(self, request):
        return False  # the five come with a migration

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        tiers.change(obj, operator=request.user)
