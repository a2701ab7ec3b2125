"""The forms at the door: allauth's, in our words."""

from allauth.account.forms import (
    AddEmailForm,
    ChangePasswordForm,
    LoginForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
    SignupForm,
)
from django.utils.translation import gettext_lazy as _

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


class InOurWords:
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


class SignUpForm(InOurWords, SignupForm):
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
