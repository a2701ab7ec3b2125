"""The forms at the door: allauth's, in our words."""

from allauth.account.forms import (
    AddEmailForm,
    ChangePasswordForm,
    LoginForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
)
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django.utils.translation import gettext_lazy as _

from mall.core import pasted

PASSWORD_HELP = _("At least 8 characters, not only digits, and nothing everybody uses.")
LABELS = {
    "login": _("Username or e-mail"),
    "remember": _("Stay signed in on this device"),
    "username": _("Username"),
    "email": _("E-mail"),
    "password": _("Password"),
    "oldpassword": _("Present password"),
    "password1": _("Password"),
    "password2": _("The new password again"),
}


# What is looked up, and as what it is folded first: on pages here, in the app API by
# accounts.middleware.
FOLDS = {
    "login": pasted.email,
    "username": pasted.name,
    "email": pasted.email,
    "code": pasted.number,
}


def folded(sent: dict) -> dict:
    """Return the fields that were sent, those among them folded that are looked up."""
    return {
        name: FOLDS[name](value) if name in FOLDS and isinstance(value, str) else value
        for name, value in sent.items()
    }


class Folding:
    """A form that folds what was pasted before it looks at it, and shows again what could not be
    sent.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self.data = folded(self.data.dict() if hasattr(self.data, "dict") else self.data)
        else:
            typed = getattr(context.request, "unsent", None) or {}
            self.initial |= {name: typed[name] for name in self.fields if name in typed}


class InOurWords(Folding):
    """Label every field once, above it; a placeholder that repeats the label goes."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)
        if "password1" in self.fields:
            self.fields["password1"].help_text = PASSWORD_HELP
            if "password2" in self.fields:
                self.fields["password1"].label = _("New password")


class SignInForm(InOurWords, LoginForm):
    pass


class EmailAddForm(InOurWords, AddEmailForm):
    pass


class PasswordChangeForm(InOurWords, ChangePasswordForm):
    pass


class PasswordSetForm(InOurWords, SetPasswordForm):
    pass


class PasswordResetForm(InOurWords, ResetPasswordForm):
    pass


class NewPasswordForm(InOurWords, ResetPasswordKeyForm):
    pass


class CodeForm(Folding, AuthenticateForm):
    pass


class CodeAgainForm(Folding, ReauthenticateForm):
    pass


class CodeFirstForm(Folding, ActivateTOTPForm):
    pass
