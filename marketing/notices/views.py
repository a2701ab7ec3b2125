"""The pages of notices: the inbox, what a member wants to hear of, and the way out of mails."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.profile import change_language
from mall.core import unsent
from mall.core.links import id_in
from marketing.channels import choices as channels
from marketing.channels import web_push
from marketing.models import Notification
from marketing.notices import digest, letters, preferences
from marketing.notices import inbox as notifications
from marketing.notices.forms import NoticesForm, PushDeviceForm
from marketing.notices.topics import TOPICS


@require_http_methods(["GET", "HEAD", "POST"])
def inbox(request):
    """List the member's notices, of one topic if asked; a POST marks one (and opens it) or all as
    read.
    """
    if request.method == "POST":
        return _read(request)
    topic = request.GET.get("topic", "")
    topic = topic if topic in TOPICS else ""
    page = Paginator(
        notifications.inbox(request.user, topic=topic), notifications.INBOX_PAGE
    ).get_page(request.GET.get("page"))
    facts = {
        "page_obj": page,
        "topic": topic,
        "topics": TOPICS.items(),
        "unread": notifications.unread_count(request.user),
    }
    return render(request, "marketing/inbox.html", facts)


def _read(request):
    asked, only = request.POST.get("id", ""), request.POST.get("only", "")
    if not asked and not only:
        notifications.mark_read(request.user)
        messages.success(request, _("All read."))
        return redirect("marketing:inbox")
    wanted = asked or only
    notice = get_object_or_404(notifications.inbox(request.user), pk=id_in(wanted))
    notifications.mark_read(request.user, ids=[notice.pk])
    return redirect(notice.url or "marketing:inbox" if asked else "marketing:inbox")


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request):
    """Show and change what the member hears of, kind by kind, and in which language mails come."""
    form = NoticesForm(unsent.fields(request), member=request.user)
    if request.method == "POST" and form.is_valid():
        preferences.choose(request.user, form.choices())
        channels.choose(request.user, form.channel_choices())
        digest.choose(request.user, form.cleaned_data["digest"])
        change_language(request.user, form.cleaned_data["language"])
        messages.success(request, _("Saved."))
        return redirect("marketing:preferences")
    return render(
        request,
        "marketing/preferences.html",
        {
            "form": form,
            "topics": form.by_topic(),
            "ways": form.by_channel(),
            "push_key": web_push.public_key() if "push" in form.channels else "",
        },
        status=unsent.status_of(request),
    )


@require_http_methods(["POST"])
def push_device(request):
    """Keep the browser that says so; asked by a script of the page, for no browser can be asked
    without one.
    """
    form = PushDeviceForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    try:
        channels.add_device(request.user, **form.said())
    except channels.UnknownDevice:
        return HttpResponse(status=400)
    return HttpResponse(status=204)


# mail programs send the one-click POST of RFC 8058 without a page of ours; the signed token is the
# proof
@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request, token):
    """End mails of the kinds a mail was about. A GET only asks: mail scanners follow links, too."""
    read = letters.read_unsubscribe_token(token)
    member = User.objects.filter(pk=read[0]).first() if read else None
    if member is None:
        raise Http404
    kinds = read[1]
    if request.method == "POST":
        preferences.stop_mails(member.pk, kinds)
        if request.POST.get("List-Unsubscribe") == "One-Click":
            return HttpResponse(status=204)
    labels = [Notification.Kind(kind).label for kind in kinds]
    return render(
        request,
        "marketing/unsubscribe.html",
        {"labels": labels, "is_done": request.method == "POST"},
    )
