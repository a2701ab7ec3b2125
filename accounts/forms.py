"""Forms of the member's pages; what they check, the API checks by the same functions."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import avatars
from accounts.models import NICKNAME_LENGTH
from accounts.passwords import LONGEST, NoPassword, WrongPassword, ask_again
from accounts.profile import check_birthday, check_line
from mall.core import pictures
from mall.core.form_fields import DayField, LineField


class ProfileForm(forms.Form):
    """Nickname, picture, and once the birthday."""

    nickname = LineField(
        label=_("Nickname"),
        max_length=NICKNAME_LENGTH,
        required=False,
        validators=[check_line],
        help_text=_("Shown instead of your username."),
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )
    avatar = forms.FileField(
        label=_("New picture"),
        required=False,
        help_text=_("A photo as JPEG, PNG or WebP, at most 10 MB; we make it small."),
        widget=forms.FileInput(attrs={"accept": pictures.ACCEPTED}),
    )
    remove_avatar = forms.BooleanField(label=_("Remove my picture"), required=False)
    birthday = DayField(
        label=_("Birthday"),
        required=False,
        validators=[check_birthday],
        help_text=_("Can be set once."),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args, member, **kwargs):
        super().__init__(*args, **kwargs)
        if member.birthday:
            del self.fields["birthday"]
        if not member.avatar:
            del self.fields["remove_avatar"]

    def clean_avatar(self):
        uploaded = self.cleaned_data["avatar"]
        return avatars.square(uploaded) if uploaded else None

    def changes(self) -> dict:
        """Return what ``profile.change_profile`` is to change."""
        said = self.cleaned_data
        picture = said["avatar"] or ("" if said.get("remove_avatar") else None)
        return {"nickname": said["nickname"], "birthday": said.get("birthday"), "avatar": picture}


class PasswordAgainForm(forms.Form):
    """The present password, before something that cannot be undone or seen by others."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args, member, **kwargs):
        super().__init__(*args, **kwargs)
        self.member = member

    def clean_password(self):
        try:
            ask_again(self.member, self.cleaned_data["password"])
        except (WrongPassword, NoPassword) as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from None
        return self.cleaned_data["password"]


class ExportForm(PasswordAgainForm):
    """The same, with the shape of the file."""

    shape = forms.ChoiceField(
        label=_("File"),
        choices=[("page", _("A page to read (HTML)")), ("json", _("For programs (JSON)"))],
        initial="page",
        widget=forms.RadioSelect,
    )


class DeletionForm(PasswordAgainForm):
    """The same, and a mark that it is meant."""

    sure = forms.BooleanField(label=_("Yes, delete my account for good."))
