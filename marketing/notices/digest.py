"""One digest a day instead of single messages, by mail and by every other channel: what is not
urgent gathers until the shop's hour and leaves together. A member chooses, or the shop for those
who did not.
"""

from datetime import datetime, time, timedelta

from mall.core import clock
from mall.core.transactions import transactional
from marketing.models import ContactPolicy, DigestChoice

ONE_DAY = timedelta(days=1)


def is_on_for(member) -> bool:
    """Say whether a member gets one digest a day; ask for members with ``digest_choice``."""
    choice = getattr(member, "digest_choice", None)
    return ContactPolicy.current().daily_digest if choice is None else choice.is_on


@transactional
def choose(user, is_on: bool) -> None:
    """Keep what a member wants. Saying the same again changes nothing, and who never chose and says
    what the shop does anyway still follows the shop.
    """
    chosen = DigestChoice.objects.filter(user=user).first()
    if (ContactPolicy.current().daily_digest if chosen is None else chosen.is_on) != is_on:
        DigestChoice.objects.update_or_create(user=user, defaults={"is_on": is_on})


def hour() -> int:
    """Return the hour at which digests leave, shop time."""
    return ContactPolicy.current().digest_hour


def leaves_at(moment: datetime) -> datetime:
    """Return when the digest leaves that takes along what came at a moment."""
    day, at = clock.day_of(moment), time(hour())
    today = datetime.combine(day, at, tzinfo=clock.SHOP_ZONE)
    return today if moment < today else today + ONE_DAY
