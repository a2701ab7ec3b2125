"""Facts of members against what their accounts say they have told and heard."""

from collections import defaultdict
from datetime import timedelta

from mall.core import clock
from mall.verification.finding import Finding
from points.models import SEQ_BITS, SEQ_SPAN, Event, PointAccount

LONGEST_WAIT = timedelta(minutes=1)
# facts that could not be heard wait longer and longer, and are parked after about this time
LONGEST_WITH_TRIES = timedelta(minutes=5)


def compare(accounts: list[PointAccount]):
    """Yield what does not fit: facts are numbered without a gap, none is heard before it is told,
    and none waits for longer than a minute.

    The accounts were read before; facts told since are beyond what they know.
    """
    numbers = _numbers_of(accounts)
    for account in accounts:
        told = [n for n in numbers[account.pk] if n <= account.told]
        if told != list(range(1, account.told + 1)):
            missing = sorted(set(range(1, account.told + 1)) - set(told))
            found = f"{len(told)}, first gap at {missing[:1]}"
            yield Finding(account.pk, "facts are missing", str(account.told), found)
        if account.heard > account.told:
            name = "more facts heard than told"
            yield Finding(account.pk, name, str(account.told), str(account.heard))
        if (account.hear_at is None) != (account.heard == account.told):
            name = "facts wait and nobody will hear them"
            yield Finding(account.pk, name, str(account.told), str(account.heard))
        longest = LONGEST_WITH_TRIES if account.hear_tries else LONGEST_WAIT
        if account.hear_at is not None and account.hear_at < clock.now() - longest:
            waits = f"member {account.pk}, since {account.hear_at:%Y-%m-%d %H:%M:%S}"
            # of no account: whoever waits is not to be frozen for it
            yield Finding(None, "facts wait for too long", "", waits)


def _numbers_of(accounts):
    numbers = defaultdict(list)
    if not accounts:
        return numbers
    first, last = accounts[0].pk * SEQ_SPAN, (accounts[-1].pk + 1) * SEQ_SPAN
    ids = Event.objects.filter(pk__gt=first, pk__lt=last).order_by("pk")
    for pk in ids.values_list("pk", flat=True).iterator(chunk_size=5000):
        numbers[pk >> SEQ_BITS].append(pk & (SEQ_SPAN - 1))
    return numbers
