"""What the first operator says of themselves."""

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.entrance import LABELS, PASSWORD_HELP
from accounts.models import User
from mall.core import pasted


class FirstOperatorForm(forms.Form):
    """Code, name, e-mail and password."""

    code = forms.CharField(
        label=_("Code of the shop"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_(
            "The start of the shop showed it; with Docker it stands in mall.env as SETUP_CODE."
        ),
    )
    username = forms.CharField(
        label=LABELS["username"],
        max_length=User._meta.get_field("username").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    email = forms.EmailField(
        label=LABELS["email"], widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label=LABELS["password"],
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=PASSWORD_HELP,
    )

    def clean_username(self):
        """Return the name as it is kept."""
        name = pasted.name(self.cleaned_data["username"])
        User._meta.get_field("username").run_validators(name)
        return name

    def clean_email(self):
        """Return the e-mail as it is kept."""
        return pasted.email(self.cleaned_data["email"])

    def clean(self):
        """Refuse a password that is too easy for this name and e-mail."""
        said = super().clean()
        if "password" in said:
            about = User(username=said.get("username", ""), email=said.get("email", ""))
            try:
                password_validation.validate_password(said["password"], about)
            except ValidationError as refusal:
                self.add_error("password", refusal)
        return said
