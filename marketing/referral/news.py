"""What an inviter is told of their invitations. The points themselves are told by the award, and
nobody is named.
"""

from django.urls import reverse

from marketing.models import Notification, Referral
from marketing.notices.inbox import Kind, notify_many

TOLD = {
    (Referral.Status.HELD, Referral.Reason.RING): Kind.REFERRAL_HELD,
    (Referral.Status.VOID, Referral.Reason.REFUSED): Kind.REFERRAL_NOT_COUNTED,
    (Referral.Status.VOID, Referral.Reason.MONTH): Kind.REFERRAL_NOT_COUNTED,
}


def of_joined(rows: list[Referral]) -> None:
    """Tell members that somebody signed up by their invitation."""
    notify_many([_notice(one, Kind.REFERRAL_JOINED, "joined") for one in rows])


def of_end(row: Referral) -> None:
    """Tell a member that an invitation waits for a person, or does not count, and why."""
    kind = TOLD.get((row.status, row.reason))
    if kind is not None:
        notify_many([_notice(row, kind, row.reason, referral=str(row.reason))])


def _notice(row, kind, what, **params) -> Notification:
    key, url = f"referral:{row.invitee_id}:{what}", reverse("marketing:referral")
    return Notification(user_id=row.inviter_id, kind=kind, key=key, url=url, params=params)
