"""The dear reports, worked out once a day and kept: pages read them as they stand.

They are as of the last whole shop day, so that no share is measured on half a day, and are made
again when a past day was counted again.
"""

from collections import Counter
from datetime import timedelta

from mall.core import clock
from mall.core.transactions import transactional
from marketing.analytics import forecasts, retention
from marketing.models import CohortDay, ReportSnapshot

ONE_DAY = timedelta(days=1)
BATCH = 500
COHORTS, REPURCHASE = "cohorts", "repurchase"
# Days between two orders, for the chart: up to and including each, and what is longer.
GAP_EDGES = (1, 3, 7, 14, 30, 60, 90, 180, 365)


def refresh(as_of=None, *, anew=True) -> bool:
    """Work the reports out as of a shop day (default: yesterday); without ``anew`` only when that
    day is not kept yet.
    """
    as_of = as_of or clock.today() - ONE_DAY
    if not anew and ReportSnapshot.objects.filter(name=REPURCHASE, as_of=as_of).exists():
        return False
    census = forecasts.census_of(as_of)
    _keep(retention.walk(as_of, also=[census]))
    forecasts.keep(census)
    return True


@transactional
def _keep(walk):
    """Replace all kept figures at once: readers see the old ones or the new ones."""
    CohortDay.objects.all().delete()
    CohortDay.objects.bulk_create(
        [_cohort_day(walk, day) for day in sorted(walk.cohort_sizes)],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    kept = {
        COHORTS: walk.cohorts(),
        REPURCHASE: {
            "members": walk.members,
            "buyers": walk.buyers,
            "repeaters": walk.repeaters,
            "orders": walk.orders,
            "stickiness": walk.stickiness(),
            "shares": walk.repurchase(),
            "interval": {
                "median": retention.quantile(walk.gaps, 0.5),
                "p90": retention.quantile(walk.gaps, 0.9),
            },
            "gaps": _grouped(walk.gaps),
        },
    }
    for name, figures in kept.items():
        ReportSnapshot.objects.update_or_create(
            name=name, defaults={"as_of": walk.as_of, "figures": figures, "made_at": clock.now()}
        )


def _cohort_day(walk, day):
    matured = {
        f"d{n}": walk.returned[n][day]
        for n in retention.RETURN_DAYS
        if day + n * ONE_DAY <= walk.as_of
    }
    return CohortDay(
        on=day,
        size=walk.cohort_sizes[day],
        buyers=walk.bought[day],
        repeaters=walk.rebought[day],
        **matured,
    )


def _grouped(gaps):
    """Return [[longest gap in days or None, how many]] in the groups of GAP_EDGES."""
    grouped = Counter()
    for gap, count in gaps.items():
        grouped[next((edge for edge in GAP_EDGES if gap <= edge), None)] += count
    return [[edge, grouped[edge]] for edge in (*GAP_EDGES, None)]
