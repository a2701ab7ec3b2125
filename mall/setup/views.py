"""The page by which the first operator comes in, and the list of what a new shop needs."""

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mall.core.errors import DomainError
from mall.core.limits import guard
from mall.setup import first_operator, steps, trials
from mall.setup.forms import FirstOperatorForm

GUESSES = "10/h"


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def come_in(request):
    """Make the first operator of a shop that has none; a 404 ever after."""
    if not first_operator.is_wanted():
        raise Http404
    form = FirstOperatorForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            guard(request, "setup", GUESSES)
            operator = first_operator.enrol(**form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            return _let_in(request, operator)
    return render(
        request, "setup/first_operator.html", {"form": form}, status=400 if form.errors else 200
    )


def _let_in(request, operator):
    """Sign in who chose a password a moment ago: neither the sign-in page nor that of the second
    factor asks for it again.
    """
    record_authentication(request, operator, method="password", reauthenticated=True)
    messages.success(request, _("Welcome to your back office."))
    return perform_login(request, Login(user=operator, redirect_url=reverse("admin:index")))


def show(request):
    """Show what is done and what is to do; try what is asked for."""
    if not request.user.has_perm(steps.MAY_SET_UP):
        raise PermissionDenied
    if request.method == "POST":
        try:
            messages.success(request, _try(request))
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("set_up"))
    there = steps.facts_of(request.user)
    context = {
        **admin.site.each_context(request),
        "title": _("Set up your shop"),
        "steps": steps.listed(there),
        "is_put_away": there[steps.Name.OVER],
    }
    return TemplateResponse(request, "setup/steps.html", context)


def _try(request) -> str:
    """Do what a button asks for; return what to say of it. Raises: NotYet, Http404."""
    asked, operator = request.POST.get("try"), request.user
    if asked == "mail":
        trials.send_mail(operator)
        return _("The mail server took a mail to you. Please see whether it arrived.")
    if asked == "certificate":
        until = trials.check_certificate(operator).note
        return _("The certificate is good until %(day)s.") % {"day": until}
    if asked == "backup":
        trials.note(trials.Name.BACKUP, operator)
        return _("Noted. Please try once to restore it (docs/operations.md).")
    if asked == "over":
        trials.note(trials.Name.OVER, operator)
        return _("The list no longer stands on the front page.")
    raise Http404
