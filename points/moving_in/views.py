"""The page behind the link of the welcome mail."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from points.moving_in import letters


@login_not_required
@never_cache
@require_safe
def set_password(request, token):
    """Lead to the page that sets a new password; a link that is over says how to get another."""
    user = letters.opened_by(token)
    if user is None:
        over = {"token_fail": True}
        return render(request, "account/password_reset_from_key.html", over, status=410)
    key = default_token_generator.make_token(user)
    where = {"uidb36": user_pk_to_url_str(user), "key": key}
    return HttpResponseRedirect(reverse("account_reset_password_from_key", kwargs=where))
