"""The five tiers as operators set them: how many points each asks for, and what it gives.

A tier asks for more than the one below it and gives no less of anything, so whoever rises loses
nothing.
"""

from django.utils.translation import gettext_lazy as _

from mall.core import audit, clock
from mall.core.errors import DomainError
from mall.core.transactions import transactional
from points.models import TierLevel

PERKS = ("earn_percent", "shields_a_month", "birthday_points", "early_access_minutes")


class NotRising(DomainError):
    """Each tier asks for more than the one below, and the first for nothing."""

    code = "tiers_not_rising"
    status = 409
    field = "threshold"
    message = _(
        "Each tier must ask for more points than the one below it and fewer than the one above; "
        "V1 begins at 0."
    )


class PerkFalling(DomainError):
    """A tier gives no less than the one below; ``field`` names the perk."""

    code = "tier_perk_falling"
    status = 409
    message = _(
        "A tier gives no less than the one below it: V%(below)s has %(given)s, V%(above)s would "
        "have %(less)s."
    )


@transactional
def change(tier: TierLevel, *, operator) -> TierLevel:
    """Save a tier's names, threshold and perks as an operator set them; members are looked at again
    by the nightly job.

    Raises: NotRising, PerkFalling.
    """
    before = check(tier)
    tier.changed_at = clock.now()
    tier.save()
    audit.note(
        operator,
        "points.tier_change",
        target=tier,
        before=_said(before),
        after=_said(tier),
    )
    return tier


def check(tier: TierLevel) -> TierLevel:
    """Return the tier as it was, once it fits between its neighbours; call it in a transaction.

    Raises: NotRising, PerkFalling.
    """
    # Two operators may change neighbours at once; the second must see what the first set.
    before = list(TierLevel.objects.select_for_update().order_by("level"))
    ladder = [tier if each.level == tier.level else each for each in before]
    steps = list(zip(ladder, ladder[1:], strict=False))
    if ladder[0].threshold != 0 or any(
        upper.threshold <= below.threshold for below, upper in steps
    ):
        raise NotRising
    for perk in PERKS:
        for below, upper in steps:
            # nothing set is the least: what the rule says
            given, less = getattr(below, perk) or 0, getattr(upper, perk) or 0
            if less < given:
                raise PerkFalling(
                    field=perk, below=below.level, given=given, above=upper.level, less=less
                )
    return next(each for each in before if each.level == tier.level)


def _said(tier):
    return {name: getattr(tier, name) for name in ("name", "threshold", *PERKS)}
