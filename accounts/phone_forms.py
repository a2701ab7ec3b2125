"""The two forms about a phone number: which, and the code that was sent there."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.phone_codes import DIGITS
from mall.core import phones
from mall.core.form_fields import CodeField, LineField

LONGEST_CODE = 40  # as pasted, with its label


def check_code(folded: str) -> str:
    """Return a code that has the digits of one. Raises: ValidationError (invalid_code)."""
    if not (folded.isascii() and folded.isdigit() and len(folded) == DIGITS):
        raise forms.ValidationError(_("The code has six digits."), code="invalid_code")
    return folded


class PhoneForm(forms.Form):
    """A number that takes text messages."""

    phone = LineField(
        label=_("Mobile number"),
        max_length=phones.LONGEST_TYPED,
        help_text=_(
            "We send a code there. Outside the mainland write the country code too: +852 …"
        ),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def clean_phone(self):
        return phones.mobile(self.cleaned_data["phone"])


class CodeForm(forms.Form):
    """The code of a message."""

    code = CodeField(
        label=_("Code of the message"),
        max_length=LONGEST_CODE,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def clean_code(self):
        return check_code(self.cleaned_data["code"])
