"""What was said about the next ninety days, kept as it was said, and what became of it."""

from datetime import timedelta

from mall.core import clock
from mall.core.transactions import transactional
from marketing.analytics import forecast
from marketing.analytics.forecast import HORIZON, HORIZON_DAYS, Census, Chance
from marketing.models import MemberDay, RepurchaseForecast

# Orders count once they are completed, some days after they were placed: what became of a forecast
# is counted when its days are over, and again when so much more time has passed.
SETTLES_AFTER = timedelta(days=30)


def census_of(as_of) -> Census:
    """Return an empty census of a shop day that counts, too, what is to be told of earlier
    forecasts.
    """
    over = RepurchaseForecast.objects.filter(as_of__lte=as_of - HORIZON)
    settled = over.filter(as_of=as_of - HORIZON - SETTLES_AFTER)
    starts = (over.filter(became=None) | settled).values_list("as_of", flat=True)
    return Census(as_of, {start: forecast.Period() for start in starts})


@transactional
def keep(census: Census) -> None:
    """Say what is to be expected as of the census' day, once; and what became of what was said."""
    for start, period in census.waiting.items():
        RepurchaseForecast.objects.filter(pk=start).update(became=period.again)
    said = forecast.say(census)
    if said is None:
        return
    lowest, highest = said.bounds
    row = RepurchaseForecast(
        as_of=said.as_of,
        horizon_days=HORIZON_DAYS,
        buyers=said.people,
        expected=said.expected,
        lowest=lowest,
        highest=highest,
        figures={
            "share": said.share,
            "band": said.band,
            "misses": said.misses,
            "chances": said.chances,
            "now": said.now,
            "censored": said.censored,
        },
        made_at=clock.now(),
    )
    RepurchaseForecast.objects.bulk_create([row], ignore_conflicts=True)


def latest() -> RepurchaseForecast | None:
    """Return what was said last."""
    return RepurchaseForecast.objects.order_by("-as_of").first()


def chance_of(user_id: int) -> tuple[Chance, float] | None:
    """Return how likely a member redeems again, the word and the share of those like them; None
    for who never did, and while nothing is said.
    """
    said = latest()
    days = MemberDay.objects.filter(person=user_id, orders__gt=0).order_by("on")
    bought = list(days.values_list("on", flat=True)) if said else []
    if not bought:
        return None
    cell = forecast.cell_of(bought, max(clock.today(), bought[-1]))
    share = said.figures["chances"].get(cell, said.figures["share"])
    return forecast.chance_of(share), share
