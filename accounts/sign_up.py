"""Signing up with a name, an e-mail and a password, on the page and in an app: allauth's forms and
its flow, but for what they ask the database.

allauth (65.21) reads whole members to know whether an e-mail is taken, and looks three times for
addresses of somebody who was made a moment ago. What it answers stays: an e-mail that is taken is
told to its owner only, and whoever asks cannot tell.
Source: docs/decisions/0119-what-signing-up-costs.md.
"""

from allauth.account.adapter import get_adapter
from allauth.account.forms import SignupForm
from allauth.account.internal.userkit import unicode_ci_compare
from allauth.account.models import EmailAddress
from allauth.headless.account.inputs import SignupInput
from allauth.headless.account.views import SignupView
from allauth.headless.constants import Client
from django.contrib.auth.hashers import make_password
from django.urls import path

from accounts.entrance import InOurWords
from accounts.models import User
from accounts.registration import NewMember
from mall.core import rows


def is_taken(email: str) -> bool:
    """Say whether an e-mail is somebody's, as their own or one of several."""
    email = email.lower()
    had = " UNION ALL ".join(
        f"SELECT email FROM {rows.table(model)} WHERE email = %s" for model in (EmailAddress, User)
    )
    # the database may take for equal what is not
    return any(unicode_ci_compare(found, email) for (found,) in rows.fetch(had, [email, email]))


class SignsUp(NewMember):
    """What both forms ask and do in our way."""

    def validate_unique_email(self, value) -> str:
        """See allauth: who has it already is written to, and nobody else is told."""
        self.account_already_exists = is_taken(value)
        return value

    def try_save(self, request):
        """See allauth. Whoever asks with an e-mail that is taken waits for a password to be hashed
        all the same, or the clock would tell.
        """
        if self.account_already_exists:
            make_password(self.cleaned_data.get("password1") or self.cleaned_data.get("password"))
        return super().try_save(request)

    def save(self, request):
        """Make the member, their address with them."""
        adapter = get_adapter()
        return adapter.save_user(request, adapter.new_user(request), self)


class SignUpForm(SignsUp, InOurWords, SignupForm):
    """The page's."""


class SignUpInput(SignsUp, SignupInput):
    """An app's."""


class SignUpView(SignupView):
    """The door of apps, /api/auth/app/v1/auth/signup."""

    input_class = {"POST": SignUpInput}


urlpatterns = [path("", SignUpView.as_api_view(client=Client.APP), name="sign_up")]
