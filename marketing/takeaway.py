"""What marketing hands over when members take their data along, and what it forgets when they
leave.
"""

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.export import Chapter, rows_of
from mall.core.transactions import transactional
from marketing.leaderboard import counting as leaderboard
from marketing.models import (
    BoardScore,
    CampaignMember,
    ChannelChoice,
    CheckIn,
    DailyActivity,
    DigestChoice,
    DrawTicket,
    HistoryCustomer,
    HistoryOrder,
    MemberBadge,
    MemberTag,
    MissionProgress,
    Notification,
    Preference,
    PushDevice,
    Reach,
    Referral,
    WeChatGrant,
    YearShare,
)
from marketing.referral import referrals


def chapters(user) -> list[Chapter]:
    """Return check-ins, days of activity, missions, notices as the member read them, and what they
    chose to hear of.
    """
    check_ins, days = (
        CheckIn.objects.filter(user=user).order_by("on"),
        DailyActivity.objects.filter(user=user).order_by("on", "action"),
    )
    missions, chosen = (
        MissionProgress.objects.filter(user=user).order_by("pk"),
        Preference.objects.filter(user=user),
    )
    tags = MemberTag.objects.filter(user=user).order_by("pk")
    campaigns = CampaignMember.objects.filter(user=user).order_by("pk")
    tickets = DrawTicket.objects.filter(user=user).order_by("pk")
    badges, years = (
        MemberBadge.objects.filter(user=user).order_by("pk"),
        YearShare.objects.filter(user=user).order_by("pk"),
    )
    scores = BoardScore.objects.filter(user=user).order_by("board__starts_on", "pk")
    earlier = HistoryOrder.objects.filter(customer__user=user).order_by("pk")
    return [
        Chapter("check_ins", _("Check-ins"), rows_of(check_ins, "on", "kind", "streak", "points")),
        Chapter("active_days", _("Days you were here"), rows_of(days, "on", "action")),
        Chapter("missions", _("Missions"), rows_of(missions, *_MISSION)),
        Chapter("draw_tickets", _("Draw tickets"), rows_of(tickets, *_TICKET)),
        Chapter("badges", _("Badges"), rows_of(badges, "code", "earned_on")),
        Chapter(
            "leaderboards",
            _("Leaderboards"),
            rows_of(scores, "board__period", "board__starts_on", "points"),
        ),
        Chapter("shared_years", _("Shared years"), rows_of(years, "year", "created_at")),
        Chapter("notifications", _("Notifications"), _notices(user)),
        Chapter(
            "notification_choices",
            _("What you want to hear of"),
            rows_of(chosen, "kind", "inbox", "email"),
        ),
        Chapter(
            "digest_choice",
            _("Whether you want one message a day"),
            rows_of(DigestChoice.objects.filter(user=user), "is_on"),
        ),
        Chapter("tags", _("Words the shop put to your name"), rows_of(tags, "tag", "given_at")),
        Chapter("campaigns", _("Campaigns you were part of"), rows_of(campaigns, *_CAMPAIGN)),
        Chapter(
            "channel_choices",
            _("What you want to hear of on your phone"),
            rows_of(ChannelChoice.objects.filter(user=user, is_on=True), "channel", "topic"),
        ),
        Chapter(
            "push_devices",
            _("Browsers that show you notices"),
            rows_of(PushDevice.objects.filter(user=user).order_by("pk"), "name", "created_at"),
        ),
        Chapter(
            "earlier_orders",
            _("Orders at the earlier shop"),
            rows_of(earlier, "no", "ordered_at", "status", "total"),
        ),
        Chapter("invitations", _("Invitations"), _invitations(user)),
    ]


_CAMPAIGN = ("campaign__code", "state", "assigned_at", "given_at", "points")
_TICKET = ("draw__code", "source", "granted_at", "number", "drawn_at", "prize__kind")
_MISSION = ("mission__code", "count", "points", "completed_at")


def _notices(user):
    for notice in Notification.objects.filter(user=user).order_by("pk").iterator(chunk_size=500):
        wording = notice.wording
        yield {
            "at": notice.created_at,
            "kind": notice.kind,
            "title": wording.title,
            "text": wording.text,
            "read_at": notice.read_at,
        }


def _invitations(user):
    """Yield who came by this member's invitation, unnamed, and by whose invitation they came."""
    rows = Referral.objects.filter(Q(inviter=user) | Q(invitee=user)).order_by("pk")
    for row in rows.iterator(chunk_size=500):
        is_own = row.inviter_id == user.pk
        yield {
            "kind": "invited" if is_own else "was_invited",
            "joined_at": row.joined_at,
            "status": row.status,
            "reason": row.reason,
            "points": row.inviter_points if is_own else row.invitee_points,
            "settled_at": row.settled_at,
        }


@transactional
def forget(user) -> None:
    """Forget what a member was told, wanted to hear of and was tagged, their badges and their
    places on boards; check-ins, days and arms of campaigns stay as numbers without a person.
    """
    MemberTag.objects.filter(user=user).delete()
    Notification.objects.filter(user=user).delete()
    Preference.objects.filter(user=user).delete()
    for model in (ChannelChoice, PushDevice, WeChatGrant, Reach):
        model.objects.filter(user=user).delete()
    MemberBadge.objects.filter(user=user).delete()
    YearShare.objects.filter(user=user).delete()
    leaderboard.forget(user)
    referrals.forget(user)
    # its file may have called them by e-mail or phone
    for customer in HistoryCustomer.objects.filter(user=user):
        HistoryCustomer.objects.filter(pk=customer.pk).update(name=f"closed-{customer.pk}")
