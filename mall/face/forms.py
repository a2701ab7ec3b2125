"""What an operator types about the shop's face, checked before anybody sees it."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mall.core import clock, pictures, richtext
from mall.core.face import colours
from mall.core.face.facts import CONSENTED
from mall.core.models import HomeBlock, ShopFace, ShopPage

LOGO_SIDE = 512
PICTURE_SIDE, PICTURE_BYTES = 1600, 300 * 1024


def _shrunk(form, name, side, most_bytes):
    """Return what a form's picture field keeps: a new upload made small, else what was there."""
    sent = form.cleaned_data[name]
    if name not in form.files or not sent:
        return sent
    return pictures.within(sent, side, most_bytes=most_bytes)


class FaceForm(forms.ModelForm):
    class Meta:
        model = ShopFace
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets name them

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for theme, colour in colours.DEFAULT.items():
            if f"accent_{theme}" in self.fields:
                self.fields[f"accent_{theme}"].widget.attrs["placeholder"] = colour

    def clean_logo(self):
        return _shrunk(self, "logo", LOGO_SIDE, 100 * 1024)

    def clean_accent_light(self):
        return self._readable("accent_light", "light")

    def clean_accent_dark(self):
        return self._readable("accent_dark", "dark")

    def _readable(self, name, theme):
        colour = self.cleaned_data[name].lower()
        if colour and not colours.passes(colour, theme):
            raise forms.ValidationError(
                gettext(
                    "%(colour)s cannot be made out well enough (WCAG AA). "
                    "The nearest colour that can: %(nearest)s."
                ),
                code="low_contrast",
                params={"colour": colour, "nearest": colours.nearest(colour, theme)},
            )
        return colour


class PageForm(forms.ModelForm):
    asks_again = forms.BooleanField(
        label=_("Ask members to agree again"),
        required=False,
        initial=True,
        help_text=_("At their next sign-in. For terms and privacy policy; not for a typing error."),
    )

    class Meta:
        model = ShopPage
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets name them

    WORDS = ("title_zh_hans", "title_en", "body_zh_hans", "body_en")

    def clean_body_zh_hans(self):
        return richtext.clean(self.cleaned_data["body_zh_hans"])

    def clean_body_en(self):
        return richtext.clean(self.cleaned_data["body_en"])

    def _post_clean(self):
        """Count a new text as a new version, before it is shown as a preview or saved."""
        super()._post_clean()
        said = self.cleaned_data
        if any((said.get(name) or "") != (self.initial.get(name) or "") for name in self.WORDS):
            self.instance.version += 1
            self.instance.changed_at = clock.now()
            if self.instance.kind in CONSENTED and self.cleaned_data.get("asks_again"):
                self.instance.binding_version = self.instance.version


class BlockForm(forms.ModelForm):
    class Meta:
        model = HomeBlock
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets name them

    def clean_picture(self):
        return _shrunk(self, "picture", PICTURE_SIDE, PICTURE_BYTES)

    def clean(self):
        said = super().clean()
        starts, ends = said.get("starts_at"), said.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("The end comes after the beginning."))
        has_words = said.get("title_zh_hans") or said.get("title_en") or said.get("picture")
        if said.get("kind") == HomeBlock.Kind.BANNER and not has_words:
            self.add_error("kind", _("A banner needs a title or a picture."))
        return said
