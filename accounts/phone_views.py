"""Pages about phone numbers: signing in by one, and the member's own."""

from contextlib import contextmanager
from functools import wraps
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import consent, phone_codes, phone_entrance, phone_numbers, sms
from accounts.models import Consent
from accounts.phone_forms import CodeForm, PhoneForm
from accounts.privacy import mask_phone
from mall.core.errors import DomainError
from mall.core.links import next_of

PAGE = ["GET", "HEAD", "POST"]
AGREED_KEY = "phone_sign_in_agreed"


def _offered(view):
    """Have no such page where the shop sends no messages."""

    @wraps(view)
    def page(request, *args, **kwargs):
        if not sms.is_offered():
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(page)


# --- signing in -----------------------------------------------------------------
@login_not_required
@_offered
@require_http_methods(PAGE)
def sign_in(request):
    """Ask for a number and send it a code."""
    if request.user.is_authenticated:
        return redirect("accounts:account")
    form = PhoneForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with _told_by(form, "phone"):
            phone_entrance.ask(request, form.cleaned_data["phone"])
            request.session[AGREED_KEY] = request.POST.get("agreed", "")
            return redirect(_with_next(request, "accounts:phone_sign_in_code"))
    return _page(request, "accounts/phone_sign_in.html", form, next=next_of(request))


@login_not_required
@sensitive_post_parameters("code")
@_offered
@require_http_methods(PAGE)
def sign_in_code(request):
    """Take the code; who is new agreed to what was ticked on the page before."""
    if request.user.is_authenticated:
        return redirect("accounts:account")
    number = phone_entrance.asked(request)
    if not number:
        return _code_gone(request, _with_next(request, "accounts:phone_sign_in"))
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with _told_by(form, "code"):
            return phone_entrance.enter(
                request,
                form.cleaned_data["code"],
                agreed=consent.read(request.session.get(AGREED_KEY)),
                door=Consent.Door.PAGE,
                redirect_url=next_of(request) or None,
            )
    facts = {"number": mask_phone(number), "next": next_of(request)}
    return _page(request, "accounts/phone_sign_in_code.html", form, **facts)


@login_not_required
@_offered
@require_POST
def sign_in_again(request):
    """Send another code."""
    return _sent_again(
        request,
        lambda: phone_entrance.ask_again(request),
        _with_next(request, "accounts:phone_sign_in_code"),
    )


# --- the member's own number ------------------------------------------------------
@never_cache
@require_http_methods(PAGE)
def own(request):
    """Show the own number, and send a code to another one where the shop sends messages."""
    number = phone_numbers.of(request.user)
    if not sms.is_offered() and (request.method == "POST" or not number):
        raise Http404
    form = PhoneForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with _told_by(form, "phone"):
            phone_codes.send(request, phone_codes.name_of(request.user), form.cleaned_data["phone"])
            return redirect("accounts:phone_code")
    return _page(request, "accounts/phone.html", form, number=mask_phone(number))


@sensitive_post_parameters("code")
@_offered
@require_http_methods(PAGE)
def own_code(request):
    """Take the code: the number is the member's."""
    number = phone_codes.awaited(phone_codes.name_of(request.user))
    if not number:
        return _code_gone(request, "accounts:phone")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with _told_by(form, "code"):
            proved = phone_codes.check(phone_codes.name_of(request.user), form.cleaned_data["code"])
            phone_numbers.attach(request.user, proved)
            messages.success(request, _("This number is yours now: you can sign in with it."))
            return redirect("accounts:phone")
    return _page(request, "accounts/phone_code.html", form, number=mask_phone(number))


@_offered
@require_POST
def own_again(request):
    """Send another code to the number that waits for one."""
    name = phone_codes.name_of(request.user)
    return _sent_again(
        request, lambda: phone_codes.send_again(request, name), "accounts:phone_code"
    )


@require_POST
def remove(request):
    """Take the own number away."""
    try:
        if phone_numbers.detach(request.user):
            messages.success(request, _("Your phone number is removed."))
    except phone_numbers.LastWayIn as refusal:
        messages.error(request, str(refusal))
    return redirect("accounts:phone" if sms.is_offered() else "accounts:account")


# --- the parts --------------------------------------------------------------------
@contextmanager
def _told_by(form, field):
    """Say a refusal beside the field it is about, or beside ``field`` where the form has none of
    that name.
    """
    try:
        yield
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else field, str(refusal))


def _code_gone(request, to):
    if request.method == "POST":
        messages.error(request, str(phone_codes.CodeGone()))
    return redirect(to)


def _sent_again(request, send, to):
    try:
        send()
        messages.success(request, _("A new code is on its way."))
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect(to)


def _page(request, template, form, **facts):
    status = 400 if form.is_bound and form.errors else 200
    return render(request, template, {"form": form, **facts}, status=status)


def _with_next(request, name):
    onwards = next_of(request)
    return f"{reverse(name)}?{urlencode({'next': onwards})}" if onwards else reverse(name)
