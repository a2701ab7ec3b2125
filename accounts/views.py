"""Pages about the member; allauth's own pages stand under /accounts/."""

from allauth.account import views as allauth
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import phone_numbers, sms
from accounts.forms import ProfileForm
from accounts.privacy import mask_email
from accounts.profile import change_profile
from mall.core import unsent


@require_safe
def account(request):
    """Show the way to everything that is the member's own."""
    return render(request, "accounts/account.html", {"groups": _ways(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request):
    """Show and change nickname, picture and (once) birthday."""
    member = request.user
    form = ProfileForm(
        unsent.fields(request),
        request.FILES or None,
        member=member,
        initial={"nickname": member.nickname},
    )
    if request.method == "POST" and form.is_valid():
        change_profile(member, **form.changes())
        messages.success(request, _("Saved."))
        return redirect("accounts:account")
    return render(
        request,
        "accounts/profile.html",
        {"form": form, "member": member},
        status=unsent.status_of(request),
    )


def _ways(user):
    """Return the groups of links on the account page."""
    shop = [
        {"label": _("My points"), "url": reverse("points:statement"), "icon": "journal-text"},
        {"label": _("My orders"), "url": reverse("orders:list"), "icon": "box2"},
        {"label": _("Wish list"), "url": reverse("marketing:wishlist"), "icon": "heart"},
        {"label": _("Recently seen"), "url": reverse("orders:seen"), "icon": "clock-history"},
        {"label": _("Flash sale"), "url": reverse("orders:flash"), "icon": "lightning-charge"},
        {"label": _("Lucky draws"), "url": reverse("marketing:draws"), "icon": "dice-5"},
        {"label": _("My coupons"), "url": reverse("orders:coupons"), "icon": "ticket-perforated"},
        {"label": _("Missions"), "url": reverse("marketing:missions"), "icon": "flag"},
        {"label": _("Leaderboard"), "url": reverse("marketing:leaderboard"), "icon": "trophy"},
        {"label": _("My badges"), "url": reverse("marketing:badges"), "icon": "patch-check"},
        {"label": _("My year"), "url": reverse("marketing:years"), "icon": "stars"},
        {"label": _("My reviews"), "url": reverse("orders:reviews"), "icon": "chat-square-heart"},
        {"label": _("Share our shop"), "url": reverse("marketing:share"), "icon": "share"},
        {"label": _("Invite friends"), "url": reverse("marketing:referral"), "icon": "people"},
        {"label": _("Inbox"), "url": reverse("marketing:inbox"), "icon": "bell"},
        {"label": _("Addresses"), "url": reverse("accounts:addresses"), "icon": "geo-alt"},
    ]
    safety = [
        {"label": _("Profile"), "url": reverse("accounts:profile"), "icon": "person"},
        {
            "label": _("E-mail"),
            "url": reverse("account_email"),
            "icon": "envelope",
            "note": mask_email(user.mailbox),
        },
        *_ways_by_phone_and_wechat(user),
        {"label": _("Password"), "url": reverse("account_change_password"), "icon": "key"},
        {"label": _("Devices"), "url": reverse("usersessions_list"), "icon": "phone"},
        {"label": _("Two-step sign-in"), "url": reverse("mfa_index"), "icon": "shield-lock"},
        {"label": _("Notifications"), "url": reverse("marketing:preferences"), "icon": "bell"},
        {"label": _("My data"), "url": reverse("accounts:privacy"), "icon": "shield-check"},
        {"label": _("Terms and privacy"), "url": reverse("accounts:consent"), "icon": "check2-all"},
    ]
    if user.is_staff:
        shop.append({"label": _("Back office"), "url": reverse("admin:index"), "icon": "sliders"})
    return [
        {"title": _("In the shop"), "rows": shop},
        {"title": _("Account and safety"), "rows": safety},
    ]


def _ways_by_phone_and_wechat(user):
    """Return the ways to what else signs a member in, where the shop offers it
    or keeps their number.
    """
    phone = {"label": _("Phone number"), "url": reverse("accounts:phone"), "icon": "phone"}
    bound = {"label": _("WeChat"), "url": reverse("socialaccount_connections"), "icon": "wechat"}
    ways = [phone] if sms.is_offered() or phone_numbers.of(user) else []
    return [*ways, bound] if settings.SOCIALACCOUNT_PROVIDERS else ways


class EmailView(allauth.EmailView):
    """The own e-mail addresses; one that was typed before the session ended is there again."""

    def dispatch(self, request, *args, **kwargs):
        """See allauth, which would list the place nowhere of a member who told no e-mail."""
        if request.user.mailbox:
            return super().dispatch(request, *args, **kwargs)
        self._did_send_verification_email = False
        return super(allauth.EmailView, self).dispatch(request, *args, **kwargs)

    def get_initial(self):
        """See Django."""
        kept = unsent.take(self.request) if self.request.method == "GET" else None
        typed = kept.get("email", "") if kept and "action_add" in kept else ""
        return {**super().get_initial(), "email": typed}
