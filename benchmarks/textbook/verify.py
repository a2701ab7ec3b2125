"""Do the text-book's books close? Every wallet is the sum of its log, every log line of a
redemption has its redemption, and no piece was made or lost.
"""

from benchmarks.inside import answer


def verify(*, plenty):
    """Return how many wallets and items do not add up."""
    from django.db.models import F, Sum
    from django.db.models.functions import Coalesce

    from benchmarks.textbook.models import Item, PointsLog, Redemption, Wallet

    logged = dict(PointsLog.objects.values_list("user").annotate(Sum("change")))
    wrong = sum(
        logged.get(user, 0) != points
        for user, points in Wallet.objects.values_list("user", "points").iterator()
    )
    pieces = Item.objects.annotate(taken=Coalesce(Sum("redemption__quantity"), 0))
    wrong += pieces.exclude(stock=plenty - F("taken")).exclude(stock=0, taken=0).count()
    spent = Redemption.objects.aggregate(all=Sum("points"))["all"] or 0
    told = PointsLog.objects.filter(reason="redeem").aggregate(all=Sum("change"))["all"] or 0
    return wrong + (spent != -told)


if __name__ == "__main__":
    answer(verify)
