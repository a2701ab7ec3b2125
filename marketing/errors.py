"""What marketing refuses."""

from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError


class AlreadyCheckedIn(DomainError):
    """The member has checked in on this shop day; nothing was changed."""

    code = "already_checked_in"
    message = _("You have already checked in today. Come back tomorrow for %(tomorrow)s points.")


class NotMissed(DomainError):
    """The day has a row already, or an outage excuses it; nothing was changed."""

    code = "not_missed"
    field = "on"
    message = _("This day is not missing from your calendar.")


class MakeUpOutOfReach(DomainError):
    """The day lies outside the window in which days may be made up, or the member was not there
    yet; numbers: days.
    """

    code = "make_up_out_of_reach"
    field = "on"
    message = _("Only missed days of the last %(days)s days can be made up.")


class MakeUpsUsedUp(DomainError):
    """As many days of the window are made up as may be; numbers: most, days."""

    code = "limit_reached"
    field = "on"
    message = _("You have made up %(most)s of the last %(days)s days; that is as many as can be.")


class MakeUpPriceChanged(DomainError):
    """Making a day up costs something else than the member was shown; numbers: price."""

    code = "price_changed"
    field = "price"
    message = _("Making up this day costs %(price)s points by now. Nothing was taken.")


class NoSuchMission(DomainError):
    """There is no mission of this code."""

    code = "not_found"
    status = 404
    message = _("There is no such mission.")


class MissionNotCompleted(DomainError):
    """The mission is not completed yet; numbers: count, target."""

    code = "mission_not_completed"
    message = _("Not done yet: %(count)s of %(target)s.")


class RewardCollected(DomainError):
    """The reward of this period has been collected before."""

    code = "already_claimed"
    message = _("You have collected this reward already.")


class RewardUnavailable(DomainError):
    """The member may not earn just now; the reward waits."""

    code = "reward_unavailable"
    message = _(
        "This reward cannot be paid out right now. It is kept for you; please try again later."
    )


class NoSuchLink(DomainError):
    """A shared link that we did not sign."""

    code = "not_found"
    status = 404
    message = _("This link leads nowhere.")


class ForgedEvent(DomainError):
    """A call that is not signed by us, or not now."""

    code = "bad_signature"
    status = 403
    message = _("The signature does not match.")


class InvalidEvent(DomainError):
    """A signed call that is no event."""

    code = "invalid"
    status = 400
    message = _(
        "This is no event: send event, member, key, occurred_at (with offset, at most 31 days "
        "old) and data (an object)."
    )


class EventNeedsAmount(DomainError):
    """Its rule pays by the yuan, and the call does not say how many."""

    code = "invalid"
    status = 400
    field = "data.amount"
    message = _(
        "This event pays by the yuan: send data.amount, yuan from 0 on with at most two places, "
        "such as 12.50."
    )


class EventTooLarge(DomainError):
    """The body is larger than an event may be."""

    code = "too_large"
    status = 413
    message = _("An event has at most 64 KiB.")


class UnknownEvent(DomainError):
    """No rule and no mission knows this event; numbers: event."""

    code = "unknown_event"
    status = 404
    message = _("No rule and no mission knows the event “%(event)s”.")


class UnknownMember(DomainError):
    """There is no such active member; numbers: member."""

    code = "unknown_member"
    status = 404
    message = _("There is no member “%(member)s”.")


class EventConflict(DomainError):
    """The key is known and told something else."""

    code = "idempotency_conflict"
    status = 422
    message = _("This key was used for something else. Use a new key for a new event.")
