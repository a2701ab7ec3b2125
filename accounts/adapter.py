"""Where allauth's doors (pages and app API) meet our verbs."""

from contextlib import contextmanager
from types import SimpleNamespace
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.email_verification import send_verification_email_at_login
from allauth.account.stages import EmailVerificationStage
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, connection
from django.db.models import Q
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import consent, devices, outbox, traces
from accounts.models import Consent, User
from accounts.privacy import decrypt, encrypt, is_mailbox
from accounts.registration import NewMember, admit, arrival_of, enrol, note_sign_in
from mall.core import face, pasted
from mall.core.errors import DomainError
from mall.core.limits import CannotCount, is_counting
from mall.core.networks import network_of, plain


class NameTaken(DomainError):
    """Somebody took the username or the e-mail between the form's check and the save."""

    code = "already_taken"
    message = _("This username or e-mail was taken a moment ago. Please choose another one.")


def _too_many_attempts():
    return str(
        DefaultAccountAdapter.error_messages["too_many_login_attempts"]
        if is_counting()
        else CannotCount.message
    )


class AccountAdapter(DefaultAccountAdapter):
    """Our answers to allauth's questions."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": lazy(_too_many_attempts, str)(),
    }

    def save_user(self, request, user, form, commit=True):
        """Make a new member: limits first, then one transaction for the member and the welcome
        points.
        """
        user = super().save_user(request, user, form, commit=False)
        user.language = get_language() or user.language
        if commit:
            limit_sign_ups(request)
            arrival = arrival_of(request)
            # whoever comes from elsewhere brings addresses, which allauth writes
            make = admit if isinstance(form, NewMember) else enrol
            with taken_names_told(user):
                make(user, **_agreed(request, form), arrival=arrival)
        return user

    def clean_email(self, email):
        """Refuse an address longer than its column (allauth's fields take 320 characters), and one
        that is nowhere.
        """
        MaxLengthValidator(User._meta.get_field("email").max_length)(email)
        if email and not is_mailbox(email):
            raise ValidationError(_("No mail can be sent there."), code="invalid")
        return super().clean_email(email)

    def pre_login(self, request, user, **kwargs):
        """Remember whether the member was here before: Django notes the sign-in before we are asked
        again.
        """
        request.is_first_sign_in = user.last_login is None
        return super().pre_login(request, user, **kwargs)

    def login(self, request, user):
        """Sign in under the name of allauth's backend, whichever looked at the password: the
        release before knows no other.
        """
        user.backend = settings.AUTHENTICATION_BACKENDS[-1]
        super().login(request, user)

    def post_login(self, request, user, *, signup, **kwargs):
        """Note the sign-in. The session that opens right after signing up is no sign-in of its
        own.
        """
        response = super().post_login(request, user, signup=signup, **kwargs)
        if not signup:
            for sentence in note_sign_in(user):
                if not request.path_info.startswith("/api/"):
                    messages.success(request, sentence)
        if not request.path_info.startswith("/api/"):
            devices.greet(
                request,
                response,
                user,
                is_first=signup or getattr(request, "is_first_sign_in", True),
            )
            traces.keep_device(request, response)
        return self._ask_consent(request, user, response)

    def _ask_consent(self, request, user, response):
        """Lead to the terms that changed, on a page; an app is told by a header
        (accounts.middleware).
        """
        request.needs_consent = consent.is_needed(user)
        if not request.needs_consent or request.path_info.startswith("/api/"):
            return response
        where = urlencode({"next": getattr(response, "url", "/")})
        return HttpResponseRedirect(f"{reverse('accounts:consent')}?{where}")

    def get_login_stages(self):
        ours = {_path_of(theirs): _path_of(own) for theirs, own in STAGES.items()}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def get_client_ip(self, request):
        """Return the whole address; allauth's limits make a /64 of an IPv6 one, and would make one
        of all IPv4-mapped.
        """
        return plain(super().get_client_ip(request))

    # --- guessing passwords (docs/reliability.md, "Limits") ---------------------
    def _get_login_attempts_cache_key(self, request, **credentials):
        # Counted per account and address: whoever attacks an account must not lock its owner out.
        return f"{network_of(self.get_client_ip(request))}:{_name_of(credentials)}"

    def pre_authenticate(self, request, **credentials):
        super().pre_authenticate(request, **credentials)
        everywhere = ratelimit.consume(
            request, app="allauth.account", action="login_failed_account", key=_name_of(credentials)
        )
        if not everywhere:
            raise self.validation_error("too_many_login_attempts")
        # given back together when the password was right
        self._login_failed_rl_usage.usage += everywhere.usage

    # --- mail ---------------------------------------------------------------
    def send_mail(self, template_prefix, email, context):
        """Write down one of allauth's mails in the shop's name; it leaves a moment later, so that
        nobody waits for a mail server (accounts/outbox.py). Nowhere nothing is sent.
        """
        if not is_mailbox(email):
            return
        shop = SimpleNamespace(name=face.current().name, domain=self.request.get_host())
        words = {"request": self.request, "email": email, **context, "current_site": shop}
        outbox.post(template_prefix, self.render_mail(template_prefix, email, words))


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keep the secrets of second factors sealed like other personal data."""

    def encrypt(self, text):
        return encrypt(text, place="mfa.authenticator.secret")

    def decrypt(self, encrypted_text):
        return decrypt(encrypted_text, place="mfa.authenticator.secret")


class SecondFactorStage(AuthenticateStage):
    """Whoever is made by this very sign-in has no second factor to be asked for."""

    def handle(self):
        return (None, True) if self.login.signup else super().handle()


class VerificationStage(EmailVerificationStage):
    """Verifying the e-mail blocks nobody, and an address that is taken is told to its owner only.

    allauth answers a sign-up with a taken address like a success (and mails the owner) only when
    verification is mandatory; so the setting says mandatory and this stage lets members pass.
    """

    def handle(self):
        if self.login.user is None:  # the address is taken
            return super().handle()
        if self.login.signup and self.login.user.mailbox:
            self.login.email = self.login.user.email  # its row is at hand since it was written
            send_verification_email_at_login(self.request, self.login)
        return None, True


STAGES = {AuthenticateStage: SecondFactorStage, EmailVerificationStage: VerificationStage}


def _path_of(cls) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


@contextmanager
def taken_names_told(user):
    """Turn a lost race for a name into a refusal, once the transaction is over: inside it nothing
    more can be asked.
    """
    try:
        yield
    except IntegrityError as error:
        if (
            connection.in_atomic_block
            or not User.objects.filter(Q(username=user.username) | Q(email=user.email)).exists()
        ):
            raise
        raise NameTaken from error


def _agreed(request, form) -> dict:
    """Return what a sign-up says it agreed to: by the box that was ticked, or in an app's words.
    Nothing is presumed of who says nothing; where something binds they are asked right afterwards.
    """
    door = Consent.Door.APP if request.path_info.startswith("/api/") else Consent.Door.PAGE
    return {"agreed": consent.read(form.data.get("agreed")), "door": door}


def limit_sign_ups(request, *, action="sign_up_made"):
    """Count accounts made, not forms sent: a typing mistake costs a shopper nothing.

    ``sign_up_proved`` is for who showed a phone or WeChat: behind one address of a carrier stand
    thousands of phones.
    """
    if not ratelimit.consume(request, app="allauth.account", action=action):
        raise ImmediateHttpResponse(ratelimit.respond_429(request))


def _name_of(credentials):
    return pasted.email(credentials.get("email") or credentials.get("username") or "")
