"""What marketing hands over when members take their data along, and what it forgets when they
leave.
"""

from django.utils.translation import gettext as _

from accounts.export import Chapter, rows_of
from mall.core.transactions import transactional
from marketing.models import (
    ChannelChoice,
    CheckIn,
    DailyActivity,
    DrawTicket,
    HistoryCustomer,
    HistoryOrder,
    MissionProgress,
    Notification,
    Preference,
    PushDevice,
    Reach,
    WeChatGrant,
)


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
    tickets = DrawTicket.objects.filter(user=user).order_by("pk")
    earlier = HistoryOrder.objects.filter(customer__user=user).order_by("pk")
    return [
        Chapter("check_ins", _("Check-ins"), rows_of(check_ins, "on", "kind", "streak", "points")),
        Chapter("active_days", _("Days you were here"), rows_of(days, "on", "action")),
        Chapter("missions", _("Missions"), rows_of(missions, *_MISSION)),
        Chapter("draw_tickets", _("Draw tickets"), rows_of(tickets, *_TICKET)),
        Chapter("notifications", _("Notifications"), _notices(user)),
        Chapter(
            "notification_choices",
            _("What you want to hear of"),
            rows_of(chosen, "kind", "inbox", "email"),
        ),
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
    ]


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


@transactional
def forget(user) -> None:
    """Forget what a member was told and wanted to hear of; check-ins and days stay as numbers
    without a person.
    """
    Notification.objects.filter(user=user).delete()
    Preference.objects.filter(user=user).delete()
    for model in (ChannelChoice, PushDevice, WeChatGrant, Reach):
        model.objects.filter(user=user).delete()
    # its file may have called them by e-mail or phone
    for customer in HistoryCustomer.objects.filter(user=user):
        HistoryCustomer.objects.filter(pk=customer.pk).update(name=f"closed-{customer.pk}")
