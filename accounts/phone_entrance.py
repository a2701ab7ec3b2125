"""Signing in by phone, on a page and in an app: a code proves a number, and whose it is comes in;
who is new becomes a member.

The session knows the name of the proof and nothing else, so a dump of sessions tells no number and
no code (accounts/phone_codes.py).
"""

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.signup import complete_signup
from allauth.account.models import Login
from django.utils.translation import get_language

from accounts import phone_codes, phone_numbers
from accounts.adapter import limit_sign_ups
from accounts.registration import arrival_of

SESSION_KEY = "phone_sign_in"


def ask(request, number: str) -> None:
    """Send a code to a number and remember that this session awaits it. Raises: as
    ``phone_codes.send``.
    """
    name = phone_codes.new_name()
    phone_codes.send(request, name, number)
    request.session[SESSION_KEY] = name


def asked(request) -> str:
    """Return the number whose code this session awaits; "" for none."""
    return phone_codes.awaited(request.session.get(SESSION_KEY, ""))


def ask_again(request) -> None:
    """Send another code to the same number. Raises: CodeGone; as ``phone_codes.send``."""
    phone_codes.send_again(request, request.session.get(SESSION_KEY, ""))


def enter(request, code: str, *, agreed, door: str, redirect_url=None):
    """Take the code and sign its holder in, as far as a second factor lets them; returns allauth's
    answer. ``agreed`` is what a new member agreed to (``consent.Versions``).

    Raises: WrongCode, CodeGone; ImmediateHttpResponse where too many accounts were made here.
    """
    number = phone_codes.check(request.session.get(SESSION_KEY, ""), code)
    request.session.pop(SESSION_KEY, None)
    if phone_numbers.holder_of(number) is None:
        limit_sign_ups(request, action="sign_up_proved")
    words = {"language": get_language(), "agreed": agreed, "door": door}
    user, is_new = phone_numbers.welcome(number, **words, arrival=arrival_of(request))
    record_authentication(request, user, method="code")
    if is_new:
        return complete_signup(request, user=user, redirect_url=redirect_url)
    return perform_login(request, Login(user=user, redirect_url=redirect_url))
