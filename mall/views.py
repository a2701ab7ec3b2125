"""Pages that belong to no app."""

from django.shortcuts import render
from django.utils.translation import gettext as _


def csrf_failure(request, reason=""):
    """Answer a form whose CSRF token is missing or stale: nothing was changed."""
    return render(request, "403.html", {"detail": _("This page was open for too long. Go back, reload it and send it again.")}, status=403)
