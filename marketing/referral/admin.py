"""Invitations in the back office: who came by whom, what looks odd in words, and the decision."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from mall.core.admin.action_forms import ask, sent
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members
from marketing.models import Referral
from marketing.referral import referrals
from points.forms import RejectForm
from points.sighting_words import in_words

COLOURS = {"open": "info", "held": "warning", "paid": "success", "void": "danger"}


@admin.register(Referral)
class ReferralAdmin(ReadOnly, ModelAdmin):
    """One line for each member who came by an invitation. Held ones wait for a person."""

    list_display = [
        "joined_at", "inviter", "invitee", "shown_status", "shown_reason", "due_at",
        "inviter_points", "invitee_points",
    ]  # fmt: skip
    list_filter = [("status", NewestChoicesFilter), ("reason", NewestChoicesFilter)]
    list_select_related = ["inviter", "invitee"]
    list_fullwidth = True
    ordering = ["-pk"]
    search_fields = [*members("inviter"), *members("invitee")]
    search_help_text = MEMBER_HELP
    actions_detail = ["release_referral", "refuse_referral"]
    fields = [
        "inviter_link", "invitee_link", "status", "shown_reason", "seen", "joined_at", "due_at",
        "order_no", "inviter_points", "invitee_points", "settled_at", "is_cleared", "decided_by",
        "decided_at", "decision_note",
    ]  # fmt: skip
    readonly_fields = fields

    @display(description=_("status"), ordering="status", label=COLOURS)
    def shown_status(self, referral):
        return referral.status, referral.get_status_display()

    @admin.display(description=_("why"), ordering="reason")
    def shown_reason(self, referral):
        return referral.get_reason_display() or "–"

    @admin.display(description=_("invited by"))
    def inviter_link(self, referral):
        return _link(referral.inviter)

    @admin.display(description=_("member"))
    def invitee_link(self, referral):
        return _link(referral.invitee)

    @admin.display(description=_("what was seen"))
    def seen(self, referral):
        lines = ((line,) for line in signs_of(referral))
        return format_html_join("", "<div>{}</div>", lines) if referral.signs else "–"

    def get_actions_detail(self, request, object_id):
        """Offer a decision where one is waited for."""
        referral = self.get_object(request, str(object_id))
        is_waiting = referral is not None and referral.status == Referral.Status.HELD
        return super().get_actions_detail(request, object_id) if is_waiting else []

    def has_decide_permission(self, request, object_id=None):
        """Return whether this operator may decide about invitations."""
        return request.user.has_perm("marketing.decide_referral")

    @action(description=_("Release"), url_path="release", permissions=["decide"])
    def release_referral(self, request, object_id):
        """Pay it, with a note."""
        return self._decide(request, object_id, is_release=True, title=_("Release"))

    @action(description=_("Refuse"), url_path="refuse", permissions=["decide"])
    def refuse_referral(self, request, object_id):
        """Never pay it, with a reason."""
        return self._decide(request, object_id, is_release=False, title=_("Refuse"))

    def _decide(self, request, object_id, *, is_release, title):
        referral = self.get_object(request, object_id)

        def verb(row, answers):
            words = {"operator": request.user, "release": is_release, "note": answers["note"]}
            return _done(referrals.decide(row, **words))

        return ask(
            self,
            request,
            referral,
            RejectForm(sent(request)),
            verb,
            title=title,
            version=referral.version,
            about=f"{referral.inviter} → {referral.invitee}",
            facts=[referral.get_reason_display(), *signs_of(referral)],
        )


def signs_of(referral) -> list[str]:
    """Return what was seen as sentences, the inviter's own accounts first."""
    lines = []
    for sign in sorted(referral.signs, key=lambda one: not one.get("inviter")):
        whose = gettext("One of them is the inviter.") if sign.get("inviter") else ""
        lines.append(f"{_words(sign)} {whose}".strip())
    return lines


def _words(sign) -> str:
    if sign["code"].startswith("ring_"):
        return in_words(sign)
    return gettext("One of %(count)s sign-ups from one network in a short time.") % sign


def _done(row) -> str:
    if row.status == Referral.Status.PAID:
        return gettext("Released and paid.")
    if row.status == Referral.Status.OPEN:
        return gettext("Released: it is paid once an order of the new member stands.")
    return gettext("Decided: it is not paid.")


def _link(member):
    address = reverse("admin:points_pointaccount_change", args=[member.pk])
    return format_html('<a class="underline" href="{}">{}</a>', address, member.get_username())
