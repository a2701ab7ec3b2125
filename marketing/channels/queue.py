"""Which notices go to a member's phone or browser: a row for each channel on which the member
wants the topic. Written with the notice, sent by a sweep (``sending``).
"""

from mall.core import clock
from marketing.channels import ports
from marketing.models import ChannelChoice, Message, Notification
from marketing.notices.topics import manner_of


def queue(notices) -> None:
    """Queue notices that were just written, in their transaction. Idempotent by (notice, channel);
    costs nothing in a shop without such channels.
    """
    channels = ports.offered()
    if not channels or not notices or clock.is_set_back():
        return
    wanted = _wanted({notice.user_id for notice in notices}, channels)
    if wanted:
        chosen = [notice for notice in notices if _of(notice, channels) & wanted]
        _write(chosen, channels, wanted)


def _wanted(user_ids, channels) -> set:
    choices = ChannelChoice.objects.filter(user__in=user_ids, channel__in=channels, is_on=True)
    return set(choices.values_list("user_id", "channel", "topic"))


def _of(notice, channels) -> set:
    topic = manner_of(notice.kind).topic
    return {(notice.user_id, channel, topic) for channel in channels}


def _write(notices, channels, wanted):
    """Bulk inserts do not tell keys on every database, so the rows are read back."""
    now, kinds = clock.now(), {(one.user_id, one.key): one for one in notices}
    users, keys = {user for user, _key in kinds}, {key for _user, key in kinds}
    found = Notification.objects.filter(user_id__in=users, key__in=keys)
    rows = [
        Message(notification_id=pk, user_id=user, channel=channel, next_try_at=now, created_at=now)
        for pk, user, key in found.values_list("pk", "user_id", "key")
        if (user, key) in kinds
        for _user, channel, _topic in sorted(_of(kinds[user, key], channels) & wanted)
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
