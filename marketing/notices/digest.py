"""One digest a day instead of single messages, by mail and by every other channel: what is not
urgent gathers until the shop's hour and leaves together. A member chooses, or the shop for those
who did not.
"""

from datetime import datetime, time, timedelta

from mall.core import clock
from mall.core.transactions import transactional
from marketing.models import ContactPolicy, Delivery, DigestChoice, Message

ONE_DAY = timedelta(days=1)


def is_on_for(member) -> bool:
    """Say whether a member gets one digest a day; ask for members with ``digest_choice``."""
    choice = getattr(member, "digest_choice", None)
    return ContactPolicy.current().daily_digest if choice is None else choice.is_on


@transactional
def choose(user, is_on: bool) -> None:
    """Keep what a member wants; what waits for a digest that is off leaves with the next sweep.
    Saying the same again changes nothing, and who never chose and says what the shop does anyway
    still follows the shop.
    """
    chosen = DigestChoice.objects.filter(user=user).first()
    if (ContactPolicy.current().daily_digest if chosen is None else chosen.is_on) != is_on:
        DigestChoice.objects.update_or_create(user=user, defaults={"is_on": is_on})
        wake(user=user)


def wake(**whose) -> None:
    """Have the next sweeps look anew at what was put off; ``whose`` are filters of mails and
    messages. By night, too soon after the last one and beyond the contact policy they put it off
    again. What a server did not take is left to its next try.
    """
    now = clock.now()
    for rows in (Delivery.objects, Message.objects):
        put_off = rows.filter(state="waiting", tries=0, next_try_at__gt=now)
        put_off.filter(**whose).update(next_try_at=now)


def hour() -> int:
    """Return the hour at which digests leave, shop time."""
    return ContactPolicy.current().digest_hour


def leaves_at(moment: datetime) -> datetime:
    """Return when the digest leaves that takes along what came at a moment."""
    day, at = clock.day_of(moment), time(hour())
    today = datetime.combine(day, at, tzinfo=clock.SHOP_ZONE)
    return today if moment < today else today + ONE_DAY
